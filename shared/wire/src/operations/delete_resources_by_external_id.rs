//! DeleteResourcesByExternalId.

use serde::Deserialize;

use crate::input::read;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    external_id: Option<String>,
}

/// The external id. CloudFormation gives them to what it makes for blue/green deployments of ECS.
pub fn parse(body: &[u8], _: &Context) -> Result<Option<String>, Exception> {
    let input: Input = read(body)?;
    Ok(input.external_id)
}
