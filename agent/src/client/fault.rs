//! Why a call to the service has no answer to go on with.

use std::io;

/// Why a call failed. Its text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The service has understood the call and refuses it, so the same call is refused again.
    #[error("{0}")]
    Refused(String),
    /// The service does not let this host call it.
    #[error("{0}")]
    Denied(String),
    /// The service has too much to do.
    #[error("{0}")]
    Throttled(String),
    /// The service cannot be reached, or fails.
    #[error("{0}")]
    Unavailable(String),
    /// The host has no identity to call the service with.
    #[error("{0}")]
    NoIdentity(String),
    /// The service answers what the protocol does not have.
    #[error("{0}")]
    Malformed(String),
    /// The host's own disk fails.
    #[error("the agent cannot keep its files: {0}")]
    Disk(#[from] io::Error),
}

impl Fault {
    /// Which state of the agent it is, so that a log names a state once and not each failure in it.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Denied(_) => "denied",
            Self::Throttled(_) => "throttled",
            Self::Unavailable(_) => "unavailable",
            Self::NoIdentity(_) => "no identity",
            Self::Malformed(_) => "malformed",
            Self::Disk(_) => "disk",
        }
    }
}
