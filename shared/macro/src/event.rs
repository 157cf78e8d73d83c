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
    /// Nor does a loop show what is in it, before it is unrolled.
    pub fn template(&self) -> Result<&Value, String> {
        let mut faults = Faults::default();
        if !self.params.is_empty() || !self.fragment["Resources"].is_object() {
            faults.template("This macro takes a whole template: list it in Transform, and use it in no Fn::Transform.");
        }
        for section in ["Resources", "Outputs"] {
            let members = self.fragment[section].as_object().into_iter().flat_map(Map::keys);
            for name in members.filter(|name| name.starts_with("Fn::ForEach")) {
                faults.template(format!(
                    "'{section}' has [{name}], which AWS::LanguageExtensions unrolls: list Spillway after \
                     AWS::LanguageExtensions in Transform."
                ));
            }
        }
        faults.none().map_err(|faults| faults.to_string())?;
        Ok(&self.fragment)
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

    #[test]
    fn a_template_whose_loops_are_not_unrolled_is_refused() {
        let found = |section: &str| {
            let mut fragment = json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
            fragment[section]["Fn::ForEach::Functions"] = json!(["Name", ["A"], {"${Name}": {}}]);
            let event: Event = from_value(json!({"requestId": "r", "fragment": fragment})).unwrap();
            event.template().unwrap_err()
        };
        for section in ["Resources", "Outputs"] {
            assert_eq!(
                found(section),
                format!(
                    "Number of errors found: 1. Structure of the template is invalid. '{section}' has \
                     [Fn::ForEach::Functions], which AWS::LanguageExtensions unrolls: list Spillway after \
                     AWS::LanguageExtensions in Transform."
                )
            );
        }
    }
}
