//! What a read of the API costs: one consistent read or one query.

use serde_json::{Value, json};
use spillway_api::{Backend, answer};
use spillway_aws_dynamodb::Table;
use spillway_domain::catalog::quotas::Quotas;
use spillway_lab::local::sdk_config;
use spillway_runtime::Invocation;
use spillway_testkit::World;
use spillway_tests::door::{operator_request, request};
use spillway_wire::codedeploy::operation::Operation;
use spillway_wire::operator::operation::OperatorOperation;

use super::{at, fresh, role, table_by};
use crate::cloud::{Counter, in_cloud};

/// An API on a table whose calls are counted.
struct Api<'a> {
    backend: Backend<'a, Table, World, World, World>,
    counter: Counter,
}

impl Api<'_> {
    /// What it says, and what it asks of DynamoDB for that.
    async fn ask(&self, operation: &str, body: &Value) -> (Value, Vec<String>) {
        let invocation = Invocation {
            request_id: "00000000-0000-4000-8000-000000000000".to_owned(),
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:api".to_owned(),
            now: at(1_700_000_000),
            deadline: at(1_700_000_060),
        };
        let before = self.counter.calls().len();
        let is_our_own = operation.parse::<OperatorOperation>().is_ok();
        let request = if is_our_own { operator_request(operation, body) } else { request(operation, body) };
        let answer = answer(&self.backend, &request, &invocation).await;
        let calls = self.counter.calls().split_off(before);
        let calls = calls.iter().filter_map(|call| Some(call.split_once("DynamoDB_20120810.")?.1.to_owned()));
        (serde_json::from_str(answer["body"].as_str().unwrap()).unwrap(), calls.collect())
    }

    async fn make(&self, operation: &str, body: Value) -> Value {
        let (said, _) = self.ask(operation, &body).await;
        assert!(said["__type"].is_null(), "{said}");
        said
    }
}

/// One of everything; the id of the deployment.
async fn furnish(api: &Api<'_>, known: &Value, instance: &str, config: &str) -> String {
    let application = &known["applicationName"];
    api.make("CreateApplication", json!({ "applicationName": application, "computePlatform": "Lambda" })).await;
    let mut group = known.clone();
    group["serviceRoleArn"] = json!(role().to_string());
    api.make("CreateDeploymentGroup", group).await;
    let routing =
        json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": 25, "linearInterval": 1 } });
    let config =
        json!({ "deploymentConfigName": config, "computePlatform": "Lambda", "trafficRoutingConfig": routing });
    api.make("CreateDeploymentConfig", config).await;
    let arn = format!("arn:aws:iam::111122223333:user/{instance}");
    api.make("RegisterOnPremisesInstance", json!({ "instanceName": instance, "iamUserArn": arn })).await;
    let mut deployment = known.clone();
    deployment["revision"] = revision();
    api.make("CreateDeployment", deployment).await["deploymentId"].as_str().unwrap().to_owned()
}

fn revision() -> Value {
    let properties = json!({ "Name": "orders", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2" });
    let resource = json!({ "it": { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let content = json!({ "version": 0.0, "Resources": [resource] }).to_string();
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

mod aws_alone {
    use super::*;

    #[test]
    fn a_read_is_one_read() {
        in_cloud(async |cloud| {
            let counter = Counter::start(&cloud.endpoints().aws).await;
            let (table, world) = (table_by(cloud, &sdk_config(&counter.url)).await, World::new());
            let api = Api { backend: Backend::new(&table, &world, &world, &world, Quotas::default()), counter };
            let [application, instance, config] = ["application", "instance", "config"].map(fresh);
            let known = json!({ "applicationName": application, "deploymentGroupName": "live" });
            let deployment = furnish(&api, &known, &instance, &config).await;
            let revision = revision();
            let arn = format!("arn:aws:codedeploy:us-east-1:111122223333:application:{application}");
            let both = |one: &Value, other: Value| {
                let mut both = one.clone();
                both.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
                both
            };
            let named = json!({ "applicationName": application });
            let deployed = json!({ "deploymentId": deployment });
            let reads = [
                ("GetApplication", named.clone(), "GetItem"),
                ("BatchGetApplications", json!({ "applicationNames": [application] }), "BatchGetItem"),
                ("ListApplications", json!({}), "Query"),
                ("GetDeploymentConfig", json!({ "deploymentConfigName": config }), "GetItem"),
                ("ListDeploymentConfigs", json!({}), "Query"),
                ("GetDeploymentGroup", known.clone(), "BatchGetItem"),
                ("BatchGetDeploymentGroups", both(&named, json!({ "deploymentGroupNames": ["live"] })), "BatchGetItem"),
                ("ListDeploymentGroups", named.clone(), "Query"),
                ("ListTagsForResource", json!({ "ResourceArn": arn }), "BatchGetItem"),
                ("GetApplicationRevision", both(&named, json!({ "revision": revision })), "BatchGetItem"),
                ("BatchGetApplicationRevisions", both(&named, json!({ "revisions": [revision] })), "BatchGetItem"),
                ("ListApplicationRevisions", both(&named, json!({ "deployed": "exclude" })), "Query"),
                ("GetDeployment", deployed.clone(), "GetItem"),
                ("BatchGetDeployments", json!({ "deploymentIds": [deployment] }), "BatchGetItem"),
                ("ListDeployments", json!({}), "Query"),
                // The index that lists the deployments of a group cannot be read consistently, and a group has to be.
                ("ListDeployments", known.clone(), "BatchGetItem Query"),
                // Of our own, each is a read more: what is listed, or the ledger, with the records.
                ("GetDeploymentLedger", deployed.clone(), "GetItem Query"),
                ("ListDeploymentSummaries", json!({ "maxResults": 1 }), "Query BatchGetItem"),
                ("ListDeploymentSummaries", both(&known, json!({ "activeOnly": true })), "BatchGetItem BatchGetItem"),
                ("GetDeploymentTarget", both(&deployed, json!({ "targetId": "orders:live" })), "GetItem"),
                ("BatchGetDeploymentTargets", both(&deployed, json!({ "targetIds": ["orders:live"] })), "GetItem"),
                ("ListDeploymentTargets", deployed.clone(), "GetItem"),
                ("ListDeploymentInstances", deployed.clone(), "GetItem"),
                ("GetDeploymentInstance", both(&deployed, json!({ "instanceId": "i-0123456789abcdef0" })), "GetItem"),
                (
                    "BatchGetDeploymentInstances",
                    both(&deployed, json!({ "instanceIds": ["i-0123456789abcdef0"] })),
                    "GetItem",
                ),
                ("GetOnPremisesInstance", json!({ "instanceName": instance }), "BatchGetItem"),
                ("BatchGetOnPremisesInstances", json!({ "instanceNames": [instance] }), "BatchGetItem"),
                ("ListOnPremisesInstances", json!({}), "Query"),
                ("ListGitHubAccountTokenNames", json!({}), ""),
            ];
            for operation in Operation::ALL.iter().map(|operation| operation.name()) {
                let is_read = ["Get", "BatchGet", "List"].iter().any(|verb| operation.starts_with(verb));
                assert_eq!(is_read, reads.iter().any(|(name, ..)| *name == operation), "{operation}");
            }
            for (operation, body, expected) in reads {
                let (said, calls) = api.ask(operation, &body).await;
                assert_eq!(calls.join(" "), expected, "{operation} {body}: {said}");
                // Those that are for servers only have read the deployment by then.
                assert!(
                    said["__type"].is_null() || operation.ends_with("Instance") || operation.ends_with("Instances"),
                    "{said}"
                );
            }
        });
    }
}
