//! ListDeploymentGroups.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::page::Page;
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATION, read};
use crate::{Context, Exception, Operation, token};

const OPERATION: Operation = Operation::ListDeploymentGroups;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    next_token: Option<String>,
}

/// The application, and the key after which the page begins.
pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Option<String>), Exception> {
    let input: Input = read(body)?;
    let application: ApplicationName = APPLICATION.required(input.application_name)?;
    let after = token::read(&cx.seal, OPERATION, application.as_str(), input.next_token.as_deref())?;
    Ok((application, after))
}

/// The answer.
pub fn render(
    (application, _): &(ApplicationName, Option<String>),
    page: &Page<impl fmt::Display>,
    cx: &Context,
) -> Value {
    let mut answer = token::render_page(&cx.seal, OPERATION, application.as_str(), "deploymentGroups", page);
    answer.insert("applicationName".to_owned(), json!(application.as_str()));
    Value::Object(answer)
}
