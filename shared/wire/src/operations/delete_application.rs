//! DeleteApplication.

use spillway_domain::names::ApplicationName;

use super::get_application;
use crate::{Context, Exception};

/// The request.
pub fn parse(body: &[u8], cx: &Context) -> Result<ApplicationName, Exception> {
    get_application::parse(body, cx)
}
