//! What a caller can be refused for after every member was found well-formed. The wire has an exception for each.

use crate::catalog::config::ComputePlatform;
use crate::catalog::environment::{AutoScalingGroupName, EcsService};
use crate::catalog::fit::Unfit;
use crate::catalog::instance::{Identity, InstanceName};
use crate::catalog::revision::{RevisionLocation, RevisionUnfit};
use crate::catalog::tags::Resource;
use crate::deployment::gate::Gate;
use crate::deployment::lifecycle::EventName;
use crate::deployment::request::ForServers;
use crate::deployment::target::LabelMember;
use crate::names::{ApplicationName, ConfigName, DeploymentId, GroupName, RoleArn};
use crate::server::lifecycle_action::LifecycleHook;

/// Why a request is refused, by the noun that it is about. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// It is about an application.
    Application(ApplicationRejection),
    /// It is about a deployment configuration.
    Configuration(ConfigurationRejection),
    /// It is about a deployment group.
    Group(GroupRejection),
    /// It is about a revision.
    Revision(RevisionRejection),
    /// It is about a deployment.
    Deployment(DeploymentRejection),
    /// It is about a target of a deployment.
    Target(TargetRejection),
    /// It is about an on-premises instance.
    Instance(InstanceRejection),
    /// It is about tags.
    Tag(TagRejection),
    /// There may be no more of these.
    Full {
        /// Of what.
        quota: Quota,
        /// How many there may be.
        most: usize,
    },
    /// Two callers changed the same thing at once.
    Conflict(String),
}

/// Why a request about an application is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationRejection {
    /// There is no such application.
    DoesNotExist(ApplicationName),
    /// There is one already.
    AlreadyExists(ApplicationName),
}

/// Why a request about a deployment configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigurationRejection {
    /// There is no such configuration.
    DoesNotExist {
        /// What was asked for.
        name: ConfigName,
        /// The platform that it was to be for, where that is known.
        platform: Option<ComputePlatform>,
    },
    /// There is one already.
    AlreadyExists(ConfigName),
    /// The configuration is for another platform.
    ForOtherPlatform {
        /// Which.
        config: ConfigName,
        /// The platform that it should be for.
        expected: ComputePlatform,
    },
    /// The configuration shifts in finer steps than the platform can.
    TooFine {
        /// The configuration.
        config: ConfigName,
    },
    /// A group refers to the configuration.
    InUse(ConfigName),
    /// The configuration is predefined or describes itself, so it cannot be deleted.
    BuiltIn(ConfigName),
}

/// Why a request about a deployment group is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupRejection {
    /// There is no such group.
    DoesNotExist(GroupName),
    /// There is one already.
    AlreadyExists(GroupName),
    /// The settings of a group do not fit together, or not the platform.
    Unfit(Unfit),
    /// Another group is for the ECS service.
    ServiceDrifted(Vec<EcsService>),
    /// The ECS service of a group cannot be changed while a deployment to it is active.
    ServiceInUse {
        /// The group.
        group: GroupName,
        /// The deployment.
        deployment: DeploymentId,
    },
    /// No lifecycle hook can be put into an Auto Scaling group.
    NoLifecycleHook {
        /// The hook, with its Auto Scaling group.
        hook: LifecycleHook,
        /// What Auto Scaling said.
        words: String,
    },
    /// The service role may not put lifecycle hooks into Auto Scaling groups.
    MayNotHook {
        /// The role.
        role: RoleArn,
        /// What AWS said.
        words: String,
    },
    /// A group with an active deployment cannot be deleted, and neither can its application.
    InUse {
        /// The group.
        group: GroupName,
        /// The deployment.
        deployment: DeploymentId,
    },
}

/// Why a request about a revision is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionRejection {
    /// There is no such revision of the application.
    DoesNotExist {
        /// The application.
        application: ApplicationName,
        /// Which.
        revision: RevisionLocation,
    },
    /// The revision is not one for the platform.
    Unfit(RevisionUnfit, ComputePlatform),
    /// A text cannot be registered by its sum alone.
    NoText,
    /// Nothing was deployed successfully yet that could be deployed again.
    NothingToRestart(GroupName),
    /// There is no such connection to GitHub.
    NoGitHubToken(String),
}

/// Why a request about a deployment is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentRejection {
    /// There is no such deployment.
    DoesNotExist(DeploymentId),
    /// A member that was given has a meaning for servers only.
    ForServers(ForServers, ComputePlatform),
    /// `targetInstances` names the replacement environment of a blue/green deployment, and the deployment is in place.
    InPlace,
    /// The group deploys blue/green, and no replacement environment is named.
    NoReplacement(GroupName),
    /// The replacement environment has an Auto Scaling group of the original one.
    SharedAutoScalingGroup {
        /// The Auto Scaling group.
        name: AutoScalingGroupName,
        /// The deployment group.
        group: GroupName,
    },
    /// The replacement environment of the group is a copy of its Auto Scaling group.
    CopyNotBuilt(GroupName),
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
    /// Nothing was deployed to the group before what it has now.
    NothingToRollBackTo(GroupName),
    /// The deployment that a group was to go back to is not one that can be deployed again.
    NotToRollBackTo {
        /// The group.
        group: GroupName,
        /// The deployment that was named.
        deployment: DeploymentId,
        /// Why it cannot.
        reason: RollbackUnfit,
    },
    /// The deployment is not in the wait that was to be ended.
    NotWaiting {
        /// The deployment.
        deployment: DeploymentId,
        /// The wait.
        wait: Gate,
    },
}

/// Why a group cannot go back to a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackUnfit {
    /// It is one of another group.
    OtherGroup,
    /// It has not succeeded.
    NotSucceeded,
    /// What it deployed is what the group has now.
    Same,
    /// It deployed to another alias than the last deployment of the group.
    OtherAlias,
}

/// Why a request about a target of a deployment is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetRejection {
    /// It has no target of that id.
    DoesNotExist {
        /// The deployment.
        deployment: DeploymentId,
        /// What was asked for.
        asked: String,
        /// Its target; none when its AppSpec is not valid.
        own: Option<String>,
    },
    /// No target of a deployment to that platform could have that id.
    Malformed {
        /// What was asked for.
        asked: String,
        /// The deployment's platform.
        platform: ComputePlatform,
    },
    /// It has one target, and more were asked for.
    OneTarget {
        /// The deployment.
        deployment: DeploymentId,
        /// How many were asked for.
        asked: usize,
    },
    /// Its AppSpec has not been read yet, so its target is not known.
    NotStarted(DeploymentId),
    /// The deployment has no host of that name.
    NoHost {
        /// The deployment.
        deployment: DeploymentId,
        /// What was asked for.
        asked: String,
    },
    /// The same, of a request for an instance.
    NoInstance {
        /// The deployment.
        deployment: DeploymentId,
        /// What was asked for.
        asked: String,
    },
    /// More hosts were asked for at once than may be.
    TooManyHosts {
        /// How many.
        asked: usize,
        /// How many there may be.
        most: usize,
    },
    /// Its hosts have not been selected yet.
    NotSelected(DeploymentId),
    /// Only hosts of blue/green deployments are labeled.
    NoLabels {
        /// What asks for a label.
        member: LabelMember,
        /// The deployment.
        deployment: DeploymentId,
        /// Its platform.
        platform: ComputePlatform,
    },
    /// The deployment is to no instances.
    NoInstances {
        /// The deployment.
        deployment: DeploymentId,
        /// Its platform.
        platform: ComputePlatform,
    },
}

/// Why a request about an on-premises instance is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceRejection {
    /// There is no such on-premises instance, or it was deregistered.
    NotRegistered(InstanceName),
    /// There is one already.
    AlreadyExists(InstanceName),
    /// Another on-premises instance is known by it.
    IdentityTaken {
        /// By what.
        identity: Identity,
        /// The other.
        by: InstanceName,
    },
    /// An on-premises instance may not have so many tags.
    TooManyTags {
        /// Which.
        instance: InstanceName,
        /// How many it would have.
        tags: usize,
        /// How many it may have.
        most: usize,
    },
}

/// Why a request about the tags of a resource is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagRejection {
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
}

macro_rules! by_noun {
    ($($noun:ident: $rejection:ident),+ $(,)?) => {
        $(
            impl From<$rejection> for Rejection {
                fn from(rejection: $rejection) -> Self {
                    Self::$noun(rejection)
                }
            }
        )+
    };
}

by_noun!(
    Application: ApplicationRejection,
    Configuration: ConfigurationRejection,
    Group: GroupRejection,
    Revision: RevisionRejection,
    Deployment: DeploymentRejection,
    Target: TargetRejection,
    Instance: InstanceRejection,
    Tag: TagRejection,
);

/// What there is a quota of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Applications.
    Applications,
    /// Groups of an application.
    Groups,
    /// Configurations that callers created.
    Configs,
    /// Active deployments.
    ActiveDeployments,
}
