use aws_sdk_ecs::operation::create_task_set::CreateTaskSetInput;
use aws_sdk_ecs::types::builders::TaskSetBuilder;
use aws_sdk_ecs::types::{LaunchType, ServiceRegistry};
use spillway_domain::ecs::listener::Groups;
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::names::DeploymentId;

use super::*;

fn service() -> EcsService {
    EcsService { service: "web".parse().unwrap(), cluster: "prod".parse().unwrap() }
}

fn groups() -> Groups {
    Groups { original: "blue".to_owned(), replacement: "green".to_owned() }
}

fn target() -> EcsTarget {
    EcsTarget {
        task_definition: "web:2".to_owned(),
        container: "web".to_owned(),
        port: 8081,
        platform_version: None,
        network: None,
        capacity_providers: Vec::new(),
        hooks: Default::default(),
    }
}

fn balancer(group: &str, container: &str, port: i32) -> LoadBalancer {
    LoadBalancer::builder().target_group_arn(group).container_name(container).container_port(port).build()
}

/// The running task set, behind the blue target group.
fn running() -> TaskSetBuilder {
    TaskSet::builder().id("ecs-svc/1").status("PRIMARY").load_balancers(balancer("blue", "old", 80))
}

/// What is asked for when the service has these task sets.
fn asked(task_sets: &[TaskSet], target: &EcsTarget) -> Result<Option<CreateTaskSetInput>, Problem> {
    let deployment: DeploymentId = "d-AAAAAAAAA".parse().unwrap();
    let new = NewTaskSet { deployment: &deployment, like: "ecs-svc/1", target, groups: &groups() };
    Ok(request(&service(), task_sets, &new)?.map(|request| request.build().unwrap()))
}

fn created(like: TaskSetBuilder, target: &EcsTarget) -> CreateTaskSetInput {
    asked(&[like.build()], target).unwrap().expect("it is not there yet")
}

fn strategy(created: &CreateTaskSetInput) -> Vec<(&str, i32, i32)> {
    let items = created.capacity_provider_strategy().iter();
    items.map(|item| (item.capacity_provider(), item.base(), item.weight())).collect()
}

fn provider(name: &str) -> CapacityProvider {
    CapacityProvider { name: name.to_owned(), base: 1, weight: 2 }
}

#[test]
fn it_is_for_all_of_the_desired_count_and_known_by_its_deployment() {
    let created = created(running(), &target());
    assert_eq!((created.cluster(), created.service()), (Some("prod"), Some("web")));
    assert_eq!((created.external_id(), created.client_token()), (Some("d-AAAAAAAAA"), Some("d-AAAAAAAAA-0")));
    assert_eq!(created.task_definition(), Some("web:2"));
    let scale = created.scale().unwrap();
    assert_eq!((scale.value(), scale.unit()), (100.0, Some(&ScaleUnit::Percent)));
}

#[test]
fn it_has_the_scale_of_the_other() {
    let half = Scale::builder().value(50.0).unit(ScaleUnit::Percent).build();
    assert_eq!(created(running().scale(half.clone()), &target()).scale(), Some(&half));
}

#[test]
fn it_is_given_the_tags_of_the_other_but_those_of_aws() {
    let tag = |key: &str| Tag::builder().key(key).value("x").build();
    let tags = ["team", "aws:cloudformation:stack-name", "AWS:x", "aws", "é"].map(tag);
    assert_eq!(inheritable(&tags), Some(vec![tag("team"), tag("aws"), tag("é")]));
    assert_eq!(inheritable(&[tag("aws:ecs:clusterName")]), None);
    assert_eq!(inheritable(&[]), None);
}

#[test]
fn only_the_load_balancer_of_the_pair_gets_the_other_target_group() {
    let registry = |arn: &str| ServiceRegistry::builder().registry_arn(arn).container_name("old").build();
    let like = TaskSet::builder()
        .id("ecs-svc/1")
        .load_balancers(balancer("internal", "admin", 9000))
        .load_balancers(balancer("blue", "old", 80))
        .service_registries(registry("one"))
        .service_registries(registry("two"));
    let created = created(like, &target());
    assert_eq!(created.load_balancers(), [balancer("internal", "admin", 9000), balancer("green", "web", 8081)]);
    assert_eq!(created.service_registries(), [registry("one"), registry("two")]);
}

#[test]
fn what_the_appspec_does_not_say_stays_as_it_is() {
    let network = network(&AwsvpcConfiguration {
        subnets: vec!["subnet-1".to_owned()],
        security_groups: vec!["sg-1".to_owned()],
        assign_public_ip: true,
    });
    let like = running().network_configuration(network.clone()).platform_version("1.4.0");
    let created = created(like.launch_type(LaunchType::Fargate), &target());
    assert_eq!(created.network_configuration(), Some(&network));
    assert_eq!(created.platform_version(), Some("1.4.0"));
    assert_eq!(created.launch_type(), Some(&LaunchType::Fargate));
    assert_eq!(created.capacity_provider_strategy, None);
}

#[test]
fn what_the_appspec_says_wins() {
    let own = AwsvpcConfiguration {
        subnets: vec!["subnet-2".to_owned()],
        security_groups: vec!["sg-2".to_owned()],
        assign_public_ip: false,
    };
    let other = AwsvpcConfiguration { subnets: vec!["subnet-1".to_owned()], ..own.clone() };
    let like = running().network_configuration(network(&other)).platform_version("1.3.0");
    let target = EcsTarget { network: Some(own.clone()), platform_version: Some("1.4.0".to_owned()), ..target() };
    let created = created(like, &target);
    assert_eq!(created.network_configuration(), Some(&network(&own)));
    assert_eq!(created.platform_version(), Some("1.4.0"));
}

#[test]
fn a_strategy_takes_the_place_of_the_launch_type() {
    let on_spot = strategy_item(&provider("FARGATE_SPOT"));
    let kept = created(running().launch_type(LaunchType::Fargate).capacity_provider_strategy(on_spot), &target());
    assert_eq!((strategy(&kept), kept.launch_type()), (vec![("FARGATE_SPOT", 1, 2)], None));
    let target = EcsTarget { capacity_providers: vec![provider("FARGATE")], ..target() };
    let given = created(running().launch_type(LaunchType::Fargate).platform_version("1.4.0"), &target);
    assert_eq!((strategy(&given), given.launch_type()), (vec![("FARGATE", 1, 2)], None));
    assert_eq!(given.platform_version(), Some("1.4.0"));
}

#[test]
fn a_version_of_fargate_s_platform_is_not_taken_to_other_providers() {
    let target = EcsTarget { capacity_providers: vec![provider("own-instances")], ..target() };
    let created = created(running().launch_type(LaunchType::Fargate).platform_version("1.4.0"), &target);
    assert_eq!((strategy(&created), created.platform_version()), (vec![("own-instances", 1, 2)], None));
}

#[test]
fn one_that_is_there_is_enough_unless_it_is_being_deleted() {
    let made = |status: &str| TaskSet::builder().id("ecs-svc/2").external_id("d-AAAAAAAAA").status(status).build();
    for status in ["ACTIVE", "PRIMARY"] {
        assert_eq!(asked(&[running().build(), made(status)], &target()), Ok(None));
    }
    let again = asked(&[running().build(), made("DRAINING")], &target()).unwrap().unwrap();
    assert_eq!((again.external_id(), again.client_token()), (Some("d-AAAAAAAAA"), Some("d-AAAAAAAAA-1")));
}

#[test]
fn without_the_one_that_it_is_like_nothing_is_made() {
    let problem = asked(&[], &target()).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Missing);
    assert_eq!(problem.words, "There is no task set ecs-svc/1 of service web in cluster prod any more.");
    let elsewhere = TaskSet::builder().id("ecs-svc/1").load_balancers(balancer("internal", "admin", 9000)).build();
    let problem = asked(&[elsewhere], &target()).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert!(problem.words.contains("behind none of the target groups blue and green"), "{problem}");
}
