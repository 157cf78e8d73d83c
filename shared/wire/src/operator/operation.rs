//! The operations, by their names.

use std::fmt;
use std::str::FromStr;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::operation::{cut, unknown};

/// What the header `X-Amz-Target` begins with where one of them is asked for.
pub const TARGET_PREFIX: &str = "Spillway_20261101.";

/// An operation that CodeDeploy's API does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorOperation {
    /// Shows why a deployment is where it is.
    GetDeploymentLedger,
    /// Lists deployments with how each is.
    ListDeploymentSummaries,
    /// Deploys again what a deployment group had before.
    RollBackDeploymentGroup,
}

impl OperatorOperation {
    /// All of them.
    pub const ALL: [Self; 3] =
        [Self::GetDeploymentLedger, Self::ListDeploymentSummaries, Self::RollBackDeploymentGroup];

    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GetDeploymentLedger => "GetDeploymentLedger",
            Self::ListDeploymentSummaries => "ListDeploymentSummaries",
            Self::RollBackDeploymentGroup => "RollBackDeploymentGroup",
        }
    }

    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        match self {
            Self::GetDeploymentLedger | Self::ListDeploymentSummaries => true,
            Self::RollBackDeploymentGroup => false,
        }
    }
}

impl From<OperatorOperation> for &'static str {
    fn from(operation: OperatorOperation) -> Self {
        operation.name()
    }
}

impl FromStr for OperatorOperation {
    type Err = Exception;

    fn from_str(name: &str) -> Result<Self, Exception> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| {
            unknown(format!(
                "This version of Spillway has no operation '{}'. It has {}; a newer one of the operator's command may \
                 know more, so update Spillway's stack.",
                cut(name),
                Self::ALL.map(Self::name).join(", ")
            ))
        })
    }
}

impl fmt::Display for OperatorOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
