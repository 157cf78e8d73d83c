//! Api: answers CodeDeploy's API.

use spillway_api::{Backend, answer};
use spillway_aws_dynamodb::Table;
use spillway_aws_functions::{Authorize, SetLifecycleHook};
use spillway_aws_stepfunctions::{Executions, Tasks};
use spillway_runtime::{Failure, aws, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let executions = Executions::hasty(&config, setting::<String>("STATE_MACHINE_ARN")?);
    let tasks = Tasks::hasty(&config);
    let access = Authorize::new(&config, setting("AUTHORIZE_FUNCTION")?, &setting::<String>("POLICIES")?);
    let hooks = SetLifecycleHook::new(&config, setting("SET_LIFECYCLE_HOOK_FUNCTION")?);
    let backend = Backend::new(&table, &hooks, &executions, &tasks, setting("QUOTAS")?).guarded_by(access);
    run(async |request, invocation| Ok(answer(&backend, &request, &invocation).await)).await
}
