//! A customer with ECS services of the emulated AWS, and what only the SDK shows of them.

use std::time::Duration;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, Compatibility, ContainerDefinition, DeploymentController,
    DeploymentControllerType, KeyValuePair, LaunchType, LoadBalancer, NetworkConfiguration, NetworkMode, PortMapping,
    Scale, ScaleUnit, ServiceRegistry,
};
use spillway_aws_core::Roles;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{EcsService, ListenerArn};
use spillway_domain::ecs::listener::{Groups, ListenerKind};
use spillway_domain::ecs::service::{Controller, TargetGroup};
use spillway_domain::ecs::target::AwsvpcConfiguration;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::{NewTaskSet, ServiceSeen, TaskSets};
use spillway_lab::local::sdk_config;

use super::{Customer, Fate, Shop, find, made, open, read, steady, target, until};
use crate::cloud::front::{Front, Network, forward, short};
use crate::cloud::{Cloud, in_cloud};
use crate::contracts::{named, session};

const REGISTRY: &str = "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-web";

/// A customer of the emulated AWS.
pub(super) struct Real {
    ecs: Client,
    front: Front,
    network: &'static Network,
    task_sets: spillway_aws_ecs::TaskSets,
}

pub(super) async fn real(cloud: &'static Cloud) -> Real {
    Real {
        ecs: Client::new(&sdk_config(&cloud.endpoints().containers)),
        front: Front::of(cloud).await,
        network: Network::of(cloud).await,
        task_sets: spillway_aws_ecs::TaskSets::new(&Roles::new(&crate::contracts::reached(cloud).await)),
    }
}

impl Customer for Real {
    async fn define_in(&self, family: &str, fate: Fate) -> String {
        let variable = match fate {
            Fate::Run => None,
            Fate::Die(why) => Some(("DIES", why)),
            Fate::FindNoPlace(why) => Some(("UNPLACEABLE", why)),
        };
        let variable = variable.map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
        let port = |port| PortMapping::builder().container_port(port).build();
        let container = |name: &str| ContainerDefinition::builder().name(name).image("image").memory(128);
        let web = container("web").set_environment(Some(variable.into_iter().collect()));
        let request = self.ecs.register_task_definition().family(family).network_mode(NetworkMode::Awsvpc);
        let request = request.requires_compatibilities(Compatibility::Fargate).cpu("256").memory("512");
        let request = request.container_definitions(web.port_mappings(port(8080)).port_mappings(port(8081)).build());
        let request = request.container_definitions(container("admin").port_mappings(port(9000)).build());
        let made = request.send().await.unwrap();
        made.task_definition().unwrap().task_definition_arn().unwrap().to_owned()
    }

    async fn open(&self, definition: &str, desired: u32) -> Shop {
        let group = async |name: &str| self.front.put_target_group(ListenerKind::Application, name).await;
        let (blue, green, admin) = (group("blue").await, group("green").await, group("admin").await);
        let listener = self.front.open(ListenerKind::Application, &blue).await;
        self.front.act(&listener, None, forward(&[(&blue, 100), (&green, 0)])).await;
        self.front.open(ListenerKind::Application, &admin).await;
        let service = self.put_service(desired).await;
        let groups = Groups { original: blue.arn.clone(), replacement: green.arn.clone() };
        let primary = self.put_primary(&service, definition, [&blue, &admin]).await;
        let shop = Shop { service, groups, admin: admin.arn, primary, network: self.network() };
        steady(self, &shop, &shop.primary).await;
        shop
    }

    async fn resize(&self, shop: &Shop, desired: u32) {
        let request = self.ecs.update_service().cluster(shop.service.cluster.as_str());
        let request = request.service(shop.service.service.as_str()).desired_count(desired.try_into().unwrap());
        request.send().await.unwrap();
    }

    async fn delete_replacement_group(&self, shop: &Shop) {
        let group = |arn: &String| TargetGroup { name: String::new(), arn: arn.clone() };
        let listener = self.listener_of(&shop.groups.original).await;
        self.front.act(&listener, None, forward(&[(&group(&shop.groups.original), 1)])).await;
        let request = self.front.elb.delete_target_group().target_group_arn(&shop.groups.replacement);
        request.send().await.unwrap();
    }

    async fn put_target_group(&self) -> String {
        self.front.put_target_group(ListenerKind::Application, "new").await.arn
    }

    async fn delete_service(&self, shop: &Shop) {
        let request = self.ecs.delete_service().cluster(shop.service.cluster.as_str());
        request.service(shop.service.service.as_str()).force(true).send().await.unwrap();
    }

    async fn wait(&self) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Real {
    fn network(&self) -> AwsvpcConfiguration {
        AwsvpcConfiguration {
            subnets: self.network.subnets.clone(),
            security_groups: Vec::new(),
            assign_public_ip: true,
        }
    }

    async fn put_service(&self, desired: u32) -> EcsService {
        let (cluster, service) = (short("cluster"), short("service"));
        let request = self.ecs.create_cluster().cluster_name(&cluster);
        request.capacity_providers("FARGATE").capacity_providers("FARGATE_SPOT").send().await.unwrap();
        let controller = DeploymentController::builder().r#type(DeploymentControllerType::External).build().unwrap();
        let request = self.ecs.create_service().cluster(&cluster).service_name(&service);
        let request = request.desired_count(desired.try_into().unwrap()).deployment_controller(controller);
        request.send().await.unwrap();
        EcsService { service: named(&service), cluster: named(&cluster) }
    }

    /// Makes a task set on Fargate and has it stand for the service.
    async fn put_primary(&self, service: &EcsService, definition: &str, [web, admin]: [&TargetGroup; 2]) -> String {
        let behind = |group: &TargetGroup, container: &str, port| {
            let balancer = LoadBalancer::builder().target_group_arn(&group.arn);
            balancer.container_name(container).container_port(port).build()
        };
        let awsvpc = AwsVpcConfiguration::builder()
            .set_subnets(Some(self.network.subnets.clone()))
            .assign_public_ip(AssignPublicIp::Enabled);
        let network = NetworkConfiguration::builder().awsvpc_configuration(awsvpc.build().unwrap()).build();
        let (cluster, name) = (service.cluster.as_str(), service.service.as_str());
        let request = self.ecs.create_task_set().cluster(cluster).service(name).task_definition(definition);
        let request = request.launch_type(LaunchType::Fargate).platform_version("1.4.0").network_configuration(network);
        let request = request.load_balancers(behind(admin, "admin", 9000)).load_balancers(behind(web, "web", 8080));
        let request = request.service_registries(ServiceRegistry::builder().registry_arn(REGISTRY).build());
        let scale = Scale::builder().value(100.0).unit(ScaleUnit::Percent).build();
        let made = request.scale(scale).send().await.unwrap();
        let id = made.task_set().unwrap().id().unwrap();
        let request = self.ecs.update_service_primary_task_set().cluster(cluster).service(name);
        request.primary_task_set(id).send().await.unwrap();
        id.to_owned()
    }

    /// The listener that forwards to the target group.
    async fn listener_of(&self, group: &str) -> ListenerArn {
        let groups = self.front.elb.describe_target_groups().target_group_arns(group).send().await.unwrap();
        let balancer = &groups.target_groups()[0].load_balancer_arns()[0];
        let listeners = self.front.elb.describe_listeners().load_balancer_arn(balancer).send().await.unwrap();
        named(listeners.listeners()[0].listener_arn().unwrap())
    }

    /// The task set as the SDK shows it.
    async fn raw(&self, shop: &Shop, id: &str) -> aws_sdk_ecs::types::TaskSet {
        let request = self.ecs.describe_services().cluster(shop.service.cluster.as_str());
        let answer = request.services(shop.service.service.as_str()).send().await.unwrap();
        let sets = answer.services()[0].task_sets();
        sets.iter().find(|set| set.id() == Some(id)).unwrap().clone()
    }
}

impl TaskSets for Real {
    async fn read(&self, session: &RoleSession, service: &EcsService) -> Result<ServiceSeen, Problem> {
        self.task_sets.read(session, service).await
    }

    async fn latest(&self, session: &RoleSession, family: &str) -> Result<String, Problem> {
        self.task_sets.latest(session, family).await
    }

    async fn deaths(
        &self,
        session: &RoleSession,
        service: &EcsService,
        task_set: &str,
    ) -> Result<Vec<String>, Problem> {
        self.task_sets.deaths(session, service, task_set).await
    }

    async fn create(&self, session: &RoleSession, service: &EcsService, new: &NewTaskSet<'_>) -> Result<(), Problem> {
        self.task_sets.create(session, service, new).await
    }

    async fn promote(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        self.task_sets.promote(session, service, task_set).await
    }

    async fn delete(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        self.task_sets.delete(session, service, task_set).await
    }
}

mod aws_alone {
    use super::*;

    #[test]
    fn a_new_task_set_has_the_launch_type_the_registries_and_the_other_load_balancer_of_the_running_one() {
        in_cloud(async |cloud| {
            let customer = real(cloud).await;
            let (shop, definition) = open(&customer, 1).await;
            let made = made(&customer, &shop, &target(&definition)).await;
            let (old, new) = (customer.raw(&shop, &shop.primary).await, customer.raw(&shop, &made.id).await);
            assert_eq!(new.launch_type(), Some(&LaunchType::Fargate));
            assert_eq!(new.service_registries()[0].registry_arn(), Some(REGISTRY));
            assert_eq!(new.service_registries(), old.service_registries());
            assert_eq!(new.load_balancers()[0], old.load_balancers()[0]);
            assert_eq!(new.network_configuration(), old.network_configuration());
            let scale = new.scale().unwrap();
            assert_eq!((scale.value(), scale.unit()), (100.0, Some(&ScaleUnit::Percent)));
        });
    }

    #[test]
    fn tasks_that_find_no_place_are_what_ecs_says_last() {
        const WHY: &str = "no container instance met all of its requirements";
        in_cloud(async |cloud| {
            let customer = real(cloud).await;
            let (shop, _) = open(&customer, 1).await;
            let definition = customer.define(Fate::FindNoPlace(WHY)).await;
            let made = made(&customer, &shop, &target(&definition)).await;
            let look = async || Some(read(&customer, &shop).await).filter(|seen| !seen.events.is_empty());
            let seen = until(&customer, look).await;
            assert!(seen.events[0].contains(WHY) && seen.events[0].contains(&made.id), "{:?}", seen.events);
            assert!(!find(&customer, &shop, &made.id).await.unwrap().steady);
            assert!(customer.deaths(&session(), &shop.service, &made.id).await.unwrap().is_empty());
        });
    }

    #[test]
    fn a_service_that_ecs_deploys_itself_has_no_task_sets_to_make() {
        in_cloud(async |cloud| {
            let customer = real(cloud).await;
            let (shop, definition) = open(&customer, 1).await;
            let name = short("service");
            let request = customer.ecs.create_service().cluster(shop.service.cluster.as_str()).service_name(&name);
            let awsvpc = AwsVpcConfiguration::builder().set_subnets(Some(customer.network.subnets.clone()));
            let awsvpc = awsvpc.set_security_groups(Some(Vec::new())).build().unwrap();
            let network = NetworkConfiguration::builder().awsvpc_configuration(awsvpc).build();
            let request = request.launch_type(LaunchType::Fargate).network_configuration(network).desired_count(1);
            request.task_definition(&definition).send().await.unwrap();
            let service = EcsService { service: named(&name), ..shop.service.clone() };
            let seen = customer.read(&session(), &service).await.unwrap();
            assert_eq!(seen.controller, Controller::Ecs);
            assert!(seen.active && seen.task_sets.is_empty());
            let problem = customer.promote(&session(), &service, &shop.primary).await.unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Refused, "{problem}");
            assert!(problem.words.contains("external deployment controllers"), "{problem}");
        });
    }
}
