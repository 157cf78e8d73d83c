//! Run hook: asks the hook of the current event, and parks the wait for its verdict.

use jiff::Timestamp;
use spillway_domain::{
    Deployment, Diagnostics, DiagnosticsCode, EventName, FunctionName, HookRun, Problem, ProblemKind, Verdict,
};

use crate::task::{amend, load};
use crate::{Change, Deployments, HookReply, Hooks, Task, Wakes};

/// Asks the hook, unless it was asked and returned already, and takes its verdict if it has one. Without one the wait
/// stays parked for the call back. It is handed a clock, not a time, because a hook may take a quarter of an hour.
pub async fn run_hook(
    deployments: &impl Deployments,
    hooks: &impl Hooks,
    wakes: &impl Wakes,
    task: &Task,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let now = clock();
    let mut record = load(deployments, &task.deployment_id).await?;
    let event = record.current_event();
    let hook = event.and_then(|event| Some((event, record.order.target.hook(event)?.clone())));
    let Some((event, function)) = hook.filter(|_| record.generation == task.generation) else {
        return wakes.wake(&task.token).await;
    };
    let run = record.event(event).and_then(|event| event.hook.clone());
    let returned = run.as_ref().is_some_and(|run| run.returned);
    if !returned && run.is_some_and(|run| run.asked >= HookRun::MOST_ASKS) {
        return conclude(deployments, wakes, task, event, Some(given_up(&function)), now).await;
    }
    if !returned {
        record.ask_hook(event, now);
    }
    let until = record.event(event).and_then(|event| event.hook.as_ref()).map_or(now, |run| run.until);
    record.park(task.token.clone(), until, now);
    match deployments.save(Change::quiet(&record)).await {
        Err(problem) if problem.kind == ProblemKind::Stale => return wakes.wake(&task.token).await,
        saved => saved?,
    }
    if returned {
        return Ok(());
    }
    match hooks.ask(&record, event, &function).await {
        Ok(reply) => conclude(deployments, wakes, task, event, verdict(reply, &function), clock()).await,
        Err(problem) => match problem.kind {
            ProblemKind::Transient | ProblemKind::Stale => {
                unask(deployments, task, event, clock()).await?;
                Err(problem)
            }
            ProblemKind::Missing | ProblemKind::Denied | ProblemKind::Refused => {
                let verdict = Some(Verdict::Failed(refusal(&function, problem)));
                conclude(deployments, wakes, task, event, verdict, clock()).await
            }
        },
    }
}

/// Takes what became of the hook, and ends the wait if that is a verdict. A verdict that called back first stays.
async fn conclude(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    task: &Task,
    event: EventName,
    verdict: Option<Verdict>,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        if !record.answer_hook(event, verdict.clone(), now) {
            return None;
        }
        let (seen, why) = match &verdict {
            None => ("hook: returned without a verdict".to_owned(), "Its call back is awaited."),
            Some(Verdict::Succeeded) => ("hook: Succeeded".to_owned(), "The hook is content."),
            Some(Verdict::Failed(why)) => (format!("hook: {}", why.message), "The hook is not content."),
        };
        Some((seen, "HookReturned", format!("{event}: {why}")))
    };
    amend(deployments, &task.deployment_id, change).await?;
    if verdict.is_some() { wakes.wake(&task.token).await } else { Ok(()) }
}

async fn unask(deployments: &impl Deployments, task: &Task, event: EventName, now: Timestamp) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        if record.has_ended() {
            return None;
        }
        record.unask_hook(event, now);
        Some(("hook: throttled".to_owned(), "HookThrottled", format!("{event}: the hook is asked again.")))
    };
    amend(deployments, &task.deployment_id, change).await.map(|_| ())
}

fn verdict(reply: HookReply, function: &FunctionName) -> Option<Verdict> {
    match reply {
        HookReply::Silent => None,
        HookReply::Verdict { succeeded: true, .. } => Some(Verdict::Succeeded),
        HookReply::Verdict { succeeded: false, message, log_tail } => {
            let message = message.unwrap_or_else(|| format!("{function} returned Failed and gave no message."));
            Some(Verdict::Failed(diagnostics(DiagnosticsCode::ScriptFailed, function, message, log_tail)))
        }
        HookReply::Threw { timed_out, message, log_tail } => {
            let code = if timed_out { DiagnosticsCode::ScriptTimedOut } else { DiagnosticsCode::ScriptFailed };
            Some(Verdict::Failed(diagnostics(code, function, message, log_tail)))
        }
    }
}

fn refusal(function: &FunctionName, problem: Problem) -> Diagnostics {
    let code = match problem.kind {
        ProblemKind::Missing => DiagnosticsCode::ScriptMissing,
        ProblemKind::Denied => DiagnosticsCode::ScriptNotExecutable,
        ProblemKind::Refused | ProblemKind::Stale | ProblemKind::Transient => DiagnosticsCode::UnknownError,
    };
    diagnostics(code, function, problem.words, String::new())
}

fn given_up(function: &FunctionName) -> Verdict {
    let message = format!(
        "{function} was asked {} times, and each time the asking broke off before it returned. Look at its log.",
        HookRun::MOST_ASKS
    );
    Verdict::Failed(diagnostics(DiagnosticsCode::UnknownError, function, message, String::new()))
}

fn diagnostics(code: DiagnosticsCode, function: &FunctionName, message: String, log_tail: String) -> Diagnostics {
    Diagnostics { code, script: function.to_string(), message, log_tail }
}
