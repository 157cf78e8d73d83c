//! CloudFormation stacks.

use jiff::Timestamp;
use spillway_domain::access::session::RoleSession;
use spillway_domain::names::{AliasName, DeploymentId, FunctionName, Version};
use spillway_domain::problem::Problem;
use spillway_domain::stack::resource::{AliasSettings, Ownership, StackResource};

/// The notes of what the resources of stacks are.
pub trait Claims {
    /// What a resource says it is, under this physical id.
    async fn ownership(&self, resource: &StackResource, physical_id: &str) -> Result<Option<Ownership>, Problem>;
    /// Everything that a resource says it is, with the physical ids.
    async fn claims(&self, resource: &StackResource) -> Result<Vec<(String, Ownership)>, Problem>;
    /// Notes what it is from now on, or that it is nothing any more, for a request of that time;
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale) when a later request has noted anything of the resource.
    async fn put_claim(
        &self,
        resource: &StackResource,
        physical_id: &str,
        ownership: Option<&Ownership>,
        asked_at: Timestamp,
    ) -> Result<(), Problem>;
}

/// The executions that wait for the end of a deployment.
pub trait Waiters {
    /// Notes that a task waits, until then at most. Noting it twice is noting it once.
    async fn add_waiter(&self, id: &DeploymentId, token: &str, until: Timestamp) -> Result<(), Problem>;
    /// The tokens of those that wait.
    async fn waiters(&self, id: &DeploymentId) -> Result<Vec<String>, Problem>;
}

/// The customer's Lambda aliases, as far as a template makes, changes and deletes them. What moves traffic between
/// versions is [`Aliases`](crate::Aliases).
pub trait OwnAliases {
    /// Makes an alias with all traffic on one version. One that is there already is no problem.
    async fn make(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        version: Version,
        settings: &AliasSettings,
    ) -> Result<(), Problem>;
    /// Gives it those of the new settings that are others than the old ones, and moves no traffic. Without old ones,
    /// what the new ones do not say stays.
    async fn configure(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        old: Option<&AliasSettings>,
        new: &AliasSettings,
    ) -> Result<(), Problem>;
    /// Deletes it. One that is gone already is no problem.
    async fn delete(&self, session: &RoleSession, function: &FunctionName, alias: &AliasName) -> Result<(), Problem>;
}

/// The executions that carry out what stacks ask for.
pub trait Requests {
    /// Starts one. One of that name that is there already is no problem.
    async fn start(&self, name: &str, input: &str) -> Result<(), Problem>;
}

/// Where stacks wait for their answers.
pub trait Answers {
    /// Puts an answer there, over one that is there already.
    async fn put(&self, url: &str, body: &str) -> Result<(), Problem>;
}

/// The URLs at which stacks wait for the answers to their requests. Each lets its bearer answer, so it is kept here, and
/// nowhere that a history or an event shows.
pub trait ResponseUrls {
    /// Keeps the URL for the execution of that name, until then at least. Keeping it twice is keeping it once.
    async fn keep_url(&self, name: &str, url: &str, until: Timestamp) -> Result<(), Problem>;
    /// The URL for the execution of that name, unless it was forgotten.
    async fn kept_url(&self, name: &str) -> Result<Option<String>, Problem>;
    /// Forgets the URL. One that is not there is no problem.
    async fn forget_url(&self, name: &str) -> Result<(), Problem>;
}
