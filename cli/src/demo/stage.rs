//! What the scenes need: a function with three versions and an alias, two hooks, an alarm, an application and a group.

use std::io::{Cursor, Write};

use anyhow::Context;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform,
    DeploymentOption, DeploymentStyle, DeploymentType, RevisionLocation, RevisionLocationType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::routing::Routing;
use crate::local::{Endpoints, LocalCloud, sdk_config};

/// The function that is deployed.
pub(super) const FUNCTION: &str = "orders";
/// The alias that its callers call.
pub(super) const ALIAS: &str = "live";
/// The version that its callers get at first.
pub(super) const FIRST: &str = "1";

const ALARM: &str = "orders-errors";
const APPLICATION: &str = "shop";
const GROUP: &str = "orders";
const PRE_TRAFFIC: &str = "pre-traffic";
const POST_TRAFFIC: &str = "post-traffic";
/// The largest order that each version takes. Callers send up to [`super::traffic::LARGEST_ORDER`], so version 3 is a
/// bad one.
const LARGEST_ORDERS: [u32; 3] = [12, 20, 10];

/// Everything that the scenes are played on.
pub(super) struct Stage {
    pub codedeploy: aws_sdk_codedeploy::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub executions: aws_sdk_sfn::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    endpoints: Endpoints,
}

impl Stage {
    /// Makes it all in a new local cloud.
    pub async fn set(cloud: &LocalCloud) -> anyhow::Result<Self> {
        let (aws, endpoints) = (cloud.sdk_config(), cloud.endpoints().clone());
        let stage = Self {
            codedeploy: aws_sdk_codedeploy::Client::new(&sdk_config(&endpoints.codedeploy)),
            lambda: aws_sdk_lambda::Client::new(&aws),
            executions: aws_sdk_sfn::Client::new(&aws),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&aws),
            endpoints,
        };
        stage.publish_function().await?;
        stage.create_function(PRE_TRAFFIC, include_str!("functions/pre_traffic.py"), &[]).await?;
        let codedeploy = ("AWS_ENDPOINT_URL_CODEDEPLOY", stage.endpoints.codedeploy.as_str());
        stage.create_function(POST_TRAFFIC, include_str!("functions/post_traffic.py"), &[codedeploy]).await?;
        stage.put_alarm().await?;
        stage.create_group().await?;
        Ok(stage)
    }

    /// The id of a new deployment from one version to another.
    pub async fn deploy(&self, from: &str, to: &str, config: &str, with_hooks: bool) -> anyhow::Result<String> {
        let hooks = [json!({"BeforeAllowTraffic": PRE_TRAFFIC}), json!({"AfterAllowTraffic": POST_TRAFFIC})];
        let appspec = json!({
            "version": 0.0,
            "Resources": [{FUNCTION: {"Type": "AWS::Lambda::Function", "Properties": {
                "Name": FUNCTION, "Alias": ALIAS, "CurrentVersion": from, "TargetVersion": to,
            }}}],
            "Hooks": if with_hooks { hooks.as_slice() } else { &[] },
        });
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(AppSpecContent::builder().content(appspec.to_string()).build())
            .build();
        let request = self.codedeploy.create_deployment().application_name(APPLICATION).deployment_group_name(GROUP);
        let answer = request.deployment_config_name(config).revision(revision).send().await;
        let answer = answer.context("CreateDeployment was refused")?;
        answer.deployment_id.context("CreateDeployment answered without an id")
    }

    /// How the alias routes, and the id of that revision of it.
    pub async fn alias(&self) -> anyhow::Result<(Routing, String)> {
        let answer = self.lambda.get_alias().function_name(FUNCTION).name(ALIAS).send().await;
        let answer = answer.context("the alias cannot be read")?;
        let revision = answer.revision_id().unwrap_or_default().to_owned();
        Ok((Routing::from(answer), revision))
    }

    /// Sets the alarm's state by hand, because the emulated CloudWatch evaluates no metrics.
    pub async fn set_alarm(&self, state: StateValue, reason: &str) -> anyhow::Result<()> {
        let request = self.cloudwatch.set_alarm_state().alarm_name(ALARM).state_value(state).state_reason(reason);
        request.send().await.context("the state of the alarm cannot be set")?;
        Ok(())
    }

    /// The execution that drives a deployment has its name.
    pub fn execution_arn(&self, deployment: &str) -> String {
        format!("{}:{deployment}", self.endpoints.state_machine_arn.replace(":stateMachine:", ":execution:"))
    }

    async fn publish_function(&self) -> anyhow::Result<()> {
        let largest = LARGEST_ORDERS.map(|largest| largest.to_string());
        let variables = largest.each_ref().map(|largest| ("LARGEST_ORDER", largest.as_str()));
        self.create_function(FUNCTION, include_str!("functions/orders.py"), &variables[..1]).await?;
        for (n, variable) in variables.into_iter().enumerate() {
            if n > 0 {
                let request = self.lambda.update_function_configuration().function_name(FUNCTION);
                request.environment(environment(&[variable])).send().await?;
            }
            let published = self.lambda.publish_version().function_name(FUNCTION).send().await;
            published.with_context(|| format!("version {} of {FUNCTION} cannot be published", n + 1))?;
        }
        let request = self.lambda.create_alias().function_name(FUNCTION).name(ALIAS).function_version(FIRST);
        request.send().await.with_context(|| format!("alias {FUNCTION}:{ALIAS} cannot be made"))?;
        Ok(())
    }

    async fn create_function(&self, name: &str, source: &str, variables: &[(&str, &str)]) -> anyhow::Result<()> {
        let code = FunctionCode::builder().zip_file(Blob::new(zip_source(source)?)).build();
        let request = self.lambda.create_function().function_name(name).runtime(Runtime::Python312).timeout(30);
        let request = request.handler("index.handler").code(code).environment(environment(variables));
        let role = format!("arn:aws:iam::{}:role/{name}", self.endpoints.account_id);
        request.role(role).send().await.with_context(|| format!("function {name} cannot be made"))?;
        Ok(())
    }

    async fn put_alarm(&self) -> anyhow::Result<()> {
        let request = self.cloudwatch.put_metric_alarm().alarm_name(ALARM).namespace("AWS/Lambda");
        let request = request.metric_name("Errors").statistic(Statistic::Sum).period(60).evaluation_periods(1);
        let request = request.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        request.send().await.with_context(|| format!("alarm {ALARM} cannot be made"))?;
        self.set_alarm(StateValue::Ok, "Nothing has happened yet.").await
    }

    async fn create_group(&self) -> anyhow::Result<()> {
        let request = self.codedeploy.create_application().application_name(APPLICATION);
        let request = request.compute_platform(ComputePlatform::Lambda);
        request.send().await.with_context(|| format!("application {APPLICATION} cannot be made"))?;
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let alarm = Alarm::builder().name(ALARM).build();
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .events(AutoRollbackEvent::DeploymentStopOnAlarm);
        let request = self.codedeploy.create_deployment_group();
        let request = request
            .application_name(APPLICATION)
            .deployment_group_name(GROUP)
            .service_role_arn(&self.endpoints.service_role_arn)
            .deployment_style(style.build())
            .alarm_configuration(AlarmConfiguration::builder().enabled(true).alarms(alarm).build())
            .auto_rollback_configuration(rollback.build());
        request.send().await.with_context(|| format!("deployment group {GROUP} cannot be made"))?;
        Ok(())
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::builder().set_variables(Some(pairs.collect())).build()
}

fn zip_source(source: &str) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("index.py", SimpleFileOptions::default().unix_permissions(0o644))?;
    zip.write_all(source.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}
