//! What the model requires is required.

use serde_json::{Map, Value, json};
use spillway_testkit::World;

use super::shapes::{Model, Shape};
use super::{Client, ROLE, furnish};

#[test]
fn every_required_input_is_required() {
    let (model, world) = (Model::of_botocore(), World::new());
    let client = Client::new(&world);
    furnish(&client);
    let (mut faults, mut count) = (Vec::new(), 0);
    for operation in model.operations.keys() {
        let whole: Map<String, Value> =
            model.required(operation).iter().map(|member| (member.clone(), sample(model, operation, member))).collect();
        let by_name = model.operations[operation].errors.iter().any(|name| name.ends_with("RequiredException"));
        for member in model.required(operation) {
            for absent in [None, Some(Value::Null)] {
                let mut body = whole.clone();
                body.remove(member);
                body.extend(absent.map(|null| (member.clone(), null)));
                let (status, said) = client.ask(operation, &Value::Object(body));
                let name = said["__type"].as_str().unwrap_or_default();
                if status != 400 || by_name && !name.ends_with("RequiredException") {
                    faults.push(format!("{operation} without {member}: {status} {said}"));
                }
                count += 1;
            }
        }
    }
    faults.extend(client.faults());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 80, "{count}");
}

/// A value that is sound for a member.
fn sample(model: &Model, operation: &str, member: &str) -> Value {
    match member {
        "applicationName" => json!("shop"),
        "serviceRoleArn" => json!(ROLE),
        "deploymentId" => json!("d-75I7MBT7C"),
        "deploymentIds" => json!(["d-75I7MBT7C"]),
        "ResourceArn" => json!("arn:aws:codedeploy:us-east-1:111122223333:application:shop"),
        "tags" | "Tags" => json!([{ "Key": "team", "Value": "blue" }]),
        "revision" => revision(),
        "revisions" => json!([revision()]),
        _ => {
            let Shape::Structure { members, .. } = model.shape(&model.operations[operation].input) else {
                unreachable!("an input is a structure")
            };
            match model.shape(&members[member]) {
                Shape::Text(_) => json!("some"),
                Shape::List(_) => json!(["some"]),
                Shape::Structure { .. } | Shape::Map { .. } => json!({}),
                Shape::Whole | Shape::Double | Shape::Boolean | Shape::Timestamp => json!(1),
            }
        }
    }
}

fn revision() -> Value {
    json!({ "revisionType": "S3", "s3Location": { "bucket": "b", "key": "k", "bundleType": "zip" } })
}
