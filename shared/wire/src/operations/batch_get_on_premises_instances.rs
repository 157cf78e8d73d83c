//! BatchGetOnPremisesInstances.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::instance::{Instance, InstanceName};

use crate::input::{INSTANCES, read};
use crate::shapes::instance_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    instance_names: Option<Vec<String>>,
}

/// The instances, each once.
pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<InstanceName>, Exception> {
    let input: Input = read(body)?;
    INSTANCES.list(input.instance_names, cx.quotas.batch_instances, "BatchLimitExceededException")
}

/// The answer.
pub fn render(_: &[InstanceName], instances: &[Instance], cx: &Context) -> Value {
    let infos = instances.iter().map(|instance| instance_info::render(instance, &cx.place));
    json!({ "instanceInfos": infos.collect::<Vec<_>>() })
}
