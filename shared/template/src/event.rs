//! What CloudFormation asks of a macro, and what it is answered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fault::Faults;

/// A template to be transformed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// CloudFormation's id of the request, which the answer has too.
    pub request_id: String,
    /// The template, without its section `Transform`.
    pub fragment: Value,
    /// Parameters of an `Fn::Transform`; empty where the macro is listed in `Transform`.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// The parameters of the stack, those with a default too.
    #[serde(default)]
    pub template_parameter_values: Map<String, Value>,
}

impl Event {
    /// The whole template. A piece of one, as an `Fn::Transform` gives it, does not show what refers to it.
    pub fn template(&self) -> Result<&Value, String> {
        if self.params.is_empty() && self.fragment["Resources"].is_object() {
            return Ok(&self.fragment);
        }
        let mut faults = Faults::default();
        faults.template("This macro takes a whole template: list it in Transform, and use it in no Fn::Transform.");
        Err(faults.to_string())
    }
}

/// The template as it became, or why it did not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    request_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fragment: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

impl Answer {
    /// The answer to the request of that id.
    pub fn new(request_id: String, outcome: Result<Value, String>) -> Self {
        match outcome {
            Ok(fragment) => Self { request_id, status: "success", fragment: Some(fragment), error_message: None },
            Err(words) => Self { request_id, status: "failure", fragment: None, error_message: Some(words) },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn an_answer_has_the_template_or_the_reason() {
        let answer = |outcome| to_value(Answer::new("r-1".to_owned(), outcome)).unwrap();
        assert_eq!(
            answer(Ok(json!({"Resources": {}}))),
            json!({"requestId": "r-1", "status": "success", "fragment": {"Resources": {}}})
        );
        assert_eq!(
            answer(Err("No.".to_owned())),
            json!({"requestId": "r-1", "status": "failure", "errorMessage": "No."})
        );
    }

    #[test]
    fn a_piece_of_a_template_is_refused() {
        let template = |event: Value| from_value::<Event>(event).unwrap().template().cloned();
        assert!(template(json!({"requestId": "r", "fragment": {"Resources": {}}, "params": {}})).is_ok());
        let words = "Number of errors found: 1. Structure of the template is invalid. This macro takes a whole \
                     template: list it in Transform, and use it in no Fn::Transform.";
        for event in [
            json!({"requestId": "r", "fragment": {"Resources": {}}, "params": {"Speed": "fast"}}),
            json!({"requestId": "r", "fragment": {"Type": "AWS::Lambda::Alias"}}),
            json!({"requestId": "r", "fragment": "Orders"}),
        ] {
            assert_eq!(template(event).unwrap_err(), words);
        }
    }
}
