//! Stacks of CloudFormation that deploy through Spillway: the application of `examples/`, from its first version to its
//! end, and what a stack is told when something is wrong.

use std::fs;
use std::path::Path;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Stack};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use spillway_lab::local::sdk_config;
use spillway_tests::template::root;
use tempfile::TempDir;

use super::programs::written;
use super::rewriting::transformed;
use super::stage::ALIAS;
use super::{Cloud, Shop, in_cloud, refusal, until};

/// In place of what the shop takes minutes for.
const STEPS: &str = "Steps.50@1s";
const QUOTE: &str = r#"{"item": "tea", "count": 3}"#;

/// A stack, by its name.
struct Deployed {
    cloud: &'static Cloud,
    client: Client,
    name: String,
}

impl Deployed {
    fn new(cloud: &'static Cloud, name: &str) -> Self {
        Self { cloud, client: Client::new(&sdk_config(&cloud.endpoints().aws)), name: name.to_owned() }
    }

    async fn create(&self, template: &Value) {
        let request = self.client.create_stack().stack_name(&self.name).template_body(template.to_string());
        let request = request.capabilities(Capability::CapabilityIam).capabilities(Capability::CapabilityAutoExpand);
        request.send().await.unwrap();
    }

    async fn update(&self, template: &Value) {
        let request = self.client.update_stack().stack_name(&self.name).template_body(template.to_string());
        let request = request.capabilities(Capability::CapabilityIam).capabilities(Capability::CapabilityAutoExpand);
        request.send().await.unwrap();
    }

    async fn describe(&self) -> Option<Stack> {
        let found = self.client.describe_stacks().stack_name(&self.name).send().await.ok()?;
        found.stacks.unwrap_or_default().pop()
    }

    /// Waits until nothing is in progress any more, and answers with the status, or that it is gone.
    async fn end(&self) -> String {
        until(&format!("the end of what stack {} does", self.name), async || {
            let Some(stack) = self.describe().await else { return Some("DELETE_COMPLETE".to_owned()) };
            let status = stack.stack_status().unwrap().as_str().to_owned();
            (!status.ends_with("_IN_PROGRESS")).then_some(status)
        })
        .await
    }

    async fn is(&self, wanted: &str) {
        let status = self.end().await;
        assert_eq!(status, wanted, "stack {}: {:#?}", self.name, self.failures().await);
    }

    /// Which resources failed, and why, the latest first.
    async fn failures(&self) -> Vec<(String, String)> {
        let found = self.client.describe_stack_events().stack_name(&self.name).send().await.unwrap();
        let failed = found
            .stack_events()
            .iter()
            .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")));
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        failed.map(|event| (word(event.logical_resource_id()), word(event.resource_status_reason()))).collect()
    }

    /// What a resource is called outside of the stack.
    async fn resource(&self, id: &str) -> String {
        let request = self.client.describe_stack_resource().stack_name(&self.name).logical_resource_id(id);
        let detail = request.send().await.unwrap().stack_resource_detail.unwrap();
        detail.physical_resource_id.unwrap()
    }

    async fn output(&self, key: &str) -> String {
        let stack = self.describe().await.unwrap();
        let output = stack.outputs().iter().find(|output| output.output_key() == Some(key));
        output.and_then(|output| output.output_value()).unwrap().to_owned()
    }

    /// The deployments that were made for a function of the stack.
    async fn deployments(&self, function: &str) -> Vec<String> {
        let application = self.resource("ServerlessDeploymentApplicationSpillway").await;
        let group = self.resource(&format!("{function}DeploymentGroupSpillway")).await;
        let request = self.cloud.codedeploy.list_deployments().application_name(application);
        request.deployment_group_name(group).send().await.unwrap().deployments.unwrap_or_default()
    }

    /// How much Spillway knows to be the stack's. What was is remembered a day, without a document.
    async fn remembered(&self, stack_id: &str) -> usize {
        let request = self.cloud.dynamodb.query().table_name(&self.cloud.endpoints().table).consistent_read(true);
        let request = request.key_condition_expression("pk = :pk");
        let key = AttributeValue::S(format!("stack#{stack_id}"));
        request
            .expression_attribute_values(":pk", key)
            .send()
            .await
            .unwrap()
            .items()
            .iter()
            .filter(|item| item.contains_key("doc"))
            .count()
    }
}

/// A copy of the application of `examples/`, to be changed as its developers would.
struct Sources {
    cloud: &'static Cloud,
    folder: TempDir,
}

impl Sources {
    fn of_shop(cloud: &'static Cloud) -> Self {
        let sources = Self { cloud, folder: tempfile::tempdir().unwrap() };
        copy(&root().join("examples/shop"), sources.folder.path());
        for slow in ["Steps.1@2m,10@5m,50@5m", "Linear10PercentEvery1Minute"] {
            sources.edit("template.yaml", slow, STEPS);
        }
        // The emulator's alarms look at no dimensions, so that another test's errors would be the shop's.
        sources.edit("template.yaml", "Namespace: AWS/Lambda", "Namespace: Shop");
        sources
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// What CloudFormation makes of the template: the AWS CLI uploads the code, the macro comes first, and SAM, which is
    /// left to the stack, comes after.
    async fn template(&self) -> Value {
        let file = self.folder.path().join("template.yaml");
        let file = file.to_str().unwrap();
        let output = self.cloud.aws(&["s3api", "create-bucket", "--bucket", "shop-code"]).await;
        written("aws s3api create-bucket", &output);
        let package = ["cloudformation", "package", "--use-json", "--s3-bucket", "shop-code", "--template-file", file];
        let packaged = written("aws cloudformation package", &self.cloud.aws(&package).await);
        let mut fragment: Value = serde_json::from_str(&packaged).unwrap();
        let transform = fragment.as_object_mut().unwrap().remove("Transform").unwrap();
        assert_eq!(transform, json!(["Spillway", "AWS::Serverless-2016-10-31"]));
        let mut answer = transformed(self.cloud, &fragment).await;
        assert_eq!(answer["status"], "success", "{}", answer["errorMessage"]);
        let mut template = answer["fragment"].take();
        template["Transform"] = json!("AWS::Serverless-2016-10-31");
        template
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What the shop's callers see: the price of three teas, and the version that told it.
async fn quote(stack: &Deployed, path: &str) -> (u64, String) {
    let url = stack.output("OrdersUrl").await;
    let api = url.strip_prefix("https://").and_then(|rest| rest.split('.').next()).unwrap();
    let url = format!("{}/_aws/execute-api/{api}/Prod/{path}", stack.cloud.endpoints().aws);
    let answer = reqwest::Client::new().post(url).body(QUOTE).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let said: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    (said["total"].as_u64().unwrap_or_else(|| panic!("{text}")), said["version"].as_str().unwrap().to_owned())
}

#[test]
fn the_application_of_the_examples_is_deployed_shifted_and_taken_back() {
    in_cloud(async |cloud| {
        let (sources, stack) = (Sources::of_shop(cloud), Deployed::new(cloud, "teashop"));
        stack.create(&sources.template().await).await;
        stack.is("CREATE_COMPLETE").await;
        let shop = Shop { cloud, name: stack.resource("OrdersFunction").await };
        let arn = stack.output("OrdersAlias").await;
        let account = &cloud.endpoints().account_id;
        assert_eq!(arn, format!("arn:aws:lambda:us-east-1:{account}:function:{}:{ALIAS}", shop.name));
        assert_eq!(shop.routing().await, "1");
        assert_eq!(quote(&stack, "quotes").await, (900, "1".to_owned()));
        assert_eq!(stack.deployments("OrdersFunction").await, <[String; 0]>::default(), "there was nothing to shift");

        // An order goes through the queue to the other alias.
        quote(&stack, "orders").await;
        let table = stack.resource("StockTable").await;
        let tea = || cloud.dynamodb.get_item().table_name(&table).key("item", AttributeValue::S("tea".to_owned()));
        until("three teas in the stock", async || tea().send().await.unwrap().item).await;

        sources.edit("orders/app.py", "\"coffee\": 450", "\"coffee\": 400");
        stack.update(&sources.template().await).await;
        stack.is("UPDATE_COMPLETE").await;
        let deployments = stack.deployments("OrdersFunction").await;
        let [good] = &deployments[..] else { panic!("{deployments:?}") };
        let info = shop.info(good).await;
        assert_eq!((info.status().unwrap().as_str(), info.deployment_config_name()), ("Succeeded", Some(STEPS)));
        let events = shop.events(good).await;
        let events: Vec<_> = events
            .iter()
            .map(|event| (event.lifecycle_event_name().unwrap(), event.status().unwrap().as_str()))
            .collect();
        let expected = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"].map(|event| (event, "Succeeded"));
        assert_eq!(events, expected);
        assert_eq!(shop.routing().await, "2");
        assert_eq!(stack.output("OrdersAlias").await, arn);
        assert_eq!(quote(&stack, "quotes").await, (900, "2".to_owned()));
        assert_eq!(stack.deployments("StockFunction").await, <[String; 0]>::default(), "it has not changed");

        sources.edit("orders/app.py", "* order[\"count\"]", "* (order[\"count\"] + 1)");
        stack.update(&sources.template().await).await;
        stack.is("UPDATE_ROLLBACK_COMPLETE").await;
        let failures = stack.failures().await;
        let (resource, why) = failures.last().unwrap();
        assert_eq!(resource, "OrdersFunctionAliasliveSpillway");
        let (bad, why) = why.split_once(" failed. ").unwrap();
        assert!(stack.deployments("OrdersFunction").await.iter().any(|id| id == bad), "{bad} is not listed");
        assert_eq!(shop.info(bad).await.status().unwrap().as_str(), "Failed");
        assert!(why.contains(" teashop-CheckQuotesFunction-"), "{why}");
        assert!(why.ends_with(": version 3 wants 1200 for three teas, not 900"), "{why}");
        assert_eq!(shop.routing().await, "2");
        assert_eq!(stack.output("OrdersAlias").await, arn);
        assert_eq!(quote(&stack, "quotes").await, (900, "2".to_owned()));

        let application = stack.resource("ServerlessDeploymentApplicationSpillway").await;
        let group = stack.resource("OrdersFunctionDeploymentGroupSpillway").await;
        let stack_id = stack.describe().await.unwrap().stack_id.unwrap();
        assert!(stack.remembered(&stack_id).await > 0);
        stack.client.delete_stack().stack_name(&stack.name).send().await.unwrap();
        stack.is("DELETE_COMPLETE").await;
        let found = cloud.codedeploy.get_application().application_name(&application).send().await;
        assert_eq!(refusal(found).0, "ApplicationDoesNotExistException");
        assert_eq!(shop.item(&format!("application#{application}"), &format!("group#{group}")).await, None);
        let alias = cloud.lambda.get_alias().function_name(&shop.name).name(ALIAS).send().await;
        assert_eq!(refusal(alias).0, "ResourceNotFoundException");
        assert_eq!(stack.remembered(&stack_id).await, 0);
    });
}

/// A template of one resource of Spillway's.
async fn resource(cloud: &Cloud, kind: &str, mut properties: Value) -> Value {
    let function = cloud.lambda.get_function().function_name(cloud.function("custom-resource").await);
    let configuration = function.send().await.unwrap().configuration.unwrap();
    properties["ServiceToken"] = json!(configuration.function_arn.unwrap());
    json!({"Resources": {"Mine": {"Type": kind, "Properties": properties}}})
}

#[test]
fn a_stack_is_told_what_is_misspelled() {
    in_cloud(async |cloud| {
        let stack = Deployed::new(cloud, "misspelled");
        stack.create(&resource(cloud, "Custom::SpillwayApplication", json!({"AplicationName": "shop"})).await).await;
        stack.is("ROLLBACK_COMPLETE").await;
        let words = "Custom::SpillwayApplication has no property AplicationName. It has ApplicationName, ComputePlatform, \
                     Tags.";
        assert_eq!(stack.failures().await, [("Mine".to_owned(), words.to_owned())]);
    });
}

#[test]
fn a_stack_whose_request_is_broken_off_does_not_hang() {
    in_cloud(async |cloud| {
        let shop = Shop::open_with(cloud, "broken-off", |group| group.deployment_config_name("Steps.10@1h")).await;
        let stack = Deployed::new(cloud, "broken-off");
        let properties = json!({
            "FunctionName": shop.name, "Name": ALIAS, "FunctionVersion": "2", "Adopt": true,
            "ApplicationName": shop.name, "DeploymentGroupName": shop.name,
        });
        stack.create(&resource(cloud, "Custom::SpillwayAlias", properties).await).await;
        shop.until_routing("1, 2 at 0.1").await;

        let machine = cloud.endpoints().state_machine_arn.replace("-deployment", "-stack-request");
        let listed = cloud.executions.list_executions().state_machine_arn(machine).send().await.unwrap();
        let stack_id = stack.describe().await.unwrap().stack_id.unwrap();
        let mut broken_off = None;
        for execution in listed.executions() {
            let arn = execution.execution_arn();
            let found = cloud.executions.describe_execution().execution_arn(arn).send().await.unwrap();
            if found.input().is_some_and(|input| input.contains(&stack_id)) {
                // What the event of its end carries lets nobody answer the stack.
                assert!(!found.input().unwrap().contains("cfn-response"), "{found:?}");
                broken_off = Some(execution.clone());
            }
        }
        let broken_off = broken_off.expect("the stack's request has an execution");
        let request = cloud.executions.stop_execution().execution_arn(broken_off.execution_arn());
        request.send().await.unwrap();
        stack.is("ROLLBACK_COMPLETE").await;
        let failures = stack.failures().await;
        let [(_, why)] = &failures[..] else { panic!("{failures:?}") };
        let name = broken_off.name();
        assert!(why.contains(&format!("Its execution {name} ended ABORTED.")), "{why}");
        let kept = shop.item(&format!("stack-request#{name}"), "response-url").await;
        assert_eq!(kept, None, "the stack has its answer");

        // The deployment goes on, and can be stopped by itself.
        let request = cloud.codedeploy.list_deployments().application_name(&shop.name);
        let listed = request.deployment_group_name(&shop.name).send().await.unwrap();
        let [id] = listed.deployments() else { panic!("{listed:?}") };
        cloud.codedeploy.stop_deployment().deployment_id(id).send().await.unwrap();
        shop.end(id).await;
        assert_eq!(shop.routing().await, "1");
    });
}
