//! ListApplications.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use spillway_domain::catalog::page::Page;

use crate::input::read;
use crate::{Context, Exception, Operation, token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    next_token: Option<String>,
}

/// The key after which the page begins.
pub fn parse(body: &[u8], cx: &Context) -> Result<Option<String>, Exception> {
    let input: Input = read(body)?;
    token::read(&cx.seal, Operation::ListApplications, "", input.next_token.as_deref())
}

/// The answer. Names of applications.
pub fn render(_: &Option<String>, page: &Page<impl fmt::Display>, cx: &Context) -> Value {
    Value::Object(token::render_page(&cx.seal, Operation::ListApplications, "", "applications", page))
}
