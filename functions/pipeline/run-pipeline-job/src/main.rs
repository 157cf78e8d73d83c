//! Run pipeline job: creates the deployment that an action of a pipeline asks for, and tells CodePipeline how it is.

use spillway_appspec::resource;
use spillway_aws_codepipeline::{Definitions, Jobs};
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_functions::Authorize;
use spillway_aws_s3::Artifacts;
use spillway_aws_stepfunctions::Executions;
use spillway_domain::catalog::quotas::Quotas;
use spillway_engine::pipeline::run_pipeline_job::{Ports, run_pipeline_job};
use spillway_engine::ports::pipelines::PipelineJobs;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::access;
use spillway_wire::pipeline::event::{PipelineEvent, caller};
use spillway_wire::pipeline::report::{refused, report};
use spillway_wire::place::Place;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let store = table(&config, Table::new)?;
    let executions = Executions::hasty(&config, setting::<String>("STATE_MACHINE_ARN")?);
    let access = Authorize::new(&config, setting("AUTHORIZE_FUNCTION")?, &setting::<String>("POLICIES")?);
    let (artifacts, definitions) = (Artifacts::new(&config), Definitions::new(&Roles::new(&config)));
    let (quotas, role): (Quotas, String) = (setting("QUOTAS")?, setting("ROLE")?);
    let jobs = Jobs::new(&config);
    let ports = Ports {
        store: &store,
        executions: &executions,
        artifacts: &artifacts,
        definitions: &definitions,
        access: &access,
    };
    run(async |event: PipelineEvent, invocation: Invocation| {
        let id = event.id().clone();
        let report = match event.read(&quotas, caller(invocation.home(), &role, &invocation.function_arn)) {
            Err(refusal) => refused(&refusal),
            Ok(job) => {
                let deployment = &job.parameters.deployment;
                let permission = access::to_deploy(&deployment.application, &deployment.group);
                let caller = deployment.caller.as_ref();
                let outcome = run_pipeline_job(&ports, &job, permission, resource::read, &quotas, invocation.now).await;
                let [partition, region, account] = invocation.home().map(str::to_owned);
                report(outcome, caller, &Place { partition, region, account })
            }
        };
        let told = jobs.report(&id, &report).await?;
        tracing::info!(target: "spillway", job = %id, told, ?report, "the job has been done");
        Ok(())
    })
    .await
}
