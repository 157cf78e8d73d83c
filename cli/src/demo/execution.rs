//! What Step Functions did for a deployment, as its own history tells.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use serde::Serialize;

use super::routing::to_milliseconds;
use super::stage::Stage;

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
    /// Waits for the end of a deployment's execution and reads its history. `config` names the steps that it baked.
    pub async fn of(stage: &Stage, deployment: &str, config: &str) -> anyhow::Result<Self> {
        let arn = stage.execution_arn(deployment);
        wait_until_ended(stage, &arn).await?;
        let pages = stage.executions.get_execution_history().execution_arn(&arn).into_paginator().items();
        let events = pages.send().collect::<Result<Vec<HistoryEvent>, _>>().await;
        let events = events.with_context(|| format!("the history of execution {arn} cannot be read"))?;
        Ok(read(&events, config))
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
fn read(events: &[HistoryEvent], config: &str) -> Execution {
    let entered: Vec<(&str, f64)> = events
        .iter()
        .filter_map(|event| Some((event.state_entered_event_details()?.name(), event.timestamp().as_secs_f64())))
        .collect();
    let steps: Vec<&str> = config.trim_start_matches("Steps.").split(',').collect();
    let mut execution = Execution { transitions: entered.len(), waits: Vec::new() };
    let mut shifts = 0_usize;
    for (n, (name, at)) in entered.iter().enumerate() {
        let what = match *name {
            "ShiftTraffic" | "CompleteShift" => {
                shifts += 1;
                continue;
            }
            "RunHook" if shifts == 0 => "pre-traffic hook".to_owned(),
            "RunHook" => "post-traffic hook".to_owned(),
            "Bake" => {
                let step = shifts.checked_sub(1).and_then(|step| steps.get(step)).copied().unwrap_or_default();
                format!("{} % to bake", step.split('@').next().unwrap_or_default())
            }
            _ => continue,
        };
        let until = entered.get(n + 1).map_or(*at, |(_, next)| *next);
        execution.waits.push(Wait { what, seconds: to_milliseconds(until - at) });
    }
    execution
}
