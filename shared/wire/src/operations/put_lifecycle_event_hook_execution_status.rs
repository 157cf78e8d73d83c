//! PutLifecycleEventHookExecutionStatus.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::{HookAnswer, HookExecutionId};

use crate::Exception;
use crate::input::{DEPLOYMENT, HOOK_EXECUTION, cut, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

/// The request. Of the statuses of an event only two are verdicts.
pub fn parse(body: &[u8]) -> Result<HookAnswer, Exception> {
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
    Ok(HookAnswer { deployment, execution, succeeded })
}

/// The answer: the execution id, as it was given.
pub fn render(execution: &HookExecutionId) -> Value {
    json!({ "lifecycleEventHookExecutionId": execution.as_str() })
}
