//! What callers ask for, by noun.

pub mod application;
pub mod configuration;
pub mod deployment;
pub mod group;
pub mod instance;
pub mod revision;
pub mod tag;
pub mod target;

use spillway_domain::problem::Problem;
use spillway_domain::rejection::Rejection;

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

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
