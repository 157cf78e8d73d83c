//! Spillway's table in DynamoDB: the records of deployments, and the applications, groups and configurations.
//!
//! | partition (`pk`) | item (`sk`) | holds |
//! |---|---|---|
//! | `applications` | name | `doc`, `id` |
//! | `application#<home>` | `application` | `id` and `name` of whose home it is, `tags`, how many `groups` it has |
//! | `application#<home>` | `group#<name>` | `doc`, `id`, `config`, its ECS `services` |
//! | `application#<home>` | `slot#<slot>` | its `owner`, a group's id, `tags`; `active`, `lastAttempted`, `lastSuccessful`, `targetRevision` |
//! | `application#<home>` | `revision#<key>` | the application's `id`, `location`, `registered`, `firstUsed`, `lastUsed`, `description`, `groups`, `expires_at` |
//! | `application#<home>` | `text#<sha256>` | the `content` of a revision that was given as text, `expires_at` |
//! | `configs` | name | `doc`, how many `uses` groups make of it |
//! | `deployment#<id>` | `record` | `doc`, `generation`, `status`, `group`, `kind`, `created`, `expires_at` |
//! | `deployment#<id>` | `ledger#<generation>` | `doc`, `expires_at` |
//! | `deployment#<id>` | `waiter#<sha256>` | the task `token` of an execution that waits for its end, `expires_at` |
//! | `stack#<stack id>` | `<logical id>#<physical id>` | `doc`: what a resource of a CloudFormation stack is |
//! | `stack-request#<execution>` | `response-url` | `url`: where a stack waits for the answer to its request, `expires_at` |
//! | `instances` | name | `doc`, `id`, `generation`; once it is deregistered, `deregistered`, `expires_at` |
//! | `identities` | ARN | `instance`: it is there while a registered instance is known by it |
//! | `ecs-service#<cluster>/<service>` | `group` | `owner`, the id of the group that has the service |
//! | `lambda-alias#<account>/<function>/<alias>` | `deployment` | `owner`, the id of the deployment that has the alias |
//! | `hosts#<deployment>#<roster>#<shard>` | host | `doc`: the work of a host, `generation`, `deployment`, `ended` once it is over, `expires_at` |
//! | `host-logs#<deployment>#<roster>#<shard>` | `<host>#<event>` | `doc`: the diagnostics of an event, `expires_at` |
//! | `host#<identifier>` | `work#<deployment>#<roster>` | work of a host that is not over: the `host`'s id, `at`, `expires_at` |
//! | `host#<identifier>` | `group#<group id>` | `doc`: what a deployment group knows of the host |
//! | `host#<identifier>` | `seen` | when its agent was `seen`, and when it said that it has `stopped` |
//! | `installation` | `secret` | `secret`: what page tokens are sealed with |
//! | `installation` | `policies` | the last good policies, with what they were read from |
//! | `active` | deployment id | nothing: it is there until the end has been told |
//! | `alarm#<alarm>` | deployment id | nothing: it is there until the deployment ends |
//!
//! `doc` is the thing itself as JSON. Reads are consistent, but for lists of deployments, which come from the indexes
//! `by-group` and `by-time`.

mod action;
mod applications;
mod attributes;
mod catalog;
mod deployments;
mod filing;
mod groups;
mod hosts;
mod instances;
mod lookup;
mod policies;
mod record;
mod revisions;
mod save;
mod stacks;
mod table;

pub use table::Table;
