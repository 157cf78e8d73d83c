//! Run hook: asks the hook of the current event, and parks the wait for its verdict.

use jiff::Timestamp;
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventName, HookRun, VainAsk, Verdict};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::FunctionName;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{Note, Task, amend, load, save};
use crate::ports::customer::{HookReply, Hooks};
use crate::ports::deployments::{Change, Deployments};
use crate::ports::executions::Wakes;

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
    let hook = event.and_then(|event| Some((event, record.spec.target.hook(event)?.clone())));
    let Some((event, function)) = hook.filter(|_| record.generation == task.generation) else {
        return wakes.wake(&task.token).await;
    };
    let run = record.event(event).and_then(|event| event.hook.clone());
    let returned = run.as_ref().is_some_and(|run| run.returned);
    if let Some(run) = run.filter(|run| !returned && run.asked >= HookRun::MOST_ASKS) {
        return conclude(deployments, wakes, task, event, given_up(&function, &run), now).await;
    }
    if !returned {
        record.ask_hook(event, now);
    }
    let until = record.event(event).and_then(|event| event.hook.as_ref()).map_or(now, |run| run.until);
    record.park(task.token.clone(), until, now);
    match save(deployments, Change::quiet(&record)).await {
        Err(problem) if problem.kind == ProblemKind::Stale => return wakes.wake(&task.token).await,
        saved => saved?,
    }
    if returned {
        return Ok(());
    }
    let (ask, words) = match hooks.ask(&record, event, &function).await {
        Ok(HookReply::Silent { said }) => {
            return await_call_back(deployments, task, event, &function, &said, clock()).await;
        }
        Ok(HookReply::Verdict { succeeded, message, log_tail }) => {
            let message = message.unwrap_or_else(|| format!("{function} returned Failed and gave no message."));
            let failed = || diagnostics(DiagnosticsCode::ScriptFailed, &function, message, log_tail);
            let verdict = if succeeded { Verdict::Succeeded } else { Verdict::Failed(failed()) };
            return conclude(deployments, wakes, task, event, verdict, clock()).await;
        }
        Ok(HookReply::Threw { timed_out, message, log_tail }) => {
            let code = if timed_out { DiagnosticsCode::ScriptTimedOut } else { DiagnosticsCode::ScriptFailed };
            let failed = diagnostics(code, &function, with_advice(message, &function), log_tail);
            return conclude(deployments, wakes, task, event, Verdict::Failed(failed), clock()).await;
        }
        Ok(HookReply::Lost { why }) => {
            let words = format!("{function} was asked on {event}, and its answer was lost: {why}");
            (VainAsk::AnswerLost, words)
        }
        Err(problem) => match problem.kind {
            ProblemKind::Transient | ProblemKind::Stale => {
                (VainAsk::NotRun, format!("{function} could not be asked on {event}: {problem}"))
            }
            ProblemKind::Missing | ProblemKind::Denied | ProblemKind::Refused | ProblemKind::TooLarge => {
                let verdict = Verdict::Failed(refusal(&function, problem));
                return conclude(deployments, wakes, task, event, verdict, clock()).await;
            }
        },
    };
    ask_again(deployments, task, event, ask, &words, clock()).await?;
    wakes.wake(&task.token).await
}

/// Takes the verdict, and ends the wait. One that called back first stays.
async fn conclude(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    task: &Task,
    event: EventName,
    verdict: Verdict,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        let (seen, why) = match &verdict {
            Verdict::Succeeded => ("hook: Succeeded".to_owned(), "The hook's verdict is Succeeded."),
            Verdict::Failed(why) => (format!("hook: {}", why.message), "The hook's verdict is Failed."),
        };
        let note = Note { seen, decided: "HookReturned", why: format!("{event}: {why}") };
        record.answer_hook(event, verdict.clone(), now).then_some(note)
    };
    amend(deployments, &task.deployment_id, change).await?;
    wakes.wake(&task.token).await
}

/// Notes that the hook gave no verdict; the wait goes on.
async fn await_call_back(
    deployments: &impl Deployments,
    task: &Task,
    event: EventName,
    function: &FunctionName,
    said: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let trouble = format!(
        "{function} {said}. It gives its verdict on {event} by returning {{\"status\": \"Succeeded\"}} or \
         {{\"status\": \"Failed\"}}, or by PutLifecycleEventHookExecutionStatus."
    );
    let change = |record: &mut Deployment| {
        let seen = format!("hook: {said}");
        let note = || Note { seen, decided: "HookReturned", why: format!("{event}: {trouble}") };
        record.await_call_back(event, &trouble, now).then(note)
    };
    amend(deployments, &task.deployment_id, change).await.map(|_| ())
}

/// Notes an asking that brought nothing, and when the next one comes.
async fn ask_again(
    deployments: &impl Deployments,
    task: &Task,
    event: EventName,
    ask: VainAsk,
    words: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let decided = match ask {
        VainAsk::AnswerLost => "HookAnswerLost",
        VainAsk::NotRun => "HookNotRun",
    };
    let change = |record: &mut Deployment| {
        let asked_again = record.ask_hook_again(event, ask, words, now);
        asked_again.then(|| Note {
            seen: format!("hook: {words}"),
            decided,
            why: format!("{event}: the hook is asked again."),
        })
    };
    amend(deployments, &task.deployment_id, change).await.map(|_| ())
}

fn refusal(function: &FunctionName, problem: Problem) -> Diagnostics {
    let code = match problem.kind {
        ProblemKind::Missing => DiagnosticsCode::ScriptMissing,
        ProblemKind::Denied => DiagnosticsCode::ScriptNotExecutable,
        ProblemKind::Refused | ProblemKind::Stale | ProblemKind::Transient | ProblemKind::TooLarge => {
            DiagnosticsCode::UnknownError
        }
    };
    diagnostics(code, function, problem.words, String::new())
}

fn given_up(function: &FunctionName, run: &HookRun) -> Verdict {
    let last = run.trouble.as_ref().map_or_else(String::new, |words| format!(" The last time: {words}"));
    let message =
        format!("{function} was asked {} times, and no answer came back. Look at its log.{last}", HookRun::MOST_ASKS);
    Verdict::Failed(diagnostics(DiagnosticsCode::UnknownError, function, message, String::new()))
}

/// A hook that knows of no such deployment has asked another CodeDeploy than this one.
fn with_advice(message: String, function: &FunctionName) -> String {
    if !message.contains("DeploymentDoesNotExistException") {
        return message;
    }
    format!(
        "{message} ({function} has asked AWS CodeDeploy, and not Spillway. Set its environment variable \
         AWS_ENDPOINT_URL_CODEDEPLOY to output AnswerHookUrl of Spillway's stack, or return the verdict.)"
    )
}

fn diagnostics(code: DiagnosticsCode, function: &FunctionName, message: String, log_tail: String) -> Diagnostics {
    Diagnostics::of_hook(code, function.as_str(), message, log_tail)
}
