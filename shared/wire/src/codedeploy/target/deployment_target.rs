//! `DeploymentTarget`: what a deployment deploys to, and how far it is there. A deployment to Lambda or ECS has one,
//! one to a fleet has each host.

use serde_json::{Value, json};
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventStatus, LifecycleEvent, Verdict};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::target::TargetView;

use crate::codedeploy::shapes::time;
use crate::codedeploy::target::{ecs_target, instance_target, lambda_target};
use crate::place::Place;

/// As it is shown; null where the AppSpec names none.
pub(super) fn render(target: &TargetView, place: &Place) -> Value {
    match target {
        TargetView::Own(deployment) => render_own(deployment, place),
        TargetView::Host(host) => json!({
            "deploymentTargetType": "InstanceTarget",
            "instanceTarget": instance_target::render(host, place),
        }),
    }
}

fn render_own(deployment: &Deployment, place: &Place) -> Value {
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

/// The members that the targets of Lambda and ECS have.
pub(crate) fn common(deployment: &Deployment, arn: &str) -> Value {
    json!({
        "deploymentId": deployment.id.as_str(),
        "targetId": deployment.target_id(),
        "targetArn": arn,
        "status": deployment.target_status().as_str(),
        "lastUpdatedAt": time::render(deployment.updated_at),
        "lifecycleEvents": deployment.events.iter().map(render_event).collect::<Vec<_>>(),
    })
}

/// A lifecycle event.
pub(crate) fn render_event(event: &LifecycleEvent) -> Value {
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
