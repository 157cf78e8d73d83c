//! PutLifecycleEventHookExecutionStatus.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::request::HookAnswer;
use spillway_domain::rejection::Rejection;
use spillway_domain::words::cut;

use crate::input::{DEPLOYMENT, HOOK_EXECUTION, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

/// The request. Of the statuses of an event only two are verdicts, and only a hook that was asked knows its execution id.
pub fn parse(body: &[u8], cx: &Context) -> Result<HookAnswer, Exception> {
    let input: Input = read(body)?;
    let deployment = DEPLOYMENT.required(input.deployment_id)?;
    let execution = HOOK_EXECUTION.required(input.lifecycle_event_hook_execution_id)?;
    let succeeded = match input.status.as_deref() {
        Some("Succeeded") => true,
        Some("Failed") => false,
        other => {
            return Err(Exception::new(
                "InvalidLifecycleEventHookExecutionStatusException",
                format!("status '{}' is not a verdict; give Succeeded or Failed.", cut(other.unwrap_or_default(), 120)),
            ));
        }
    };
    let Some(event) = cx.seal.event_of(&deployment, &execution) else {
        return Err(Rejection::ForeignHook { deployment }.into());
    };
    Ok(HookAnswer { deployment, event, execution, succeeded })
}

/// The answer: the execution id, as it was given.
pub fn render(answer: &HookAnswer, (): &(), _: &Context) -> Value {
    json!({ "lifecycleEventHookExecutionId": answer.execution.as_str() })
}
