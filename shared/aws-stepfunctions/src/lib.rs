//! The state machine: its [`Executions`], one for each deployment, and the [`Tasks`] in which they wait.

mod executions;
mod tasks;

pub use executions::Executions;
pub use tasks::Tasks;
