//! Whether a service can be deployed to as it was found.

use crate::deployment::halt::Cause;
use crate::deployment::record::Deployment;
use crate::ecs::listener::{Forward, Groups, Listener, ListenerKind};
use crate::ecs::service::{Controller, ServiceState, TaskSet};
use crate::percent::Percent;

/// The task set that has the traffic, and the target groups, seen from it; `None` unless it is behind one of the two.
pub(super) fn original(service: &ServiceState) -> Option<(&TaskSet, Groups)> {
    let primary = service.primary()?;
    let [one, other] = service.target_groups.as_slice() else { return None };
    let groups = |original: &str, replacement: &str| Groups {
        original: original.to_owned(),
        replacement: replacement.to_owned(),
    };
    match (primary.is_behind(&one.arn), primary.is_behind(&other.arn)) {
        (true, false) => Some((primary, groups(&one.arn, &other.arn))),
        (false, true) => Some((primary, groups(&other.arn, &one.arn))),
        (true, true) | (false, false) => None,
    }
}

/// What keeps the deployment from beginning.
pub(super) fn unfit(next: &Deployment, service: &ServiceState, kept: Option<&String>) -> Option<Cause> {
    let unsuitable = |words: String| Some(Cause::ServiceUnsuitable(format!("{words} Nothing was changed.")));
    let arn = &service.arn;
    if !service.active {
        return unsuitable(format!("The service {arn} is not active. Deploy to one that is."));
    }
    match service.controller {
        Controller::External => {}
        Controller::CodeDeploy => return unsuitable(foreign_controller(next, arn, "CODE_DEPLOY", "AWS CodeDeploy")),
        Controller::Ecs => return unsuitable(foreign_controller(next, arn, "ECS", "Amazon ECS")),
    }
    let Some(primary) = service.primary() else {
        return unsuitable(format!(
            "The service {arn} has no PRIMARY task set. Make the first one with CreateTaskSet, and make it PRIMARY \
             with UpdateServicePrimaryTaskSet; Spillway deploys every further one."
        ));
    };
    let Some((_, groups)) = original(service) else {
        return unsuitable(format!(
            "The target ECS service must be configured using one of those two target groups: {}. Its PRIMARY task set \
             {} is behind {}.",
            listed(service.target_groups.iter().map(|group| group.arn.as_str())),
            primary.id,
            listed(primary.attachments.iter().map(|own| own.target_group.as_str()))
        ));
    };
    if let Some(stranger) = stranger(service, &groups, primary, kept) {
        return unsuitable(format!(
            "The task set {} of service {arn} is behind target group {}, which the replacement needs. Delete it first.",
            stranger.id, groups.replacement
        ));
    }
    listeners_unfit(next, service, &groups)
        .map(|words| Cause::ListenerUnsuitable(format!("{words} Nothing was changed.")))
}

fn foreign_controller(next: &Deployment, arn: &str, controller: &str, who: &str) -> String {
    let (cluster, name) = next.service().map_or(("", ""), |(own, _)| (own.cluster.as_str(), own.service.as_str()));
    format!(
        "The service {arn} has the deployment controller {controller}: only {who} itself may manage its task sets. \
         Spillway needs the controller EXTERNAL. Make a service with it, give it a task set, and deploy to that; or, where \
         ECS allows it, move this one with `aws ecs update-service --cluster {cluster} --service {name} \
         --deployment-controller type=EXTERNAL`."
    )
}

fn listed<'a>(arns: impl Iterator<Item = &'a str>) -> String {
    let arns: Vec<&str> = arns.collect();
    if arns.is_empty() { "none".to_owned() } else { arns.join(" and ") }
}

/// A task set that stands where the replacement has to, and that no deployment has made or kept.
fn stranger<'a>(
    service: &'a ServiceState,
    groups: &Groups,
    primary: &TaskSet,
    kept: Option<&String>,
) -> Option<&'a TaskSet> {
    let is_known = |set: &TaskSet| set.id == primary.id || set.is_of_a_deployment() || Some(&set.id) == kept;
    let in_the_way = |set: &&TaskSet| set.is_live() && set.is_behind(&groups.replacement) && !is_known(set);
    service.task_sets.iter().find(in_the_way)
}

fn listeners_unfit(next: &Deployment, service: &ServiceState, groups: &Groups) -> Option<String> {
    let gradual = !next.spec.routing.steps().is_empty();
    if gradual && service.listener.kind == ListenerKind::Network {
        return Some(format!(
            "Only ALB supports gradual traffic routing, use AllAtOnce Traffic routing instead when you create/update \
             Deployment group. Listener {} is a Network Load Balancer's.",
            service.listener.arn
        ));
    }
    if service.listener.kind == ListenerKind::Network && service.test_listener.is_none() {
        return Some(format!(
            "Listener {} is a Network Load Balancer's, which forwards to one target group, so that ECS takes no task set \
             behind the other before another listener does. Give the group a test listener (testTrafficRoute).",
            service.listener.arn
        ));
    }
    if service.listener.of(groups).next().is_none() {
        return Some(format!(
            "{} It forwards to neither target group of the pair. Let it forward to target group {}.",
            not_behind(&service.listener),
            groups.original
        ));
    }
    if let Some(tests) = service.test_listener.as_ref().filter(|tests| tests.of(groups).next().is_none()) {
        return Some(format!(
            "The test listener {} forwards to neither target group of the pair. Let it forward to target group {}.",
            tests.arn, groups.original
        ));
    }
    for listener in service.listeners() {
        let stranger = listener.of(groups).find_map(|forward| Some((forward, forward.stranger(groups)?)));
        if let Some((forward, group)) = stranger {
            return Some(format!(
                "The ELB could not be updated due to the following error: {} forwards to target group {group}, too, \
                 which is not one of the pair. Give it a rule of its own.",
                listener.place(forward)
            ));
        }
    }
    if let Some(tests) = service.test_listener.as_ref().filter(|tests| tests.arn == service.listener.arn) {
        return Some(format!(
            "Listener {} is the group's listener of the traffic and of the test traffic. Give test traffic one of its \
             own, or none.",
            tests.arn
        ));
    }
    let mut tests =
        service.test_listener.iter().flat_map(|tests| tests.of(groups).map(move |forward| (tests, forward)));
    let is_whole = |share| share == Some(Percent::ZERO) || share == Some(Percent::ALL);
    if let Some((tests, mixed)) = tests.find(|(_, forward)| !is_whole(forward.share(groups))) {
        return Some(format!(
            "{} forwards test traffic with weights {mixed}. Set it to 100 % of target group {}.",
            tests.place(mixed),
            groups.original
        ));
    }
    let home = |forward: &&Forward| forward.share(groups) == Some(Percent::ZERO);
    let astray = service.listener.of(groups).find(|forward| !home(forward))?;
    Some(format!(
        "{} But {} forwards with weights {astray}. Verify that the TaskSet is still serving production traffic, and set \
         the listener to 100 % of target group {}.",
        not_behind(&service.listener),
        service.listener.place(astray),
        groups.original
    ))
}

fn not_behind(listener: &Listener) -> String {
    format!(
        "The ELB could not be updated due to the following error: Primary taskset target group must be behind listener \
         {}.",
        listener.arn
    )
}
