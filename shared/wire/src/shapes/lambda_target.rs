//! `LambdaTarget`, the one target of a deployment to Lambda: its id is `<function>:<alias>`.

use serde_json::{Value, json};
use spillway_domain::{Deployment, Diagnostics, DiagnosticsCode, EventStatus, LambdaTarget, LifecycleEvent};

use super::time;
use crate::Place;

/// CodeDeploy's `TargetStatus`, as far as a Lambda alias has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetStatus {
    /// Nothing has begun.
    Pending,
    /// Something has.
    InProgress,
    /// Everything was done.
    Succeeded,
    /// Something failed.
    Failed,
    /// The deployment ended before everything was done.
    Skipped,
}

impl TargetStatus {
    pub(crate) const ALL: [TargetStatus; 5] =
        [Self::Pending, Self::InProgress, Self::Succeeded, Self::Failed, Self::Skipped];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
        }
    }
}

/// `DeploymentTarget` as it is shown; null where the AppSpec names none.
pub(crate) fn render(deployment: &Deployment, place: &Place) -> Value {
    let Some(target) = deployment.lambda() else { return Value::Null };
    json!({
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": deployment.id.as_str(),
            "targetId": target.id(),
            "targetArn": arn(target, place),
            "status": status(deployment).as_str(),
            "lastUpdatedAt": time::render(deployment.updated_at),
            "lifecycleEvents": deployment.events.iter().map(render_event).collect::<Vec<_>>(),
            "lambdaFunctionInfo": {
                "functionName": target.function.bare(),
                "functionAlias": target.alias.as_str(),
                "currentVersion": target.current.to_string(),
                "targetVersion": target.target.to_string(),
                "targetVersionWeight": deployment.share.as_weight(),
            },
        },
    })
}

/// The target's status, which follows from its events.
pub(crate) fn status(deployment: &Deployment) -> TargetStatus {
    let any = |status| deployment.events.iter().any(|event| event.status == status);
    let all = |status| deployment.events.iter().all(|event| event.status == status);
    if any(EventStatus::Failed) {
        TargetStatus::Failed
    } else if any(EventStatus::Skipped) {
        TargetStatus::Skipped
    } else if all(EventStatus::Succeeded) {
        TargetStatus::Succeeded
    } else if all(EventStatus::Pending) {
        TargetStatus::Pending
    } else {
        TargetStatus::InProgress
    }
}

/// The alias's ARN: in the function's own place where that is known, else in ours.
fn arn(target: &LambdaTarget, place: &Place) -> String {
    let function = target.function.as_str();
    if function.starts_with("arn:") {
        format!("{function}:{}", target.alias)
    } else {
        place.arn("lambda", &format!("function:{}", target.id()))
    }
}

fn render_event(event: &LifecycleEvent) -> Value {
    let mut shown = json!({
        "lifecycleEventName": event.name.as_str(),
        "status": match event.status {
            EventStatus::Pending => "Pending",
            EventStatus::InProgress => "InProgress",
            EventStatus::Succeeded => "Succeeded",
            EventStatus::Failed => "Failed",
            EventStatus::Skipped => "Skipped",
        },
    });
    let more = [
        ("startTime", event.started_at.map(time::render)),
        ("endTime", event.ended_at.map(time::render)),
        ("diagnostics", event.diagnostics.as_ref().map(render_diagnostics)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            shown[member] = value;
        }
    }
    shown
}

fn render_diagnostics(diagnostics: &Diagnostics) -> Value {
    json!({
        "errorCode": match diagnostics.code {
            DiagnosticsCode::ScriptMissing => "ScriptMissing",
            DiagnosticsCode::ScriptNotExecutable => "ScriptNotExecutable",
            DiagnosticsCode::ScriptTimedOut => "ScriptTimedOut",
            DiagnosticsCode::ScriptFailed => "ScriptFailed",
            DiagnosticsCode::UnknownError => "UnknownError",
        },
        "scriptName": diagnostics.script,
        "message": diagnostics.message,
        "logTail": diagnostics.log_tail,
    })
}
