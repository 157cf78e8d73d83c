//! ListOnPremisesInstances.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::instance::InstanceFilter;
use spillway_domain::catalog::page::Page;
use spillway_domain::words::cut;

use crate::input::read;
use crate::shapes::tag_filters;
use crate::{Context, Exception, Operation, token};

const OPERATION: Operation = Operation::ListOnPremisesInstances;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registration_status: Option<String>,
    tag_filters: Option<tag_filters::List>,
    next_token: Option<String>,
}

/// The filter, and the key after which the page begins.
pub fn parse(body: &[u8], cx: &Context) -> Result<(InstanceFilter, Option<String>), Exception> {
    let input: Input = read(body)?;
    let registered = match input.registration_status.as_deref() {
        None => None,
        Some("Registered") => Some(true),
        Some("Deregistered") => Some(false),
        Some(other) => {
            return Err(Exception::new(
                "InvalidRegistrationStatusException",
                format!(
                    "registrationStatus '{}' is not valid. Valid values are [Registered, Deregistered]",
                    cut(other, 120)
                ),
            ));
        }
    };
    let filter = InstanceFilter {
        registered,
        tags: tag_filters::LISTED.all("tagFilters", input.tag_filters.unwrap_or_default())?,
    };
    let after = token::read(&cx.seal, OPERATION, &scope(&filter), input.next_token.as_deref())?;
    Ok((filter, after))
}

/// The answer, by name.
pub fn render((filter, _): &(InstanceFilter, Option<String>), page: &Page<impl fmt::Display>, cx: &Context) -> Value {
    Value::Object(token::render_page(&cx.seal, OPERATION, &scope(filter), "instanceNames", page))
}

/// The filter as one text.
fn scope(filter: &InstanceFilter) -> String {
    json!([filter.registered, filter.tags]).to_string()
}
