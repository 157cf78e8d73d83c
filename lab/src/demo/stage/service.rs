//! Orders as an ECS service, which its callers call through a load balancer. What is deployed are task definitions, whose
//! revisions are the versions.

mod setting;

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_codedeploy::operation::create_deployment_group::builders::CreateDeploymentGroupFluentBuilder;
use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, DeploymentReadyAction, DeploymentReadyOption,
    EcsService, EcsTarget, InstanceAction, LoadBalancerInfo, TargetGroupInfo, TargetGroupPairInfo, TargetLabel,
    TrafficRoute,
};
use aws_sdk_ecs::types::TaskSet;
use aws_sdk_elasticloadbalancingv2::types::Action;
use serde_json::{Value, json};

use super::{ORDERS, Seen, Target};
use crate::demo::audience::Watched;
use crate::demo::routing::Routing;
use crate::demo::traffic::Answer;

/// The metric of the alarm.
pub(super) const METRIC: (&str, &str) = ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count");

const CLUSTER: &str = "shop";
const CONTAINER: &str = "orders";
const PORT: i32 = 8080;
const TARGET_GROUPS: [&str; 2] = ["orders-blue", "orders-green"];
const TEST_TRAFFIC: &str = "test-traffic";
/// What a task set that is being deleted is called.
const DRAINING: &str = "DRAINING";

/// The service, and the load balancer in front of it.
pub(super) struct Service {
    ecs: aws_sdk_ecs::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    callers: reqwest::Client,
    /// The ARNs of the production listener and of the one for test traffic.
    listeners: [String; 2],
    /// Where the emulated load balancer answers for the production listener.
    address: String,
}

impl Service {
    pub async fn look(&self) -> anyhow::Result<Seen> {
        let (production, task_sets) = tokio::join!(self.production(), self.task_sets());
        let task_sets = task_sets?;
        let marks = task_sets.iter().map(|set| {
            format!("{}, version {}, {}", set.id().unwrap_or_default(), version(set), set.status().unwrap_or_default())
        });
        Ok(Seen { routing: routing(&production?, &task_sets), mark: marks.collect::<Vec<_>>().join("; ") })
    }

    pub async fn call(&self) -> Answer {
        let Ok(answer) = self.callers.get(&self.address).send().await else { return Answer::NONE };
        let failed = !answer.status().is_success();
        let said = answer.text().await.ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        Answer { version: said.and_then(|said| said["version"].as_str().map(str::to_owned)), failed }
    }

    /// Names it all in the request for its deployment group.
    pub fn describe_in(&self, request: CreateDeploymentGroupFluentBuilder) -> CreateDeploymentGroupFluentBuilder {
        let [production, test] =
            self.listeners.each_ref().map(|arn| TrafficRoute::builder().listener_arns(arn).build());
        let groups = TARGET_GROUPS.map(|name| TargetGroupInfo::builder().name(name).build());
        let pair = TargetGroupPairInfo::builder().set_target_groups(Some(groups.to_vec()));
        let pair = pair.prod_traffic_route(production).test_traffic_route(test).build();
        let termination = BlueInstanceTerminationOption::builder()
            .action(InstanceAction::Terminate)
            .termination_wait_time_in_minutes(0);
        let ready = DeploymentReadyOption::builder().action_on_timeout(DeploymentReadyAction::ContinueDeployment);
        let blue_green = BlueGreenDeploymentConfiguration::builder()
            .terminate_blue_instances_on_deployment_success(termination.build())
            .deployment_ready_option(ready.build());
        request
            .ecs_services(EcsService::builder().cluster_name(CLUSTER).service_name(ORDERS).build())
            .load_balancer_info(LoadBalancerInfo::builder().target_group_pair_info_list(pair).build())
            .blue_green_deployment_configuration(blue_green.build())
    }

    /// The weights of the target groups behind the production listener, above 0.
    async fn production(&self) -> anyhow::Result<BTreeMap<String, i32>> {
        let answer = self.elb.describe_listeners().listener_arns(&self.listeners[0]).send().await;
        let answer = answer.context("the production listener cannot be read")?;
        let actions = answer.listeners().first().map(|listener| listener.default_actions()).unwrap_or_default();
        Ok(actions.iter().flat_map(weights).filter(|(_, weight)| *weight > 0).collect())
    }

    /// Its task sets, without those that are being deleted.
    async fn task_sets(&self) -> anyhow::Result<Vec<TaskSet>> {
        let answer = self.ecs.describe_services().cluster(CLUSTER).services(ORDERS).send().await;
        let answer = answer.context("the service cannot be read")?;
        let service = answer.services.unwrap_or_default().pop().context("the service is gone")?;
        let task_sets = service.task_sets.unwrap_or_default().into_iter();
        Ok(task_sets.filter(|set| set.status() != Some(DRAINING)).collect())
    }
}

/// What the AppSpec says of it.
pub(super) fn resource(to: &str) -> Value {
    let load_balancer = json!({"ContainerName": CONTAINER, "ContainerPort": PORT});
    let properties = json!({"TaskDefinition": format!("{ORDERS}:{to}"), "LoadBalancerInfo": load_balancer});
    json!({"Type": "AWS::ECS::Service", "Properties": properties})
}

pub(super) fn hooks() -> Vec<Value> {
    vec![json!({"AfterAllowTestTraffic": TEST_TRAFFIC})]
}

pub(super) fn target_id() -> String {
    format!("{CLUSTER}:{ORDERS}")
}

/// A rollback is for the original task set, which is the blue one.
pub(super) fn target(target: EcsTarget, deployment: Watched<'_>) -> Target {
    let wanted = if deployment.rolls_back { TargetLabel::Blue } else { TargetLabel::Green };
    let own = target.task_sets_info().iter().find(|set| set.task_set_label() == Some(&wanted));
    let share = own.map_or(0.0, |set| set.traffic_weight() / 100.0);
    Target { events: target.lifecycle_events.unwrap_or_default(), share }
}

/// What the listener's weights mean for the callers. The primary task set counts first.
fn routing(weights: &BTreeMap<String, i32>, task_sets: &[TaskSet]) -> Routing {
    let all = f64::from(weights.values().sum::<i32>());
    let weight = |set: &TaskSet| {
        let groups = set.load_balancers().iter().filter_map(|own| own.target_group_arn());
        groups.filter_map(|group| weights.get(group)).sum::<i32>()
    };
    let mut with_traffic: Vec<&TaskSet> = task_sets.iter().filter(|set| weight(set) > 0).collect();
    with_traffic.sort_by_key(|set| set.status() != Some("PRIMARY"));
    let mut shares = with_traffic.into_iter().map(|set| (version(set).to_owned(), f64::from(weight(set)) / all));
    Routing { main: shares.next().map_or_else(|| "none".to_owned(), |(version, _)| version), second: shares.next() }
}

/// The target groups that an action forwards to, with their weights.
fn weights(action: &Action) -> Vec<(String, i32)> {
    let tuples = action.forward_config().map(|config| config.target_groups()).unwrap_or_default();
    if let Some(group) = action.target_group_arn().filter(|_| tuples.is_empty()) {
        return vec![(group.to_owned(), 1)];
    }
    let groups =
        tuples.iter().filter_map(|tuple| Some((tuple.target_group_arn()?.to_owned(), tuple.weight().unwrap_or(1))));
    groups.collect()
}

/// The revision of its task definition, after the last colon.
fn version(set: &TaskSet) -> &str {
    let definition = set.task_definition().unwrap_or_default();
    definition.rsplit_once(':').map_or(definition, |(_, revision)| revision)
}
