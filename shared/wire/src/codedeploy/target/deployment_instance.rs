//! The operations on instances, which are what targets were called before Lambda and ECS.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::target::{LabelMember, TargetFilter};
use spillway_domain::names::DeploymentId;
use spillway_domain::server::status::HostTarget;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{DEPLOYMENT, count_given, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::target::{ListRequest, instance_target, parse_labels, parse_statuses, scope};
use crate::codedeploy::token;

/// The older form of [`GetDeploymentTarget`](super::GetDeploymentTarget).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentInstance {
    deployment_id: Option<String>,
    instance_id: Option<String>,
}

impl GetDeploymentInstance {
    /// The deployment and the instance.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, String), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let instance = input.instance_id.ok_or_else(|| {
            Exception::new("InstanceIdRequiredException", "instanceId is required and was not given.")
        })?;
        check_instance_id("instanceId", &instance)?;
        Ok((deployment, instance))
    }

    /// The answer.
    pub fn render(_: &(DeploymentId, String), found: &HostTarget, cx: &Context) -> Value {
        json!({ "instanceSummary": instance_target::render_summary(found, &cx.place) })
    }
}

/// Whether a text can be the id of an instance at all.
fn check_instance_id(member: &str, id: &str) -> Result<(), Exception> {
    if !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Exception::new(
        "InvalidInstanceNameException",
        format!("{member} is not valid: an instance is named by its id at EC2, or by its name as an on-premises one."),
    ))
}

/// The older form of [`BatchGetDeploymentTargets`](super::BatchGetDeploymentTargets).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetDeploymentInstances {
    deployment_id: Option<String>,
    instance_ids: Option<Vec<String>>,
}

impl BatchGetDeploymentInstances {
    /// The deployment and the instances.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Vec<String>), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let (instances, most) = (input.instance_ids.unwrap_or_default(), cx.quotas.batch_targets);
        if instances.is_empty() {
            let words = "instanceIds is required and was not given, or names no instance.";
            return Err(Exception::new("InstanceIdRequiredException", words));
        }
        if instances.len() > most {
            let words = format!("instanceIds: there may be {most}; {}.", count_given(instances.len()));
            return Err(Exception::new("BatchLimitExceededException", words));
        }
        for (n, instance) in instances.iter().enumerate() {
            check_instance_id(&format!("instanceIds[{n}]"), instance)?;
        }
        Ok((deployment, instances))
    }

    /// The answer. The operation has no exception for an unknown instance; what it does not find is in `errorMessage`.
    pub fn render(
        (deployment, _): &(DeploymentId, Vec<String>),
        (found, missing): &(Vec<HostTarget>, Vec<String>),
        cx: &Context,
    ) -> Value {
        let summaries = found.iter().map(|host| instance_target::render_summary(host, &cx.place));
        let mut answer = json!({ "instancesSummary": summaries.collect::<Vec<_>>() });
        if !missing.is_empty() {
            let names = cut(&missing.join(", "), 500);
            answer["errorMessage"] = json!(format!("Not instances of deployment {deployment}: {names}"));
        }
        answer
    }
}

/// The older form of [`ListDeploymentTargets`](super::ListDeploymentTargets). CodeDeploy, too, answers it for other platforms than Server.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentInstances {
    deployment_id: Option<String>,
    next_token: Option<String>,
    instance_status_filter: Option<Vec<String>>,
    instance_type_filter: Option<Vec<String>>,
}

impl ListDeploymentInstances {
    const OPERATION: Operation = Operation::ListDeploymentInstances;

    /// The deployment, which of its targets are asked for, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<ListRequest, Exception> {
        let input: Self = read(body)?;
        let deployment: DeploymentId = DEPLOYMENT.required(input.deployment_id)?;
        let given = input.instance_status_filter.filter(|given| !given.is_empty());
        let statuses = given.map(|given| parse_statuses("instanceStatusFilter", &given)).transpose()?;
        let types = input.instance_type_filter.unwrap_or_default();
        let labels = parse_labels("instanceTypeFilter", &types)?;
        let labels = (!labels.is_empty()).then_some((LabelMember::InstanceTypeFilter, labels));
        let filter = TargetFilter { statuses, labels };
        let scope = scope(&deployment, &filter);
        let after = token::read(&cx.seal, Self::OPERATION, &scope, input.next_token.as_deref())?;
        Ok((deployment, filter, after))
    }

    /// The answer. A deployment whose AppSpec is not valid has no target.
    pub fn render((deployment, filter, _): &ListRequest, page: &Page<String>, cx: &Context) -> Value {
        let scope = scope(deployment, filter);
        Value::Object(token::render_page(&cx.seal, Self::OPERATION, &scope, "instancesList", page))
    }
}
