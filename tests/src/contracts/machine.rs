//! Executions, and those who wait in them.

use aws_sdk_sfn::types::StateMachineType;
use spillway_aws_stepfunctions as stepfunctions;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_engine::ports::executions::{ExecutionState, Executions, Wakes};

use super::{both_keep, fresh_id};
use crate::cloud::Cloud;

trait Machine: Executions + Wakes {}
impl<T: Executions + Wakes> Machine for T {}

/// A state machine of the emulated AWS that waits, and its tasks.
struct Real {
    executions: stepfunctions::Executions,
    tasks: stepfunctions::Tasks,
}

async fn real(cloud: &Cloud) -> Real {
    let (config, machine) = (cloud.local.sdk_config(), waiting(cloud).await);
    Real { executions: stepfunctions::Executions::new(&config, machine), tasks: stepfunctions::Tasks::new(&config) }
}

/// A state machine whose executions wait.
pub(super) async fn waiting(cloud: &Cloud) -> String {
    let definition = r#"{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":600,"End":true}}}"#;
    let role = format!("arn:aws:iam::{}:role/waits", cloud.endpoints().account_id);
    let request = cloud.executions.create_state_machine().name(super::fresh("waits")).definition(definition);
    request.role_arn(role).r#type(StateMachineType::Standard).send().await.unwrap().state_machine_arn
}

impl Executions for Real {
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem> {
        self.executions.start(name, id).await
    }

    async fn state(&self, name: &str) -> Result<ExecutionState, Problem> {
        self.executions.state(name).await
    }

    async fn stop(&self, name: &str) -> Result<(), Problem> {
        self.executions.stop(name).await
    }
}

impl Wakes for Real {
    async fn wake(&self, token: &str) -> Result<(), Problem> {
        self.tasks.wake(token).await
    }
}

both_keep! {
    starting_twice_is_starting_once
    a_stopped_execution_has_ended_and_is_not_started_again
    an_execution_that_was_never_started_is_missing
    waking_those_who_wait_no_more_is_no_problem
}

async fn starting_twice_is_starting_once(machine: &impl Machine) {
    let id = fresh_id();
    machine.start(id.as_str(), &id).await.unwrap();
    machine.start(id.as_str(), &id).await.unwrap();
    assert_eq!(machine.state(id.as_str()).await.unwrap(), ExecutionState::Running);
    machine.stop(id.as_str()).await.unwrap();
}

async fn a_stopped_execution_has_ended_and_is_not_started_again(machine: &impl Machine) {
    let id = fresh_id();
    machine.start(id.as_str(), &id).await.unwrap();
    for _ in 0..2 {
        machine.stop(id.as_str()).await.unwrap();
        assert_eq!(machine.state(id.as_str()).await.unwrap(), ExecutionState::Ended);
    }
    machine.start(id.as_str(), &id).await.unwrap();
    assert_eq!(machine.state(id.as_str()).await.unwrap(), ExecutionState::Ended);
}

async fn an_execution_that_was_never_started_is_missing(machine: &impl Machine) {
    let id = fresh_id();
    assert_eq!(machine.state(id.as_str()).await.unwrap(), ExecutionState::Missing);
    machine.stop(id.as_str()).await.unwrap();
    assert_eq!(machine.state(id.as_str()).await.unwrap(), ExecutionState::Missing);
}

async fn waking_those_who_wait_no_more_is_no_problem(machine: &impl Machine) {
    machine.wake("the token of nobody").await.unwrap();
}
