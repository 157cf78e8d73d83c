//! A service as ECS shows it, in our words.

use std::cmp::Reverse;

use aws_sdk_ecs::types::{AssignPublicIp, DeploymentControllerType, NetworkConfiguration, Service, StabilityStatus};
use spillway_domain::ecs::service::{Attachment, Controller, TaskSet, TaskSetStatus};
use spillway_domain::ecs::target::{AwsvpcConfiguration, CapacityProvider, EcsTarget};
use spillway_engine::ports::services::ServiceSeen;

/// The service with its task sets.
pub(crate) fn service(service: &Service) -> ServiceSeen {
    let mut events: Vec<_> = service.events().iter().collect();
    events.sort_by_key(|event| Reverse(event.created_at));
    ServiceSeen {
        arn: service.service_arn.clone().unwrap_or_default(),
        active: service.status() == Some("ACTIVE"),
        controller: controller(service),
        task_sets: service.task_sets().iter().map(task_set).collect(),
        events: events.into_iter().filter_map(|event| event.message.clone()).collect(),
    }
}

/// Services from before there were controllers do not say theirs.
fn controller(service: &Service) -> Controller {
    let Some(controller) = service.deployment_controller() else {
        return Controller::Ecs;
    };
    if controller.r#type == DeploymentControllerType::External {
        Controller::External
    } else if controller.r#type == DeploymentControllerType::CodeDeploy {
        Controller::CodeDeploy
    } else {
        Controller::Ecs
    }
}

fn task_set(set: &aws_sdk_ecs::types::TaskSet) -> TaskSet {
    let (desired, pending, running) =
        (count(set.computed_desired_count), count(set.pending_count), count(set.running_count));
    let says_so = set.stability_status() == Some(&StabilityStatus::SteadyState);
    TaskSet {
        id: set.id.clone().unwrap_or_default(),
        status: match set.status() {
            Some("PRIMARY") => TaskSetStatus::Primary,
            Some("DRAINING") => TaskSetStatus::Draining,
            Some(_) | None => TaskSetStatus::Active,
        },
        external_id: set.external_id.clone(),
        attachments: attachments(set).collect(),
        target: target(set),
        steady: says_so && running >= desired && pending == 0,
        desired,
        pending,
        running,
    }
}

fn attachments(set: &aws_sdk_ecs::types::TaskSet) -> impl Iterator<Item = Attachment> {
    set.load_balancers().iter().filter_map(|balancer| {
        Some(Attachment {
            target_group: balancer.target_group_arn.clone()?,
            container: balancer.container_name.clone().unwrap_or_default(),
            port: balancer.container_port().and_then(|port| port.try_into().ok()).unwrap_or_default(),
        })
    })
}

fn target(set: &aws_sdk_ecs::types::TaskSet) -> EcsTarget {
    let (container, port) = attachments(set).next().map(|first| (first.container, first.port)).unwrap_or_default();
    let providers = set.capacity_provider_strategy().iter().map(|item| CapacityProvider {
        name: item.capacity_provider.clone(),
        base: count(item.base),
        weight: count(item.weight),
    });
    EcsTarget {
        task_definition: set.task_definition.clone().unwrap_or_default(),
        container,
        port,
        platform_version: set.platform_version.clone(),
        network: set.network_configuration().and_then(network),
        capacity_providers: providers.collect(),
        hooks: Default::default(),
    }
}

fn network(network: &NetworkConfiguration) -> Option<AwsvpcConfiguration> {
    let awsvpc = network.awsvpc_configuration()?;
    Some(AwsvpcConfiguration {
        subnets: awsvpc.subnets.clone(),
        security_groups: awsvpc.security_groups().to_vec(),
        assign_public_ip: awsvpc.assign_public_ip() == Some(&AssignPublicIp::Enabled),
    })
}

fn count(number: i32) -> u32 {
    number.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::primitives::DateTime;
    use aws_sdk_ecs::types::builders::TaskSetBuilder;
    use aws_sdk_ecs::types::{DeploymentController, LoadBalancer, ServiceEvent};

    use super::*;

    type Raw = aws_sdk_ecs::types::TaskSet;

    fn raw(desired: i32, pending: i32, running: i32) -> TaskSetBuilder {
        let set = Raw::builder().id("ecs-svc/1").status("ACTIVE").stability_status(StabilityStatus::SteadyState);
        set.computed_desired_count(desired).pending_count(pending).running_count(running)
    }

    #[test]
    fn a_task_set_is_steady_when_ecs_says_so_and_its_tasks_run() {
        for (desired, pending, running, steady) in
            [(2, 0, 2, true), (2, 0, 3, true), (0, 0, 0, true), (2, 1, 1, false), (2, 0, 1, false), (2, 1, 2, false)]
        {
            assert_eq!(
                task_set(&raw(desired, pending, running).build()).steady,
                steady,
                "{desired} {pending} {running}"
            );
        }
        let stabilizing = raw(2, 0, 2).stability_status(StabilityStatus::Stabilizing).build();
        assert!(!task_set(&stabilizing).steady);
    }

    #[test]
    fn each_target_group_has_its_container_and_port() {
        let classic = LoadBalancer::builder().load_balancer_name("classic").container_name("old").container_port(1);
        let behind = |group: &str, container: &str, port: i32| {
            LoadBalancer::builder().target_group_arn(group).container_name(container).container_port(port).build()
        };
        let set = raw(1, 0, 1).load_balancers(classic.build());
        let set = set.load_balancers(behind("blue", "web", 8080)).load_balancers(behind("internal", "admin", 9000));
        let seen = task_set(&set.build());
        assert_eq!((seen.target.container.as_str(), seen.target.port), ("web", 8080));
        let internal = seen.target_behind("internal");
        assert_eq!((internal.container.as_str(), internal.port), ("admin", 9000));
        let groups: Vec<_> = seen.attachments.iter().map(|own| own.target_group.as_str()).collect();
        assert_eq!(groups, ["blue", "internal"]);
    }

    #[test]
    fn a_service_has_one_of_three_controllers() {
        let seen = |controller: Option<&str>| {
            let controller = controller.map(|controller| {
                DeploymentController::builder().r#type(DeploymentControllerType::from(controller)).build().unwrap()
            });
            service(&Service::builder().set_deployment_controller(controller).build()).controller
        };
        assert_eq!(seen(Some("EXTERNAL")), Controller::External);
        assert_eq!(seen(Some("CODE_DEPLOY")), Controller::CodeDeploy);
        assert_eq!(seen(Some("ECS")), Controller::Ecs);
        assert_eq!(seen(None), Controller::Ecs);
    }

    #[test]
    fn what_ecs_said_last_comes_first() {
        let event = |second, words: &str| {
            ServiceEvent::builder().created_at(DateTime::from_secs(second)).message(words).build()
        };
        let seen =
            service(&Service::builder().events(event(1, "old")).events(event(2, "new")).status("DRAINING").build());
        assert_eq!(seen.events, ["new", "old"]);
        assert!(!seen.active);
    }
}
