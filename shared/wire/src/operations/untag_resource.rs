//! UntagResource, whose members are capitalized.

use serde::Deserialize;
use spillway_domain::catalog::tags::Resource;

use crate::input::read;
use crate::shapes::resource_arn;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_arn: Option<String>,
    tag_keys: Option<Vec<String>>,
}

/// What has the tags, and the keys of those that are removed.
pub fn parse(body: &[u8], cx: &Context) -> Result<(Resource, Vec<String>), Exception> {
    let input: Input = read(body)?;
    let resource = resource_arn::parse(input.resource_arn, cx)?;
    match input.tag_keys.filter(|keys| !keys.is_empty()) {
        Some(keys) => Ok((resource, keys)),
        None => Err(Exception::new("TagRequiredException", "TagKeys is required and was not given, or is empty.")),
    }
}
