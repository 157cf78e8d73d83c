//! The phases of a deployment to hosts. One in place has a single phase. A blue/green deployment has one for each thing that
//! it does to hosts on one side, and its rollback has those that undo what it did.

use serde::{Deserialize, Serialize};

use crate::catalog::environment::DeploymentOption;
use crate::deployment::record::Deployment;
use crate::server::event::HostEvent;
use crate::server::progress::{FleetProgress, Roster};

/// What is done to a list of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::EnumIter)]
pub enum Phase {
    /// The hosts of the group get the revision where they are.
    InPlace,
    /// The replacement hosts get the revision; none has traffic.
    Install,
    /// The load balancers take the replacement hosts in.
    Route,
    /// The load balancers let the original hosts go.
    Leave,
    /// A rollback: the load balancers take the original hosts in again.
    Return,
    /// A rollback: the load balancers let the replacement hosts go.
    Withdraw,
}

/// The environment that a host of a blue/green deployment belongs to: CodeDeploy's `InstanceType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum Side {
    /// The replacement.
    Green,
    /// The original.
    Blue,
}

impl Side {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "Green",
            Self::Blue => "Blue",
        }
    }
}

/// What became of the deployment group once the traffic had moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Takeover {
    /// It selects the environment that has the traffic.
    Done,
    /// It was changed meanwhile and selects other hosts, so it was left as it is.
    Declined,
}

/// A phase that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseDone {
    /// Which.
    pub phase: Phase,
    /// How far it came.
    pub progress: FleetProgress,
}

impl Phase {
    /// The side whose hosts it is about; `None` in place.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::InPlace => None,
            Self::Install | Self::Route | Self::Withdraw => Some(Side::Green),
            Self::Leave | Self::Return => Some(Side::Blue),
        }
    }

    /// Whether its hosts get the revision.
    pub fn installs(self) -> bool {
        match self {
            Self::InPlace | Self::Install => true,
            Self::Route | Self::Leave | Self::Return | Self::Withdraw => false,
        }
    }

    /// Whether its hosts lose their traffic, of which others have enough: no minimum holds for them, and each has to go.
    pub fn takes_out(self) -> bool {
        match self {
            Self::Leave | Self::Withdraw => true,
            Self::InPlace | Self::Install | Self::Route | Self::Return => false,
        }
    }
}

impl Deployment {
    /// Its phases, in their order.
    pub fn phases(&self) -> &'static [Phase] {
        match self.replacement() {
            None => &[Phase::InPlace],
            Some(_) if self.spec.rolls_back.is_none() => &[Phase::Install, Phase::Route, Phase::Leave],
            Some(replacement) if replacement.originals_return => &[Phase::Return, Phase::Withdraw],
            Some(_) => &[Phase::Withdraw],
        }
    }

    /// The phase that it is in, which its last one stays to the end.
    pub fn phase(&self) -> Phase {
        let phases = self.phases();
        phases.get(self.phases_done.len()).or(phases.last()).copied().unwrap_or(Phase::InPlace)
    }

    /// The phase of a host's work by the events of the work.
    pub fn phase_of(&self, events: impl IntoIterator<Item = HostEvent>) -> Option<Phase> {
        let first = events.into_iter().next()?;
        self.phases().iter().copied().find(|phase| self.events_in(*phase).first() == Some(&first))
    }

    /// The lifecycle events of the hosts of a phase.
    pub fn events_in(&self, phase: Phase) -> &'static [HostEvent] {
        match phase {
            Phase::InPlace => match (self.spec.environment.style.option, self.ends_instance()) {
                (DeploymentOption::WithTrafficControl, false) => &HostEvent::BEHIND_LOAD_BALANCERS,
                (DeploymentOption::WithoutTrafficControl, false) => &HostEvent::IN_PLACE,
                (DeploymentOption::WithTrafficControl, true) => &HostEvent::TERMINATION_BEHIND_LOAD_BALANCERS,
                (DeploymentOption::WithoutTrafficControl, true) => &HostEvent::TERMINATION,
            },
            Phase::Install => &HostEvent::IN_PLACE,
            Phase::Route | Phase::Return => &HostEvent::TAKING_IN,
            Phase::Leave | Phase::Withdraw => &HostEvent::LETTING_GO,
        }
    }

    /// How far a phase is or was; `None` before its hosts were selected.
    pub fn progress_of(&self, phase: Phase) -> Option<&FleetProgress> {
        let done = self.phases_done.iter().find(|done| done.phase == phase).map(|done| &done.progress);
        done.or_else(|| self.server.as_ref().filter(|_| self.phase() == phase))
    }

    /// The lists of its hosts' work, each with its phase, as far as the hosts are selected.
    pub fn rosters(&self) -> Vec<(Phase, Roster)> {
        let roster = |progress: &FleetProgress| Roster { deployment: self.id.clone(), name: progress.roster.clone() };
        let done = self.phases_done.iter().map(|done| (done.phase, roster(&done.progress)));
        done.chain(self.server.iter().map(|progress| (self.phase(), roster(progress)))).collect()
    }

    /// How many hosts of a phase may have been touched.
    pub(super) fn touched_in(&self, phase: Phase) -> u32 {
        self.progress_of(phase).map_or(0, |progress| progress.watermark.released)
    }
}
