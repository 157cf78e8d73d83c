//! What GitHub says where it gives no archive, and what to do about it.

use jiff::{SignedDuration, Timestamp};
use ureq::http::HeaderMap;

use super::{Failure, Place, Request};

/// The failure of an answer that is no archive.
pub(super) fn of(request: &Request<'_>, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let (commit, token) = (request.commit, request.token.as_ref());
    let place = Place(commit);
    let repository = format!("{}/{}", commit.account, commit.repository);
    let said = said(status, body);
    let words = match (status, token) {
        (403 | 429, _) if is_limit(status, headers) => {
            let whom = token.map_or_else(|| "hosts without a token".to_owned(), |token| token.to_string());
            let advice = match token {
                None => {
                    "all hosts behind one address share this limit, so name a file with a token by :github_token_file:, or \
                     put the bundle into S3"
                }
                Some(_) => {
                    "all hosts with one token share its limit, so give them more tokens, or put the bundle into S3"
                }
            };
            let until = again_at(headers).map(|at| format!(" until {at}")).unwrap_or_default();
            format!("GitHub has reached its limit of requests for {whom}{until} ({said}); {advice}")
        }
        (401, Some(token)) => format!(
            "GitHub does not take {token} ({said}); replace it by one that has not expired and may read the contents of \
             {repository}"
        ),
        (403, Some(token)) => format!(
            "{token} may not read {repository} in GitHub ({said}); let it read the contents of the repository, and \
             authorize it for the organization if that has single sign-on"
        ),
        (401 | 403, None) => format!(
            "GitHub lets no host without a token read {repository} ({said}); name a file with a token by \
             :github_token_file:"
        ),
        (404, Some(token)) => format!(
            "GitHub has no {place} that {token} may read ({said}); look at the deployment's revision, and let the token read \
             the contents of the repository"
        ),
        (404, None) => format!(
            "GitHub has no {place} that all may read ({said}); look at the deployment's revision, and for a private \
             repository name a file with a token by :github_token_file:"
        ),
        (500..=599, _) => return Failure::Passing(format!("GitHub fails for {place} ({said})")),
        (_, _) => format!("GitHub refuses {place} ({said})"),
    };
    Failure::Lasting(words)
}

/// The status, and GitHub's own words.
fn said(status: u16, body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let message = body["message"].as_str().unwrap_or_default();
    let message: String = message.chars().filter(|c| !c.is_control()).take(300).collect();
    format!("{status} {message}").trim_end().to_owned()
}

/// Whether too much was asked, and not something that is not allowed.
fn is_limit(status: u16, headers: &HeaderMap) -> bool {
    status == 429 || headers.contains_key("retry-after") || number(headers, "x-ratelimit-remaining") == Some(0)
}

/// When the limit ends. GitHub says it as a moment, or in seconds from the time of its answer.
fn again_at(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get("date").and_then(|value| value.to_str().ok());
    let said_at = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|said| said.timestamp());
    match (number(headers, "retry-after"), said_at) {
        (Some(seconds), Some(at)) => at.checked_add(SignedDuration::from_secs(seconds)).ok(),
        (_, _) => Timestamp::from_second(number(headers, "x-ratelimit-reset")?).ok(),
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
