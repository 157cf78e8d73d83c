//! UpdateApplication.

use serde::Deserialize;
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATION, NEW_APPLICATION, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    new_application_name: Option<String>,
}

/// The name so far, and the new one. The model has both as optional; there is nothing to do without either.
pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, ApplicationName), Exception> {
    let input: Input = read(body)?;
    Ok((APPLICATION.required(input.application_name)?, NEW_APPLICATION.required(input.new_application_name)?))
}
