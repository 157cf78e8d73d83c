//! The tags of applications and deployment groups. The members of these operations are capitalized.

pub(crate) mod resource_arn;
pub(crate) mod tags;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::tags::{Resource, Tag};
use spillway_domain::rejection::TagRejection;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, read};

/// Lists the tags of a resource.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResource {
    resource_arn: Option<String>,
    next_token: Option<String>,
}

impl ListTagsForResource {
    /// What has the tags. They fit one page, so that there are no tokens.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Resource, Exception> {
        let input: Self = read(body)?;
        let resource = resource_arn::parse(input.resource_arn, cx)?;
        match input.next_token {
            None => Ok(resource),
            Some(_) => Err(Exception::new(
                "InvalidNextTokenException",
                "The NextToken is not one that ListTagsForResource gave: all tags are on its first page. Ask again without it.",
            )),
        }
    }

    /// The answer.
    pub fn render(_: &Resource, own: &[Tag], _: &Context) -> Value {
        json!({ "Tags": tags::render(own) })
    }
}

/// Adds tags to a resource.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResource {
    resource_arn: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

impl TagResource {
    /// What is tagged, and the tags that are added.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(Resource, Vec<Tag>), Exception> {
        let input: Self = read(body)?;
        let resource = resource_arn::parse(input.resource_arn, cx)?;
        if input.tags.as_ref().is_none_or(Vec::is_empty) {
            return Err(Exception::new("TagRequiredException", "Tags is required and was not given, or is empty."));
        }
        Ok((resource, tags::parse(input.tags, &cx.quotas)?))
    }
}

/// Removes tags from a resource.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResource {
    resource_arn: Option<String>,
    tag_keys: Option<Vec<String>>,
}

impl UntagResource {
    /// What has the tags, and the keys of those that are removed.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(Resource, Vec<String>), Exception> {
        let input: Self = read(body)?;
        let resource = resource_arn::parse(input.resource_arn, cx)?;
        match input.tag_keys.filter(|keys| !keys.is_empty()) {
            Some(keys) => Ok((resource, keys)),
            None => Err(Exception::new("TagRequiredException", "TagKeys is required and was not given, or is empty.")),
        }
    }
}

impl From<TagRejection> for Exception {
    fn from(rejection: TagRejection) -> Self {
        let (name, message) = match rejection {
            TagRejection::NothingToTag(resource) => {
                ("InvalidArnException", format!("ResourceArn: there is no {resource}."))
            }
            TagRejection::TooManyTags { resource, tags, most } => (
                "InvalidTagsToAddException",
                format!(
                    "There would be {tags} tags on {resource}; there may be {most}. Remove some first. None was added."
                ),
            ),
        };
        Self::new(name, message)
    }
}
