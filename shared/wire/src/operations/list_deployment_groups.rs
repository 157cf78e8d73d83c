//! ListDeploymentGroups.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::{ApplicationName, Page};

use crate::input::{APPLICATION, read};
use crate::{Exception, Operation, token};

const OPERATION: Operation = Operation::ListDeploymentGroups;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    next_token: Option<String>,
}

/// The application, and the key after which the page begins.
pub fn parse(body: &[u8]) -> Result<(ApplicationName, Option<String>), Exception> {
    let input: Input = read(body)?;
    let application: ApplicationName = APPLICATION.required(input.application_name)?;
    let after = token::read(OPERATION, application.as_str(), input.next_token.as_deref())?;
    Ok((application, after))
}

/// The answer.
pub fn render(application: &ApplicationName, page: &Page<impl fmt::Display>) -> Value {
    let mut answer = token::render_page(OPERATION, application.as_str(), "deploymentGroups", page);
    answer.insert("applicationName".to_owned(), json!(application.as_str()));
    Value::Object(answer)
}
