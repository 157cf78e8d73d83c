//! CodePipeline: the job that it sends to a Lambda function, and what it is told of the job.

pub mod event;
pub mod report;

#[cfg(test)]
mod tests;
