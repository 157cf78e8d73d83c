//! Task definitions of ECS, registered with the service role.

use serde_json::Value;
use spillway_aws_core::json::{JSON_1_1, Operation, ask};
use spillway_aws_core::{Roles, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::pipelines::TaskDefinitions;

const REGISTER: Operation = Operation {
    service: "ECS",
    name: "ecs",
    target: "AmazonEC2ContainerServiceV20141113",
    action: "RegisterTaskDefinition",
    content_type: JSON_1_1,
};

/// The task definitions that the service roles may register.
#[derive(Debug)]
pub struct Definitions {
    roles: Roles,
}

impl Definitions {
    /// Task definitions that are registered as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { roles: roles.clone() }
    }
}

impl TaskDefinitions for Definitions {
    async fn register(&self, session: &RoleSession, definition: &str) -> Result<String, Problem> {
        let answered = ask(&self.roles.config(session), REGISTER, definition).await;
        let answer = answered.map_err(|error| problem("ecs:RegisterTaskDefinition", &error))?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let arn = answer["taskDefinition"]["taskDefinitionArn"].as_str().map(str::to_owned);
        arn.ok_or_else(|| {
            Problem::new(ProblemKind::Transient, format!("ecs:RegisterTaskDefinition was answered with {answer}."))
        })
    }
}
