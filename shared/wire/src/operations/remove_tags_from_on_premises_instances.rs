//! RemoveTagsFromOnPremisesInstances.

use serde::Deserialize;
use spillway_domain::catalog::instance::{InstanceName, TagFilter};

use crate::input::{INSTANCES, Object, read};
use crate::shapes::instance_tags;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    tags: Option<Vec<Object<instance_tags::Input>>>,
    instance_names: Option<Vec<String>>,
}

/// The instances, each once, and the tags.
pub fn parse(body: &[u8], cx: &Context) -> Result<(Vec<InstanceName>, Vec<TagFilter>), Exception> {
    let input: Input = read(body)?;
    let tags = instance_tags::parse_removed(input.tags, &cx.quotas)?;
    let names = INSTANCES.list(input.instance_names, cx.quotas.batch_instances, "InstanceLimitExceededException")?;
    Ok((names, tags))
}
