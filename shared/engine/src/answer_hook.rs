//! PutLifecycleEventHookExecutionStatus: a hook calls back.

use jiff::Timestamp;
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventName, LifecycleEvent, Verdict};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::HookAnswer;
use spillway_domain::rejection::Rejection;

use crate::task::amend;
use crate::wake::wake_or_leave;
use crate::{Deployments, Error, Wakes};

/// Takes the verdict of a hook. The first one counts; a later one, one for an event that no longer waits, and one
/// with an id that is not this deployment's are refused.
pub async fn answer_hook(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    answer: &HookAnswer,
    now: Timestamp,
) -> Result<(), Error> {
    let id = &answer.deployment;
    let record = deployments.load(id).await?.ok_or_else(|| Rejection::NoDeployment(id.clone()))?;
    let foreign = || Rejection::ForeignHook { deployment: id.clone() };
    let event = answer.event;
    let asked = |event: &LifecycleEvent| event.hook.as_ref().is_some_and(|run| run.asked > 0);
    if !record.event(event).is_some_and(asked) {
        return Err(foreign().into());
    }
    let verdict = if answer.succeeded { Verdict::Succeeded } else { Verdict::Failed(said_failed(&record, event)) };
    let change = |record: &mut Deployment| {
        let said = if answer.succeeded { "Succeeded" } else { "Failed" };
        record
            .answer_hook(event, verdict.clone(), now)
            .then(|| (format!("call back: {said}"), "HookAnswered", format!("The hook of {event} said {said}.")))
    };
    let Some(record) = amend(deployments, id, change).await? else {
        return Err(Rejection::EventAlreadyCompleted { deployment: id.clone(), event }.into());
    };
    wake_or_leave(wakes, &record).await;
    Ok(())
}

fn said_failed(record: &Deployment, event: EventName) -> Diagnostics {
    let hook = record.spec.target.hook(event);
    let script = hook.map_or("", |hook| hook.as_str());
    let message = format!("{script} called back with Failed for {event}.");
    Diagnostics::of_hook(DiagnosticsCode::ScriptFailed, script, message, "")
}
