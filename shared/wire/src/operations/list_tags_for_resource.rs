//! ListTagsForResource, whose members are capitalized.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::tags::{Resource, Tag};

use crate::input::read;
use crate::shapes::{resource_arn, tags};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_arn: Option<String>,
    next_token: Option<String>,
}

/// What has the tags. They fit one page, so that there are no tokens.
pub fn parse(body: &[u8], cx: &Context) -> Result<Resource, Exception> {
    let input: Input = read(body)?;
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
