//! `DeploymentStyle`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::environment::{DeploymentOption, DeploymentStyle, DeploymentType};
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;

const TYPES: [DeploymentType; 2] = [DeploymentType::InPlace, DeploymentType::BlueGreen];
const OPTIONS: [DeploymentOption; 2] = [DeploymentOption::WithTrafficControl, DeploymentOption::WithoutTrafficControl];

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    deployment_type: Option<String>,
    deployment_option: Option<String>,
}

/// What is given, checked. Which styles a platform has is said when the platform is known.
pub(crate) fn parse(input: Input) -> Result<DeploymentStyle, Exception> {
    let (Some(kind), Some(option)) = (
        input.deployment_type.filter(|kind| !kind.is_empty()),
        input.deployment_option.filter(|option| !option.is_empty()),
    ) else {
        return Err(invalid("Deployment type or deployment option cannot be null or empty".to_owned()));
    };
    let kind = TYPES.into_iter().find(|known| type_text(*known) == kind).ok_or_else(|| {
        invalid(format!("Deployment type can only be IN_PLACE or BLUE_GREEN; '{}' was given.", cut(&kind, 120)))
    })?;
    let option = OPTIONS.into_iter().find(|known| option_text(*known) == option).ok_or_else(|| {
        invalid("Deployment option can only be WITH_TRAFFIC_CONTROL or WITHOUT_TRAFFIC_CONTROL".to_owned())
    })?;
    Ok(DeploymentStyle { kind, option })
}

/// As it is shown.
pub(crate) fn render(style: DeploymentStyle) -> Value {
    json!({ "deploymentType": type_text(style.kind), "deploymentOption": option_text(style.option) })
}

fn type_text(kind: DeploymentType) -> &'static str {
    match kind {
        DeploymentType::InPlace => "IN_PLACE",
        DeploymentType::BlueGreen => "BLUE_GREEN",
    }
}

fn option_text(option: DeploymentOption) -> &'static str {
    match option {
        DeploymentOption::WithTrafficControl => "WITH_TRAFFIC_CONTROL",
        DeploymentOption::WithoutTrafficControl => "WITHOUT_TRAFFIC_CONTROL",
    }
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidDeploymentStyleException", words)
}
