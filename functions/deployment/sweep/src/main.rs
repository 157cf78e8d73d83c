//! Sweep: catches what an event, a start or a wake lost.

use serde::de::IgnoredAny;
use spillway_aws_cloudwatch::Alarms;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::Fleets;
use spillway_aws_lambda::{Aliases, ShiftListener};
use spillway_aws_stepfunctions::{Executions, Tasks};
use spillway_engine::deployment::sweep::{Swept, sweep};
use spillway_engine::deployment::ways_back::WaysBack;
use spillway_runtime::{Failure, Invocation, SystemClock, aws, random_number, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let roles = Roles::new(&config);
    let table = table(&config, Table::new)?;
    let (aliases, alarms) = (Aliases::new(&roles), Alarms::new(&roles));
    let listeners = ShiftListener::new(&config, setting::<String>("SHIFT_LISTENER_FUNCTION")?);
    let fleets = Fleets::new(&config, &roles);
    let tasks = Tasks::new(&config);
    let executions = Executions::new(&config, setting::<String>("STATE_MACHINE_ARN")?);
    let ways =
        WaysBack { deployments: &table, aliases: &aliases, listeners: &listeners, wakes: &tasks, clock: &SystemClock };
    run(async |_: IgnoredAny, invocation: Invocation| {
        let swept = sweep(&ways, &alarms, &fleets, &executions, random_number(), invocation.deadline).await?;
        swept.iter().for_each(log);
        Ok(())
    })
    .await
}

fn log(swept: &Swept) {
    match swept {
        Swept::Halted(id) => tracing::warn!(target: "spillway", %id, "halted: the event of its alarm was lost"),
        Swept::Woken(id) => tracing::warn!(target: "spillway", %id, "woken: it had overslept"),
        Swept::Started(id) => tracing::warn!(target: "spillway", %id, "started: it had no execution"),
        Swept::Released(id) => tracing::info!(target: "spillway", %id, "advanced: hosts began or have taken too long"),
        Swept::Troubled(id, problem) => tracing::error!(target: "spillway", %id, "left for the next sweep: {problem}"),
    }
}
