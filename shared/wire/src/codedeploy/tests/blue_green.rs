use serde_json::json;
use spillway_domain::catalog::environment::{BlueGreen, GreenFleet, ReadyOption, Termination, TerminationAction};

use super::environments::{BOTH, read};
use super::*;

#[test]
fn blue_green_is_read_block_by_block() {
    let block = |value: Value| read("blueGreenDeploymentConfiguration", value).blue_green.unwrap();
    let all = block(json!({
        "terminateBlueInstancesOnDeploymentSuccess": { "action": "KEEP_ALIVE", "terminationWaitTimeInMinutes": 2880 },
        "deploymentReadyOption": { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 7200 },
        "greenFleetProvisioningOption": { "action": "COPY_AUTO_SCALING_GROUP" },
    }));
    assert_eq!(
        all,
        BlueGreen {
            termination: Some(Termination { action: TerminationAction::KeepAlive, minutes: 2880 }),
            ready: Some(ReadyOption::Stop { minutes: 7200 }),
            green_fleet: Some(GreenFleet::CopyAutoScalingGroup),
        }
    );
    let terse = block(json!({
        "terminateBlueInstancesOnDeploymentSuccess": { "terminationWaitTimeInMinutes": 5 },
        "deploymentReadyOption": { "waitTimeInMinutes": 0 },
        "greenFleetProvisioningOption": {},
    }));
    assert_eq!(
        terse,
        BlueGreen {
            termination: Some(Termination { action: TerminationAction::Terminate, minutes: 5 }),
            ready: Some(ReadyOption::Continue),
            green_fleet: None,
        }
    );
}

#[test]
fn blue_green_has_its_rules() {
    let (end, ready) = ("terminateBlueInstancesOnDeploymentSuccess", "deploymentReadyOption");
    let wait = |action: &str, minutes: i64| json!({ "actionOnTimeout": action, "waitTimeInMinutes": minutes });
    let cases = [
        (
            end,
            json!({ "terminationWaitTimeInMinutes": 2881 }),
            "Timeout for instance termination cannot be more than 2 days",
        ),
        (
            end,
            json!({ "terminationWaitTimeInMinutes": -1 }),
            "terminateBlueInstancesOnDeploymentSuccess.terminationWaitTimeInMinutes -1 is not valid: it may be from 0 to \
             2880 minutes (2 days).",
        ),
        (
            end,
            json!({ "action": "END" }),
            "terminateBlueInstancesOnDeploymentSuccess.action 'END' is not valid. Valid values are [TERMINATE, \
             KEEP_ALIVE]",
        ),
        (
            ready,
            wait("CONTINUE_DEPLOYMENT", 1),
            "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
        ),
        (
            ready,
            json!({ "actionOnTimeout": "STOP_DEPLOYMENT" }),
            "deploymentReadyOption.waitTimeInMinutes is required when actionOnTimeout is STOP_DEPLOYMENT, and was not \
             given.",
        ),
        (
            ready,
            json!({ "waitTimeInMinutes": 5 }),
            "deploymentReadyOption.actionOnTimeout is required when waitTimeInMinutes is specified, and was not given.",
        ),
        (
            ready,
            wait("STOP_DEPLOYMENT", 7201),
            "deploymentReadyOption.waitTimeInMinutes 7201 is not valid: it may be from 0 to 7200 minutes (5 days).",
        ),
        (
            ready,
            wait("STOP_DEPLOYMENT", 0),
            "deploymentReadyOption.waitTimeInMinutes 0 is not valid when actionOnTimeout is STOP_DEPLOYMENT: no \
             deployment would go on. It may be from 1 to 7200 minutes (5 days).",
        ),
        (
            ready,
            wait("WAIT", 1),
            "deploymentReadyOption.actionOnTimeout 'WAIT' is not valid. Valid values are [CONTINUE_DEPLOYMENT, \
             STOP_DEPLOYMENT]",
        ),
        (
            "greenFleetProvisioningOption",
            json!({ "action": "MAKE" }),
            "greenFleetProvisioningOption.action 'MAKE' is not valid. Valid values are [DISCOVER_EXISTING, \
             COPY_AUTO_SCALING_GROUP]",
        ),
    ];
    for operation in BOTH {
        for (block, value, words) in &cases {
            let member = format!("blueGreenDeploymentConfiguration.{block}");
            assert_eq!(
                refused(operation, &member, value.clone()),
                format!("InvalidBlueGreenDeploymentConfigurationException: {words}")
            );
        }
    }
}
