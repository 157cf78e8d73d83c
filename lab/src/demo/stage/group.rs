//! The application, and its group.

use anyhow::Context;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, DeploymentOption,
    DeploymentStyle, DeploymentType,
};

use super::{ALARM, APPLICATION, ORDERS, Orders, Stage};

impl Stage {
    /// Makes both. The group rolls back what fails, and what an alarm stops.
    pub(super) async fn create_group(&self) -> anyhow::Result<()> {
        let platform = match &self.orders {
            Orders::Alias(_) => ComputePlatform::Lambda,
            Orders::Service(_) => ComputePlatform::Ecs,
        };
        let request = self.codedeploy.create_application().application_name(APPLICATION).compute_platform(platform);
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
            .deployment_group_name(ORDERS)
            .service_role_arn(&self.endpoints.service_role_arn)
            .deployment_style(style.build())
            .alarm_configuration(AlarmConfiguration::builder().enabled(true).alarms(alarm).build())
            .auto_rollback_configuration(rollback.build());
        let request = match &self.orders {
            Orders::Alias(_) => request,
            Orders::Service(service) => service.describe_in(request),
        };
        request.send().await.with_context(|| format!("deployment group {ORDERS} cannot be made"))?;
        Ok(())
    }
}
