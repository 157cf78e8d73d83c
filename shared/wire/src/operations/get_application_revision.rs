//! GetApplicationRevision.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::revision::{Revision, RevisionLocation};
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATION, Object, read};
use crate::shapes::revision_location;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    revision: Option<Object<revision_location::Input>>,
}

/// The application, and where its revision is.
pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, RevisionLocation), Exception> {
    let input: Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    Ok((application, revision_location::parse(input.revision)?.location))
}

/// The answer.
pub fn render((application, _): &(ApplicationName, RevisionLocation), revision: &Revision, _: &Context) -> Value {
    json!({
        "applicationName": application.as_str(),
        "revision": revision_location::render_whole(revision),
        "revisionInfo": revision_location::render_info(revision),
    })
}
