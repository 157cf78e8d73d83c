//! A new task set: what the AppSpec says, and for everything else what the running one has.

use aws_sdk_ecs::operation::create_task_set::builders::CreateTaskSetInputBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, LoadBalancer, NetworkConfiguration, Scale,
    ScaleUnit, Tag, TaskSet,
};
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::ecs::target::{AwsvpcConfiguration, CapacityProvider};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::NewTaskSet;

use crate::place;

/// What CreateTaskSet is to be asked for; `None` when the deployment has its task set already.
pub(crate) fn request(
    service: &EcsService,
    task_sets: &[TaskSet],
    new: &NewTaskSet<'_>,
) -> Result<Option<CreateTaskSetInputBuilder>, Problem> {
    let deployment = new.deployment.as_str();
    let own: Vec<_> = task_sets.iter().filter(|set| set.external_id() == Some(deployment)).collect();
    if own.iter().any(|set| set.status() != Some("DRAINING")) {
        return Ok(None);
    }
    let Some(like) = task_sets.iter().find(|set| set.id() == Some(new.like)) else {
        let words = format!("There is no task set {} of {} any more.", new.like, place(service));
        return Err(Problem::new(ProblemKind::Missing, words));
    };
    let load_balancers = load_balancers(service, like, new)?;
    let all = || Scale::builder().value(100.0).unit(ScaleUnit::Percent).build();
    let request = CreateTaskSetInputBuilder::default()
        .cluster(service.cluster.as_str())
        .service(service.service.as_str())
        .external_id(deployment)
        // With the token of one that is being deleted, ECS would answer with that one.
        .client_token(format!("{deployment}-{}", own.len()))
        .task_definition(&new.target.task_definition)
        .set_load_balancers(Some(load_balancers))
        .set_service_registries(like.service_registries.clone())
        .set_network_configuration(
            new.target.network.as_ref().map(network).or_else(|| like.network_configuration.clone()),
        )
        .scale(like.scale.clone().unwrap_or_else(all));
    Ok(Some(placed(request, like, new)))
}

/// Where its tasks run: ECS takes a launch type or a strategy, and only Fargate has versions of its platform.
fn placed(request: CreateTaskSetInputBuilder, like: &TaskSet, new: &NewTaskSet<'_>) -> CreateTaskSetInputBuilder {
    let strategy = match new.target.capacity_providers.as_slice() {
        [] => like.capacity_provider_strategy().to_vec(),
        own => own.iter().map(strategy_item).collect(),
    };
    let may_be_fargate =
        strategy.is_empty() || strategy.iter().any(|item| item.capacity_provider.starts_with("FARGATE"));
    let as_now = like.platform_version.clone().filter(|_| may_be_fargate);
    let request = request.set_platform_version(new.target.platform_version.clone().or(as_now));
    if strategy.is_empty() {
        request.set_launch_type(like.launch_type.clone())
    } else {
        request.set_capacity_provider_strategy(Some(strategy))
    }
}

/// Those of the other task set, one of which is behind the pair.
fn load_balancers(service: &EcsService, like: &TaskSet, new: &NewTaskSet<'_>) -> Result<Vec<LoadBalancer>, Problem> {
    let pair = [new.groups.original.as_str(), new.groups.replacement.as_str()];
    let mut balancers = like.load_balancers().to_vec();
    let is_of_pair = |balancer: &&mut LoadBalancer| balancer.target_group_arn().is_some_and(|arn| pair.contains(&arn));
    let Some(own) = balancers.iter_mut().find(is_of_pair) else {
        let words = format!(
            "Task set {} of {} is behind none of the target groups {} and {}, so that nothing says where the new one \
             belongs.",
            new.like,
            place(service),
            pair[0],
            pair[1]
        );
        return Err(Problem::new(ProblemKind::Refused, words));
    };
    own.target_group_arn = Some(new.groups.replacement.clone());
    own.container_name = Some(new.target.container.clone());
    own.container_port = Some(new.target.port.into());
    Ok(balancers)
}

/// The tags of a task set that another one may be given: AWS keeps those that begin with `aws:` to itself. `None` rather
/// than no tags, because to tag a task set needs a right that a service role may lack.
pub(crate) fn inheritable(tags: &[Tag]) -> Option<Vec<Tag>> {
    let is_of_aws =
        |tag: &Tag| tag.key().is_some_and(|key| key.get(..4).is_some_and(|key| key.eq_ignore_ascii_case("aws:")));
    let own: Vec<Tag> = tags.iter().filter(|tag| !is_of_aws(tag)).cloned().collect();
    (!own.is_empty()).then_some(own)
}

fn network(own: &AwsvpcConfiguration) -> NetworkConfiguration {
    let public = if own.assign_public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled };
    let awsvpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(own.subnets.clone()))
        .set_security_groups(Some(own.security_groups.clone()))
        .assign_public_ip(public);
    NetworkConfiguration::builder().awsvpc_configuration(awsvpc.build().expect("its subnets are given")).build()
}

fn strategy_item(own: &CapacityProvider) -> CapacityProviderStrategyItem {
    let number = |number: u32| number.try_into().unwrap_or(i32::MAX);
    let item = CapacityProviderStrategyItem::builder().capacity_provider(&own.name);
    item.base(number(own.base)).weight(number(own.weight)).build().expect("its provider is given")
}

#[cfg(test)]
mod tests;
