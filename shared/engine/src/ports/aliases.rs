//! The customer's Lambda aliases.

use spillway_domain::access::session::RoleSession;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AliasName, FunctionName, Version};
use spillway_domain::problem::Problem;
use spillway_domain::stack::resource::AliasSettings;

/// The customer's Lambda aliases.
pub trait Aliases {
    /// The alias as it is at this moment.
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem>;
    /// Whether the target version is there: [`Missing`](spillway_domain::problem::ProblemKind::Missing) when it is not.
    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem>;
    /// Makes the alias route so, if it is still at `revision`; else
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale). Answers with the revision that it is at then, which is a new one
    /// unless nothing has changed.
    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem>;
}

/// The customer's Lambda aliases, as far as a template makes, changes and deletes them. What moves traffic between
/// versions is [`Aliases`].
pub trait OwnAliases {
    /// Makes an alias with all traffic on one version. One that is there already is no problem.
    async fn make(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        version: Version,
        settings: &AliasSettings,
    ) -> Result<(), Problem>;
    /// Gives it those of the new settings that are others than the old ones, and moves no traffic. Without old ones,
    /// what the new ones do not say stays.
    async fn configure(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        old: Option<&AliasSettings>,
        new: &AliasSettings,
    ) -> Result<(), Problem>;
    /// Deletes it. One that is gone already is no problem.
    async fn delete(&self, session: &RoleSession, function: &FunctionName, alias: &AliasName) -> Result<(), Problem>;
}
