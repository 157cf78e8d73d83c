//! The lifecycle events of a host.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A lifecycle event of a host.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::AsRefStr,
    strum::EnumIter,
    strum::EnumString,
)]
pub enum HostEvent {
    /// Scripts before the host leaves its load balancers.
    BeforeBlockTraffic,
    /// The host leaves its load balancers; the service does it.
    BlockTraffic,
    /// Scripts once the host has left its load balancers.
    AfterBlockTraffic,
    /// Scripts of the revision that the host had.
    ApplicationStop,
    /// The agent fetches and unpacks the revision.
    DownloadBundle,
    /// Scripts before the files are copied.
    BeforeInstall,
    /// The agent copies the files of the revision.
    Install,
    /// Scripts once the files are copied.
    AfterInstall,
    /// Scripts that start the application.
    ApplicationStart,
    /// Scripts that try the application.
    ValidateService,
    /// Scripts before the host returns to its load balancers.
    BeforeAllowTraffic,
    /// The host returns to its load balancers; the service does it.
    AllowTraffic,
    /// Scripts once the host has returned to its load balancers.
    AfterAllowTraffic,
}

impl HostEvent {
    /// The events of an in-place deployment without load balancers, in their order.
    pub const IN_PLACE: [Self; 7] = [
        Self::ApplicationStop,
        Self::DownloadBundle,
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::ApplicationStart,
        Self::ValidateService,
    ];

    /// The events of an in-place deployment behind load balancers, in their order.
    pub const BEHIND_LOAD_BALANCERS: [Self; 13] = [
        Self::BeforeBlockTraffic,
        Self::BlockTraffic,
        Self::AfterBlockTraffic,
        Self::ApplicationStop,
        Self::DownloadBundle,
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::ApplicationStart,
        Self::ValidateService,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// The events of a host that load balancers take in, in their order.
    pub const TAKING_IN: [Self; 3] = [Self::BeforeAllowTraffic, Self::AllowTraffic, Self::AfterAllowTraffic];

    /// The events of a host that load balancers let go, in their order.
    pub const LETTING_GO: [Self; 3] = [Self::BeforeBlockTraffic, Self::BlockTraffic, Self::AfterBlockTraffic];

    /// The events before Auto Scaling terminates an instance without load balancers.
    pub const TERMINATION: [Self; 1] = [Self::ApplicationStop];

    /// The events before Auto Scaling terminates an instance behind load balancers, in their order.
    pub const TERMINATION_BEHIND_LOAD_BALANCERS: [Self; 4] =
        [Self::BeforeBlockTraffic, Self::BlockTraffic, Self::AfterBlockTraffic, Self::ApplicationStop];

    /// As the API and the agents spell it.
    pub fn as_str(&self) -> &str {
        self.as_ref()
    }

    /// Whether `ignoreApplicationStopFailures` lets the host go on after a failure of it.
    pub fn may_be_ignored(self) -> bool {
        matches!(self, Self::BeforeBlockTraffic | Self::AfterBlockTraffic | Self::ApplicationStop)
    }
}

impl fmt::Display for HostEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref())
    }
}
