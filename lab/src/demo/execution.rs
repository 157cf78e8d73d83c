//! What Step Functions did for a deployment, as its own history tells.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use serde::Serialize;

use super::routing::to_milliseconds;
use super::scene::Scene;
use super::stage::Stage;

/// The states that give the new version another share, before they bake it or at the end.
const SHIFTS: [&str; 3] = ["ShiftTraffic", "CompleteShift", "ShiftListener"];
/// The states that move nothing.
const BETWEEN_MOVES: [&str; 4] = ["Bake", "Decide", "Next", "Announce"];

/// An execution that has ended.
#[derive(Debug, Default)]
pub(super) struct Execution {
    /// How many states were entered.
    pub transitions: usize,
    /// What was waited for, in order.
    pub waits: Vec<Wait>,
}

/// Something that was waited for.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Wait {
    /// What.
    pub what: String,
    /// How long.
    pub seconds: f64,
}

impl Execution {
    /// Waits for the end of the execution of a scene's deployment and reads its history.
    pub async fn of(stage: &Stage, deployment: &str, scene: &Scene) -> anyhow::Result<Self> {
        let arn = stage.execution_arn(deployment);
        wait_until_ended(stage, &arn).await?;
        let pages = stage.executions.get_execution_history().execution_arn(&arn).into_paginator().items();
        let events = pages.send().collect::<Result<Vec<HistoryEvent>, _>>().await;
        let events = events.with_context(|| format!("the history of execution {arn} cannot be read"))?;
        Ok(read(&events, scene))
    }
}

async fn wait_until_ended(stage: &Stage, arn: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let answer = stage.executions.describe_execution().execution_arn(arn).send().await;
        let answer = answer.with_context(|| format!("execution {arn} cannot be looked at"))?;
        if *answer.status() != ExecutionStatus::Running {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(15) {
            bail!("execution {arn} still runs, 15 s after its deployment ended");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A wait lasts from entering its state to entering the next.
fn read(events: &[HistoryEvent], scene: &Scene) -> Execution {
    let entered: Vec<(&str, f64)> = events
        .iter()
        .filter_map(|event| Some((event.state_entered_event_details()?.name(), event.timestamp().as_secs_f64())))
        .collect();
    let names: Vec<&str> = entered.iter().map(|(name, _)| *name).collect();
    let mut execution = Execution { transitions: entered.len(), waits: Vec::new() };
    for (n, (_, at)) in entered.iter().enumerate() {
        if let Some(what) = waited_for(&names, n, scene) {
            let until = entered.get(n + 1).map_or(*at, |(_, next)| *next);
            execution.waits.push(Wait { what, seconds: to_milliseconds(until - at) });
        }
    }
    execution
}

/// What a state waits for, if it does. Its name does not say that, but those of the states around it do.
fn waited_for(names: &[&str], n: usize, scene: &Scene) -> Option<String> {
    let (before, after) = (&names[..n], &names[n + 1..]);
    let shifts = before.iter().filter(|name| SHIFTS.contains(name)).count();
    match names[n] {
        "RunHook" if shifts == 0 => Some(format!("{} hook", scene.platform.first_hook())),
        "RunHook" => Some("post-traffic hook".to_owned()),
        "Bake" => {
            let is_move = |name: &&&str| !BETWEEN_MOVES.contains(*name);
            let (last, next) = (before.iter().rev().find(is_move), after.iter().find(is_move));
            let just_shifted = before.last().is_some_and(|name| SHIFTS.contains(name));
            Some(match (last, next) {
                (Some(&"InstallTaskSet"), _) => "tasks to start".to_owned(),
                (_, Some(&"RetireTaskSet")) if !just_shifted => "late writes to end".to_owned(),
                _ if shifts == 0 => "another look".to_owned(),
                _ => format!("{} % to bake", percent_of(scene, shifts)),
            })
        }
        _ => None,
    }
}

/// The percents that the new version has after so many shifts.
fn percent_of(scene: &Scene, shifts: usize) -> &'static str {
    let mut steps = scene.config.trim_start_matches("Steps.").split(',');
    let step = shifts.checked_sub(1).and_then(|step| steps.nth(step)).unwrap_or_default();
    step.split('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::platform::Platform;
    use super::super::scenes::scenes;
    use super::*;

    /// What is waited for in these states, as `Decide` and `Next` come before all but a `Bake` after a `ShiftTraffic`.
    fn waits(platform: Platform, moves: &str) -> Vec<String> {
        let states = moves.split(' ').flat_map(|name| match name.split_once('+') {
            Some((shift, bake)) => vec!["Decide", "Next", shift, bake],
            None => vec!["Decide", "Next", name],
        });
        let states: Vec<&str> = states.collect();
        (0..states.len()).filter_map(|n| waited_for(&states, n, &scenes(platform)[0])).collect()
    }

    #[test]
    fn a_shift_of_an_alias_bakes_between_its_hooks() {
        let moves =
            "Announce RunHook ShiftTraffic+Bake ShiftTraffic+Bake Bake CompleteShift RunHook Announce Succeeded";
        let expected = ["pre-traffic hook", "5 % to bake", "25 % to bake", "25 % to bake", "post-traffic hook"];
        assert_eq!(waits(Platform::Lambda, moves), expected);
    }

    #[test]
    fn a_service_waits_for_its_tasks_at_first_and_for_late_writes_at_the_end() {
        let moves = "Announce RouteListener InstallTaskSet Bake RouteListener RunHook ShiftListener+Bake RouteListener \
                     PromoteTaskSet Bake RetireTaskSet Announce Succeeded";
        let expected = ["tasks to start", "test-traffic hook", "25 % to bake", "late writes to end"];
        assert_eq!(waits(Platform::Ecs, moves), expected);
    }

    #[test]
    fn a_halted_shift_bakes_until_the_halt_and_waits_for_late_writes_from_then_on() {
        let moves = "InstallTaskSet Bake ShiftListener+Bake Bake RetireTaskSet RollBack";
        assert_eq!(waits(Platform::Ecs, moves), ["tasks to start", "25 % to bake", "late writes to end"]);
    }
}
