//! DeleteApplication.

use serde_json::{Value, json};
use spillway_domain::ApplicationName;

use super::get_application;
use crate::Exception;

/// The request.
pub fn parse(body: &[u8]) -> Result<ApplicationName, Exception> {
    get_application::parse(body)
}

/// The answer.
pub fn render() -> Value {
    json!({})
}
