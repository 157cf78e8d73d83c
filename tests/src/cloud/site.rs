//! Where deployments to ECS are played: a [`Site`] is a service of two tasks behind a load balancer of its own, which has
//! a listener with rules, and one for tests.

use std::collections::BTreeSet;

use aws_sdk_codedeploy::operation::create_deployment_group::builders::CreateDeploymentGroupFluentBuilder;
use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, ComputePlatform, DeploymentOption,
    DeploymentReadyAction, DeploymentReadyOption, DeploymentStyle, DeploymentType, EcsService, EcsTarget,
    InstanceAction, LoadBalancerInfo, TargetGroupInfo, TargetGroupPairInfo, TrafficRoute,
};
use aws_sdk_ecs::types::{
    ContainerDefinition, DeploymentController, DeploymentControllerType, KeyValuePair, LoadBalancer, PortMapping,
    Scale, ScaleUnit, Tag,
};
use aws_sdk_elasticloadbalancingv2::types::{Action, ProtocolEnum, Rule};
use serde_json::{Value, json};
use spillway::local::sdk_config;
use spillway_domain::catalog::environment::ListenerArn;
use spillway_domain::ecs::listener::ListenerKind;
use spillway_domain::ecs::service::TargetGroup;

use super::stage::every_rollback;
use super::{Cloud, Shop, until};
use crate::cloud::front::{Front, answer, forward};

/// The service of every site, in a cluster that has the site's name.
pub(super) const SERVICE: &str = "web";

pub(super) struct Site {
    /// Its application and its group.
    pub shop: Shop,
    pub ecs: aws_sdk_ecs::Client,
    front: Front,
    listener: ListenerArn,
    test_listener: ListenerArn,
    groups: [TargetGroup; 2],
}

impl Site {
    /// Opens a site for deployments that wait for nothing, and are rolled back whatever happens.
    pub async fn open(cloud: &'static Cloud, name: &str) -> Self {
        Self::open_with(cloud, name, |group| group).await
    }

    /// The same, with other settings of the group.
    pub async fn open_with(
        cloud: &'static Cloud,
        name: &str,
        settle: impl FnOnce(CreateDeploymentGroupFluentBuilder) -> CreateDeploymentGroupFluentBuilder,
    ) -> Self {
        let site = Self::build(cloud, name).await;
        site.serve().await;
        site.enroll(name, name, settle).await;
        site
    }

    /// Makes all but the service, its application and its group.
    pub async fn build(cloud: &'static Cloud, name: &str) -> Self {
        let front = Front::of(cloud).await;
        let group = async |name: &str| front.put_target_group(ListenerKind::Application, name).await;
        let (blue, green) = (group("blue").await, group("green").await);
        let listener = front.open(ListenerKind::Application, &blue).await;
        front.put_rule(&listener, 5, vec![forward(&[(&blue, 1)])]).await;
        front.put_rule(&listener, 6, vec![answer()]).await;
        let test_listener = second_listener(&front, &listener, forward(&[(&blue, 1)])).await;
        let ecs = aws_sdk_ecs::Client::new(&sdk_config(&cloud.endpoints().containers));
        ecs.create_cluster().cluster_name(name).send().await.unwrap();
        let shop = Shop { cloud, name: name.to_owned() };
        Self { shop, ecs, front, listener, test_listener, groups: [blue, green] }
    }

    /// Makes the service, with version 1 in the task set that stands for it.
    pub async fn serve(&self) {
        let controller = DeploymentController::builder().r#type(DeploymentControllerType::External).build().unwrap();
        let request = self.ecs.create_service().cluster(&self.shop.name).service_name(SERVICE).desired_count(2);
        request.deployment_controller(controller).send().await.unwrap();
        let definition = self.define(&[("VERSION", "1")]).await;
        let balancer = LoadBalancer::builder().target_group_arn(&self.groups[0].arn);
        let request = self.ecs.create_task_set().cluster(&self.shop.name).service(SERVICE).task_definition(definition);
        let request = request.load_balancers(balancer.container_name("web").container_port(80).build());
        let request = request.tags(Tag::builder().key("team").value("web").build());
        let made = request.scale(Scale::builder().value(100.0).unit(ScaleUnit::Percent).build()).send().await.unwrap();
        let request = self.ecs.update_service_primary_task_set().cluster(&self.shop.name).service(SERVICE);
        request.primary_task_set(made.task_set().unwrap().id().unwrap()).send().await.unwrap();
    }

    /// Makes an application and a group for the service.
    pub async fn enroll(
        &self,
        application: &str,
        group: &str,
        settle: impl FnOnce(CreateDeploymentGroupFluentBuilder) -> CreateDeploymentGroupFluentBuilder,
    ) {
        let cloud = self.shop.cloud;
        let request = cloud.codedeploy.create_application().application_name(application);
        request.compute_platform(ComputePlatform::Ecs).send().await.unwrap();
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let request = cloud.codedeploy.create_deployment_group().application_name(application);
        let request = request
            .deployment_group_name(group)
            .service_role_arn(&cloud.endpoints().service_role_arn)
            .deployment_config_name("CodeDeployDefault.ECSAllAtOnce")
            .deployment_style(style.build())
            .auto_rollback_configuration(every_rollback())
            .blue_green_deployment_configuration(waits(None, 0))
            .ecs_services(EcsService::builder().cluster_name(&self.shop.name).service_name(SERVICE).build())
            .load_balancer_info(self.pair());
        Box::pin(settle(request).send()).await.unwrap();
    }

    fn pair(&self) -> LoadBalancerInfo {
        let route = |listener: &ListenerArn| TrafficRoute::builder().listener_arns(listener.as_str()).build();
        let groups = self.groups.iter().map(|group| TargetGroupInfo::builder().name(&group.name).build());
        let pair = TargetGroupPairInfo::builder()
            .set_target_groups(Some(groups.collect()))
            .prod_traffic_route(route(&self.listener))
            .test_traffic_route(route(&self.test_listener));
        LoadBalancerInfo::builder().target_group_pair_info_list(pair.build()).build()
    }

    /// The ARN of a new task definition, whose container has these variables.
    pub async fn define(&self, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| KeyValuePair::builder().name(*name).value(*value).build());
        let container = ContainerDefinition::builder().name("web").image("web").memory(64);
        let container = container.port_mappings(PortMapping::builder().container_port(80).build());
        let container = container.set_environment(Some(variables.collect())).build();
        let request = self.ecs.register_task_definition().family(&self.shop.name).container_definitions(container);
        request.send().await.unwrap().task_definition.unwrap().task_definition_arn.unwrap()
    }

    /// The id of a new deployment of a task definition.
    pub async fn deploy(&self, config: &str, definition: &str, hooks: &[(&str, &str)]) -> String {
        let request = self.shop.request_of(config, &appspec(definition, hooks));
        request.send().await.unwrap().deployment_id.unwrap()
    }

    /// The one target of a deployment.
    pub async fn target(&self, id: &str) -> EcsTarget {
        let target = format!("{}:{SERVICE}", self.shop.name);
        let request = self.shop.cloud.codedeploy.get_deployment_target().deployment_id(id).target_id(target);
        request.send().await.unwrap().deployment_target.unwrap().ecs_target.unwrap()
    }

    /// The task sets that are there to stay, with their status.
    pub async fn task_sets(&self) -> Vec<(String, String)> {
        let request = self.ecs.describe_services().cluster(&self.shop.name).services(SERVICE);
        let mut answer = request.send().await.unwrap();
        let all = answer.services.as_mut().unwrap().swap_remove(0).task_sets.unwrap_or_default();
        let all = all.into_iter().map(|set| (set.id.unwrap(), set.status.unwrap()));
        all.filter(|(_, status)| status != "DRAINING").collect()
    }

    /// The task set that stands for the service.
    pub async fn primary(&self) -> String {
        let sets = self.task_sets().await.into_iter();
        sets.filter(|(_, status)| status == "PRIMARY").map(|(id, _)| id).next().expect("a task set is PRIMARY")
    }

    /// The second target group's share in thousandths: of what comes by default, of what a rule is for, and of tests.
    pub async fn shares(&self) -> [i32; 3] {
        let (rules, tests) = (self.rules(&self.listener).await, self.rules(&self.test_listener).await);
        let by_default = |rules: &[Rule]| rules.iter().find(|rule| rule.is_default() == Some(true)).unwrap().clone();
        [by_default(&rules), rules[0].clone(), by_default(&tests)].map(|rule| self.share(&rule.actions()[0]))
    }

    fn share(&self, action: &Action) -> i32 {
        let groups = action.forward_config().unwrap().target_groups();
        let weights = groups.iter().map(|group| (group.target_group_arn().unwrap(), group.weight().unwrap()));
        let all: i32 = weights.clone().map(|(_, weight)| weight).sum();
        let own: i32 = weights.filter(|(arn, _)| *arn == self.groups[1].arn).map(|(_, weight)| weight).sum();
        own * 1000 / all
    }

    /// Waits until the shares are so.
    pub async fn until_shares(&self, wanted: [i32; 3]) {
        until(&format!("{} with {wanted:?}", self.shop.name), async || (self.shares().await == wanted).then_some(()))
            .await;
    }

    /// What of the listener no deployment has to do with: its rules without their forwards.
    pub async fn untouched(&self) -> Vec<Rule> {
        let mut rules = self.rules(&self.listener).await;
        for rule in &mut rules {
            rule.actions.as_mut().unwrap().retain(|action| action.forward_config().is_none());
        }
        rules
    }

    /// By their priorities; the default action is the last.
    async fn rules(&self, listener: &ListenerArn) -> Vec<Rule> {
        let mut answer = self.front.elb.describe_rules().listener_arn(listener.as_str()).send().await.unwrap();
        let mut rules = answer.rules.take().unwrap();
        rules.sort_by_key(|rule| rule.priority().unwrap().parse().unwrap_or(i32::MAX));
        rules
    }

    /// The versions that callers meet.
    pub async fn versions(&self) -> BTreeSet<String> {
        let url = format!("{}/_load-balancer?listener={}", self.shop.cloud.endpoints().containers, self.listener);
        let mut met = BTreeSet::new();
        for _ in 0..20 {
            let answer = reqwest::get(&url).await.unwrap().text().await.unwrap();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            met.insert(answer["version"].as_str().unwrap().to_owned());
        }
        met
    }
}

/// Another listener of the same load balancer.
async fn second_listener(front: &Front, listener: &ListenerArn, action: Action) -> ListenerArn {
    let found = front.elb.describe_listeners().listener_arns(listener.as_str()).send().await.unwrap();
    let balancer = found.listeners()[0].load_balancer_arn().unwrap();
    let request = front.elb.create_listener().load_balancer_arn(balancer).protocol(ProtocolEnum::Http).port(8080);
    let made = request.default_actions(action).send().await.unwrap();
    made.listeners()[0].listener_arn().unwrap().parse().unwrap()
}

/// The AppSpec of a task definition.
pub(super) fn appspec(definition: &str, hooks: &[(&str, &str)]) -> String {
    let hooks: Vec<Value> = hooks.iter().map(|(event, hook)| json!({ *event: *hook })).collect();
    let balancer = json!({ "ContainerName": "web", "ContainerPort": 80 });
    let properties = json!({ "TaskDefinition": definition, "LoadBalancerInfo": balancer });
    let resource = json!({ "TargetService": { "Type": "AWS::ECS::Service", "Properties": properties } });
    json!({ "version": 0.0, "Resources": [resource], "Hooks": hooks }).to_string()
}

/// How many minutes a deployment waits to be continued, if it does, and before the original goes.
pub(super) fn waits(ready: Option<i32>, termination: i32) -> BlueGreenDeploymentConfiguration {
    let option = DeploymentReadyOption::builder();
    let option = match ready {
        None => option.action_on_timeout(DeploymentReadyAction::ContinueDeployment),
        Some(minutes) => option.action_on_timeout(DeploymentReadyAction::StopDeployment).wait_time_in_minutes(minutes),
    };
    let end = BlueInstanceTerminationOption::builder().action(InstanceAction::Terminate);
    BlueGreenDeploymentConfiguration::builder()
        .deployment_ready_option(option.build())
        .terminate_blue_instances_on_deployment_success(end.termination_wait_time_in_minutes(termination).build())
        .build()
}
