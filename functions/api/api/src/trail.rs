//! Who asked for what: read from each request, and logged for each that is to change something.

use serde_json::Value;
use spillway_domain::access::caller::Caller;
use spillway_door::Refusal;
use spillway_wire::operator::http::Asked;

/// One line for each call that is to change something: who asked for what, and what became of it.
pub(crate) fn log(asked: Asked, body: &[u8], caller: Option<&Caller>, answer: &Result<Value, Refusal>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let given =
        |members: &[&str]| members.iter().find_map(|member| body[*member].as_str()).map(cut).unwrap_or_default();
    let made = answer.as_ref().ok().and_then(|answer| answer["deploymentId"].as_str()).map(str::to_owned);
    let outcome = match answer {
        Ok(_) => "done",
        Err(Refusal::Exception(exception)) => exception.name,
        Err(Refusal::Problem(problem)) => problem.kind.name(),
    };
    tracing::info!(
        target: "spillway",
        operation = asked.name(),
        caller = Caller::in_words(caller),
        application = given(&["applicationName"]),
        deploymentGroup = given(&["deploymentGroupName", "currentDeploymentGroupName"]),
        deploymentId = made.unwrap_or_else(|| given(&["deploymentId"])),
        resource = given(&["ResourceArn", "deploymentConfigName", "instanceName"]),
        outcome,
        "a call to change something"
    );
}

/// As much of a name as can be one.
fn cut(name: &str) -> String {
    name.chars().take(256).collect()
}
