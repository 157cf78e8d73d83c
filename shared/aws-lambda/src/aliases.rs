//! Aliases: read, and written over the revision that was read.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use spillway_aws_core::{Clients, Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AliasName, FunctionName};
use spillway_domain::problem::{Problem, ProblemKind};

/// The aliases that the service roles may touch.
#[derive(Debug)]
pub struct Aliases {
    pub(crate) clients: Clients<Client>,
}

impl Aliases {
    /// Aliases that are touched as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, client) }
    }
}

/// Lambda allows an account 15 calls a second to all of its control plane, so that a throttled one waits its turn.
fn client(config: &SdkConfig) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(8).with_max_backoff(Duration::from_secs(5));
    Client::from_conf(Builder::from(config).retry_config(retries).build())
}

impl spillway_engine::ports::aliases::Aliases for Aliases {
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem> {
        let request = self.clients.of(session).get_alias();
        let request = request.function_name(target.function.as_str()).name(target.alias.as_str());
        let alias = request
            .send()
            .await
            .map_err(|error| problem(&tried("GetAlias", &target.function, &target.alias), &error))?;
        let weights = alias.routing_config.and_then(|routing| routing.additional_version_weights);
        let mut weights: Vec<_> = weights.unwrap_or_default().into_iter().collect();
        weights.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(AliasState {
            arn: alias.alias_arn.unwrap_or_default(),
            main: alias.function_version.unwrap_or_default(),
            weights,
            revision: alias.revision_id.unwrap_or_default(),
        })
    }

    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem> {
        let request = self.clients.of(session).get_function_configuration();
        let request = request.function_name(target.function.as_str()).qualifier(target.target.to_string());
        let tried =
            || format!("lambda:GetFunctionConfiguration of version {} of function {}", target.target, target.function);
        request.send().await.map(|_| ()).map_err(|error| problem(&tried(), &error))
    }

    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem> {
        // No weights have to be said as well, or the old ones stay.
        let weights = routing.second.map(|(version, share)| (version.to_string(), share.as_weight()));
        let weights: HashMap<_, _> = weights.into_iter().collect();
        let weights = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights));
        let request = self.clients.of(session).update_alias();
        let request = request
            .function_name(target.function.as_str())
            .name(target.alias.as_str())
            .function_version(routing.main.to_string())
            .routing_config(weights.build())
            .revision_id(revision);
        match request.send().await {
            Ok(written) => Ok(written.revision_id.unwrap_or_default()),
            Err(error) => {
                let invalid = code(&error) == Some("InvalidParameterValueException");
                let mut problem = problem(&tried("UpdateAlias", &target.function, &target.alias), &error);
                if invalid && names_missing_version(&problem.words) {
                    problem.kind = ProblemKind::Missing;
                }
                Err(problem)
            }
        }
    }
}

pub(crate) fn tried(action: &str, function: &FunctionName, alias: &AliasName) -> String {
    format!("lambda:{action} of alias {alias} of function {function}")
}

/// Lambda calls a version that is not there an invalid value.
fn names_missing_version(words: &str) -> bool {
    let words = words.to_lowercase();
    words.contains("version") && ["not exist", "not found", "cannot find"].iter().any(|end| words.contains(end))
}
