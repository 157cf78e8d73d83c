//! The operation that lists deployments.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::record::Status;
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, GROUP, Object, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::time::Moment;
use crate::codedeploy::token;

const STATUSES: [Status; 6] =
    [Status::Created, Status::InProgress, Status::Ready, Status::Succeeded, Status::Failed, Status::Stopped];
/// Statuses that CodeDeploy has and that no deployment of ours is ever in.
const OTHER_STATUSES: [&str; 2] = ["Queued", "Baking"];

/// Lists the ids of deployments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeployments {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    external_id: Option<String>,
    include_only_statuses: Option<Vec<String>>,
    create_time_range: Option<Object<RangeInput>>,
    next_token: Option<String>,
}

impl ListDeployments {
    const OPERATION: Operation = Operation::ListDeployments;

    /// The filter, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentFilter, Option<String>), Exception> {
        let input: Self = read(body)?;
        let group = match (APPLICATION.optional(input.application_name)?, GROUP.optional(input.deployment_group_name)?)
        {
            (Some(application), Some(group)) => Some((application, group)),
            (None, None) => None,
            (Some(_), None) => return Err(GROUP.missing()),
            (None, Some(_)) => return Err(APPLICATION.missing()),
        };
        let given = input.include_only_statuses.unwrap_or_default();
        let statuses = parse_statuses(&given)?;
        let (mut from, to) = parse_range(input.create_time_range.map(|Object(range)| range))?;
        if input.external_id.as_deref() == Some("") {
            let words = "externalId is empty; give the id of a stack, or leave it out.";
            return Err(Exception::new("InvalidExternalIdException", words));
        }
        // No deployment of ours has an external id or one of the other statuses: nothing is asked for.
        if input.external_id.is_some() || (statuses.is_empty() && !given.is_empty()) {
            from = Some(Timestamp::MAX);
        }
        let filter = DeploymentFilter { group, statuses, from, to, most: None };
        let after = token::read(&cx.seal, Self::OPERATION, &scope(&filter), input.next_token.as_deref())?;
        Ok((filter, after))
    }

    /// The answer, newest first.
    pub fn render(
        (filter, _): &(DeploymentFilter, Option<String>),
        page: &Page<impl fmt::Display>,
        cx: &Context,
    ) -> Value {
        Value::Object(token::render_page(&cx.seal, Self::OPERATION, &scope(filter), "deployments", page))
    }
}

#[derive(Deserialize)]
struct RangeInput {
    start: Option<Moment>,
    end: Option<Moment>,
}

pub(crate) fn parse_statuses(given: &[String]) -> Result<Vec<Status>, Exception> {
    let mut statuses = Vec::new();
    for given in given {
        match STATUSES.into_iter().find(|status| status.as_str() == given) {
            Some(status) if statuses.contains(&status) => {}
            Some(status) => statuses.push(status),
            None if OTHER_STATUSES.contains(&given.as_str()) => {}
            None => {
                return Err(Exception::new(
                    "InvalidDeploymentStatusException",
                    format!(
                        "includeOnlyStatuses: '{}' is not a status. Valid values are [Created, Queued, InProgress, \
                         Baking, Succeeded, Failed, Stopped, Ready]",
                        cut(given, 120)
                    ),
                ));
            }
        }
    }
    Ok(statuses)
}

fn parse_range(range: Option<RangeInput>) -> Result<(Option<Timestamp>, Option<Timestamp>), Exception> {
    let invalid = |words: String| Exception::new("InvalidTimeRangeException", words);
    let Some(range) = range else { return Ok((None, None)) };
    let moment = |member: &str, given: Option<Moment>| match given {
        None => Ok(None),
        Some(Moment::At(at)) => Ok(Some(at)),
        Some(Moment::Beyond(seconds)) => {
            Err(invalid(format!("createTimeRange.{member}: {seconds:?} is not a moment; give seconds since 1970.")))
        }
    };
    let (from, to) = (moment("start", range.start)?, moment("end", range.end)?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(invalid("createTimeRange: start is after end; give the earlier moment as start.".to_owned()));
    }
    Ok((from, to))
}

/// The filter as one text. None of its parts can hold a blank.
pub(crate) fn scope(filter: &DeploymentFilter) -> String {
    let mut parts = Vec::new();
    parts.extend(filter.group.as_ref().map(|(application, group)| format!("{application}/{group}")));
    parts.extend(filter.statuses.iter().map(|status| status.as_str().to_owned()));
    parts.extend(filter.from.map(|at| format!("from {at}")));
    parts.extend(filter.to.map(|at| format!("to {at}")));
    parts.join(" ")
}
