//! What a caller can be refused for after every member was found well-formed. The wire has an exception for each.

use crate::catalog::config::ComputePlatform;
use crate::catalog::environment::EcsService;
use crate::catalog::fit::Unfit;
use crate::catalog::instance::{Identity, InstanceName};
use crate::catalog::revision::{RevisionLocation, RevisionUnfit};
use crate::catalog::tags::Resource;
use crate::deployment::gate::Gate;
use crate::deployment::lifecycle::EventName;
use crate::deployment::request::ForServers;
use crate::names::{ApplicationName, ConfigName, DeploymentId, GroupName};

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
    NoConfig {
        /// What was asked for.
        name: ConfigName,
        /// The platform that it was to be for, where that is known.
        platform: Option<ComputePlatform>,
    },
    /// There is one already.
    ConfigExists(ConfigName),
    /// The configuration is for another platform.
    ConfigForOtherPlatform {
        /// Which.
        config: ConfigName,
        /// The platform that it should be for.
        expected: ComputePlatform,
    },
    /// The settings of a group do not fit together, or not the platform.
    GroupUnfit(Unfit),
    /// Another group is for the ECS service.
    ServiceDrifted(Vec<EcsService>),
    /// The ECS service of a group cannot be changed while a deployment to it is active.
    ServiceInUse {
        /// The group.
        group: GroupName,
        /// The deployment.
        deployment: DeploymentId,
    },
    /// There is no such revision of the application.
    NoRevision {
        /// The application.
        application: ApplicationName,
        /// Which.
        revision: RevisionLocation,
    },
    /// The revision is not one for the platform.
    RevisionUnfit(RevisionUnfit, ComputePlatform),
    /// A text cannot be registered by its sum alone.
    NoText,
    /// Nothing was deployed successfully yet that could be deployed again.
    NothingToRestart(GroupName),
    /// Nothing is deployed to this platform yet.
    PlatformNotBuilt(ComputePlatform),
    /// The group has an active deployment.
    Busy {
        /// The group.
        group: GroupName,
        /// The deployment.
        deployment: DeploymentId,
    },
    /// A deployment of another group has the alias.
    AliasBusy {
        /// The alias, as `<function>:<alias>`.
        alias: String,
        /// The application of that deployment.
        application: ApplicationName,
        /// Its group.
        group: GroupName,
        /// Its id.
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
    /// Its AppSpec has not been read yet, so nobody knows its target.
    NotStarted(DeploymentId),
    /// No target of a deployment to that platform could have that id.
    MalformedTarget {
        /// What was asked for.
        asked: String,
        /// The deployment's platform.
        platform: ComputePlatform,
    },
    /// It has no target of that id.
    NoTarget {
        /// The deployment.
        deployment: DeploymentId,
        /// What was asked for.
        asked: String,
        /// Its target; none when its AppSpec is not valid.
        own: Option<String>,
    },
    /// A member that was given has a meaning for servers only.
    ForServers(ForServers, ComputePlatform),
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
    /// The deployment has no such wait, or none that a caller could end.
    NoWait {
        /// The deployment.
        deployment: DeploymentId,
        /// Its platform.
        platform: ComputePlatform,
        /// What was to be ended.
        wait: Gate,
    },
    /// The deployment is not in the wait that was to be ended.
    NotWaiting {
        /// The deployment.
        deployment: DeploymentId,
        /// The wait.
        wait: Gate,
    },
    /// The configuration shifts in finer steps than the platform can.
    TooFine {
        /// The configuration.
        config: ConfigName,
    },
    /// The deployment is to no instances.
    NoInstances {
        /// The deployment.
        deployment: DeploymentId,
        /// Its platform.
        platform: ComputePlatform,
    },
    /// There is no such on-premises instance, or it was deregistered.
    NotRegistered(InstanceName),
    /// There is one already.
    InstanceExists(InstanceName),
    /// Another on-premises instance is known by it.
    IdentityTaken {
        /// By what.
        identity: Identity,
        /// The other.
        by: InstanceName,
    },
    /// An on-premises instance may not have so many tags.
    TooManyInstanceTags {
        /// Which.
        instance: InstanceName,
        /// How many it would have.
        tags: usize,
        /// How many it may have.
        most: usize,
    },
    /// There is no such connection to GitHub.
    NoGitHubToken(String),
    /// There may be no more of these.
    Full {
        /// Of what.
        quota: Quota,
        /// How many there may be.
        most: usize,
    },
    /// A group refers to the configuration.
    ConfigInUse(ConfigName),
    /// The configuration was not made by anybody, and so cannot be deleted.
    BuiltInConfig(ConfigName),
    /// The ARN names nothing that could have tags.
    NothingToTag(Resource),
    /// A resource may not have so many tags.
    TooManyTags {
        /// Which.
        resource: Resource,
        /// How many it would have.
        tags: usize,
        /// How many it may have.
        most: usize,
    },
    /// Two callers changed the same thing at once.
    Conflict(String),
}

/// What there is a quota of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Applications.
    Applications,
    /// Groups of an application.
    Groups,
    /// Configurations that somebody made.
    Configs,
    /// Active deployments.
    ActiveDeployments,
}
