//! What a caller can be refused for after every member was found well-formed. The wire has an exception for each.

use crate::{ApplicationName, ComputePlatform, ConfigName, DeploymentId, EventName, GroupName};

/// Why a request is refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such application.
    NoApplication(ApplicationName),
    /// There is one already.
    ApplicationExists(ApplicationName),
    /// There is no such group.
    NoGroup(GroupName),
    /// There is one already.
    GroupExists(GroupName),
    /// There is no such configuration.
    NoConfig(ConfigName),
    /// There is one already.
    ConfigExists(ConfigName),
    /// The configuration is for another platform.
    ConfigForOtherPlatform {
        /// Which.
        config: ConfigName,
        /// The platform that it should be for.
        expected: ComputePlatform,
    },
    /// Nothing is deployed to this platform yet.
    PlatformNotBuilt(ComputePlatform),
    /// The group has an active deployment.
    Busy {
        /// The group.
        group: GroupName,
        /// The deployment.
        deployment: DeploymentId,
    },
    /// An application or a group with an active deployment cannot be deleted.
    InUse {
        /// What was to be deleted, in words.
        what: String,
        /// The deployment.
        deployment: DeploymentId,
    },
    /// There is no such deployment.
    NoDeployment(DeploymentId),
    /// It has no target of that id.
    NoTarget {
        /// The deployment.
        deployment: DeploymentId,
        /// What was asked for.
        asked: String,
        /// Its target; none when its AppSpec is not valid.
        own: Option<String>,
    },
    /// It has one target, and more were asked for.
    OneTarget {
        /// The deployment.
        deployment: DeploymentId,
        /// How many were asked for.
        asked: usize,
    },
    /// It is over.
    AlreadyCompleted(DeploymentId),
    /// It is a rollback, which only finishes what has already happened.
    RollbackCannotStop(DeploymentId),
    /// The hook execution id is not one of this deployment's.
    ForeignHook {
        /// The deployment.
        deployment: DeploymentId,
    },
    /// The event has had its verdict, or no longer waits for one.
    EventAlreadyCompleted {
        /// The deployment.
        deployment: DeploymentId,
        /// The event.
        event: EventName,
    },
    /// Two callers changed the same thing at once.
    Conflict(String),
}
