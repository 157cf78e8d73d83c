//! What CloudFormation says to a custom resource, and what it is told.

mod answer;
mod properties;
mod reply;
mod request;
#[cfg(test)]
mod tests;

pub use answer::refusal;
use answer::{answer, broken};
pub use reply::{Reply, reply};
pub use request::{Asked, TakenUp, asked, parse, take_up};
