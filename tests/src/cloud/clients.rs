//! CodeDeploy's clients, unmodified: the AWS CLI and the SDK for Rust.

use serde_json::{Value, json};

use super::programs::written;
use super::stage::ALIAS;
use super::{Cloud, Order, Shop, in_cloud};

/// One session with the AWS CLI.
struct Session<'c> {
    cloud: &'c Cloud,
    application: &'c str,
}

impl Session<'_> {
    async fn deploy(&self, command: &str, arguments: &[&str]) -> Value {
        let output = self.cloud.aws(&[&["deploy", command], arguments].concat()).await;
        let written = written(&format!("aws deploy {command}"), &output);
        if written.trim().is_empty() { Value::Null } else { serde_json::from_str(&written).unwrap() }
    }

    /// The exit code and the words of a command that fails.
    async fn refuse(&self, command: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.cloud.aws(&[&["deploy", command], arguments].concat()).await;
        (output.status.code(), String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// The arguments that name the group, and more.
    fn group<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let group = ["--application-name", self.application, "--deployment-group-name", "orders"];
        group.iter().chain(more).copied().collect()
    }

    async fn create_deployment(&self, revision: &Value) -> String {
        let revision = revision.to_string();
        let made = self.deploy("create-deployment", &self.group(&["--revision", &revision])).await;
        made["deploymentId"].as_str().unwrap().to_owned()
    }
}

#[test]
fn the_aws_cli_makes_applications_groups_and_configurations() {
    in_cloud(async |cloud| {
        let session = Session { cloud, application: "cli-catalog" };
        let application = ["--application-name", "cli-catalog"];
        let settings = [&application[..], &["--compute-platform", "Lambda"]].concat();
        let made = session.deploy("create-application", &settings).await;
        assert_eq!(made["applicationId"].as_str().unwrap().len(), 36);
        let found = session.deploy("get-application", &application).await;
        assert_eq!(found["application"]["computePlatform"], "Lambda");

        let routing = r#"{"type":"TimeBasedLinear","timeBasedLinear":{"linearPercentage":20,"linearInterval":1}}"#;
        let config = ["--deployment-config-name", "cli-linear"];
        let settings = ["--compute-platform", "Lambda", "--traffic-routing-config", routing];
        session.deploy("create-deployment-config", &[&config[..], &settings].concat()).await;
        let found = session.deploy("get-deployment-config", &config).await;
        let linear = &found["deploymentConfigInfo"]["trafficRoutingConfig"]["timeBasedLinear"];
        assert_eq!(*linear, json!({"linearPercentage": 20, "linearInterval": 1}));
        let listed = session.deploy("list-deployment-configs", &[]).await;
        let names: Vec<_> =
            listed["deploymentConfigsList"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(names.contains(&"cli-linear") && names.contains(&"CodeDeployDefault.LambdaCanary10Percent5Minutes"));

        let role = ["--service-role-arn", &cloud.endpoints().service_role_arn];
        let style = ["--deployment-style", "deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL"];
        let named = ["--deployment-config-name", "cli-linear"];
        session.deploy("create-deployment-group", &session.group(&[&role[..], &style, &named].concat())).await;
        let update = ["--application-name", "cli-catalog", "--current-deployment-group-name", "orders"];
        let alarms = ["--alarm-configuration", "enabled=true,alarms=[{name=a},{name=b}]"];
        session.deploy("update-deployment-group", &[&update[..], &alarms].concat()).await;
        let found = session.deploy("get-deployment-group", &session.group(&[])).await;
        let info = &found["deploymentGroupInfo"];
        assert_eq!(info["deploymentConfigName"], "cli-linear");
        assert_eq!(info["alarmConfiguration"]["alarms"], json!([{"name": "a"}, {"name": "b"}]));

        session.deploy("delete-deployment-group", &session.group(&[])).await;
        session.deploy("delete-application", &application).await;
        let (code, words) = session.refuse("get-application", &application).await;
        let told = "An error occurred (ApplicationDoesNotExistException) when calling the GetApplication operation: No application found for name: cli-catalog";
        assert!(code == Some(255) && words.ends_with(told), "{code:?} {words}");
    });
}

#[test]
fn the_aws_cli_deploys_appspecs_in_yaml_in_json_and_as_a_string() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "cli").await;
        let session = Session { cloud, application: "cli" };
        rename_group(&shop, "orders").await;
        let yaml = |from, to| {
            format!(
                "version: 0.0\nResources:\n  - it:\n      Type: AWS::Lambda::Function\n      Properties:\n        Name: cli\n        Alias: live\n        CurrentVersion: {from}\n        TargetVersion: {to}\n"
            )
        };
        let order = Order { from: "2", to: "3", ..Order::new("") };
        let revisions = [
            json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": yaml(1, 2)}}),
            json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": order.appspec("cli")}}),
            json!({"revisionType": "String", "string": {"content": yaml(3, 1)}}),
        ];
        let mut ids = Vec::new();
        for (revision, version) in revisions.iter().zip(["2", "3", "1"]) {
            let id = session.create_deployment(revision).await;
            shop.until_info(&id, "its end", |info| info.complete_time().is_some()).await;
            session.deploy("wait", &["deployment-successful", "--deployment-id", &id]).await;
            assert_eq!(shop.routing().await, version);
            ids.insert(0, id);
        }
        let listed =
            session.deploy("list-deployments", &session.group(&["--include-only-statuses", "Succeeded"])).await;
        assert_eq!(listed["deployments"], json!(ids));

        let (id, target) = (["--deployment-id", &ids[0]], format!("cli:{ALIAS}"));
        let found = session.deploy("get-deployment", &id).await;
        assert_eq!(found["deploymentInfo"]["deploymentOverview"]["Succeeded"], 1);
        let one = session.deploy("get-deployment-target", &[&id[..], &["--target-id", &target]].concat()).await;
        let some =
            session.deploy("batch-get-deployment-targets", &[&id[..], &["--target-ids", &target]].concat()).await;
        assert_eq!(one["deploymentTarget"], some["deploymentTargets"][0]);
        assert_eq!(one["deploymentTarget"]["lambdaTarget"]["lambdaFunctionInfo"]["targetVersion"], "1");
        let targets = session.deploy("list-deployment-targets", &id).await;
        assert_eq!(targets, json!({"targetIds": [target]}));
    });
}

#[test]
fn the_aws_cli_stops_and_is_told_of_failures() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "cli-stop").await;
        let session = Session { cloud, application: "cli-stop" };
        rename_group(&shop, "orders").await;
        let content = Order::new("").before("hook-is-silent").appspec("cli-stop");
        let revision = json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": content}});
        let id = session.create_deployment(&revision).await;
        let stopped = session.deploy("stop-deployment", &["--deployment-id", &id, "--no-auto-rollback-enabled"]).await;
        assert!(stopped["status"] == "Pending" || stopped["status"] == "Succeeded", "{stopped}");
        shop.until_info(&id, "its end", |info| info.complete_time().is_some()).await;
        let (code, words) = session.refuse("wait", &["deployment-successful", "--deployment-id", &id]).await;
        assert!(code == Some(255) && words.contains("Waiter DeploymentSuccessful failed"), "{code:?} {words}");
    });
}

/// Gives the group of a shop another name.
async fn rename_group(shop: &Shop, name: &str) {
    let request = shop.cloud.codedeploy.update_deployment_group().application_name(&shop.name);
    request.current_deployment_group_name(&shop.name).new_deployment_group_name(name).send().await.unwrap();
}

#[test]
fn the_sdk_for_rust_knows_the_exceptions_and_the_operations() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "sdk").await;
        let ended = shop.deploy_to_the_end(&Order::new("CodeDeployDefault.LambdaAllAtOnce")).await;
        assert_eq!(ended.status(), "Succeeded");
        let request = cloud.codedeploy.list_deployments().application_name("sdk").deployment_group_name("sdk");
        assert_eq!(request.send().await.unwrap().deployments(), [ended.id()]);
        let unknown = cloud.codedeploy.get_deployment().deployment_id("d-NOBODYHAS").send().await.unwrap_err();
        assert!(unknown.into_service_error().is_deployment_does_not_exist_exception());
    });
}
