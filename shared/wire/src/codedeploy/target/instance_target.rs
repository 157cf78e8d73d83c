//! `InstanceTarget`, a host of a deployment, and its older form `InstanceSummary`.

use serde_json::{Value, json};
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::host::Host;
use spillway_domain::server::phase::Side;
use spillway_domain::server::status::HostTarget;
use spillway_domain::server::work::{HostRun, RunStatus};

use crate::codedeploy::shapes::time;
use crate::place::Place;

/// The label of a host: in place it is that of AWS's sample of such a host.
fn label(host: &HostTarget) -> &'static str {
    host.side.unwrap_or(Side::Blue).as_str()
}

/// As it is shown.
pub(super) fn render(host: &HostTarget, place: &Place) -> Value {
    let mut shown = common(host);
    shown["targetId"] = json!(host.work.host.id.as_str());
    shown["targetArn"] = json!(arn(&host.work.host, place));
    shown["instanceLabel"] = json!(label(host));
    shown
}

/// As the deprecated operations show it: CodeDeploy gives the ARN as `instanceId`.
pub(super) fn render_summary(host: &HostTarget, place: &Place) -> Value {
    let mut shown = common(host);
    shown["instanceId"] = json!(arn(&host.work.host, place));
    shown["instanceType"] = json!(label(host));
    shown
}

fn common(host: &HostTarget) -> Value {
    let events = host.work.events.iter().map(|run| render_event(host, run));
    json!({
        "deploymentId": host.deployment.as_str(),
        "status": host.status.as_str(),
        "lastUpdatedAt": time::render(host.work.updated_at),
        "lifecycleEvents": events.collect::<Vec<_>>(),
    })
}

/// EC2 instances have ARNs of their own; those of on-premises instances are CodeDeploy's.
pub(crate) fn arn(host: &Host, place: &Place) -> String {
    if host.id.is_of_ec2() { host.arn.clone() } else { place.arn("codedeploy", &format!("instance/{}", host.id)) }
}

fn render_event(host: &HostTarget, run: &HostRun) -> Value {
    let mut shown = json!({
        "lifecycleEventName": run.event.as_str(),
        "status": run.event_status(host.has_ended).as_str(),
    });
    let more = [
        ("startTime", run.started_at.map(time::render)),
        ("endTime", run.ended_at.map(time::render)),
        ("diagnostics", host.diagnostics.get(&run.event).map(|diagnostics| render_diagnostics(diagnostics, run))),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            shown[member] = value;
        }
    }
    shown
}

/// Of an event that has not ended there is the log alone.
fn render_diagnostics(diagnostics: &HostDiagnostics, run: &HostRun) -> Value {
    if run.status == RunStatus::InProgress {
        return json!({ "logTail": diagnostics.log_tail });
    }
    json!({
        "errorCode": diagnostics.code.as_ref(),
        "scriptName": diagnostics.script,
        "message": diagnostics.message,
        "logTail": diagnostics.log_tail,
    })
}
