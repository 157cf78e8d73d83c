//! A host of a deployment, as the API shows it. Its statuses follow from its work and from whether the deployment is over;
//! they are stored nowhere.

use std::collections::BTreeMap;

use crate::deployment::record::{Deployment, Status};
use crate::deployment::target::TargetStatus;
use crate::names::DeploymentId;
use crate::server::diagnostics::HostDiagnostics;
use crate::server::event::HostEvent;
use crate::server::phase::{Phase, Side};
use crate::server::work::{HostOutcome, HostRun, HostWork, RunStatus};

/// A host of a deployment, with everything that the API shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTarget {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Whether the deployment is over.
    pub has_ended: bool,
    /// The environment of a blue/green deployment that the host belongs to.
    pub side: Option<Side>,
    /// Its status.
    pub status: TargetStatus,
    /// The host's work in all phases.
    pub work: HostWork,
    /// The diagnostics of the events that are over.
    pub diagnostics: BTreeMap<HostEvent, HostDiagnostics>,
}

impl HostTarget {
    /// A host with its work in each phase, in the order of the phases; `None` where it has none.
    pub fn new(record: &Deployment, mut works: Vec<(Phase, HostWork)>) -> Option<Self> {
        let (phase, last) = works.pop()?;
        let side = phase.side();
        let is_later = |later: &&Phase| later.side() == side;
        let later = record.phases().iter().skip_while(|own| **own != phase).skip(1).filter(is_later);
        let goes_on = last.outcome == Some(HostOutcome::Succeeded);
        let status = match last.outcome {
            Some(HostOutcome::Failed | HostOutcome::Gone) => RunStatus::Skipped,
            Some(HostOutcome::Succeeded) | None => RunStatus::Pending,
        };
        let pending = later.flat_map(|later| record.events_in(*later)).map(|event| HostRun::new(*event, status));
        let pending: Vec<HostRun> = pending.collect();
        let is_between = goes_on && !pending.is_empty();
        let shown = match (is_between, record.has_ended()) {
            (false, has_ended) => last.target_status(has_ended),
            (true, true) => TargetStatus::Skipped,
            (true, false) if record.status() == Status::Ready => TargetStatus::Ready,
            (true, false) => TargetStatus::InProgress,
        };
        let before = works.into_iter().flat_map(|(_, work)| work.events);
        let events = before.chain(last.events.clone()).chain(pending).collect();
        Some(Self {
            deployment: record.id.clone(),
            has_ended: record.has_ended(),
            side,
            status: shown,
            work: HostWork { events, ..last },
            diagnostics: BTreeMap::new(),
        })
    }
}

impl HostWork {
    /// The status of the host. A host that was terminated before its agent began has skipped the deployment.
    pub fn target_status(&self, has_ended: bool) -> TargetStatus {
        match (self.outcome, self.has_begun(), has_ended) {
            (Some(HostOutcome::Succeeded), _, _) => TargetStatus::Succeeded,
            (Some(HostOutcome::Failed), _, _) => TargetStatus::Failed,
            (Some(HostOutcome::Gone), _, _) | (None, false, true) => TargetStatus::Skipped,
            (None, false, false) => TargetStatus::Pending,
            (None, true, false) => TargetStatus::InProgress,
            (None, true, true) => TargetStatus::Unknown,
        }
    }
}

/// What subscribers are told of a host: CodeDeploy's states of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstanceState {
    /// Its agent has begun the first event.
    Start,
    /// Every event succeeded, or its failure was ignored.
    Success,
    /// An event failed.
    Failure,
}

impl HostWork {
    /// What the last save of the work is to subscribers; `None` for every other save, and for a host that was terminated
    /// before its agent began.
    pub fn told_state(&self) -> Option<InstanceState> {
        let has_just_begun = || self.events.first().is_some_and(|run| run.status == RunStatus::InProgress);
        match self.outcome {
            Some(HostOutcome::Succeeded) => Some(InstanceState::Success),
            Some(HostOutcome::Failed) => Some(InstanceState::Failure),
            Some(HostOutcome::Gone) => None,
            None => has_just_begun().then_some(InstanceState::Start),
        }
    }
}

impl Deployment {
    /// What the last save of the work of one of its hosts is to subscribers. A host of a blue/green deployment begins once
    /// and succeeds once, in however many phases it has work.
    pub fn told_of(&self, work: &HostWork) -> Option<InstanceState> {
        let state = work.told_state()?;
        let phase = self.phase_of(work.events.iter().map(|run| run.event))?;
        let of_side = || self.phases().iter().filter(|other| other.side() == phase.side());
        match state {
            InstanceState::Start => of_side().next() == Some(&phase),
            InstanceState::Success => of_side().next_back() == Some(&phase),
            InstanceState::Failure => true,
        }
        .then_some(state)
    }
}

impl HostRun {
    /// The status of the event. Once the deployment is over, no event begins, and reports are no longer taken.
    pub fn event_status(&self, has_ended: bool) -> TargetStatus {
        match (self.status, has_ended) {
            (RunStatus::Pending, false) => TargetStatus::Pending,
            (RunStatus::InProgress, false) => TargetStatus::InProgress,
            (RunStatus::InProgress, true) => TargetStatus::Unknown,
            (RunStatus::Succeeded, _) => TargetStatus::Succeeded,
            (RunStatus::Failed, _) => TargetStatus::Failed,
            (RunStatus::Skipped, _) | (RunStatus::Pending, true) => TargetStatus::Skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::server::diagnostics::HostErrorCode;
    use crate::server::host::{Host, Principal, Standing};
    use crate::server::work::Command;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn work() -> HostWork {
        let identifier = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc";
        let host = Host {
            id: "i-0abc".parse().unwrap(),
            arn: identifier.to_owned(),
            identifier: identifier.parse().unwrap(),
            principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
            zone: None,
            auto_scaling_group: None,
            standing: Standing::Old,
            seen_at: None,
            stopped_at: None,
            was_launched: false,
            had_traffic: false,
        };
        HostWork::new(host, 0, &[HostEvent::DownloadBundle, HostEvent::Install], false, NOW)
    }

    fn claimed() -> HostWork {
        let mut work = work();
        work.acknowledge(work.command().unwrap(), NOW);
        work
    }

    fn reported(is_success: bool) -> HostWork {
        let mut work = claimed();
        let command = Command { event: HostEvent::DownloadBundle, attempt: 1 };
        let diagnostics = HostDiagnostics::new(HostErrorCode::Success, "", "", "");
        work.complete(command, is_success, diagnostics, NOW).unwrap();
        work
    }

    fn gone() -> HostWork {
        let mut work = work();
        work.lose_host(NOW).unwrap();
        work
    }

    #[test]
    fn a_status_follows_from_the_work_and_from_whether_the_deployment_is_over() {
        use TargetStatus::{Failed, InProgress, Pending, Skipped, Succeeded, Unknown};
        let succeeded = HostWork { outcome: Some(HostOutcome::Succeeded), ..work() };
        let cases = [
            ("not begun", work(), [Pending, Skipped], [[Pending, Pending], [Skipped, Skipped]]),
            ("claimed", claimed(), [InProgress, Unknown], [[InProgress, Pending], [Unknown, Skipped]]),
            ("between two", reported(true), [InProgress, Unknown], [[Succeeded, Pending], [Succeeded, Skipped]]),
            ("failed", reported(false), [Failed, Failed], [[Failed, Skipped], [Failed, Skipped]]),
            ("gone", gone(), [Skipped, Skipped], [[Skipped, Skipped], [Skipped, Skipped]]),
            ("succeeded", succeeded, [Succeeded, Succeeded], [[Pending, Pending], [Skipped, Skipped]]),
        ];
        for (name, work, statuses, events) in cases {
            for (has_ended, status, events) in [(false, statuses[0], events[0]), (true, statuses[1], events[1])] {
                assert_eq!(work.target_status(has_ended), status, "{name}, ended: {has_ended}");
                let shown: Vec<_> = work.events.iter().map(|run| run.event_status(has_ended)).collect();
                assert_eq!(shown, events, "{name}, ended: {has_ended}");
            }
        }
    }

    #[test]
    fn a_host_is_told_of_when_it_begins_and_when_it_ends() {
        let ok = || HostDiagnostics::new(HostErrorCode::Success, "", "Succeeded", "");
        let waiting = work();
        assert_eq!(waiting.told_state(), None);
        let mut work = claimed();
        assert_eq!(work.told_state(), Some(InstanceState::Start));
        work.complete(work.command().unwrap(), true, ok(), NOW);
        assert_eq!(work.told_state(), None);
        work.acknowledge(work.command().unwrap(), NOW);
        assert_eq!(work.told_state(), None, "only the first event is its beginning");
        let mut failed = work.clone();
        work.complete(work.command().unwrap(), true, ok(), NOW);
        assert_eq!(work.told_state(), Some(InstanceState::Success));
        failed.complete(failed.command().unwrap(), false, ok(), NOW);
        assert_eq!(failed.told_state(), Some(InstanceState::Failure));
        let mut gone = waiting;
        gone.lose_host(NOW);
        assert_eq!(gone.told_state(), None, "it has left the count");
    }
}
