//! What callers ask for, by noun.

pub mod application;
pub mod configuration;
pub mod deployment;
pub mod group;
pub mod instance;
pub mod operator;
pub mod revision;
pub mod tag;
pub mod target;

use spillway_domain::problem::Problem;
use spillway_domain::rejection::{
    ApplicationRejection, ConfigurationRejection, DeploymentRejection, GroupRejection, InstanceRejection, Rejection,
    RevisionRejection, TagRejection, TargetRejection,
};

/// Why a caller does not get what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is the caller's fault.
    #[error("{0:?}")]
    Rejected(Rejection),
    /// It is not.
    #[error(transparent)]
    Problem(#[from] Problem),
}

macro_rules! rejected {
    ($($rejection:ident),+ $(,)?) => {
        $(
            impl From<$rejection> for Error {
                fn from(rejection: $rejection) -> Self {
                    Self::Rejected(rejection.into())
                }
            }
        )+
    };
}

rejected!(
    Rejection,
    ApplicationRejection,
    ConfigurationRejection,
    GroupRejection,
    RevisionRejection,
    DeploymentRejection,
    TargetRejection,
    InstanceRejection,
    TagRejection,
);
