//! Custom resource: takes a request of a stack, and starts the execution that carries it out.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::problem::Problem;

use crate::ports::stacks::{Requests, ResponseUrls};

/// For how long CloudFormation signs a URL.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(2);

/// Keeps the URL first, so that no execution runs that cannot answer. It is kept in the table, because the input of an
/// execution is in its history and in the events of its end, and the URL lets its bearer answer the stack.
pub async fn custom_resource(
    urls: &impl ResponseUrls,
    requests: &impl Requests,
    name: &str,
    url: &str,
    input: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    urls.keep_url(name, url, now + GOOD_FOR).await?;
    requests.start(name, input).await
}
