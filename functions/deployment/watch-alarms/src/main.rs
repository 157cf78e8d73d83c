//! Watch alarms: an alarm went off, and the traffic goes back at once.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Aliases, ShiftListener};
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::deployment::watch_alarms::{AlarmEvent, Watched, watch_alarms};
use spillway_engine::deployment::ways_back::WaysBack;
use spillway_runtime::{Failure, Invocation, SystemClock, aws, random_number, run, setting, table};
use spillway_wire::alarm::{AlarmChange, StateChange};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let aliases = Aliases::new(&Roles::new(&config));
    let listeners = ShiftListener::new(&config, setting::<String>("SHIFT_LISTENER_FUNCTION")?);
    let tasks = Tasks::new(&config);
    let ways =
        WaysBack { deployments: &table, aliases: &aliases, listeners: &listeners, wakes: &tasks, clock: &SystemClock };
    run(async |change: StateChange, invocation: Invocation| {
        let alarm = match change.read(invocation.home()) {
            AlarmChange::WentOff { alarm, at } => AlarmEvent { alarm, at },
            AlarmChange::CalmedDown => return Ok(None),
            AlarmChange::Foreign { resources } => {
                tracing::warn!(target: "spillway", ?resources, "ignored: an alarm of another account or Region");
                return Ok(None);
            }
        };
        let watched = watch_alarms(&ways, &alarm, random_number(), invocation.deadline).await?;
        let Watched { watching, restored } = watched;
        tracing::info!(target: "spillway", alarm = %alarm.alarm, watching, restored, "it went off");
        Ok(Some(watched))
    })
    .await
}
