//! `DeploymentTarget`: what a deployment deploys to, and how far it is there. Every deployment has one.

use serde_json::{Value, json};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventStatus, LifecycleEvent, Verdict};
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::ecs::stage::EcsStage;

use crate::codedeploy::shapes::time;
use crate::codedeploy::target::{ecs_target, lambda_target};
use crate::place::Place;

/// CodeDeploy's `TargetStatus`, without `Unknown`, which ours never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetStatus {
    /// Nothing has begun.
    Pending,
    /// Something has.
    InProgress,
    /// The replacement waits for the deployment to be continued.
    Ready,
    /// Everything was done.
    Succeeded,
    /// Something failed.
    Failed,
    /// The deployment ended before everything was done.
    Skipped,
}

impl TargetStatus {
    pub(crate) const ALL: [TargetStatus; 6] =
        [Self::Pending, Self::InProgress, Self::Ready, Self::Succeeded, Self::Failed, Self::Skipped];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Ready => "Ready",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
        }
    }
}

/// As it is shown; null where the AppSpec names none.
pub(crate) fn render(deployment: &Deployment, place: &Place) -> Value {
    match &deployment.spec.target {
        Target::Lambda(target) => json!({
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": lambda_target::render(deployment, target, place),
        }),
        Target::Ecs(_) => json!({
            "deploymentTargetType": "ECSTarget",
            "ecsTarget": ecs_target::render(deployment, place),
        }),
        Target::Server(_) | Target::Invalid(_) | Target::Unread => Value::Null,
    }
}

/// The target's status, which follows from its events; an original that is still there is not the end.
pub(crate) fn status(deployment: &Deployment) -> TargetStatus {
    let any = |status| deployment.events.iter().any(|event| event.status == status);
    let all = |status| deployment.events.iter().all(|event| event.status == status);
    let keeps_original = matches!(deployment.stage, Stage::Gate(Gate::Termination) | Stage::Ecs(EcsStage::Termination));
    let went_back = matches!(deployment.status(), Status::Failed | Status::Stopped);
    if any(EventStatus::Failed) {
        TargetStatus::Failed
    } else if any(EventStatus::Skipped) {
        TargetStatus::Skipped
    } else if deployment.status() == Status::Ready {
        TargetStatus::Ready
    } else if all(EventStatus::Succeeded) && went_back {
        TargetStatus::Failed
    } else if all(EventStatus::Succeeded) && !keeps_original {
        TargetStatus::Succeeded
    } else if all(EventStatus::Pending) {
        TargetStatus::Pending
    } else {
        TargetStatus::InProgress
    }
}

/// The members that the targets of all platforms have.
pub(crate) fn common(deployment: &Deployment, arn: &str) -> Value {
    json!({
        "deploymentId": deployment.id.as_str(),
        "targetId": deployment.target_id(),
        "targetArn": arn,
        "status": status(deployment).as_str(),
        "lastUpdatedAt": time::render(deployment.updated_at),
        "lifecycleEvents": deployment.events.iter().map(render_event).collect::<Vec<_>>(),
    })
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
        ("diagnostics", event.diagnostics.as_ref().or_else(|| refusal(event)).map(render_diagnostics)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            shown[member] = value;
        }
    }
    shown
}

/// What the hook said against going on, while the traffic still goes back for it.
fn refusal(event: &LifecycleEvent) -> Option<&Diagnostics> {
    match event.hook.as_ref()?.verdict.as_ref()? {
        Verdict::Failed(diagnostics) => Some(diagnostics),
        Verdict::Succeeded => None,
    }
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
