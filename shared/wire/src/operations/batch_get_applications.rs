//! BatchGetApplications.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATIONS, read};
use crate::shapes::application_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_names: Option<Vec<String>>,
}

/// The applications, each once.
pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<ApplicationName>, Exception> {
    let input: Input = read(body)?;
    APPLICATIONS.list(input.application_names, cx.quotas.batch_applications, "BatchLimitExceededException")
}

/// The answer.
pub fn render(_: &[ApplicationName], applications: &[Application], _: &Context) -> Value {
    json!({ "applicationsInfo": applications.iter().map(application_info::render).collect::<Vec<_>>() })
}
