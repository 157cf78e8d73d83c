//! Executions, and those that wait.

use jiff::Timestamp;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;

/// Those who wait.
pub trait Wakes {
    /// Ends the wait behind the token. A token that is not waited for any more is no problem.
    async fn wake(&self, token: &str) -> Result<(), Problem>;
}

/// How an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// It runs.
    Running,
    /// It is over, one way or another.
    Ended,
    /// It was never started.
    Missing,
}

/// The executions of the state machine.
pub trait Executions {
    /// Starts one. One of that name that is there already is no problem.
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem>;
    /// How one is.
    async fn state(&self, name: &str) -> Result<ExecutionState, Problem>;
    /// Stops one. One that is over already is no problem.
    async fn stop(&self, name: &str) -> Result<(), Problem>;
}

/// The executions that wait for the end of a deployment.
pub trait Waiters {
    /// Notes that a task waits, until then at most. Noting it twice is noting it once.
    async fn add_waiter(&self, id: &DeploymentId, token: &str, until: Timestamp) -> Result<(), Problem>;
    /// The tokens of those that wait.
    async fn waiters(&self, id: &DeploymentId) -> Result<Vec<String>, Problem>;
}
