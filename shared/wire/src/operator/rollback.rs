//! Going back to what was deployed before.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::request::RollbackRequest;
use spillway_domain::deployment::view::RollbackView;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, DEPLOYMENT, GROUP, config_name, description, read};

/// Deploys again what a deployment group had before.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollBackDeploymentGroup {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    deployment_id: Option<String>,
    deployment_config_name: Option<String>,
    description: Option<String>,
}

impl RollBackDeploymentGroup {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<RollbackRequest, Exception> {
        let input: Self = read(body)?;
        Ok(RollbackRequest {
            application: APPLICATION.required(input.application_name)?,
            group: GROUP.required(input.deployment_group_name)?,
            to: DEPLOYMENT.optional(input.deployment_id)?,
            config: config_name(input.deployment_config_name)?,
            description: description(input.description, &cx.quotas)?,
            caller: cx.caller.clone(),
        })
    }

    /// The answer.
    pub fn render(_: &RollbackRequest, view: &RollbackView, _: &Context) -> Value {
        let mut answer = json!({ "deploymentId": view.deployment.as_str(), "description": view.words });
        if let Some(to) = &view.to {
            answer["toDeploymentId"] = json!(to.as_str());
        }
        answer
    }
}
