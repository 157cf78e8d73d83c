//! CodePipeline's jobs ([`Jobs`]), and the registration of task definitions that come with them ([`Definitions`]).
//!
//! One signed POST of JSON is all that each needs. The SDK for ECS alone would make a function a third larger, and a task
//! definition goes through as it is written, whatever ECS adds to it.

mod definitions;
mod jobs;

#[cfg(test)]
mod tests;

pub use definitions::Definitions;
pub use jobs::Jobs;
