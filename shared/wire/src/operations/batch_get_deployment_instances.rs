//! BatchGetDeploymentInstances: BatchGetDeploymentTargets' older form.

use serde::Deserialize;
use spillway_domain::names::DeploymentId;

use super::get_deployment_instance::check_id;
use crate::input::{DEPLOYMENT, count_given, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    instance_ids: Option<Vec<String>>,
}

/// The deployment and the instances.
pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Vec<String>), Exception> {
    let input: Input = read(body)?;
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
        check_id(&format!("instanceIds[{n}]"), instance)?;
    }
    Ok((deployment, instances))
}
