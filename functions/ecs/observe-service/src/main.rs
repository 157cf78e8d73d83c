//! Observe service: looks at an ECS service and its load balancers, for functions that do not link what that needs.

use spillway_aws_core::Roles;
use spillway_aws_ecs::TaskSets;
use spillway_aws_elb::Listeners;
use spillway_engine::ecs::observe_service::observe_service;
use spillway_engine::ports::services::Observation;
use spillway_runtime::{Failure, Invocation, aws, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let roles = Roles::new(&aws()?);
    let (task_sets, listeners) = (TaskSets::new(&roles), Listeners::new(&roles));
    run(async |observation: Observation, _: Invocation| observe_service(&task_sets, &listeners, &observation).await)
        .await
}
