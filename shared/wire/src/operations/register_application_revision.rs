//! RegisterApplicationRevision.

use serde::Deserialize;
use spillway_domain::catalog::revision::Registration;

use crate::input::{APPLICATION, Object, description, read};
use crate::shapes::revision_location;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    description: Option<String>,
    revision: Option<Object<revision_location::Input>>,
}

/// The request.
pub fn parse(body: &[u8], cx: &Context) -> Result<Registration, Exception> {
    let input: Input = read(body)?;
    Ok(Registration {
        application: APPLICATION.required(input.application_name)?,
        revision: revision_location::parse(input.revision)?,
        description: description(input.description, &cx.quotas)?,
    })
}
