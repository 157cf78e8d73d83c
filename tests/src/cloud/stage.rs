//! What a test plays on: a [`Shop`] is a function with three versions and an alias, an application and a group, all
//! under one name that no other test has.

use std::collections::HashMap;
use std::io::{Cursor, Write};

use aws_sdk_codedeploy::operation::create_deployment::builders::CreateDeploymentFluentBuilder;
use aws_sdk_codedeploy::operation::create_deployment_group::builders::CreateDeploymentGroupFluentBuilder;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform,
    DeploymentInfo, DeploymentOption, DeploymentStyle, DeploymentType, LifecycleEvent, RevisionLocation,
    RevisionLocationType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, Environment, FunctionCode, Runtime};
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Cloud, until};

/// The alias of every shop.
pub(crate) const ALIAS: &str = "live";

/// Where a test plays.
pub(crate) struct Shop {
    pub cloud: &'static Cloud,
    pub name: String,
}

/// What is deployed.
#[derive(Clone, Copy)]
pub(crate) struct Order<'a> {
    pub config: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// A deployment that has ended, with the one that rolled it back, if one did.
pub(crate) struct Ended {
    pub info: DeploymentInfo,
    pub rollback: Option<DeploymentInfo>,
}

impl<'a> Order<'a> {
    /// From version 1 to version 2, without hooks.
    pub fn new(config: &'a str) -> Self {
        Self { config, from: "1", to: "2", before: None, after: None }
    }

    /// With a hook before the shift.
    pub fn before(self, hook: &'a str) -> Self {
        Self { before: Some(hook), ..self }
    }

    /// With a hook after it.
    pub fn after(self, hook: &'a str) -> Self {
        Self { after: Some(hook), ..self }
    }

    /// The AppSpec that says so of a function.
    pub fn appspec(&self, function: &str) -> String {
        let hooks = [("BeforeAllowTraffic", self.before), ("AfterAllowTraffic", self.after)];
        let hooks: Vec<_> = hooks.iter().filter_map(|(event, hook)| Some(json!({ *event: (*hook)? }))).collect();
        let properties =
            json!({"Name": function, "Alias": ALIAS, "CurrentVersion": self.from, "TargetVersion": self.to});
        let resource = json!({"Type": "AWS::Lambda::Function", "Properties": properties});
        json!({"version": 0.0, "Resources": [{ "it": resource }], "Hooks": hooks}).to_string()
    }
}

impl Ended {
    pub fn id(&self) -> &str {
        self.info.deployment_id().unwrap()
    }

    pub fn status(&self) -> &str {
        self.info.status().unwrap().as_str()
    }

    /// The code and the words of what went wrong.
    pub fn error(&self) -> (&str, &str) {
        let error = self.info.error_information().expect("something went wrong");
        (error.code().unwrap().as_str(), error.message().unwrap())
    }

    /// The id of the rollback that this deployment names, and what that one says.
    pub fn rolled_back_by(&self) -> (&str, &str) {
        let rollback = self.rollback.as_ref().expect("it was rolled back");
        let words = rollback.rollback_info().and_then(|info| info.rollback_message());
        (rollback.deployment_id().unwrap(), words.unwrap())
    }
}

impl Shop {
    /// Opens a shop with the alias on version 1, and every automatic rollback enabled.
    pub async fn open(cloud: &'static Cloud, name: &str) -> Self {
        Self::open_with(cloud, name, |group| group).await
    }

    /// The same, with other settings of the group.
    pub async fn open_with(
        cloud: &'static Cloud,
        name: &str,
        settle: impl FnOnce(CreateDeploymentGroupFluentBuilder) -> CreateDeploymentGroupFluentBuilder,
    ) -> Self {
        let shop = Self { cloud, name: name.to_owned() };
        shop.publish_function().await;
        let request = cloud.codedeploy.create_application().application_name(name);
        request.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let request = cloud.codedeploy.create_deployment_group().application_name(name).deployment_group_name(name);
        let request = request
            .service_role_arn(&cloud.endpoints().service_role_arn)
            .deployment_config_name("CodeDeployDefault.LambdaAllAtOnce")
            .deployment_style(style.build())
            .auto_rollback_configuration(every_rollback());
        Box::pin(settle(request).send()).await.unwrap();
        shop
    }

    async fn publish_function(&self) {
        let lambda = &self.cloud.lambda;
        create_function(self.cloud, &self.name, include_str!("orders.py"), 30, &[("VERSION", "1")]).await;
        for version in ["1", "2", "3"] {
            let change = lambda.update_function_configuration().function_name(&self.name);
            change.environment(environment(&[("VERSION", version)])).send().await.unwrap();
            lambda.publish_version().function_name(&self.name).send().await.unwrap();
        }
        lambda.create_alias().function_name(&self.name).name(ALIAS).function_version("1").send().await.unwrap();
    }

    /// The request for a deployment, to be changed before it is sent.
    pub fn request(&self, order: &Order<'_>) -> CreateDeploymentFluentBuilder {
        self.request_of(order.config, &order.appspec(&self.name))
    }

    /// The request for a deployment of any AppSpec.
    pub fn request_of(&self, config: &str, appspec: &str) -> CreateDeploymentFluentBuilder {
        let content = AppSpecContent::builder().content(appspec).build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(content)
            .build();
        let request = self.cloud.codedeploy.create_deployment().application_name(&self.name);
        request.deployment_group_name(&self.name).deployment_config_name(config).revision(revision)
    }

    /// The id of a new deployment.
    pub async fn deploy(&self, order: &Order<'_>) -> String {
        self.request(order).send().await.unwrap().deployment_id.unwrap()
    }

    /// Deploys, and waits for the end.
    pub async fn deploy_to_the_end(&self, order: &Order<'_>) -> Ended {
        let id = self.deploy(order).await;
        self.end(&id).await
    }

    /// The deployment once it has ended, and its rollback too. Whatever happened, the group is free for the next one.
    pub async fn end(&self, id: &str) -> Ended {
        self.execution_ended(id).await;
        let info = self.info(id).await;
        let status = info.status().unwrap().as_str();
        assert!(["Succeeded", "Failed", "Stopped"].contains(&status), "the execution of {id} left it {info:#?}");
        let rollback_id = info.rollback_info().and_then(|info| info.rollback_deployment_id());
        let rollback = match rollback_id {
            None => None,
            Some(rollback) => {
                self.execution_ended(rollback).await;
                Some(self.info(rollback).await)
            }
        };
        self.is_free(id).await;
        Ended { info, rollback }
    }

    pub async fn info(&self, id: &str) -> DeploymentInfo {
        self.cloud.codedeploy.get_deployment().deployment_id(id).send().await.unwrap().deployment_info.unwrap()
    }

    /// Waits until something is true of a deployment.
    pub async fn until_info(&self, id: &str, what: &str, holds: impl Fn(&DeploymentInfo) -> bool) {
        until(what, async || holds(&self.info(id).await).then_some(())).await;
    }

    /// The lifecycle events of a deployment.
    pub async fn events(&self, id: &str) -> Vec<LifecycleEvent> {
        let target = format!("{}:{ALIAS}", self.name);
        let request = self.cloud.codedeploy.get_deployment_target().deployment_id(id).target_id(target);
        let target = request.send().await.unwrap().deployment_target.unwrap();
        target.lambda_target.unwrap().lifecycle_events.unwrap()
    }

    /// How the alias routes, such as `1`, or `1, 2 at 0.1`.
    pub async fn routing(&self) -> String {
        self.alias().await.0
    }

    /// How the alias routes, and the revision of the alias.
    pub async fn alias(&self) -> (String, String) {
        let alias = self.cloud.lambda.get_alias().function_name(&self.name).name(ALIAS).send().await.unwrap();
        let weights = alias.routing_config.and_then(|routing| routing.additional_version_weights).unwrap_or_default();
        let weights = weights.iter().map(|(version, weight)| format!(", {version} at {weight}"));
        (alias.function_version.unwrap() + &weights.collect::<String>(), alias.revision_id.unwrap())
    }

    /// Waits until the alias routes so.
    pub async fn until_routing(&self, wanted: &str) {
        let what = format!("{} routing {wanted}", self.name);
        until(&what, async || (self.routing().await == wanted).then_some(())).await;
    }

    /// Writes the alias, as somebody from outside would.
    pub async fn write_alias(&self, version: &str, second: Option<(&str, f64)>) {
        let weights = second.map(|(version, weight)| (version.to_owned(), weight)).into_iter().collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights));
        let request = self.cloud.lambda.update_alias().function_name(&self.name).name(ALIAS);
        request.function_version(version).routing_config(routing.build()).send().await.unwrap();
    }

    pub fn execution_arn(&self, name: &str) -> String {
        let machine = &self.cloud.endpoints().state_machine_arn;
        format!("{}:{name}", machine.replace(":stateMachine:", ":execution:"))
    }

    async fn execution_ended(&self, id: &str) {
        let arn = self.execution_arn(id);
        let executions = &self.cloud.executions;
        until(&format!("the end of execution {id}"), async || {
            let found = executions.describe_execution().execution_arn(&arn).send().await.ok()?;
            (found.status != ExecutionStatus::Running).then_some(())
        })
        .await;
    }

    /// The slot is free, and nobody looks after the deployment any more.
    pub async fn is_free(&self, id: &str) {
        let lock = format!("slot#{}", self.name);
        let state = self.item(&format!("application#{}", self.name), &lock).await.expect("a group has a slot");
        assert!(!state.contains("\"active\""), "{id} ended, and the slot is not free: {state}");
        assert_eq!(self.item("active", id).await, None, "{id} ended, and is still looked after");
    }

    /// An item of Spillway's table.
    pub async fn item(&self, pk: &str, sk: &str) -> Option<String> {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let request = self.cloud.dynamodb.get_item().table_name(&self.cloud.endpoints().table).consistent_read(true);
        let request = request.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned()));
        request.send().await.unwrap().item.map(|item| format!("{item:?}"))
    }
}

/// The hooks that all tests share, one for each thing that a hook can do.
pub(super) async fn create_hooks(cloud: &Cloud) {
    let endpoint = ("AWS_ENDPOINT_URL_CODEDEPLOY", cloud.endpoints().answer_hook.as_str());
    for (behavior, timeout) in
        [("succeeds", 30), ("fails", 30), ("throws", 30), ("hangs", 1), ("is-silent", 30), ("calls-back", 30)]
    {
        let name = format!("hook-{behavior}");
        create_function(cloud, &name, include_str!("hook.py"), timeout, &[("BEHAVIOR", behavior), endpoint]).await;
    }
}

pub(super) async fn create_function(cloud: &Cloud, name: &str, source: &str, timeout: i32, variables: &[(&str, &str)]) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", SimpleFileOptions::default().unix_permissions(0o644)).unwrap();
    zip.write_all(source.as_bytes()).unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new(zip.finish().unwrap().into_inner())).build();
    let request = cloud.lambda.create_function().function_name(name).runtime(Runtime::Python312).timeout(timeout);
    let request = request.handler("index.handler").code(code).environment(environment(variables));
    let role = format!("arn:aws:iam::{}:role/{name}", cloud.endpoints().account_id);
    request.role(role).send().await.unwrap();
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables: HashMap<_, _> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

/// Every event leads to an automatic rollback.
pub(crate) fn every_rollback() -> AutoRollbackConfiguration {
    AutoRollbackConfiguration::builder()
        .enabled(true)
        .events(AutoRollbackEvent::DeploymentFailure)
        .events(AutoRollbackEvent::DeploymentStopOnAlarm)
        .events(AutoRollbackEvent::DeploymentStopOnRequest)
        .build()
}

/// This alarm is watched.
pub(crate) fn watching(alarm: &str) -> AlarmConfiguration {
    AlarmConfiguration::builder().enabled(true).alarms(Alarm::builder().name(alarm).build()).build()
}
