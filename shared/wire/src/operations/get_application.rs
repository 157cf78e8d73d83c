//! GetApplication.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATION, read};
use crate::shapes::application_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
}

/// The request.
pub fn parse(body: &[u8], _: &Context) -> Result<ApplicationName, Exception> {
    let input: Input = read(body)?;
    APPLICATION.required(input.application_name)
}

/// The answer.
pub fn render(_: &ApplicationName, application: &Application, _: &Context) -> Value {
    json!({ "application": application_info::render(application) })
}
