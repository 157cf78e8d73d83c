//! The function that sets lifecycle hooks. The API asks it, so that the API itself assumes no service role.

use std::time::Duration;

use serde::de::IgnoredAny;
use spillway_aws_core::SdkConfig;
use spillway_domain::access::session::RoleSession;
use spillway_domain::names::FunctionName;
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleHook};
use spillway_engine::ports::autoscaling::LifecycleHooks;
use spillway_engine::server::set_lifecycle_hook::HookChange;

use crate::function::OwnFunction;

/// The longest for all attempts: less than the function has that asks.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// Asks the function that sets lifecycle hooks.
#[derive(Debug)]
pub struct SetLifecycleHook(OwnFunction);

impl SetLifecycleHook {
    /// The function of this name.
    pub fn new(config: &SdkConfig, function: FunctionName) -> Self {
        Self(OwnFunction::new(config, function, LONGEST_ANSWER))
    }

    async fn change(&self, change: &HookChange) -> Result<(), Problem> {
        let IgnoredAny = self.0.ask(&serde_json::to_string(change).expect("a change is plain data")).await?;
        Ok(())
    }
}

impl LifecycleHooks for SetLifecycleHook {
    async fn put(&self, session: &RoleSession, hook: &LifecycleHook, owner: &HookOwner) -> Result<(), Problem> {
        let (session, hook) = (session.clone(), hook.clone());
        self.change(&HookChange { session, hook, owner: Some(owner.clone()) }).await
    }

    async fn delete(&self, session: &RoleSession, hook: &LifecycleHook) -> Result<(), Problem> {
        self.change(&HookChange { session: session.clone(), hook: hook.clone(), owner: None }).await
    }
}
