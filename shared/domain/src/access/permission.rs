//! What a caller needs to be permitted, and whether it is.

use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::catalog::instance::InstanceName;
use crate::names::{ApplicationName, ConfigName, DeploymentId, GroupName, RoleArn};

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// The action, as IAM spells it: `codedeploy:CreateDeployment`.
    pub action: String,
    /// What it is done to.
    pub resource: Protected,
}

/// What an action can be done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protected {
    /// The installation as a whole: what lists everything, or names nothing that could be looked up.
    Installation,
    /// An application.
    Application(ApplicationName),
    /// A deployment group of an application.
    Group(ApplicationName, GroupName),
    /// A deployment.
    Deployment {
        /// Its id.
        id: DeploymentId,
        /// Its application and deployment group; none of a deployment that does not exist.
        group: Option<(ApplicationName, GroupName)>,
    },
    /// A deployment configuration.
    Config(ConfigName),
    /// An on-premises instance.
    Instance(InstanceName),
    /// A service role, to be passed to Spillway.
    Role(RoleArn),
}

/// What the function that knows the policies is asked: may this caller do all of this?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who.
    pub caller: Caller,
    /// Everything that the call needs.
    pub permissions: Vec<Permission>,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Authorization {
    /// The caller may do all of it.
    Allowed,
    /// It may not do this.
    Denied(Denial),
}

/// What a caller may not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// What.
    pub permission: Permission,
    /// Whether a policy forbids it; else none permits it.
    pub is_forbidden: bool,
}
