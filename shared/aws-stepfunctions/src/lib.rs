//! The state machines: the [`Executions`] of one, one for each deployment, the [`Requests`] of stacks, which are the
//! executions of the other, and the [`Tasks`] in which they wait.

mod executions;
mod requests;
mod states;
mod tasks;
#[cfg(test)]
mod tests;

use serde_json::json;
use spillway_domain::problem::Problem;

pub use executions::Executions;
pub use requests::Requests;
pub use tasks::Tasks;

/// Starts an execution of a state machine, unless one of that name was started with the same input.
async fn start(states: &states::States, machine: &str, name: &str, input: &str) -> Result<(), Problem> {
    let body = json!({ "stateMachineArn": machine, "name": name, "input": input });
    states.ask("StartExecution", &format!(" of {name}"), &body, &["ExecutionAlreadyExists"]).await.map(drop)
}
