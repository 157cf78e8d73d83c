//! The model: its operations and shapes, and whether a JSON value fits one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::cloud::{block_on, programs};

/// Writes the model as botocore itself loads it.
const PRINT: &str = "import json, botocore.loaders as l\n\
                     print(json.dumps(l.Loader().load_service_model('codedeploy', 'service-2')))";

/// What CodeDeploy itself answers although its model does not have it.
const BESIDE_THE_MODEL: [(&str, &str); 1] = [("MinimumHealthyHostsType", "MOST_CONCURRENCY")];

/// A service model.
pub(super) struct Model {
    pub operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

/// An operation: the names of its shapes.
pub(super) struct Operation {
    pub input: String,
    output: Option<String>,
    pub errors: BTreeSet<String>,
}

/// A shape; what is in it is named.
pub(super) enum Shape {
    Structure { members: BTreeMap<String, String>, required: BTreeSet<String> },
    List(String),
    Map { key: String, value: String },
    Text(Vec<String>),
    Whole,
    Double,
    Boolean,
    Timestamp,
}

impl Model {
    /// The one of the pinned boto3.
    pub fn of_botocore() -> &'static Self {
        static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(&print()));
        &MODEL
    }

    fn read(model: &Value) -> Self {
        let shape_of = |value: &Value| value["shape"].as_str().map(str::to_owned);
        let operation = |(name, value): (&String, &Value)| {
            let errors = value["errors"].as_array().into_iter().flatten().filter_map(shape_of).collect();
            let input = shape_of(&value["input"]).unwrap();
            (name.clone(), Operation { input, output: shape_of(&value["output"]), errors })
        };
        let shape = |(name, value): (&String, &Value)| (name.clone(), Shape::read(value));
        Self {
            operations: model["operations"].as_object().unwrap().iter().map(operation).collect(),
            shapes: model["shapes"].as_object().unwrap().iter().map(shape).collect(),
        }
    }

    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// The members that an operation cannot do without.
    pub fn required(&self, operation: &str) -> &BTreeSet<String> {
        let Shape::Structure { required, .. } = self.shape(&self.operations[operation].input) else {
            unreachable!("an input is a structure")
        };
        required
    }

    /// What in an answer is unknown to the model, or of another type.
    pub fn faults_of_output(&self, operation: &str, answer: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        match &self.operations[operation].output {
            Some(shape) => self.compare(shape, answer, "", &mut faults),
            None if answer.as_object().is_some_and(|members| members.is_empty()) => {}
            None => faults.push(format!("answers {answer} where nothing is said")),
        }
        faults
    }

    fn compare(&self, shape: &str, value: &Value, path: &str, faults: &mut Vec<String>) {
        let fits = match (self.shape(shape), value) {
            (Shape::Structure { members, .. }, Value::Object(given)) => {
                for (name, value) in given {
                    let path = format!("{path}.{name}");
                    match members.get(name) {
                        // Clients take null for absence.
                        Some(_) if value.is_null() => {}
                        Some(shape) => self.compare(shape, value, &path, faults),
                        None => faults.push(format!("{path} is unknown")),
                    }
                }
                true
            }
            (Shape::List(shape), Value::Array(items)) => {
                let item = |(index, item)| self.compare(shape, item, &format!("{path}[{index}]"), faults);
                items.iter().enumerate().for_each(item);
                true
            }
            (Shape::Map { value: shape, .. }, Value::Object(given)) => {
                given.iter().for_each(|(key, item)| self.compare(shape, item, &format!("{path}.{key}"), faults));
                true
            }
            (Shape::Text(words), Value::String(text)) => {
                words.is_empty() || words.contains(text) || BESIDE_THE_MODEL.contains(&(shape, text))
            }
            (Shape::Whole, Value::Number(number)) => number.is_i64(),
            (Shape::Double | Shape::Timestamp, value) => value.is_number(),
            (Shape::Boolean, value) => value.is_boolean(),
            (
                Shape::Structure { .. } | Shape::List(_) | Shape::Map { .. } | Shape::Text(_) | Shape::Whole,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            ) => false,
        };
        if !fits {
            faults.push(format!("{path} is no {shape}: {value}"));
        }
    }
}

impl Shape {
    fn read(value: &Value) -> Self {
        let words =
            |list: &Value| list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let inner = |part: &str| value[part]["shape"].as_str().unwrap().to_owned();
        match value["type"].as_str().unwrap() {
            "structure" => {
                let members = value["members"].as_object().into_iter().flatten();
                let members =
                    members.map(|(name, member)| (name.clone(), member["shape"].as_str().unwrap().to_owned()));
                let required: Vec<String> = words(&value["required"]);
                Self::Structure { members: members.collect(), required: required.into_iter().collect() }
            }
            "list" => Self::List(inner("member")),
            "map" => Self::Map { key: inner("key"), value: inner("value") },
            "string" => Self::Text(words(&value["enum"])),
            "integer" | "long" => Self::Whole,
            "double" => Self::Double,
            "boolean" => Self::Boolean,
            "timestamp" => Self::Timestamp,
            other => panic!("the model has a {other}, which is new"),
        }
    }
}

fn print() -> Value {
    let output = block_on(async {
        let python = programs::clients().await.python();
        programs::scrubbed(python).args(["-c", PRINT]).output().await.unwrap()
    });
    serde_json::from_str(&programs::written("botocore", &output)).unwrap()
}
