//! What an execution of the state machine asks for that a caller, not Spillway, started: a deployment, in few words.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::NewDeployment;

use crate::codedeploy::deployment::create::CreateDeployment;
use crate::codedeploy::exception::Exception;

/// What the state machine hands on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The input of the execution.
    pub input: Value,
    /// The ARN of the execution.
    pub execution_arn: String,
    /// When it was started.
    pub started_at: String,
}

/// What an execution may say, and what CreateDeployment calls that. An `appSpec` is a revision in short.
const MEMBERS: [(&str, &str); 9] = [
    ("application", "applicationName"),
    ("deploymentGroup", "deploymentGroupName"),
    (APPSPEC, "revision"),
    ("revision", "revision"),
    ("configuration", "deploymentConfigName"),
    ("description", "description"),
    ("deploymentMode", "deploymentMode"),
    ("autoRollbackConfiguration", "autoRollbackConfiguration"),
    ("overrideAlarmConfiguration", "overrideAlarmConfiguration"),
];
const APPSPEC: &str = "appSpec";
/// By this, Step Functions links an execution with the one that started it. It is for the console alone.
const STARTED_BY: &str = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";

/// The deployment that the input asks for. As in a request of the API, what is null is not there; but what has no
/// meaning is refused, since a state that seems to work is not looked at again.
pub fn parse(input: &Value, quotas: &Quotas) -> Result<NewDeployment, Exception> {
    let Value::Object(given) = input else {
        return Err(Exception::new(
            "InvalidInputException",
            "The input of the execution is not an object. Give deploymentId to go on with a deployment that is there, \
             or application, deploymentGroup and appSpec to make one.",
        ));
    };
    let given = given.iter().filter(|(member, value)| *member != STARTED_BY && !value.is_null());
    let mut body = Map::new();
    for (member, value) in given {
        let called = MEMBERS.iter().find(|(own, _)| own == member).map(|(_, called)| *called);
        let called = called.ok_or_else(|| unknown(member))?;
        let value = if member == APPSPEC { revision(value)? } else { value.clone() };
        if body.insert(called.to_owned(), value).is_some() {
            let words = "Both appSpec and revision were given; an AppSpec is a revision. Give one of them.";
            return Err(Exception::new("InvalidRevisionException", words));
        }
    }
    CreateDeployment::parse_within(Value::Object(body).to_string().as_bytes(), quotas).map_err(in_our_words)
}

fn unknown(member: &str) -> Exception {
    let known: Vec<&str> = MEMBERS.iter().map(|(own, _)| *own).collect();
    let words =
        format!("The input of the execution has '{member}', which means nothing. It may have {}.", known.join(", "));
    Exception::new("InvalidInputException", words)
}

/// An AppSpec as a revision: a text, or what the text says as JSON.
fn revision(appspec: &Value) -> Result<Value, Exception> {
    let content = match appspec {
        Value::String(text) => text.clone(),
        Value::Object(_) => appspec.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            let words = "appSpec is neither an object nor a text. Give the AppSpec itself, or its YAML or JSON.";
            return Err(Exception::new("InvalidRevisionException", words));
        }
    };
    Ok(json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } }))
}

/// The same, with the members as the caller spelled them.
fn in_our_words(exception: Exception) -> Exception {
    if exception.name == "RevisionRequiredException" {
        return Exception::new(exception.name, "Neither appSpec nor revision was given. Give one of them.");
    }
    let renamed = MEMBERS.iter().filter(|(own, called)| own != called && *own != APPSPEC);
    let message = renamed.fold(exception.message, |message, (own, called)| message.replace(called, own));
    Exception { message, ..exception }
}

/// What the execution is told of its deployment.
pub fn created(deployment: &Deployment) -> Value {
    json!({ "deploymentId": deployment.id.as_str() })
}

/// What it is told when there is none: how it is to end.
pub fn refused(exception: &Exception) -> Value {
    json!({ "error": exception.name, "cause": exception.message })
}

#[cfg(test)]
mod tests;
