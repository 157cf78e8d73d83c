//! `DeploymentStyle`: for a Lambda deployment group there is one.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Exception;
use crate::input::cut;

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    deployment_type: Option<String>,
    deployment_option: Option<String>,
}

/// Checks that what is given is the style of Lambda deployment groups. Its absence is fine: CodeDeploy would then mean
/// IN_PLACE and refuse it, but there is only one thing that can be meant.
pub(crate) fn check(input: Option<Input>) -> Result<(), Exception> {
    let Some(input) = input else { return Ok(()) };
    let (Some(kind), Some(option)) = (
        input.deployment_type.filter(|kind| !kind.is_empty()),
        input.deployment_option.filter(|option| !option.is_empty()),
    ) else {
        return Err(invalid("Deployment type or deployment option cannot be null or empty".to_owned()));
    };
    if !["IN_PLACE", "BLUE_GREEN"].contains(&kind.as_str()) {
        return Err(invalid(format!(
            "Deployment type can only be IN_PLACE or BLUE_GREEN; '{}' was given.",
            cut(&kind, 120)
        )));
    }
    if !["WITH_TRAFFIC_CONTROL", "WITHOUT_TRAFFIC_CONTROL"].contains(&option.as_str()) {
        return Err(invalid(
            "Deployment option can only be WITH_TRAFFIC_CONTROL or WITHOUT_TRAFFIC_CONTROL".to_owned(),
        ));
    }
    if (kind.as_str(), option.as_str()) != ("BLUE_GREEN", "WITH_TRAFFIC_CONTROL") {
        return Err(invalid(
            "For LAMBDA deployment, the deployment type must be BLUE_GREEN, and deployment option must be \
             WITH_TRAFFIC_CONTROL."
                .to_owned(),
        ));
    }
    Ok(())
}

/// As it is shown.
pub(crate) fn render() -> Value {
    json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" })
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidDeploymentStyleException", words)
}
