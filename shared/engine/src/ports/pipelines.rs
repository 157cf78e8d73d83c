//! CodePipeline: the artifacts that a job brings, and who waits for its outcome.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::pipeline::{Artifact, JobId, JobReport};
use spillway_domain::problem::Problem;

/// The artifacts of pipelines, read with the keys that the job brings.
pub trait Artifacts {
    /// The text of a file of at most so many bytes; `None` where the artifact has no such file. An artifact that is not
    /// there is [`Missing`](spillway_domain::problem::ProblemKind::Missing); one that is too large or is no archive, and a
    /// file that is too large or is no text, is [`Refused`](spillway_domain::problem::ProblemKind::Refused).
    async fn read(&self, artifact: &Artifact, path: &str, most: usize) -> Result<Option<String>, Problem>;
    /// The artifact as a bundle for hosts, with its ETag, so that hosts get this one and no other.
    async fn bundle(&self, artifact: &Artifact) -> Result<S3Object, Problem>;
}

/// Task definitions, registered with the service role.
pub trait TaskDefinitions {
    /// Registers a task definition, which is JSON as ECS takes it; the ARN of its revision. Each call makes a revision.
    async fn register(&self, session: &RoleSession, definition: &str) -> Result<String, Problem>;
}

/// CodePipeline, which waits for the outcome of each job.
pub trait PipelineJobs {
    /// Says how a job is; `false` when CodePipeline has its outcome already.
    async fn report(&self, job: &JobId, report: &JobReport) -> Result<bool, Problem>;
}
