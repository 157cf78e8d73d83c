//! Why tasks died, in words.

use std::cmp::Reverse;

use aws_sdk_ecs::types::{Container, Task, TaskStopCode};

/// How the reason begins when ECS itself wants fewer tasks.
const SCALED_IN: &str = "Scaling activity initiated by";

/// Why each of these tasks stopped, newest first, without those that were meant to.
pub(crate) fn in_words(mut tasks: Vec<Task>) -> Vec<String> {
    tasks.retain(|task| !was_meant(task));
    tasks.sort_by_key(|task| Reverse(task.stopped_at.or(task.stopping_at)));
    tasks.iter().map(death).collect()
}

/// Whether somebody stopped it, or took away what it ran on.
fn was_meant(task: &Task) -> bool {
    const BY_OTHERS: [TaskStopCode; 3] =
        [TaskStopCode::UserInitiated, TaskStopCode::SpotInterruption, TaskStopCode::TerminationNotice];
    task.stop_code().is_some_and(|code| BY_OTHERS.contains(code))
        || task.stopped_reason().is_some_and(|reason| reason.starts_with(SCALED_IN))
}

fn death(task: &Task) -> String {
    let reason = task.stopped_reason().unwrap_or("The task stopped");
    let containers = task.containers().iter().filter_map(failure);
    std::iter::once(reason.trim_end_matches('.').to_owned()).chain(containers).collect::<Vec<_>>().join("; ")
}

/// How a container failed, if it did.
fn failure(container: &Container) -> Option<String> {
    let name = container.name().unwrap_or("a container");
    let code = container.exit_code().filter(|code| *code != 0);
    match (code, container.reason()) {
        (Some(code), Some(reason)) => Some(format!("{name}: exit code {code}, {reason}")),
        (Some(code), None) => Some(format!("{name}: exit code {code}")),
        (None, Some(reason)) => Some(format!("{name}: {reason}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::primitives::DateTime;
    use aws_sdk_ecs::types::builders::TaskBuilder;

    use super::*;

    fn task(second: i64, reason: &str) -> TaskBuilder {
        Task::builder().stopped_at(DateTime::from_secs(second)).stopped_reason(reason)
    }

    fn container(name: &str) -> aws_sdk_ecs::types::builders::ContainerBuilder {
        Container::builder().name(name)
    }

    #[test]
    fn tasks_die_for_reasons_which_their_containers_know_better() {
        let crashed = task(1, "Essential container in task exited")
            .stop_code(TaskStopCode::EssentialContainerExited)
            .containers(container("web").exit_code(137).reason("OutOfMemoryError: Container killed").build())
            .containers(container("log").exit_code(0).build())
            .containers(container("proxy").exit_code(1).build());
        let unpullable = task(2, "Task failed to start.")
            .stop_code(TaskStopCode::TaskFailedToStart)
            .containers(container("web").reason("CannotPullContainerError: no such image").build());
        let unhealthy = task(3, "Task failed ELB health checks in (target-group arn)")
            .stop_code(TaskStopCode::ServiceSchedulerInitiated);
        let tasks = [crashed, unpullable, unhealthy].map(TaskBuilder::build);
        assert_eq!(
            in_words(tasks.to_vec()),
            [
                "Task failed ELB health checks in (target-group arn)",
                "Task failed to start; web: CannotPullContainerError: no such image",
                "Essential container in task exited; web: exit code 137, OutOfMemoryError: Container killed; \
                 proxy: exit code 1",
            ]
        );
    }

    #[test]
    fn tasks_that_were_meant_to_stop_did_not_die() {
        let scaled = task(1, "Scaling activity initiated by (deployment ecs-svc/1)")
            .stop_code(TaskStopCode::ServiceSchedulerInitiated);
        let stopped = task(2, "Task stopped by user").stop_code(TaskStopCode::UserInitiated);
        let spot = task(3, "Your Spot Task was interrupted.").stop_code(TaskStopCode::SpotInterruption);
        let retired = task(4, "ECS is performing maintenance").stop_code(TaskStopCode::TerminationNotice);
        let tasks = [scaled, stopped, spot, retired].map(TaskBuilder::build);
        assert!(in_words(tasks.to_vec()).is_empty());
    }
}
