//! Why a deployment does not go on, and what follows: one table from cause to CodeDeploy's status, code and words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::catalog::config::ComputePlatform;
use crate::catalog::rollback::AutoRollbackEvent;
use crate::deployment::error_code::ErrorCode;
use crate::deployment::lifecycle::EventName;
use crate::deployment::record::Status;
use crate::deployment::spec::DeploymentSpec;
use crate::names::AlarmName;
use crate::problem::{Call, Problem};
use crate::server::fleet::{Shortage, count};
use crate::server::progress::HostFailure;
use crate::server::texts;

/// A deployment was halted: from this moment it moves no traffic forward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub at: Timestamp,
}

/// Why a deployment was halted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Alarms went off, or were in ALARM from the start.
    Alarm(Vec<AlarmName>),
    /// The alarms could not be read; why.
    AlarmsUnreadable(String),
    /// Somebody stopped it, and said whether to roll back or left that to the configuration.
    Stop {
        /// `autoRollbackEnabled` of StopDeployment.
        rollback: Option<bool>,
        /// The caller of StopDeployment, where it is known.
        caller: Option<Caller>,
    },
    /// A hook ended it.
    Hook {
        /// The event.
        event: EventName,
        /// In what way.
        fault: HookFault,
    },
    /// The AppSpec is not valid; every violation.
    Revision(Vec<String>),
    /// The revision is not where it should be; what S3 said.
    RevisionMissing(String),
    /// The service role may not read the revision; what S3 said.
    RevisionDenied(String),
    /// The alias, as it was found, is not one that this AppSpec can deploy to; what it holds.
    AliasUnsuitable(String),
    /// Another deployment has the alias; which.
    AliasBusy(String),
    /// Somebody else changed the alias during the deployment; what it holds now.
    AliasDrifted(String),
    /// The ECS service, as it was found, is not one that can be deployed to; what it is like.
    ServiceUnsuitable(String),
    /// The load balancer, as it was found, does not send the traffic to the service; what it does.
    ListenerUnsuitable(String),
    /// Somebody else changed the service, a task set or a listener during the deployment; what it is like now.
    ServiceDrifted(String),
    /// Tasks of the replacement keep dying; how many, and why.
    TasksDie(String),
    /// The replacement did not get steady in time; what was seen of it last.
    NeverSteady(String),
    /// The replacement was steady and is not any more; what was seen of it last.
    Unsteady(String),
    /// No host is selected by the settings of the group.
    NoHosts,
    /// More hosts are selected than a deployment may have.
    TooManyHosts {
        /// How many.
        found: u32,
        /// How many it may have.
        most: u32,
    },
    /// So many hosts have to stay healthy that none can be worked on.
    MinimumTooHigh(Shortage),
    /// Hosts have failed, and the minimum of healthy hosts allows no further one.
    TooFewHealthyHosts {
        /// In numbers.
        shortage: Shortage,
        /// The first hosts that failed, each with its reason.
        failures: Vec<HostFailure>,
    },
    /// Hosts that have to leave the traffic have not.
    HostsStayInTraffic {
        /// How many.
        failed: u32,
        /// Of how many.
        of: u32,
        /// The first hosts that failed, each with its reason.
        failures: Vec<HostFailure>,
    },
    /// A deployment to hosts has taken too long; how far its hosts are.
    FleetTimedOut(String),
    /// Nobody continued it within so many minutes.
    NotContinued(u32),
    /// What is deployed to does not exist, or a part of it; what AWS said.
    Missing(FailedCall),
    /// The service role may not do something; what AWS said.
    Denied(FailedCall),
    /// AWS refused something else; what it said.
    Refused(FailedCall),
    /// AWS did not let the calls through for too long; what it said.
    Throttled(FailedCall),
}

/// A call to AWS that ended a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCall {
    /// Which, where it is known.
    pub call: Option<Call>,
    /// What AWS said.
    pub words: String,
}

/// In what way a hook ended a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookFault {
    /// It said Failed, threw, or does not exist.
    Failed,
    /// No verdict came in time.
    TimedOut,
    /// The service role may not invoke it.
    Denied,
}

impl Cause {
    /// The status that the deployment ends with.
    pub fn status(&self) -> Status {
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) | Self::Stop { .. } | Self::NotContinued(_) => Status::Stopped,
            Self::Hook { .. }
            | Self::Revision(_)
            | Self::RevisionMissing(_)
            | Self::RevisionDenied(_)
            | Self::AliasUnsuitable(_)
            | Self::AliasBusy(_)
            | Self::AliasDrifted(_)
            | Self::ServiceUnsuitable(_)
            | Self::ListenerUnsuitable(_)
            | Self::ServiceDrifted(_)
            | Self::TasksDie(_)
            | Self::NeverSteady(_)
            | Self::Unsteady(_)
            | Self::NoHosts
            | Self::TooManyHosts { .. }
            | Self::MinimumTooHigh(_)
            | Self::TooFewHealthyHosts { .. }
            | Self::HostsStayInTraffic { .. }
            | Self::FleetTimedOut(_)
            | Self::Missing(_)
            | Self::Denied(_)
            | Self::Refused(_)
            | Self::Throttled(_) => Status::Failed,
        }
    }

    /// The error code that a deployment to that platform ends with.
    pub fn code(&self, platform: ComputePlatform) -> ErrorCode {
        let (ecs, server) = (platform == ComputePlatform::Ecs, platform == ComputePlatform::Server);
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) => ErrorCode::AlarmActive,
            Self::Stop { .. } => ErrorCode::ManualStop,
            Self::Hook { fault: HookFault::Failed, .. } => ErrorCode::HookExecutionFailure,
            Self::Hook { fault: HookFault::TimedOut, .. } => ErrorCode::Timeout,
            Self::Denied(call) if call.is_of(Call::AUTO_SCALING) => ErrorCode::AutoScalingIamRolePermissions,
            Self::Denied(call) if server && call.is_of(Call::STS) => ErrorCode::IamRoleMissing,
            Self::Hook { fault: HookFault::Denied, .. } | Self::Denied(_) | Self::RevisionDenied(_) => {
                ErrorCode::IamRolePermissions
            }
            Self::Revision(_) => ErrorCode::InvalidRevision,
            Self::RevisionMissing(_) => ErrorCode::RevisionMissing,
            Self::AliasUnsuitable(_) | Self::AliasBusy(_) | Self::AliasDrifted(_) => {
                ErrorCode::InvalidLambdaConfiguration
            }
            Self::ServiceUnsuitable(_) => ErrorCode::InvalidEcsService,
            Self::ListenerUnsuitable(_) => ErrorCode::ElasticLoadBalancingInvalid,
            Self::ServiceDrifted(_) | Self::TasksDie(_) | Self::Unsteady(_) => ErrorCode::EcsUpdateError,
            Self::NeverSteady(_) | Self::NotContinued(_) | Self::FleetTimedOut(_) => ErrorCode::Timeout,
            Self::NoHosts => ErrorCode::NoInstances,
            Self::TooManyHosts { .. } => ErrorCode::OverMaxInstances,
            Self::MinimumTooHigh(_) => ErrorCode::HealthConstraintsInvalid,
            Self::TooFewHealthyHosts { .. } | Self::HostsStayInTraffic { .. } => ErrorCode::HealthConstraints,
            Self::Missing(call) if call.is_of_load_balancing() => ErrorCode::ElasticLoadBalancingInvalid,
            Self::Missing(call) if call.is_of(Call::AUTO_SCALING) => ErrorCode::AutoScalingConfiguration,
            Self::Missing(_) if ecs => ErrorCode::InvalidEcsService,
            Self::Missing(_) | Self::Refused(_) if server => ErrorCode::InternalError,
            Self::Missing(_) => ErrorCode::InvalidLambdaFunction,
            Self::Refused(_) if ecs => ErrorCode::EcsUpdateError,
            Self::Refused(_) => ErrorCode::InternalError,
            Self::Throttled(_) => ErrorCode::Throttled,
        }
    }

    /// The message that the deployment of that order ends with. The first sentence is CodeDeploy's own where one is
    /// known.
    pub fn message(&self, spec: &DeploymentSpec) -> String {
        match self {
            Self::Alarm(alarms) => {
                let names: Vec<&str> = alarms.iter().map(AlarmName::as_str).collect();
                format!(
                    "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, \
                     and the affected deployments have been stopped. Activated alarms: {}",
                    names.join(" ")
                )
            }
            Self::AlarmsUnreadable(why) => {
                format!("The state of the alarms could not be read, and ignorePollAlarmFailure is not set: {why}")
            }
            Self::Stop { caller: None, .. } => "The deployment was stopped by StopDeployment.".to_owned(),
            Self::Stop { caller: Some(caller), .. } => {
                format!("The deployment was stopped by StopDeployment, called by {caller}.")
            }
            Self::Hook { fault: HookFault::Failed, event } => format!(
                "The deployment failed because one or more of the lifecycle event validation functions failed. \
                 See the diagnostics of {event}."
            ),
            Self::Hook { fault: HookFault::TimedOut, .. } => {
                "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback \
                 within one hour after a deployment hook is invoked."
                    .to_owned()
            }
            Self::Hook { fault: HookFault::Denied, event } => {
                format!("{} See the diagnostics of {event}.", permission_message(spec, "AWSLambda"))
            }
            Self::Revision(violations) => format!(
                "The deployment failed because the AppSpec file that specifies the deployment configuration is missing \
                 or has an invalid configuration. {}",
                violations.join(" ")
            ),
            Self::RevisionMissing(words) => format!("The revision could not be found. {words}"),
            Self::RevisionDenied(words) => format!("{} {words}", permission_message(spec, "AmazonS3")),
            Self::AliasUnsuitable(words)
            | Self::AliasBusy(words)
            | Self::AliasDrifted(words)
            | Self::ServiceUnsuitable(words)
            | Self::ListenerUnsuitable(words)
            | Self::ServiceDrifted(words) => words.clone(),
            Self::TasksDie(words) => format!("The tasks of the replacement task set keep stopping. {words}"),
            Self::NeverSteady(words) => format!(
                "The deployment timed out while waiting for the replacement task set to become healthy. This time out \
                 period is 60 minutes. {words}"
            ),
            Self::Unsteady(words) => {
                format!("The replacement task set has not been steady for 5 minutes. {words}")
            }
            Self::NotContinued(minutes) => format!(
                "The deployment timed out while waiting for a notification to continue. This time out period is \
                 {minutes} minutes."
            ),
            Self::NoHosts => format!(
                "The deployment failed because no instances were found for your deployment group. Check your deployment \
                 group settings to make sure the tags for your EC2 instances or Auto Scaling groups correctly identify \
                 the instances you want to deploy to, and then try again. {}",
                texts::unfound(spec)
            ),
            Self::TooManyHosts { found, most } => format!(
                "The deployment failed because too many instances were found for your deployment group: {found} fit its \
                 settings, and a deployment may have {most}. Narrow the tags of deployment group {}, or raise the quota \
                 InstancesPerDeployment.",
                spec.group
            ),
            Self::MinimumTooHigh(shortage) => format!(
                "The deployment failed because the minimum of healthy instances leaves none to deploy to. {shortage} Choose a deployment \
                 configuration with a lower minimumHealthyHosts."
            ),
            Self::TooFewHealthyHosts { shortage, failures } => format!(
                "The overall deployment failed because too many individual instances failed deployment, too few \
                 healthy instances are available for deployment, or some instances in your deployment group are \
                 experiencing problems. {shortage}{}",
                texts::failures(failures)
            ),
            Self::HostsStayInTraffic { failed, of, failures } => format!(
                "The deployment failed because {failed} of {} did not leave the traffic.{}",
                count(*of),
                texts::failures(failures)
            ),
            Self::FleetTimedOut(words) => format!(
                "The deployment has timed out: {}. {words} Choose a deployment configuration that lets more hosts work \
                 at once or monitors zones for less long, and look with ListDeploymentTargets at the hosts that took long.",
                texts::limit(spec)
            ),
            Self::Missing(call) => format!("What is deployed to does not exist. {}", call.words),
            Self::Denied(call) if spec.platform == ComputePlatform::Server && call.is_of(Call::STS) => format!(
                "IAM Role is missing for deployment group: {}. {} Check that the service role {} exists, and that its \
                 trust policy names the roles of Spillway's functions.",
                spec.group, call.words, spec.role
            ),
            Self::Denied(call) => {
                let service = match spec.platform {
                    _ if call.is_of_load_balancing() => "AmazonElasticLoadBalancing",
                    ComputePlatform::Ecs => "AmazonECS",
                    _ if call.is_of(Call::AUTO_SCALING) => "AutoScaling",
                    ComputePlatform::Lambda => "AWSLambda",
                    ComputePlatform::Server => "AmazonEC2",
                };
                format!("{} {}", permission_message(spec, service), call.words)
            }
            Self::Refused(call) => format!("AWS refused a call that the deployment needs. {}", call.words),
            Self::Throttled(call) => format!(
                "AWS did not let a call through that the deployment needs, however often it was tried. {}",
                call.words
            ),
        }
    }

    /// What the automatic rollback would have to cover; `None` where the world was never touched or is not ours.
    pub fn rollback_event(&self) -> Option<AutoRollbackEvent> {
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) => Some(AutoRollbackEvent::DeploymentStopOnAlarm),
            Self::Stop { .. } => Some(AutoRollbackEvent::DeploymentStopOnRequest),
            Self::Hook { .. }
            | Self::TasksDie(_)
            | Self::NeverSteady(_)
            | Self::Unsteady(_)
            | Self::NotContinued(_)
            | Self::TooFewHealthyHosts { .. }
            | Self::HostsStayInTraffic { .. }
            | Self::FleetTimedOut(_)
            | Self::Missing(_)
            | Self::Denied(_)
            | Self::Refused(_)
            | Self::Throttled(_) => Some(AutoRollbackEvent::DeploymentFailure),
            Self::Revision(_)
            | Self::RevisionMissing(_)
            | Self::RevisionDenied(_)
            | Self::AliasUnsuitable(_)
            | Self::AliasBusy(_)
            | Self::AliasDrifted(_)
            | Self::ServiceUnsuitable(_)
            | Self::ListenerUnsuitable(_)
            | Self::ServiceDrifted(_)
            | Self::NoHosts
            | Self::TooManyHosts { .. }
            | Self::MinimumTooHigh(_) => None,
        }
    }
}

impl FailedCall {
    /// Of a problem that ends the deployment.
    pub fn of(problem: &Problem) -> Self {
        Self { call: problem.call.clone(), words: problem.words.clone() }
    }

    fn is_of_load_balancing(&self) -> bool {
        self.is_of(Call::LOAD_BALANCING)
    }

    fn is_of(&self, service: &str) -> bool {
        self.call.as_ref().is_some_and(|call| call.service == service)
    }
}

fn permission_message(spec: &DeploymentSpec, service: &str) -> String {
    format!(
        "The IAM role {} does not give you permission to perform operations in the following AWS service: \
         {service}. Contact your AWS administrator if you need help. If you are an AWS administrator, you can grant \
         permissions to your users or groups by creating IAM policies.",
        spec.role
    )
}
