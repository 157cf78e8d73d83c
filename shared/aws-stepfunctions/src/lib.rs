//! The state machines: the [`Executions`] of one, one for each deployment, the [`Requests`] of stacks, which are the
//! executions of the other, and the [`Tasks`] in which they wait.

mod executions;
mod requests;
mod tasks;

pub use executions::Executions;
pub use requests::Requests;
pub use tasks::Tasks;
