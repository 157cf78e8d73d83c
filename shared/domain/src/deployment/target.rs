//! The targets of a deployment, as the API shows, lists and counts them.

use std::collections::BTreeMap;

use crate::deployment::gate::Gate;
use crate::deployment::lifecycle::EventStatus;
use crate::deployment::record::{Deployment, Status};
use crate::deployment::stage::Stage;
use crate::ecs::stage::EcsStage;
use crate::server::phase::Side;
use crate::server::status::HostTarget;

/// CodeDeploy's `TargetStatus`. Its statuses of lifecycle events are the same ones, without `Ready`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetStatus {
    /// Nothing has begun.
    Pending,
    /// Something has.
    InProgress,
    /// The replacement waits for the deployment to be continued.
    Ready,
    /// Everything was done.
    Succeeded,
    /// Something failed.
    Failed,
    /// The deployment ended before everything was done.
    Skipped,
    /// The deployment ended while a host was at work, so that nothing says what the host has.
    Unknown,
}

impl TargetStatus {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::InProgress, Self::Ready, Self::Succeeded, Self::Failed, Self::Skipped, Self::Unknown];
    /// Those that CodeDeploy's `DeploymentOverview` counts.
    pub const COUNTED: [Self; 6] =
        [Self::Pending, Self::InProgress, Self::Ready, Self::Succeeded, Self::Failed, Self::Skipped];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Ready => "Ready",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Unknown => "Unknown",
        }
    }
}

impl Deployment {
    /// The status of its one target, which follows from its events; an original that is still there is not the end.
    pub fn target_status(&self) -> TargetStatus {
        let any = |status| self.events.iter().any(|event| event.status == status);
        let all = |status| self.events.iter().all(|event| event.status == status);
        let keeps_original = matches!(self.stage, Stage::Gate(Gate::Termination) | Stage::Ecs(EcsStage::Termination));
        let went_back = matches!(self.status(), Status::Failed | Status::Stopped);
        if any(EventStatus::Failed) {
            TargetStatus::Failed
        } else if any(EventStatus::Skipped) {
            TargetStatus::Skipped
        } else if self.status() == Status::Ready {
            TargetStatus::Ready
        } else if all(EventStatus::Succeeded) && went_back {
            TargetStatus::Failed
        } else if all(EventStatus::Succeeded) && !keeps_original {
            TargetStatus::Succeeded
        } else if all(EventStatus::Pending) {
            TargetStatus::Pending
        } else {
            TargetStatus::InProgress
        }
    }
}

/// A target, with everything that the API shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetView {
    /// The one target of a deployment to Lambda or ECS.
    Own(Box<Deployment>),
    /// A host.
    Host(Box<HostTarget>),
}

impl From<Deployment> for TargetView {
    fn from(deployment: Deployment) -> Self {
        Self::Own(Box::new(deployment))
    }
}

impl From<HostTarget> for TargetView {
    fn from(host: HostTarget) -> Self {
        Self::Host(Box::new(host))
    }
}

/// Which targets of a deployment are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetFilter {
    /// Their statuses; all when `None`.
    pub statuses: Option<Vec<TargetStatus>>,
    /// The member that asks for hosts with a label, where one does, and the labels that it asks for.
    pub labels: Option<(LabelMember, Vec<Side>)>,
}

/// A member that filters hosts by the label that a blue/green deployment gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelMember {
    /// `targetFilters.ServerInstanceLabel`.
    ServerInstanceLabel,
    /// `instanceTypeFilter`.
    InstanceTypeFilter,
}

impl TargetFilter {
    /// Whether hosts of that side with a status are asked for.
    pub fn admits_host(&self, side: Option<Side>, status: TargetStatus) -> bool {
        let fits = self.labels.as_ref().is_none_or(|(_, labels)| side.is_some_and(|side| labels.contains(&side)));
        fits && self.admits(status)
    }

    /// Whether targets with a status are asked for.
    pub fn admits(&self, status: TargetStatus) -> bool {
        self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&status))
    }
}

/// How many targets of a deployment have which status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetCounts(BTreeMap<TargetStatus, u32>);

impl FromIterator<TargetStatus> for TargetCounts {
    fn from_iter<I: IntoIterator<Item = TargetStatus>>(statuses: I) -> Self {
        let mut counts = BTreeMap::new();
        for status in statuses {
            *counts.entry(status).or_default() += 1;
        }
        Self(counts)
    }
}

impl TargetCounts {
    /// Counts the one target of a deployment to Lambda or ECS. Where none is known, all counts are 0.
    pub fn of_own(deployment: &Deployment) -> Self {
        deployment.target_id().map(|_| deployment.target_status()).into_iter().collect()
    }

    /// How many have this status.
    pub fn count(&self, status: TargetStatus) -> u32 {
        self.0.get(&status).copied().unwrap_or_default()
    }
}

/// A deployment, and how many of its targets have which status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedDeployment {
    /// The deployment.
    pub deployment: Deployment,
    /// Its targets.
    pub counts: TargetCounts,
}

impl From<Deployment> for CountedDeployment {
    fn from(deployment: Deployment) -> Self {
        let counts = TargetCounts::of_own(&deployment);
        Self { deployment, counts }
    }
}
