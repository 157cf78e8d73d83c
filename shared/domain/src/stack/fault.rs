//! Why a resource is not as its stack wants it.

use std::fmt;

use crate::deployment::error_code::ErrorCode;
use crate::deployment::lifecycle::Diagnostics;
use crate::deployment::record::Deployment;
use crate::lambda::alias::AliasState;
use crate::names::{ApplicationName, ConfigName, DeploymentId};

/// Why a resource is not as its stack wants it, apart from what CodeDeploy's API would refuse as well.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Something of that name is there, and this resource did not make it.
    Exists {
        /// What, with its name.
        what: String,
    },
    /// The platform of an application cannot change.
    Platform(ApplicationName),
    /// A configuration cannot change.
    ConfigChanged(ConfigName),
    /// The alias was made by somebody else.
    AliasExists(AliasState),
    /// The alias routes as no deployment can take over, which is somebody else's doing.
    AliasUnsuitable(AliasState),
    /// The deployment did not succeed.
    Deployment {
        /// Its id.
        id: DeploymentId,
        /// What went wrong.
        message: String,
        /// Whether something is not there any more, such as a version to go back to.
        is_missing: bool,
    },
    /// The time is up, and the deployment goes on.
    StillRunning(DeploymentId),
    /// The time is up, and another deployment still has the group.
    Blocked(DeploymentId),
}

impl Fault {
    /// The deployment ended, and not well. What a hook said is told at once, since a stack shows no diagnostics.
    pub fn of(record: &Deployment) -> Option<Self> {
        let error = record.ending.as_ref()?.error.as_ref()?;
        let is_missing = error.code == ErrorCode::InvalidLambdaFunction;
        let mut message = error.message.clone();
        let hook = record.events.iter().find_map(|event| event.diagnostics.as_ref().filter(|d| !d.script.is_empty()));
        if let Some(Diagnostics { script, message: said, .. }) = hook {
            message.extend([" ", script, ": ", said]);
        }
        Some(Self::Deployment { id: record.id.clone(), message, is_missing })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { what } => {
                write!(f, "{what} exists already, and this resource did not make it. Give it another name.")
            }
            Self::Platform(name) => {
                write!(
                    f,
                    "The platform of application {name} cannot change. For another platform, give it another name."
                )
            }
            Self::ConfigChanged(name) => {
                write!(f, "Deployment configuration {name} cannot change. Give the new one another name, or none.")
            }
            Self::AliasExists(alias) => write!(
                f,
                "Alias {} exists already ({alias}), and this resource did not make it. Give the alias another name, or \
                 take it over. If this stack has had it until now, say AdoptAliases: true in Metadata.Spillway, which \
                 keeps it. If something else has it, say AdoptAliases: FromElsewhere there, or Adopt: true here where \
                 the template is not rewritten, and see to it that nothing deletes it: a stack that had it deletes it \
                 unless it got DeletionPolicy: Retain in an update before.",
                alias.arn
            ),
            Self::AliasUnsuitable(alias) => write!(
                f,
                "Alias {} was changed outside Spillway: {alias}. Spillway changed nothing. Point the alias at one \
                 published version first.",
                alias.arn
            ),
            Self::Deployment { id, message, is_missing: false } => write!(f, "{id} failed. {message}"),
            Self::Deployment { id, message, is_missing: true } => write!(
                f,
                "{id} failed. {message} Where a stack cannot roll back for this, continue its rollback without this \
                 resource (--resources-to-skip)."
            ),
            Self::StillRunning(id) => write!(
                f,
                "{id} is still running, and CloudFormation waits no longer than an hour for a resource. It goes on \
                 unless the stack rolls back. Let more resources Custom::SpillwayWait wait for it, or say \
                 WaitForCompletion: false."
            ),
            Self::Blocked(id) => write!(
                f,
                "Deployment {id} has the deployment group and is still running, and CloudFormation waits no longer than \
                 an hour for a resource. Try again when it has ended."
            ),
        }
    }
}
