//! What the scenes need: software in three versions, hooks, an alarm, an application and a group.

mod alias;
mod group;
mod service;

use alias::Alias;
use anyhow::Context;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::types::{AppSpecContent, LifecycleEvent, RevisionLocation, RevisionLocationType};
use serde_json::json;
use service::Service;

use super::audience::Watched;
use super::platform::Platform;
use super::routing::Routing;
use super::traffic::Answer;
use crate::local::{Endpoints, Functions, LocalCloud, sdk_config};

const ALARM: &str = "orders-errors";
const APPLICATION: &str = "shop";
/// The name of the software, and of the deployment group that deploys it.
const ORDERS: &str = "orders";

/// Everything that the scenes are played on.
pub(super) struct Stage {
    pub codedeploy: aws_sdk_codedeploy::Client,
    pub executions: aws_sdk_sfn::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    endpoints: Endpoints,
    orders: Orders,
}

/// What is deployed, and called.
enum Orders {
    Alias(Alias),
    Service(Service),
}

/// What a deployment deploys to, as it was found.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub routing: Routing,
    /// What is another after every change: the id of the alias's revision, or the task sets.
    pub mark: String,
}

/// The one target of a deployment.
pub(super) struct Target {
    pub events: Vec<LifecycleEvent>,
    /// The share of the version that is to have all traffic in the end, from 0 to 1.
    pub share: f64,
}

impl Stage {
    /// Makes it all in a new local cloud.
    pub async fn set(platform: Platform, cloud: &LocalCloud) -> anyhow::Result<Self> {
        let (aws, endpoints) = (cloud.sdk_config(), cloud.endpoints().clone());
        let functions = Functions::new(&aws, &endpoints);
        let orders = match platform {
            Platform::Lambda => Orders::Alias(Alias::set(functions, &endpoints).await?),
            Platform::Ecs => Orders::Service(Service::set(&functions, cloud).await?),
        };
        let stage = Self {
            codedeploy: aws_sdk_codedeploy::Client::new(&sdk_config(&endpoints.codedeploy)),
            executions: aws_sdk_sfn::Client::new(&aws),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&aws),
            endpoints,
            orders,
        };
        stage.put_alarm().await?;
        stage.create_group().await?;
        Ok(stage)
    }

    /// The id of a new deployment from one version to another.
    pub async fn deploy(&self, from: &str, to: &str, config: &str, with_hooks: bool) -> anyhow::Result<String> {
        let (resource, hooks) = match &self.orders {
            Orders::Alias(_) => (alias::resource(from, to), alias::hooks()),
            Orders::Service(_) => (service::resource(to), service::hooks()),
        };
        let hooks = if with_hooks { hooks } else { Vec::new() };
        let appspec = json!({"version": 0.0, "Resources": [{ORDERS: resource}], "Hooks": hooks});
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(AppSpecContent::builder().content(appspec.to_string()).build())
            .build();
        let request = self.codedeploy.create_deployment().application_name(APPLICATION).deployment_group_name(ORDERS);
        let answer = request.deployment_config_name(config).revision(revision).send().await;
        let answer = answer.context("CreateDeployment was refused")?;
        answer.deployment_id.context("CreateDeployment answered without an id")
    }

    /// The target of a deployment as it is now.
    pub async fn target(&self, deployment: Watched<'_>) -> anyhow::Result<Target> {
        let target_id = match &self.orders {
            Orders::Alias(_) => alias::target_id(),
            Orders::Service(_) => service::target_id(),
        };
        let request = self.codedeploy.get_deployment_target().deployment_id(deployment.id).target_id(target_id);
        let answer = request.send().await;
        let answer = answer.with_context(|| format!("GetDeploymentTarget of {} was refused", deployment.id))?;
        let target = answer.deployment_target.and_then(|target| match &self.orders {
            Orders::Alias(_) => Some(alias::target(target.lambda_target?)),
            Orders::Service(_) => Some(service::target(target.ecs_target?, deployment)),
        });
        target.context("GetDeploymentTarget answered nothing")
    }

    /// What the deployments deploy to, as it is now.
    pub async fn look(&self) -> anyhow::Result<Seen> {
        match &self.orders {
            Orders::Alias(alias) => alias.look().await,
            Orders::Service(service) => service.look().await,
        }
    }

    /// Places an order, as a caller does.
    pub async fn call(&self, items: usize) -> Answer {
        match &self.orders {
            Orders::Alias(alias) => alias.call(items).await,
            Orders::Service(service) => service.call().await,
        }
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

    async fn put_alarm(&self) -> anyhow::Result<()> {
        let (namespace, metric) = match &self.orders {
            Orders::Alias(_) => alias::METRIC,
            Orders::Service(_) => service::METRIC,
        };
        let request = self.cloudwatch.put_metric_alarm().alarm_name(ALARM).namespace(namespace);
        let request = request.metric_name(metric).statistic(Statistic::Sum).period(60).evaluation_periods(1);
        let request = request.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        request.send().await.with_context(|| format!("alarm {ALARM} cannot be made"))?;
        self.set_alarm(StateValue::Ok, "Nothing has happened yet.").await
    }
}
