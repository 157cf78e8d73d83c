//! ListApplications.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use spillway_domain::Page;

use crate::input::read;
use crate::{Exception, Operation, token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    next_token: Option<String>,
}

/// The key after which the page begins.
pub fn parse(body: &[u8]) -> Result<Option<String>, Exception> {
    let input: Input = read(body)?;
    token::read(Operation::ListApplications, "", input.next_token.as_deref())
}

/// The answer. Names of applications.
pub fn render(page: &Page<impl fmt::Display>) -> Value {
    Value::Object(token::render_page(Operation::ListApplications, "", "applications", page))
}
