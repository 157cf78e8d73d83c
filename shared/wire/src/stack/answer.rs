//! What a stack is told.

use serde_json::{Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::rejection::Rejection;
use spillway_domain::stack::resource::Outcome;
use spillway_domain::words::cut;

use super::{Asked, parse};
use crate::codedeploy::exception::Exception;

/// The most bytes of an answer.
const MOST_BYTES: usize = 4096;
/// The most characters of a reason, each of which may take several bytes, and be escaped.
const MOST_LETTERS: [usize; 3] = [2000, 700, 200];

/// The answer as CloudFormation takes it.
pub fn answer(asked: &Asked, outcome: &Outcome) -> String {
    let body = |most: usize| {
        let mut body = json!({
            "Status": if outcome.failure.is_none() { "SUCCESS" } else { "FAILED" },
            "PhysicalResourceId": outcome.physical_id,
            "StackId": asked.resource.stack,
            "RequestId": asked.request_id,
            "LogicalResourceId": asked.resource.logical_id,
        });
        match &outcome.failure {
            None => body["Data"] = json!(outcome.attributes),
            Some(words) => body["Reason"] = json!(cut(words, most)),
        }
        body.to_string()
    };
    let fitting = MOST_LETTERS.iter().map(|most| body(*most)).find(|body| body.len() <= MOST_BYTES);
    fitting.unwrap_or_else(|| body(0))
}

/// What the stack is told when the use case says no.
pub fn refusal(rejection: Rejection) -> String {
    Exception::from(rejection).to_string()
}

/// What the stack is told when Spillway broke down over its request.
pub fn broken(event: &Value, asked: &Asked, words: &str) -> Outcome {
    let own = || asked.physical_id.clone().unwrap_or_else(|| asked.resource.logical_id.clone());
    let name = parse(event, jiff::Timestamp::UNIX_EPOCH, &Quotas::default());
    let name = name.map_or_else(|_| own(), |request| request.name().to_owned());
    let hint = "Nothing more is done for this request; try again.";
    Outcome::failed(name, format!("Spillway could not carry out the request. {words} {hint}"))
}
