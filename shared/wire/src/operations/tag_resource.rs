//! TagResource, whose members are capitalized.

use serde::Deserialize;
use spillway_domain::catalog::tags::{Resource, Tag};

use crate::input::{Object, read};
use crate::shapes::{resource_arn, tags};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_arn: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

/// What is tagged, and the tags that are added.
pub fn parse(body: &[u8], cx: &Context) -> Result<(Resource, Vec<Tag>), Exception> {
    let input: Input = read(body)?;
    let resource = resource_arn::parse(input.resource_arn, cx)?;
    if input.tags.as_ref().is_none_or(Vec::is_empty) {
        return Err(Exception::new("TagRequiredException", "Tags is required and was not given, or is empty."));
    }
    Ok((resource, tags::parse(input.tags, &cx.quotas)?))
}
