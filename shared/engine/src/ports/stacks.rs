//! CloudFormation stacks.

use jiff::Timestamp;
use spillway_domain::problem::Problem;
use spillway_domain::stack::resource::{Ownership, StackResource};

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
