//! Take lifecycle action: an instance waits at a lifecycle hook, and gets a deployment of its own.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::AutoScaling;
use spillway_aws_stepfunctions::Executions;
use spillway_engine::server::take_lifecycle_action::take_lifecycle_action;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::lifecycle_action::LifecycleNotice;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let auto_scaling = AutoScaling::new(&Roles::new(&config));
    let executions = Executions::new(&config, setting::<String>("STATE_MACHINE_ARN")?);
    run(async |notice: LifecycleNotice, invocation: Invocation| {
        let Some((owner, action)) = notice.read(invocation.home()) else {
            tracing::warn!(target: "spillway", "ignored: the hook is not one of a deployment group of this account");
            return Ok(());
        };
        let taken = take_lifecycle_action(&table, &auto_scaling, &executions, &owner, &action, invocation.now).await?;
        tracing::info!(target: "spillway", instance = %action.instance, group = %action.hook.group, ?taken, "it waits");
        Ok(())
    })
    .await
}
