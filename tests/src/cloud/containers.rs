//! The emulated ECS and its load balancers, which are as strict as AWS's in what Spillway depends on.

use serde_json::{Value, json};

use super::in_cloud;
use super::stage::create_function;

const LOOKS_AROUND: &str = r#"
import boto3

def handler(event, context):
    return {name: boto3.client(name).meta.endpoint_url for name in event}
"#;

#[test]
fn the_emulated_ecs_is_as_strict_as_aws() {
    in_cloud(async |cloud| {
        let said = cloud.run_script("containers.py", &[&cloud.endpoints().containers]).await;
        assert_eq!(said.trim(), "well", "{said}");
    });
}

#[test]
fn functions_find_the_emulated_ecs_beside_the_emulated_aws() {
    in_cloud(async |cloud| {
        create_function(cloud, "looks-around", LOOKS_AROUND, 30, &[]).await;
        let found = cloud.invoke("looks-around", r#"["ecs", "elbv2", "ec2", "sts"]"#).await.unwrap();
        let (aws, containers) = (&cloud.endpoints().aws, &cloud.endpoints().containers);
        let expected = json!({"ecs": containers, "elbv2": containers, "ec2": containers, "sts": aws});
        assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), expected);
    });
}
