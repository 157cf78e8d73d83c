//! `BlueGreenDeploymentConfiguration`.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::environment::{BlueGreen, GreenFleet, ReadyOption, Termination, TerminationAction};

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, one_of};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    terminate_blue_instances_on_deployment_success: Option<Object<TerminationInput>>,
    deployment_ready_option: Option<Object<ReadyInput>>,
    green_fleet_provisioning_option: Option<Object<FleetInput>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TerminationInput {
    action: Option<String>,
    termination_wait_time_in_minutes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadyInput {
    action_on_timeout: Option<String>,
    wait_time_in_minutes: Option<i64>,
}

#[derive(Deserialize)]
struct FleetInput {
    action: Option<String>,
}

const MINUTES_A_DAY: u32 = 24 * 60;
/// The longest that the original is kept.
const TWO_DAYS: u32 = 2 * MINUTES_A_DAY;
/// The longest from a deployment's begin to its traffic shift, and so the longest wait for that.
const FIVE_DAYS: u32 = 5 * MINUTES_A_DAY;

/// What is given, checked. A block without members says nothing.
pub(crate) fn parse(input: Input) -> Result<BlueGreen, Exception> {
    let termination = input.terminate_blue_instances_on_deployment_success.map(|Object(given)| termination(given));
    let ready = input.deployment_ready_option.map(|Object(given)| ready(given));
    let green_fleet = input.green_fleet_provisioning_option.map(|Object(given)| fleet(given));
    Ok(BlueGreen {
        termination: termination.transpose()?.flatten(),
        ready: ready.transpose()?.flatten(),
        green_fleet: green_fleet.transpose()?.flatten(),
    })
}

fn termination(input: TerminationInput) -> Result<Option<Termination>, Exception> {
    const MEMBER: &str = "terminateBlueInstancesOnDeploymentSuccess";
    if input.action.is_none() && input.termination_wait_time_in_minutes.is_none() {
        return Ok(None);
    }
    let all = [TerminationAction::Terminate, TerminationAction::KeepAlive];
    let action = find(input.action, MEMBER, "action", all, action_text)?.unwrap_or(TerminationAction::Terminate);
    let given = input.termination_wait_time_in_minutes.unwrap_or(0);
    if given > i64::from(TWO_DAYS) {
        return Err(invalid("Timeout for instance termination cannot be more than 2 days".to_owned()));
    }
    let minutes = minutes(given, MEMBER, "terminationWaitTimeInMinutes", TWO_DAYS)?;
    Ok(Some(Termination { action, minutes }))
}

fn ready(input: ReadyInput) -> Result<Option<ReadyOption>, Exception> {
    const MEMBER: &str = "deploymentReadyOption";
    let all = [ReadyOption::Continue, ReadyOption::Stop { minutes: 0 }];
    let action = find(input.action_on_timeout, MEMBER, "actionOnTimeout", all, ready_text)?;
    let wait = input.wait_time_in_minutes;
    let minutes = wait.map(|given| minutes(given, MEMBER, "waitTimeInMinutes", FIVE_DAYS)).transpose()?;
    match (action, minutes) {
        (None, None) => Ok(None),
        (None | Some(ReadyOption::Continue), None | Some(0)) => Ok(Some(ReadyOption::Continue)),
        (Some(ReadyOption::Continue), Some(_)) => Err(invalid(
            "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified".to_owned(),
        )),
        (Some(ReadyOption::Stop { .. }), Some(0)) => Err(invalid(format!(
            "{MEMBER}.waitTimeInMinutes 0 is not valid when actionOnTimeout is STOP_DEPLOYMENT: no deployment would go on. \
             It may be from 1 to {FIVE_DAYS} minutes (5 days)."
        ))),
        (Some(ReadyOption::Stop { .. }), Some(minutes)) => Ok(Some(ReadyOption::Stop { minutes })),
        (Some(ReadyOption::Stop { .. }), None) => Err(invalid(format!(
            "{MEMBER}.waitTimeInMinutes is required when actionOnTimeout is STOP_DEPLOYMENT, and was not given."
        ))),
        (None, Some(_)) => Err(invalid(format!(
            "{MEMBER}.actionOnTimeout is required when waitTimeInMinutes is specified, and was not given."
        ))),
    }
}

fn fleet(input: FleetInput) -> Result<Option<GreenFleet>, Exception> {
    let all = [GreenFleet::DiscoverExisting, GreenFleet::CopyAutoScalingGroup];
    find(input.action, "greenFleetProvisioningOption", "action", all, fleet_text)
}

fn find<T: Copy, const N: usize>(
    given: Option<String>,
    block: &str,
    member: &str,
    all: [T; N],
    text: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Exception> {
    let found = given.map(|given| one_of(&given, all, text)).transpose();
    found.map_err(|words| invalid(format!("{block}.{member} {words}")))
}

fn minutes(given: i64, block: &str, member: &str, most: u32) -> Result<u32, Exception> {
    u32::try_from(given).ok().filter(|minutes| *minutes <= most).ok_or_else(|| {
        let days = most / MINUTES_A_DAY;
        invalid(format!("{block}.{member} {given} is not valid: it may be from 0 to {most} minutes ({days} days)."))
    })
}

/// As it is shown: what was given; `None` when nothing was. Clients of ECS read both waits without asking whether they
/// are there, and groups for ECS have both.
pub(crate) fn render(blue_green: &BlueGreen) -> Option<Value> {
    let termination = blue_green.termination.map(|Termination { action, minutes }| {
        json!({ "action": action_text(action), "terminationWaitTimeInMinutes": minutes })
    });
    let ready = blue_green.ready.map(|ready| {
        let wait = match ready {
            ReadyOption::Continue => 0,
            ReadyOption::Stop { minutes } => minutes,
        };
        json!({ "actionOnTimeout": ready_text(ready), "waitTimeInMinutes": wait })
    });
    let blocks = [
        ("terminateBlueInstancesOnDeploymentSuccess", termination),
        ("deploymentReadyOption", ready),
        ("greenFleetProvisioningOption", blue_green.green_fleet.map(|fleet| json!({ "action": fleet_text(fleet) }))),
    ];
    let shown: Map<String, Value> =
        blocks.into_iter().filter_map(|(block, value)| Some((block.to_owned(), value?))).collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

fn action_text(action: TerminationAction) -> &'static str {
    match action {
        TerminationAction::Terminate => "TERMINATE",
        TerminationAction::KeepAlive => "KEEP_ALIVE",
    }
}

fn ready_text(ready: ReadyOption) -> &'static str {
    match ready {
        ReadyOption::Continue => "CONTINUE_DEPLOYMENT",
        ReadyOption::Stop { .. } => "STOP_DEPLOYMENT",
    }
}

fn fleet_text(fleet: GreenFleet) -> &'static str {
    match fleet {
        GreenFleet::DiscoverExisting => "DISCOVER_EXISTING",
        GreenFleet::CopyAutoScalingGroup => "COPY_AUTO_SCALING_GROUP",
    }
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidBlueGreenDeploymentConfigurationException", words)
}
