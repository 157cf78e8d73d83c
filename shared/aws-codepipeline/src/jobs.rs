//! The jobs of CodePipeline, of which it is told with the function's own role.

use std::time::Duration;

use serde_json::{Value, json};
use spillway_aws_core::json::{JSON_1_1, Operation, ask};
use spillway_aws_core::{SdkConfig, code, problem};
use spillway_domain::pipeline::{JobId, JobProgress, JobReport};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::pipelines::PipelineJobs;

/// The pauses between attempts. A job of which CodePipeline hears nothing holds its pipeline for 20 minutes.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(3200)];

const SUCCESS: Operation = Operation {
    service: "CodePipeline",
    name: "codepipeline",
    target: "CodePipeline_20150709",
    action: "PutJobSuccessResult",
    content_type: JSON_1_1,
};
const FAILURE: Operation = Operation { action: "PutJobFailureResult", ..SUCCESS };

/// The jobs of an account and Region.
#[derive(Debug)]
pub struct Jobs {
    config: SdkConfig,
}

impl Jobs {
    /// Jobs that are answered with the function's own configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }

    async fn put(&self, job: &JobId, operation: Operation, body: &str) -> Result<bool, Problem> {
        match ask(&self.config, operation, body).await {
            Ok(_) => Ok(true),
            // The answer of an earlier attempt, or of an earlier delivery of the job, has come through.
            Err(error) if code(&error) == Some("InvalidJobStateException") => Ok(false),
            Err(error) => Err(problem(&format!("codepipeline:{} of job {job}", operation.action), &error)),
        }
    }
}

impl PipelineJobs for Jobs {
    async fn report(&self, job: &JobId, report: &JobReport) -> Result<bool, Problem> {
        let (operation, body) = request(job, report);
        let body = body.to_string();
        for pause in PAUSES {
            match self.put(job, operation, &body).await {
                Err(problem) if problem.kind == ProblemKind::Transient => tokio::time::sleep(pause).await,
                told => return told,
            }
        }
        self.put(job, operation, &body).await
    }
}

/// The operation that says so, and its request.
fn request(job: &JobId, report: &JobReport) -> (Operation, Value) {
    match report {
        JobReport::Continues { progress, summary, is_created } => {
            let token = serde_json::to_string(progress).expect("it is plain data");
            let mut details = json!({ "summary": summary });
            if *is_created {
                details["externalExecutionId"] = json!(progress.deployment);
            }
            (SUCCESS, json!({ "jobId": job, "continuationToken": token, "executionDetails": details }))
        }
        JobReport::Succeeded { progress, summary } => {
            let JobProgress { deployment, task_definition } = progress;
            let mut variables = json!({ "deploymentId": deployment });
            if let Some(arn) = task_definition {
                variables["taskDefinitionArn"] = json!(arn);
            }
            let details = json!({ "summary": summary, "externalExecutionId": deployment, "percentComplete": 100 });
            (SUCCESS, json!({ "jobId": job, "executionDetails": details, "outputVariables": variables }))
        }
        JobReport::Failed { kind, message, deployment } => {
            let mut details = json!({ "type": kind.as_str(), "message": message });
            if let Some(id) = deployment {
                details["externalExecutionId"] = json!(id);
            }
            (FAILURE, json!({ "jobId": job, "failureDetails": details }))
        }
    }
}
