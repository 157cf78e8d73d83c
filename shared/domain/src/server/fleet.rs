//! The planner of a fleet: from what all hosts show to how far the watermark rises, or how the deployment ends.
//!
//! It is pure and remembers nothing but when the watermark rose. The hosts' states may have been read a little late.
//! They only ever go forward, so a late read takes a host that has ended for one that works: the watermark rises later
//! for it, and never too early.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::catalog::config::{HealthyHosts, ZonalConfig};
use crate::server::work::{HostOutcome, HostWork};

/// How many hosts may begin with one decision. The table takes a thousand writes a second of a key, so the hosts of a
/// large fleet begin in steps of this size.
pub const MOST_AT_ONCE: u32 = 500;

/// How a fleet is deployed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetRules {
    /// How many hosts have to be healthy at every moment.
    pub minimum: HealthyHosts,
    /// How zones are deployed to, where one comes after the other.
    pub zones: Option<ZonalConfig>,
}

/// How far a fleet is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watermark {
    /// The hosts of a lower rank may work.
    pub released: u32,
    /// The releases of which some host has not begun.
    pub silent: Vec<Release>,
}

/// Hosts that were released together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The first rank.
    pub from: u32,
    /// The rank after the last.
    pub to: u32,
    /// When.
    pub at: Timestamp,
}

/// What the planner has to know of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostState {
    /// Its place in the order of work.
    pub rank: u32,
    /// Its zone.
    pub zone: Option<String>,
    /// Whether its agent has begun.
    pub has_begun: bool,
    /// How long its agent may take to begin.
    pub begins_within: SignedDuration,
    /// Whether its load balancers let it go or take it in at this moment.
    pub in_traffic_event: bool,
    /// Whether a load balancer had it when it was selected to leave the traffic.
    pub had_traffic: bool,
    /// How its work ended.
    pub outcome: Option<HostOutcome>,
    /// When its work was last saved.
    pub updated_at: Timestamp,
    /// When the next thing has to happen to it, once its agent has begun.
    pub due_at: Option<Timestamp>,
}

impl From<&HostWork> for HostState {
    fn from(work: &HostWork) -> Self {
        Self {
            rank: work.rank,
            zone: work.host.zone.clone(),
            has_begun: work.has_begun(),
            begins_within: work.begins_within(),
            in_traffic_event: work.traffic_event().is_some(),
            had_traffic: work.host.had_traffic,
            outcome: work.outcome,
            updated_at: work.updated_at,
            due_at: work.due_at,
        }
    }
}

/// What a fleet does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetStep {
    /// Further hosts may work: those of a lower rank.
    Release(u32),
    /// Hosts are at work, or a zone is watched; until when at the latest.
    Wait(FleetWait),
    /// It is over, and went well.
    Succeeded,
    /// It cannot succeed, and no host is at work.
    Failed(Shortage),
}

/// What a fleet waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetWait {
    /// Hosts at work; when the first of them has taken too long.
    Hosts(Option<Timestamp>),
    /// The hosts of a zone, which serve under watch until then.
    Zone(String, Timestamp),
}

/// Why a fleet cannot go on: CodeDeploy's HEALTH_CONSTRAINTS, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// How many hosts there are, without those that were terminated.
    pub hosts: u32,
    /// How many of them have to be healthy.
    pub minimum: u32,
    /// How many have succeeded.
    pub succeeded: u32,
    /// How many have failed.
    pub failed: u32,
    /// How many were not touched.
    pub untouched: u32,
    /// The zone whose own minimum it is.
    pub zone: Option<String>,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hosts, minimum, succeeded, failed, untouched, zone } = self;
        let of = zone.as_ref().map_or_else(String::new, |zone| format!(" of {zone}"));
        write!(
            f,
            "Of {}{of}, at least {minimum} must stay healthy; {succeeded} succeeded, {failed} failed, {untouched} not touched.",
            count(*hosts)
        )
    }
}

/// So many hosts, in words.
pub fn count(hosts: u32) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

/// Some hosts in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All, without those that were terminated.
    pub hosts: u32,
    /// Not released.
    pub untouched: u32,
    /// Released, and not at their end.
    pub busy: u32,
    /// Done.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
}

impl Tally {
    /// Counts hosts.
    pub fn of<'a>(hosts: impl IntoIterator<Item = &'a HostState>, released: u32) -> Self {
        let mut tally = Self::default();
        for host in hosts {
            match host.outcome {
                Some(HostOutcome::Gone) => continue,
                Some(HostOutcome::Succeeded) => tally.succeeded += 1,
                Some(HostOutcome::Failed) => tally.failed += 1,
                None if host.rank < released => tally.busy += 1,
                None => tally.untouched += 1,
            }
            tally.hosts += 1;
        }
        tally
    }

    /// With so many healthy hosts that the deployment does not touch.
    fn with(self, aside: u32) -> Self {
        Self { hosts: self.hosts + aside, succeeded: self.succeeded + aside, ..self }
    }

    /// How many more hosts may begin.
    fn room(&self, minimum: u32) -> u32 {
        self.hosts.saturating_sub(minimum).saturating_sub(self.failed).saturating_sub(self.busy)
    }

    fn shortage(&self, minimum: u32, zone: Option<&str>) -> Shortage {
        Shortage {
            hosts: self.hosts,
            minimum,
            succeeded: self.succeeded,
            failed: self.failed,
            untouched: self.untouched,
            zone: zone.map(str::to_owned),
        }
    }
}

impl Watermark {
    /// Lets further hosts work.
    pub fn rise(&mut self, released: u32, now: Timestamp) {
        if released > self.released {
            self.silent.push(Release { from: self.released, to: released, at: now });
            self.released = released;
        }
    }

    /// Forgets the releases all of whose hosts have begun or ended.
    pub fn forget(&mut self, hosts: &[HostState]) {
        let is_silent = |host: &&HostState| host.outcome.is_none() && !host.has_begun;
        let silent: Vec<u32> = hosts.iter().filter(is_silent).map(|host| host.rank).collect();
        self.silent.retain(|release| silent.iter().any(|rank| (release.from..release.to).contains(rank)));
    }

    /// When a host was released that has not begun.
    pub fn released_at(&self, rank: u32) -> Option<Timestamp> {
        let release = self.silent.iter().find(|release| (release.from..release.to).contains(&rank))?;
        Some(release.at)
    }

    /// The ranks of the hosts that have taken too long.
    pub fn overdue(&self, hosts: &[HostState], now: Timestamp) -> Vec<u32> {
        let is_overdue = |host: &&HostState| self.due_at(host).is_some_and(|due_at| due_at <= now);
        hosts.iter().filter(is_overdue).map(|host| host.rank).collect()
    }

    /// When the next thing has to happen to a host.
    fn due_at(&self, host: &HostState) -> Option<Timestamp> {
        match host.outcome {
            // ControlTraffic looks after the time that its load balancers take.
            Some(_) => None,
            None if host.in_traffic_event => None,
            None if host.has_begun => host.due_at,
            None => Some(self.released_at(host.rank)? + host.begins_within),
        }
    }
}

/// A fleet, as one look shows it.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<'a> {
    /// How it is deployed to.
    pub rules: &'a FleetRules,
    /// The hosts of the deployment, in the order of their ranks.
    pub hosts: &'a [HostState],
    /// How many hosts of the fleet are healthy and not touched by the deployment.
    pub aside: u32,
}

/// Decides what the fleet does next.
pub fn next_step(fleet: &Fleet<'_>, watermark: &Watermark, now: Timestamp) -> FleetStep {
    let Fleet { rules, hosts, aside } = *fleet;
    let released = watermark.released;
    let all = Tally::of(hosts, released).with(aside);
    let minimum = rules.minimum.of(all.hosts);
    let zone = rules.zones.and_then(|zones| Zone::current(zones, hosts, released, now));
    if let Some(Zone { name, watched_until: Some(until), .. }) = &zone {
        return FleetStep::Wait(FleetWait::Zone(name.clone(), *until));
    }
    let (room, shortage) = match &zone {
        None => (all.room(minimum), all.shortage(minimum, None)),
        Some(zone) => match (all.room(minimum), zone.tally.room(zone.minimum)) {
            (room, own) if own < room => (own, zone.tally.shortage(zone.minimum, Some(&zone.name))),
            (room, _) => (room, all.shortage(minimum, None)),
        },
    };
    let waiting = zone.as_ref().map_or(all.untouched, |zone| zone.tally.untouched);
    match (waiting, room, all.busy) {
        (0, _, 0) if all.succeeded >= minimum.max(1) => FleetStep::Succeeded,
        (0, _, 0) => FleetStep::Failed(shortage),
        (1.., 0, 0) => FleetStep::Failed(shortage),
        (0, _, _) | (_, 0, _) => {
            let due_at = hosts.iter().filter_map(|host| watermark.due_at(host)).min();
            FleetStep::Wait(FleetWait::Hosts(due_at))
        }
        (1.., 1.., _) => FleetStep::Release(up_to(hosts, released, room.min(MOST_AT_ONCE), zone.map(|zone| zone.name))),
    }
}

/// The rank after the next `count` hosts that can work, within a zone where one is given.
fn up_to(hosts: &[HostState], released: u32, count: u32, zone: Option<String>) -> u32 {
    let in_zone = |host: &&HostState| zone.as_ref().is_none_or(|zone| name_of_zone(host) == *zone);
    let next = hosts.iter().filter(|host| host.rank >= released && host.outcome.is_none()).filter(in_zone);
    next.take(count as usize).last().map_or(released, |host| host.rank + 1)
}

/// The zone that is deployed to, or watched.
struct Zone {
    name: String,
    tally: Tally,
    minimum: u32,
    /// Until when the zone before it is watched.
    watched_until: Option<Timestamp>,
}

impl Zone {
    /// The zone of the hosts that are at work, or else of the next host that is not touched. `None` where no host is left.
    fn current(rules: ZonalConfig, hosts: &[HostState], released: u32, now: Timestamp) -> Option<Self> {
        let is_open = |host: &&HostState| host.outcome.is_none();
        let next = hosts.iter().find(is_open)?;
        let name = name_of_zone(next);
        let tally = Tally::of(hosts.iter().filter(|host| name_of_zone(host) == name), released);
        let minimum = rules.hosts_per_zone.map_or(0, |minimum| minimum.of(tally.hosts));
        let is_fresh = tally.untouched == tally.hosts;
        let before = hosts.iter().filter(|host| host.rank < next.rank && host.outcome != Some(HostOutcome::Gone));
        let last = before.clone().rfind(|host| name_of_zone(host) != name).filter(|_| is_fresh);
        let watched_until = last.and_then(|last| {
            let watched = name_of_zone(last);
            let is_first = before.clone().all(|host| name_of_zone(host) == watched);
            let first = rules.first_monitor_seconds.filter(|_| is_first);
            let seconds = first.or(rules.monitor_seconds).unwrap_or(0);
            let ended_at = before.filter(|host| name_of_zone(host) == watched).map(|host| host.updated_at).max()?;
            Some(ended_at + SignedDuration::from_secs(i64::from(seconds))).filter(|until| *until > now)
        });
        Some(Self { name, tally, minimum, watched_until })
    }
}

/// Hosts that are in no Availability Zone are a zone of their own.
fn name_of_zone(host: &HostState) -> String {
    host.zone.clone().unwrap_or_else(|| "no Availability Zone".to_owned())
}
