//! What GetDeployment and GetDeploymentTarget say in words.

use serde_json::json;
use spillway_domain::deployment::halt::{Cause, Halt};
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventStatus, HookRun, Verdict};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::ecs::stage::EcsStage;
use spillway_domain::names::DeploymentId;

use super::*;
use crate::testing::{at, context, deployment, installed_deployment, named};

fn id() -> DeploymentId {
    named("d-75I7MBT7C")
}

#[test]
fn a_notification_that_was_not_delivered_is_shown_beside_the_status() {
    let mut deployment = deployment();
    deployment.undelivered = vec!["Trigger 'all' was not notified.".to_owned()];
    let info = &GetDeployment::render(&id(), &deployment.into(), &context())["deploymentInfo"];
    assert_eq!(info["status"], "Created");
    assert_eq!(
        info["deploymentStatusMessages"],
        json!(["Waits for its execution.", "Trigger 'all' was not notified."])
    );
    assert_eq!(info["additionalDeploymentStatusInfo"], "Waits for its execution.");
}

#[test]
fn a_deployment_that_goes_back_tells_why_before_it_ends() {
    let mut halted = Deployment { stage: Stage::Ecs(EcsStage::Install), ..installed_deployment() };
    halted.halt = Some(Halt { cause: Cause::Alarm(vec![named("web-errors")]), at: at(1) });
    halted.note = "The traffic is where it should be.".to_owned();
    let info = &GetDeployment::render(&id(), &halted.clone().into(), &context())["deploymentInfo"];
    assert_eq!(info["status"], "InProgress");
    assert_eq!(
        info["deploymentStatusMessages"],
        json!([
            "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the \
             affected deployments have been stopped. Activated alarms: web-errors. The traffic is where it should be."
        ])
    );
}

#[test]
fn the_diagnostics_of_a_hook_that_said_no_are_shown_before_the_deployment_ends() {
    let diagnostics = Diagnostics {
        code: DiagnosticsCode::ScriptFailed,
        script: "smoke-test".to_owned(),
        message: "the page is empty".to_owned(),
        log_tail: String::new(),
    };
    let mut halted = deployment();
    halted.events[0].status = EventStatus::InProgress;
    let verdict = Some(Verdict::Failed(diagnostics));
    halted.events[0].hook =
        Some(HookRun { asked: 1, until: at(1), again_at: None, trouble: None, returned: true, verdict });
    let target =
        &BatchGetDeploymentTargets::render(&(id(), Vec::new()), &[halted.into()], &context())["deploymentTargets"][0];
    let event = &target["lambdaTarget"]["lifecycleEvents"][0];
    assert_eq!(
        (&event["status"], &event["diagnostics"]["message"]),
        (&json!("InProgress"), &json!("the page is empty"))
    );
}
