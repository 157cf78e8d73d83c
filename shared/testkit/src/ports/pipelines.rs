//! CodePipeline: its artifacts, and what it was told. Task definitions come with them.

use std::collections::BTreeMap;

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::revision::{BundleType, S3Object};
use spillway_domain::pipeline::{Artifact, JobId, JobReport};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::pipelines::{Artifacts, PipelineJobs, TaskDefinitions};

use crate::World;
use crate::service::TaskPlan;
use crate::world::Inner;

/// What there is of pipelines.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    /// The files of artifacts, by bucket and key.
    pub artifacts: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// Why no artifact can be read.
    pub failing: Option<Problem>,
    /// The secret keys with which artifacts were read.
    pub read_with: Vec<String>,
    /// The task definitions that were registered, each with the role's session.
    pub registered: Vec<(String, String)>,
    /// What was told of jobs.
    pub reports: BTreeMap<JobId, JobReport>,
}

impl Inner {
    fn artifact(&mut self, artifact: &Artifact) -> Result<&BTreeMap<String, String>, Problem> {
        let what = format!("s3:GetObject of s3://{}/{} failed", artifact.bucket, artifact.key);
        if let Some(problem) = &self.pipelines.failing {
            return Err(problem.clone());
        }
        self.pipelines.read_with.push(artifact.keys.secret.clone());
        let found = self.pipelines.artifacts.get(&(artifact.bucket.clone(), artifact.key.clone()));
        found.ok_or_else(|| Problem::new(ProblemKind::Missing, format!("{what}: NoSuchKey: there is no such key.")))
    }
}

impl Artifacts for World {
    async fn read(&self, artifact: &Artifact, path: &str, most: usize) -> Result<Option<String>, Problem> {
        self.call(|world| match world.artifact(artifact)?.get(path) {
            Some(text) if text.len() > most => {
                Err(Problem::new(ProblemKind::Refused, format!("{path} is larger than {most} bytes.")))
            }
            found => Ok(found.cloned()),
        })
        .await
    }

    async fn bundle(&self, artifact: &Artifact) -> Result<S3Object, Problem> {
        self.call(|world| {
            world.artifact(artifact)?;
            let (bucket, key) = (artifact.bucket.clone(), artifact.key.clone());
            let e_tag = Some(format!("{}-etag", artifact.name));
            Ok(S3Object { bucket, key, bundle: Some(BundleType::Zip), version: None, e_tag })
        })
        .await
    }
}

impl TaskDefinitions for World {
    async fn register(&self, session: &RoleSession, definition: &str) -> Result<String, Problem> {
        self.call(|world| {
            let registered = &mut world.pipelines.registered;
            registered.push((session.name(), definition.to_owned()));
            let number = registered.len() + 6;
            let arn = format!("arn:aws:ecs:us-east-1:111122223333:task-definition/web:{number}");
            world.definitions.insert(arn.clone(), TaskPlan::Run(20));
            Ok(arn)
        })
        .await
    }
}

impl PipelineJobs for World {
    async fn report(&self, job: &JobId, report: &JobReport) -> Result<bool, Problem> {
        self.call(|world| {
            let is_new = !world.pipelines.reports.contains_key(job);
            world.pipelines.reports.entry(job.clone()).or_insert_with(|| report.clone());
            Ok(is_new)
        })
        .await
    }
}

impl World {
    /// Puts an artifact of a pipeline into a bucket, under a key, with these files.
    pub fn put_artifact(&self, (bucket, key): (&str, &str), files: &[(&str, &str)]) {
        let place = (bucket.to_owned(), key.to_owned());
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let mut inner = self.inner.borrow_mut();
        inner.objects.insert(place.clone(), "an archive".to_owned());
        inner.pipelines.artifacts.insert(place, files);
    }

    /// Lets no artifact be read from now on, or lets them be read again.
    pub fn fail_artifacts(&self, problem: Option<Problem>) {
        self.inner.borrow_mut().pipelines.failing = problem;
    }

    /// The secret keys with which artifacts were read, in order.
    pub fn artifacts_read_with(&self) -> Vec<String> {
        self.inner.borrow().pipelines.read_with.clone()
    }

    /// The task definitions that pipelines have had registered, in order: the role's session, and the text.
    pub fn registered_definitions(&self) -> Vec<(String, String)> {
        self.inner.borrow().pipelines.registered.clone()
    }

    /// What CodePipeline was told first of a job.
    pub fn report_of(&self, job: &JobId) -> Option<JobReport> {
        self.inner.borrow().pipelines.reports.get(job).cloned()
    }
}
