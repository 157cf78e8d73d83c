//! `ECSTarget`, the one target of a deployment to ECS: its id is `<cluster>:<service>`.

use serde_json::{Value, json};
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::target_group_name;
use spillway_domain::ecs::progress::EcsProgress;
use spillway_domain::ecs::service::TaskSet;
use spillway_domain::percent::Percent;

use crate::codedeploy::target::deployment_target::common;
use crate::place::Place;

/// As it is shown.
pub(crate) fn render(deployment: &Deployment, place: &Place) -> Value {
    let known = deployment.ecs.as_ref().map(|progress| progress.service_arn.clone());
    let arn = known.or_else(|| deployment.service().map(|(service, _)| arn(service, place)));
    let mut shown = common(deployment, &arn.unwrap_or_default());
    shown["taskSetsInfo"] = deployment.ecs.as_ref().map_or_else(|| json!([]), |ecs| task_sets(ecs, deployment.share));
    shown
}

/// The ARN of a service that was not looked at yet: in the service's own place where that is known, else in ours.
fn arn(service: &EcsService, place: &Place) -> String {
    let given = service.service.as_str();
    if given.starts_with("arn:") {
        given.to_owned()
    } else {
        place.arn("ecs", &format!("service/{}", service.address()))
    }
}

/// The original and the replacement, as they were last seen, when that has `share` of the traffic.
fn task_sets(progress: &EcsProgress, share: Percent) -> Value {
    let shown = progress.seen.iter().map(|set| {
        if set.id == progress.original {
            render_task_set(set, "Blue", &progress.groups.original, share.rest())
        } else {
            render_task_set(set, "Green", &progress.groups.replacement, share)
        }
    });
    shown.collect()
}

/// A task set. The API spells its identifier so.
fn render_task_set(set: &TaskSet, label: &str, group: &str, share: Percent) -> Value {
    json!({
        "identifer": set.id,
        "desiredCount": set.desired,
        "pendingCount": set.pending,
        "runningCount": set.running,
        "status": set.status.as_str(),
        "trafficWeight": share.as_percentage(),
        "targetGroup": { "name": target_group_name(group) },
        "taskSetLabel": label,
    })
}
