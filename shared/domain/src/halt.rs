//! Why a deployment does not go on, and what follows: one table from cause to CodeDeploy's status, code and words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AlarmName, AutoRollbackEvent, EventName, RoleArn, Status};

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
    /// Somebody else changed the alias during the deployment; what it holds now.
    AliasTaken(String),
    /// The function, the alias or a version does not exist; what Lambda said.
    Missing(String),
    /// The service role may not do something; what AWS said.
    Denied(String),
    /// AWS refused something else; what it said.
    Refused(String),
    /// AWS did not let the calls through for too long; what it said.
    Throttled(String),
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

/// CodeDeploy's `ErrorCode`, as far as deployments to Lambda have use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// An alarm.
    AlarmActive,
    /// A hook.
    HookExecutionFailure,
    /// The service role.
    IamRolePermissions,
    /// The alias.
    InvalidLambdaConfiguration,
    /// The function, the alias or a version is not there.
    InvalidLambdaFunction,
    /// The AppSpec.
    InvalidRevision,
    /// The revision is not there.
    RevisionMissing,
    /// StopDeployment.
    ManualStop,
    /// Time ran out.
    Timeout,
    /// Throttled.
    Throttled,
    /// Anything else that AWS refused.
    InternalError,
}

impl ErrorCode {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlarmActive => "ALARM_ACTIVE",
            Self::HookExecutionFailure => "HOOK_EXECUTION_FAILURE",
            Self::IamRolePermissions => "IAM_ROLE_PERMISSIONS",
            Self::InvalidLambdaConfiguration => "INVALID_LAMBDA_CONFIGURATION",
            Self::InvalidLambdaFunction => "INVALID_LAMBDA_FUNCTION",
            Self::InvalidRevision => "INVALID_REVISION",
            Self::RevisionMissing => "REVISION_MISSING",
            Self::ManualStop => "MANUAL_STOP",
            Self::Timeout => "TIMEOUT",
            Self::Throttled => "THROTTLED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}

impl Cause {
    /// The status that the deployment ends with.
    pub fn status(&self) -> Status {
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) | Self::Stop { .. } => Status::Stopped,
            Self::Hook { .. }
            | Self::Revision(_)
            | Self::RevisionMissing(_)
            | Self::RevisionDenied(_)
            | Self::AliasUnsuitable(_)
            | Self::AliasTaken(_)
            | Self::Missing(_)
            | Self::Denied(_)
            | Self::Refused(_)
            | Self::Throttled(_) => Status::Failed,
        }
    }

    /// The error code that the deployment ends with.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) => ErrorCode::AlarmActive,
            Self::Stop { .. } => ErrorCode::ManualStop,
            Self::Hook { fault: HookFault::Failed, .. } => ErrorCode::HookExecutionFailure,
            Self::Hook { fault: HookFault::TimedOut, .. } => ErrorCode::Timeout,
            Self::Hook { fault: HookFault::Denied, .. } | Self::Denied(_) | Self::RevisionDenied(_) => {
                ErrorCode::IamRolePermissions
            }
            Self::Revision(_) => ErrorCode::InvalidRevision,
            Self::RevisionMissing(_) => ErrorCode::RevisionMissing,
            Self::AliasUnsuitable(_) | Self::AliasTaken(_) => ErrorCode::InvalidLambdaConfiguration,
            Self::Missing(_) => ErrorCode::InvalidLambdaFunction,
            Self::Refused(_) => ErrorCode::InternalError,
            Self::Throttled(_) => ErrorCode::Throttled,
        }
    }

    /// The message that the deployment ends with. The first sentence is CodeDeploy's own where one is known.
    pub fn message(&self, role: &RoleArn) -> String {
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
            Self::Stop { .. } => "The deployment was stopped by StopDeployment.".to_owned(),
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
                format!("{} See the diagnostics of {event}.", permission_message(role, "AWSLambda"))
            }
            Self::Revision(violations) => format!("The AppSpec is not valid. {}", violations.join(" ")),
            Self::RevisionMissing(words) => format!("The revision could not be found. {words}"),
            Self::RevisionDenied(words) => format!("{} {words}", permission_message(role, "AmazonS3")),
            Self::AliasUnsuitable(words) | Self::AliasTaken(words) => words.clone(),
            Self::Missing(words) => format!("What is deployed to does not exist. {words}"),
            Self::Denied(words) => format!("{} {words}", permission_message(role, "AWSLambda")),
            Self::Refused(words) => format!("AWS refused a call that the deployment needs. {words}"),
            Self::Throttled(words) => {
                format!("AWS did not let a call through that the deployment needs, however often it was tried. {words}")
            }
        }
    }

    /// What the automatic rollback would have to cover; `None` where the world was never touched or is not ours.
    pub fn rollback_event(&self) -> Option<AutoRollbackEvent> {
        match self {
            Self::Alarm(_) | Self::AlarmsUnreadable(_) => Some(AutoRollbackEvent::DeploymentStopOnAlarm),
            Self::Stop { .. } => Some(AutoRollbackEvent::DeploymentStopOnRequest),
            Self::Hook { .. } | Self::Missing(_) | Self::Denied(_) | Self::Refused(_) | Self::Throttled(_) => {
                Some(AutoRollbackEvent::DeploymentFailure)
            }
            Self::Revision(_)
            | Self::RevisionMissing(_)
            | Self::RevisionDenied(_)
            | Self::AliasUnsuitable(_)
            | Self::AliasTaken(_) => None,
        }
    }
}

fn permission_message(role: &RoleArn, service: &str) -> String {
    format!(
        "The IAM role {role} does not give you permission to perform operations in the following AWS service: \
         {service}. Contact your AWS administrator if you need help. If you are an AWS administrator, you can grant \
         permissions to your users or groups by creating IAM policies."
    )
}
