//! What botocore's model of CodeDeploy says, held against Spillway in memory. The model is that of the pinned boto3,
//! read from where it is installed.

mod fuzz;
mod requirements;
mod shapes;
mod story;

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use shapes::Model;
use spillway_testkit::World;
use spillway_tests::door::{Door, request};
use spillway_wire::codedeploy::operation::Operation;

/// Exceptions that any operation may throw.
const COMMON: [&str; 4] =
    ["SerializationException", "ThrottlingException", "InternalFailure", "UnknownOperationException"];

/// Exceptions of the model that an operation throws without listing them, because it lists none that fits.
const UNLISTED: [(&str, &str); 4] = [
    ("CreateDeployment", "UnsupportedActionForDeploymentTypeException"),
    ("DeleteApplication", "InvalidOperationException"),
    ("DeleteDeploymentGroup", "InvalidOperationException"),
    ("ListTagsForResource", "InvalidNextTokenException"),
];

/// The world of every test: something of everything is in it.
const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

/// A client that holds every answer against the model.
struct Client<'a> {
    model: &'static Model,
    door: Door<'a>,
    /// The operations that were carried out.
    done: RefCell<BTreeSet<String>>,
    faults: RefCell<Vec<String>>,
}

impl<'a> Client<'a> {
    fn new(world: &'a World) -> Self {
        Self {
            model: Model::of_botocore(),
            door: Door::new(world),
            done: RefCell::default(),
            faults: RefCell::default(),
        }
    }

    /// Asks for an operation that is carried out, and gives back its answer.
    fn call(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask(operation, &body);
        if status != 200 {
            self.faults.borrow_mut().push(format!("{operation} {body}: {status} {answer}"));
        }
        answer
    }

    /// Asks for an operation; its status, and its answer or exception.
    fn ask(&self, operation: &str, body: &Value) -> (u64, Value) {
        let answer = self.door.answer(&request(operation, body));
        let status = answer["statusCode"].as_u64().unwrap();
        let said: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
        let faults = if status == 200 {
            self.done.borrow_mut().insert(operation.to_owned());
            self.model.faults_of_output(operation, &said)
        } else {
            self.faults_of_refusal(operation, status, &said)
        };
        let faults = faults.into_iter().map(|fault| format!("{operation} {body}: {fault}"));
        self.faults.borrow_mut().extend(faults);
        (status, said)
    }

    fn faults_of_refusal(&self, operation: &str, status: u64, said: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let name = said["__type"].as_str().unwrap_or_default();
        let is_known = COMMON.contains(&name) || UNLISTED.contains(&(operation, name));
        if !is_known && !self.model.operations[operation].errors.contains(name) {
            faults.push(format!("{name} is not in its list: {said}"));
        }
        if status != 400 || said["message"].as_str().is_none_or(|words| words.len() <= 10) {
            faults.push(format!("refused with {status} {said}"));
        }
        faults
    }

    /// Everything that does not fit, so far.
    fn faults(&self) -> Vec<String> {
        self.faults.borrow().clone()
    }
}

#[test]
fn every_operation_of_the_model_is_there_and_none_besides() {
    let model = Model::of_botocore();
    let own: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    let theirs: BTreeSet<&str> = model.operations.keys().map(String::as_str).collect();
    assert_eq!(own, theirs);
}

#[test]
fn what_no_operation_lists_is_in_the_model_all_the_same() {
    let listed: BTreeSet<&str> =
        Model::of_botocore().operations.values().flat_map(|own| &own.errors).map(String::as_str).collect();
    for (operation, name) in UNLISTED {
        assert!(listed.contains(name), "{name}");
        assert!(!Model::of_botocore().operations[operation].errors.contains(name), "{operation} lists {name}");
    }
}

/// What there is in the world before a request that is meant to be refused or carried out at random.
fn furnish(client: &Client<'_>) {
    for (application, platform) in [("shop", "Lambda"), ("fleet", "Server"), ("tasks", "ECS")] {
        let tags = json!([{ "Key": "team", "Value": "red" }]);
        client.call(
            "CreateApplication",
            json!({ "applicationName": application, "computePlatform": platform, "tags": tags }),
        );
    }
    client.call("CreateDeploymentGroup", lambda_group("live"));
}

fn lambda_group(name: &str) -> Value {
    json!({
        "applicationName": "shop", "deploymentGroupName": name, "serviceRoleArn": ROLE,
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "autoRollbackConfiguration": { "enabled": true, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"] },
    })
}
