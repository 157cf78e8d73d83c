//! Hosts behind load balancers: which hosts a load balancer has to take in or to let go, and when a host is there.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::LATEST_WRITE_SECONDS;
use crate::server::diagnostics::{HostDiagnostics, HostErrorCode};
use crate::server::event::HostEvent;
use crate::server::host::HostId;
use crate::server::work::{Ended, HostWork};

/// How often the load balancers are looked at while hosts are on their way out of them or into them.
pub const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// A lifecycle event that the service sees to, and no agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrafficEvent {
    /// BlockTraffic: the load balancers let the host go.
    Block,
    /// AllowTraffic: the load balancers take the host in.
    Allow,
}

impl TrafficEvent {
    /// Of a lifecycle event; `None` where the agent sees to it.
    pub fn of(event: HostEvent) -> Option<Self> {
        match event {
            HostEvent::BlockTraffic => Some(Self::Block),
            HostEvent::AllowTraffic => Some(Self::Allow),
            HostEvent::BeforeBlockTraffic
            | HostEvent::AfterBlockTraffic
            | HostEvent::ApplicationStop
            | HostEvent::DownloadBundle
            | HostEvent::BeforeInstall
            | HostEvent::Install
            | HostEvent::AfterInstall
            | HostEvent::ApplicationStart
            | HostEvent::ValidateService
            | HostEvent::BeforeAllowTraffic
            | HostEvent::AfterAllowTraffic => None,
        }
    }

    /// The lifecycle event.
    pub fn of_host(self) -> HostEvent {
        match self {
            Self::Block => HostEvent::BlockTraffic,
            Self::Allow => HostEvent::AllowTraffic,
        }
    }
}

impl HostWork {
    /// The event that the service sees to at this moment.
    pub fn traffic_event(&self) -> Option<TrafficEvent> {
        let run = self.current().filter(|_| self.outcome.is_none())?;
        TrafficEvent::of(run.event)
    }

    /// Whether load balancers were told to let the host go.
    pub fn has_left(&self) -> bool {
        let block = self.events.iter().find(|run| run.event == HostEvent::BlockTraffic);
        block.is_some_and(|run| run.started_at.is_some())
    }

    /// An event that the service sees to has ended, in these words; `None` when the host is at another one.
    pub fn end_traffic_event(
        &mut self,
        event: TrafficEvent,
        outcome: &Result<String, String>,
        now: Timestamp,
    ) -> Option<Ended> {
        if self.traffic_event() != Some(event) {
            return None;
        }
        let (code, message) = match outcome {
            Ok(words) => (HostErrorCode::Success, words),
            Err(words) => (HostErrorCode::UnknownError, words),
        };
        let (diagnostics, is_success) = (HostDiagnostics::of_service(code, message), outcome.is_ok());
        Some(self.end_event(event.of_host(), is_success, is_success, diagnostics, now))
    }
}

/// From when on nothing late can undo what the event of a host does, in a deployment that began then. A load balancer takes
/// a change without a condition, so one of an invocation that hung may come as late as its function lives: a host is
/// taken for out of traffic when none can come that registers it, and registered when none can come that deregisters it.
/// An on-premises instance is behind no load balancer, so nothing late can come for it.
pub fn settled_at(work: &HostWork, event: TrafficEvent, began_at: Timestamp) -> Timestamp {
    let latest = SignedDuration::from_secs(i64::from(LATEST_WRITE_SECONDS));
    let blocked = || work.events.iter().find(|run| run.event == HostEvent::BlockTraffic)?.ended_at;
    match event {
        _ if !work.host.id.is_of_ec2() => began_at,
        TrafficEvent::Block => began_at + latest,
        TrafficEvent::Allow => blocked().unwrap_or(began_at) + latest,
    }
}

/// What the load balancer of a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BalancerKind {
    /// A target group.
    TargetGroup,
    /// A classic load balancer.
    Classic,
}

/// A target group or a classic load balancer, and how it has its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balancer {
    /// What it is.
    pub kind: BalancerKind,
    /// Its name.
    pub name: String,
    /// By what its API names it: the ARN of a target group, and again the name of a classic load balancer.
    pub id: String,
    /// The hosts that are registered.
    pub members: BTreeMap<HostId, Membership>,
}

impl fmt::Display for Balancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            BalancerKind::TargetGroup => "target group",
            BalancerKind::Classic => "load balancer",
        };
        write!(f, "{kind} {}", self.name)
    }
}

/// How a load balancer has a registered host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// It sends requests to the host.
    Healthy,
    /// It sends none, or sends them for want of a healthy host; its state and reason.
    Unhealthy(String),
    /// It ends the connections to a host that was deregistered.
    Draining,
}

/// What a load balancer has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// The hosts to register.
    pub register: Vec<HostId>,
    /// The hosts to deregister.
    pub deregister: Vec<HostId>,
}

/// What `balancer` has to be told for the events of these hosts.
pub fn changes(balancer: &Balancer, hosts: &[(HostId, TrafficEvent)]) -> Changes {
    let mut changes = Changes::default();
    for (host, event) in hosts {
        match (event, balancer.members.get(host)) {
            (TrafficEvent::Block, Some(Membership::Healthy | Membership::Unhealthy(_))) => {
                changes.deregister.push(host.clone());
            }
            (TrafficEvent::Allow, None | Some(Membership::Draining)) => changes.register.push(host.clone()),
            (TrafficEvent::Block, None | Some(Membership::Draining))
            | (TrafficEvent::Allow, Some(Membership::Healthy | Membership::Unhealthy(_))) => {}
        }
    }
    changes
}

/// How the event of a host has ended, as `balancers` were seen before anything was changed for it; `None` while the
/// host is on its way and has time.
pub fn outcome(
    work: &HostWork,
    event: TrafficEvent,
    balancers: &[Balancer],
    now: Timestamp,
) -> Option<Result<String, String>> {
    let host = &work.host.id;
    if !host.is_of_ec2() {
        return Some(Ok(format!("{host} is an on-premises instance, so it is behind no load balancer.")));
    }
    let awaited = balancers.iter().find(|balancer| !is_there(balancer.members.get(host), event));
    let Some(awaited) = awaited else { return Some(Ok("Succeeded".to_owned())) };
    let is_late = work.due_at.is_some_and(|due_at| due_at <= now);
    is_late.then(|| Err(late(host, event, awaited)))
}

/// CodeDeploy's sentence where one is known, and what was seen last.
fn late(host: &HostId, event: TrafficEvent, awaited: &Balancer) -> String {
    let state = match awaited.members.get(host) {
        None => "not registered".to_owned(),
        Some(Membership::Healthy) => "healthy".to_owned(),
        Some(Membership::Unhealthy(words)) => words.clone(),
        Some(Membership::Draining) => "draining".to_owned(),
    };
    match event {
        TrafficEvent::Allow => format!(
            "The EC2 instance did not turn into the expected healthy state in {awaited} within 1 hour. {host} is {state}."
        ),
        TrafficEvent::Block => {
            format!(
                "The deregistration of the EC2 instance from {awaited} did not end within 1 hour. {host} is {state}."
            )
        }
    }
}

fn is_there(membership: Option<&Membership>, event: TrafficEvent) -> bool {
    match (event, membership) {
        (TrafficEvent::Block, None) | (TrafficEvent::Allow, Some(Membership::Healthy)) => true,
        (TrafficEvent::Block, Some(Membership::Healthy | Membership::Unhealthy(_) | Membership::Draining))
        | (TrafficEvent::Allow, None | Some(Membership::Unhealthy(_) | Membership::Draining)) => false,
    }
}
