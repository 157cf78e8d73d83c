//! What a stack is told in the end: how the execution of its request went, that there never was one, or that it broke.

use serde_json::Value;
use spillway_domain::names::DeploymentId;
use spillway_domain::stack::resource::{Outcome, Progress};

use super::{answer, asked, broken};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The name of the execution of the request that is answered.
    pub name: String,
    /// Where the answer is put, where CloudFormation's own event says it.
    pub response_url: Option<String>,
    /// The answer.
    pub body: String,
}

/// The answer to a request. An input without a request has no stack to be told to, so the words say so.
pub fn reply(input: &Value) -> Result<Reply, String> {
    let (event, outcome) = if input["detail-type"] == EXECUTION_ENDED {
        (of_execution(&input["detail"])?, Err(died(&input["detail"])))
    } else if let Some(event) = input.get("requestPayload") {
        (event.clone(), Err(undelivered(input)))
    } else {
        (input["request"].clone(), outcome(input))
    };
    let asked = asked(&event)?;
    let outcome = outcome.unwrap_or_else(|words| broken(&event, &asked, &words));
    let (name, body) = (asked.execution_name(), answer(&asked, &outcome));
    Ok(Reply { name, response_url: asked.response_url, body })
}

/// How EventBridge calls the end of an execution.
const EXECUTION_ENDED: &str = "Step Functions Execution Status Change";

/// How it went, from the state machine; or, in words, what broke.
fn outcome(input: &Value) -> Result<Outcome, String> {
    if let Some(problem) = input.get("problem") {
        return Err(problem_in_words(&problem["Error"], &problem["Cause"]));
    }
    match serde_json::from_value(input["next"].clone()) {
        Ok(Progress::Settled(outcome)) => Ok(outcome),
        Ok(Progress::Await { deployment_ids, .. }) => {
            let ids: Vec<&str> = deployment_ids.iter().map(DeploymentId::as_str).collect();
            Err(format!("It still waits for {}.", ids.join(", ")))
        }
        Err(error) => Err(format!("What became of it cannot be read: {error}.")),
    }
}

/// The request of an execution that did not come to its end.
fn of_execution(detail: &Value) -> Result<Value, String> {
    let input =
        detail["input"].as_str().ok_or("The event has no input of the execution, which was too large for it.")?;
    let mut input: Value =
        serde_json::from_str(input).map_err(|error| format!("The execution's input is: {error}."))?;
    Ok(input["request"].take())
}

fn died(detail: &Value) -> String {
    let text = |member: &str| detail[member].as_str().unwrap_or("unknown").to_owned();
    let ended = format!("Its execution {} ended {}.", text("name"), text("status"));
    match detail["error"].is_string() || detail["cause"].is_string() {
        true => format!("{ended} {}", problem_in_words(&detail["error"], &detail["cause"])),
        false => ended,
    }
}

/// Why Lambda gave an invocation up.
fn undelivered(record: &Value) -> String {
    let condition = record["requestContext"]["condition"].as_str().unwrap_or("unknown");
    let failed = format!("It could not be taken up ({condition}).");
    let problem = &record["responsePayload"];
    match problem["errorMessage"].is_string() {
        true => format!("{failed} {}", problem_in_words(&problem["errorType"], &problem["errorMessage"])),
        false => failed,
    }
}

/// An error as Step Functions or Lambda tell of it: a function's own words are in JSON.
fn problem_in_words(error: &Value, cause: &Value) -> String {
    let cause = cause.as_str().unwrap_or_default();
    let said: Value = serde_json::from_str(cause).unwrap_or_default();
    match (error.as_str().unwrap_or("Error"), said["errorMessage"].as_str().unwrap_or(cause)) {
        (error, "") => format!("{error}."),
        (error, words) => format!("{error}: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "RequestType": "Delete", "StackId": "stack", "RequestId": "request",
            "ResourceType": "Custom::SpillwayAlias", "LogicalResourceId": "Orders", "PhysicalResourceId": "the-arn",
        })
    }

    /// The status that a stack is told, and the reason.
    fn told(input: &Value) -> (String, String) {
        let Reply { name, response_url, body } = reply(input).unwrap();
        assert_eq!((name.len(), response_url), (32, None));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["PhysicalResourceId"], "the-arn");
        (body["Status"].as_str().unwrap().to_owned(), body["Reason"].as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_request_that_is_settled_is_told_how() {
        let settled = |failure: Value| {
            let next = json!({"step": "Settled", "physicalId": "the-arn", "failure": failure, "attributes": {}});
            told(&json!({"request": event(), "next": next}))
        };
        assert_eq!(settled(Value::Null), ("SUCCESS".to_owned(), String::new()));
        assert_eq!(settled(json!("No.")), ("FAILED".to_owned(), "No.".to_owned()));
    }

    #[test]
    fn whatever_breaks_is_told_in_words() {
        let waits = json!({"step": "Await", "deploymentIds": ["d-75I7MBT7C", "d-AAAAAAAAA"], "seconds": 7});
        let cause = json!({"errorType": "Denied", "errorMessage": "You may not."}).to_string();
        let ended = |status: &str, error: Value, cause: Value| {
            let input = json!({ "request": event() }).to_string();
            let detail = json!({"name": "n", "status": status, "input": input, "error": error, "cause": cause});
            json!({"detail-type": EXECUTION_ENDED, "source": "aws.states", "detail": detail})
        };
        let given_up = |payload: Value| {
            let context = json!({ "condition": "RetriesExhausted" });
            json!({"requestContext": context, "requestPayload": event(), "responsePayload": payload})
        };
        let caught = json!({"Error": "Denied", "Cause": cause});
        for (input, words) in [
            (json!({"request": event(), "next": waits, "problem": caught}), "Denied: You may not."),
            (json!({"request": event(), "problem": {"Error": "States.Timeout"}}), "States.Timeout."),
            (json!({"request": event(), "next": waits}), "It still waits for d-75I7MBT7C, d-AAAAAAAAA."),
            (json!({ "request": event() }), "What became of it cannot be read: "),
            (ended("ABORTED", Value::Null, Value::Null), "Its execution n ended ABORTED."),
            (
                ended("FAILED", json!("Refused"), json!("It has expired.")),
                "Its execution n ended FAILED. Refused: It has expired.",
            ),
            (
                given_up(json!({"errorType": "Transient", "errorMessage": "Slow down."})),
                "It could not be taken up (RetriesExhausted). Transient: Slow down.",
            ),
            (given_up(Value::Null), "It could not be taken up (RetriesExhausted)."),
        ] {
            let (status, reason) = told(&input);
            assert_eq!(status, "FAILED");
            let begin = format!("Spillway could not carry out the request. {words}");
            assert!(reason.starts_with(&begin), "{reason}");
            assert!(reason.ends_with(" Nothing more is done for this request; try again."), "{reason}");
        }
    }

    #[test]
    fn who_is_not_named_cannot_be_told() {
        let of_none = json!({"detail-type": EXECUTION_ENDED, "detail": {"status": "FAILED", "input": null}});
        for input in [json!({}), json!({"request": {}}), json!({"requestPayload": 7}), of_none] {
            assert!(reply(&input).is_err(), "{input}");
        }
    }
}
