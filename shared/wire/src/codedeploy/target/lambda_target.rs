//! `LambdaTarget`, the one target of a deployment to Lambda: its id is `<function>:<alias>`.

use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::lambda::target::LambdaTarget;

use crate::codedeploy::target::deployment_target::common;
use crate::place::Place;

/// As it is shown.
pub(crate) fn render(deployment: &Deployment, target: &LambdaTarget, place: &Place) -> Value {
    let mut shown = common(deployment, &arn(target, place));
    shown["lambdaFunctionInfo"] = json!({
        "functionName": target.function.bare(),
        "functionAlias": target.alias.as_str(),
        "currentVersion": target.current.to_string(),
        "targetVersion": target.target.to_string(),
        "targetVersionWeight": deployment.share.as_weight(),
    });
    shown
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
