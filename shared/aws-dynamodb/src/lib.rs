//! Spillway's table in DynamoDB: the records of deployments, and the applications, groups and configurations.
//!
//! | partition (`pk`) | item (`sk`) | holds |
//! |---|---|---|
//! | `applications` | name | `doc`, `id`, `tags` |
//! | `application#<application id>` | `group#<name>` | `doc`, `id`, `tags` |
//! | `group#<group id>` | `state` | the slot `active`; `lastAttempted`, `lastSuccessful`, `targetRevision` |
//! | `configs` | name | `doc` |
//! | `deployment#<id>` | `record` | `doc`, `generation`, `status`, `group`, `kind`, `created`, `expires_at` |
//! | `deployment#<id>` | `ledger#<generation>` | `doc`, `expires_at` |
//! | `active` | deployment id | nothing: it is there until the end has been told |
//! | `alarm#<alarm>` | deployment id | nothing: it is there until the deployment ends |
//!
//! `doc` is the thing itself as JSON. Reads are consistent, but for lists of deployments, which come from the indexes
//! `by-group` and `by-time`.

mod action;
mod attributes;
mod catalog;
mod deployments;
mod record;
mod save;
mod table;

pub use table::Table;
