//! What is deployed to, and with: functions with an alias, hooks, alarms, applications and groups.

use anyhow::Context;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, DeploymentOption,
    DeploymentStyle, DeploymentType,
};

use super::plot::Plot;
use crate::local::{Endpoints, Functions, LocalCloud, environment, sdk_config};

pub(super) const ALIAS: &str = "live";
/// The hooks, and how they behave.
pub(super) const HOOKS: [(&str, &str); 3] =
    [("hook-succeeds", "succeeds"), ("hook-fails", "fails"), ("hook-throws", "throws")];

/// The clients of a local cloud.
pub(super) struct Stage {
    pub codedeploy: aws_sdk_codedeploy::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub functions: Functions,
    pub endpoints: Endpoints,
}

impl Stage {
    /// Makes the hooks.
    pub async fn set(cloud: &LocalCloud) -> anyhow::Result<Self> {
        let (aws, endpoints) = (cloud.sdk_config(), cloud.endpoints().clone());
        let functions = Functions::new(&aws, &endpoints);
        for (name, behavior) in HOOKS {
            functions.create(name, include_str!("hook.py"), &[("BEHAVIOR", behavior)]).await?;
        }
        let codedeploy = aws_sdk_codedeploy::Client::new(&sdk_config(&endpoints.codedeploy));
        Ok(Self { codedeploy, cloudwatch: aws_sdk_cloudwatch::Client::new(&aws), functions, endpoints })
    }

    /// Makes a function with three versions and an alias, and an alarm, an application and a group of the same name.
    pub async fn open(&self, name: &str) -> anyhow::Result<()> {
        let lambda = &self.functions.client;
        self.functions.create(name, include_str!("deployed.py"), &[("VERSION", "1")]).await?;
        for version in ["1", "2", "3"] {
            let change = lambda.update_function_configuration().function_name(name);
            change.environment(environment(&[("VERSION", version)])).send().await?;
            lambda.publish_version().function_name(name).send().await?;
        }
        lambda.create_alias().function_name(name).name(ALIAS).function_version("1").send().await?;
        let request = self.cloudwatch.put_metric_alarm().alarm_name(name).namespace("Chaos").metric_name(name);
        let request = request.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(1.0);
        request.comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold).send().await?;
        self.enroll(name).await.with_context(|| format!("group {name} cannot be made"))
    }

    async fn enroll(&self, name: &str) -> anyhow::Result<()> {
        let request = self.codedeploy.create_application().application_name(name);
        request.compute_platform(ComputePlatform::Lambda).send().await?;
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let alarms = AlarmConfiguration::builder().enabled(true).alarms(Alarm::builder().name(name).build());
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .events(AutoRollbackEvent::DeploymentStopOnAlarm)
            .events(AutoRollbackEvent::DeploymentStopOnRequest);
        let request = self.codedeploy.create_deployment_group().application_name(name).deployment_group_name(name);
        let request = request
            .service_role_arn(&self.endpoints.service_role_arn)
            .deployment_config_name(Plot::plain().config)
            .deployment_style(style.build())
            .alarm_configuration(alarms.build())
            .auto_rollback_configuration(rollback.build());
        Box::pin(request.send()).await?;
        Ok(())
    }
}
