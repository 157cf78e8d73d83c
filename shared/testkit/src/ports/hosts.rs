//! Hosts: the EC2 instances that there are, their work, and what is known of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{AutoScalingGroupName, TagSelection};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::blue_green::Selector;
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::fleet::{HostState, Tally};
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::phase::Phase;
use spillway_domain::server::progress::{Roster, Selection};
use spillway_domain::server::work::{Ended, HostOutcome, HostWork};
use spillway_engine::ports::hosts::{
    Fleets, FoundInstance, HostDossier, HostDossiers, HostStatus, HostWorks, OpenWork, Terminations,
};

use crate::World;
use crate::agent::HostPlan;
use crate::world::Inner;

/// An EC2 instance.
#[derive(Debug, Clone)]
pub struct Ec2Instance {
    /// As EC2 describes it.
    pub found: FoundInstance,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Whether it was terminated.
    pub is_terminated: bool,
}

impl Fleets for World {
    async fn find(
        &self,
        _: &RoleSession,
        tags: &TagSelection,
        groups: &[AutoScalingGroupName],
    ) -> Result<Vec<FoundInstance>, Problem> {
        self.call(|world| {
            if world.denied {
                return Err(Problem::new(ProblemKind::Denied, "ec2:DescribeInstances failed: UnauthorizedOperation."));
            }
            if let Some(problem) = &world.finding {
                return Err(problem.clone());
            }
            for group in groups {
                let has_hook = world.auto_scaling.hooks.keys().any(|hook| hook.group == *group);
                let has_instance = |instance: &Ec2Instance| instance.found.auto_scaling_group.as_ref() == Some(group);
                if !has_hook && !world.fleet.iter().any(has_instance) {
                    let words = format!("autoscaling:DescribeAutoScalingGroups of {group} failed: there is none.");
                    return Err(Problem::new(ProblemKind::Missing, words));
                }
            }
            let selector = Selector { ec2_tags: tags, auto_scaling_groups: groups };
            let is_meant = |instance: &&Ec2Instance| !instance.is_terminated && world.selects(selector, instance);
            Ok(world.fleet.iter().filter(is_meant).map(|instance| instance.found.clone()).collect())
        })
        .await
    }

    async fn instance(&self, _: &RoleSession, id: &HostId) -> Result<Option<FoundInstance>, Problem> {
        self.call(|world| {
            let found = world.fleet.iter().find(|instance| instance.found.id == *id && !instance.is_terminated);
            Ok(found.map(|instance| instance.found.clone()))
        })
        .await
    }

    async fn terminated(&self, _: &RoleSession, ids: &[HostId]) -> Result<Vec<HostId>, Problem> {
        self.call(|world| {
            let is_there = |id: &HostId| {
                let has_left = world.agents.get(id).is_some_and(|agent| agent.plan == HostPlan::Terminated);
                !has_left && world.fleet.iter().any(|instance| instance.found.id == *id && !instance.is_terminated)
            };
            Ok(ids.iter().filter(|id| !is_there(id)).cloned().collect())
        })
        .await
    }
}

impl Terminations for World {
    async fn terminate(&self, _: &RoleSession, ids: &[HostId]) -> Result<(), Problem> {
        self.call(|world| {
            world.check_termination("ec2:TerminateInstances")?;
            let indices = world.fleet.iter().enumerate().filter(|(_, instance)| ids.contains(&instance.found.id));
            let indices: Vec<usize> = indices.map(|(index, _)| index).collect();
            indices.into_iter().for_each(|index| world.terminate_instance(index));
            Ok(())
        })
        .await
    }

    async fn empty(&self, _: &RoleSession, group: &AutoScalingGroupName) -> Result<(), Problem> {
        self.call(|world| {
            world.check_termination("autoscaling:UpdateAutoScalingGroup")?;
            let is_of_group = |instance: &Ec2Instance| instance.found.auto_scaling_group.as_ref() == Some(group);
            let there = world.fleet.iter().enumerate();
            let there = there.filter(|(_, instance)| !instance.is_terminated && is_of_group(instance));
            let indices: Vec<usize> = there.map(|(index, _)| index).collect();
            indices.into_iter().for_each(|index| world.terminate_instance(index));
            Ok(())
        })
        .await
    }
}

fn key(roster: &Roster) -> (DeploymentId, String) {
    (roster.deployment.clone(), roster.name.clone())
}

impl HostWorks for World {
    async fn create_works(&self, roster: &Roster, _: Timestamp, works: &[HostWork]) -> Result<(), Problem> {
        self.call(|world| {
            for work in works {
                let own = world.works.entry(key(roster)).or_default();
                own.insert(work.host.id.clone(), work.clone());
                let open = OpenWork { roster: roster.clone(), host: work.host.id.clone() };
                let dossier = world.dossiers.entry(work.host.identifier.clone()).or_default();
                if !dossier.open.contains(&open) {
                    dossier.open.push(open);
                }
            }
            Ok(())
        })
        .await
    }

    async fn works(&self, roster: &Roster) -> Result<Vec<HostWork>, Problem> {
        self.call(|world| Ok(world.works.get(&key(roster)).into_iter().flat_map(|own| own.values().cloned()).collect()))
            .await
    }

    async fn works_of(&self, roster: &Roster, hosts: &[HostId]) -> Result<Vec<HostWork>, Problem> {
        self.call(|world| {
            let own = world.works.get(&key(roster));
            Ok(hosts.iter().filter_map(|host| own?.get(host).cloned()).collect())
        })
        .await
    }

    async fn save_work(&self, roster: &Roster, next: &HostWork, ended: Option<&Ended>) -> Result<(), Problem> {
        self.call(|world| {
            let own = world.works.entry(key(roster)).or_default();
            if own.get(&next.host.id) == Some(next) {
                return Ok(());
            }
            let follows = own.get(&next.host.id).is_some_and(|work| work.generation + 1 == next.generation);
            if !follows {
                return Err(Problem::new(ProblemKind::Stale, "the work of the host has changed"));
            }
            own.insert(next.host.id.clone(), next.clone());
            if let Some(Ended { event, diagnostics }) = ended {
                let of = (roster.deployment.clone(), roster.name.clone(), next.host.id.clone());
                world.host_diagnostics.entry(of).or_default().insert(*event, diagnostics.clone());
                if world.diary.is_some() {
                    let words = format!("{event}: {}", diagnostics.message);
                    world.write_diary(next.host.id.as_str(), &words);
                }
            }
            if next.told_state().is_some() {
                world.host_news.push((roster.deployment.clone(), next.clone()));
            }
            if next.outcome.is_some() || next.traffic_event().is_some() {
                world.advancing.insert(roster.deployment.clone());
            }
            Ok(())
        })
        .await
    }

    async fn note_log(
        &self,
        roster: &Roster,
        work: &HostWork,
        event: HostEvent,
        so_far: &HostDiagnostics,
    ) -> Result<(), Problem> {
        self.call(|world| {
            let own = world.works.get(&key(roster)).and_then(|own| own.get(&work.host.id));
            if own == Some(work) {
                let of = (roster.deployment.clone(), roster.name.clone(), work.host.id.clone());
                world.host_diagnostics.entry(of).or_default().insert(event, so_far.clone());
            }
            Ok(())
        })
        .await
    }

    async fn diagnostics(
        &self,
        roster: &Roster,
        host: &HostId,
    ) -> Result<BTreeMap<HostEvent, HostDiagnostics>, Problem> {
        let of = (roster.deployment.clone(), roster.name.clone(), host.clone());
        self.call(|world| Ok(world.host_diagnostics.get(&of).cloned().unwrap_or_default())).await
    }
}

impl HostDossiers for World {
    async fn dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem> {
        self.call(|world| Ok(world.dossiers.get(host).cloned().unwrap_or_default())).await
    }

    async fn recent_dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem> {
        self.dossier(host).await
    }

    async fn note_seen(&self, host: &HostIdentifier, at: Timestamp, stops: bool) -> Result<(), Problem> {
        self.call(|world| {
            let dossier = world.dossiers.entry(host.clone()).or_default();
            dossier.seen_at = Some(at);
            dossier.stopped_at = stops.then_some(at);
            Ok(())
        })
        .await
    }

    async fn note_status(&self, host: &HostIdentifier, group_id: &str, status: &HostStatus) -> Result<(), Problem> {
        self.call(|world| {
            let dossier = world.dossiers.entry(host.clone()).or_default();
            dossier.groups.insert(group_id.to_owned(), status.clone());
            Ok(())
        })
        .await
    }

    async fn close_work(&self, host: &HostIdentifier, roster: &Roster) -> Result<(), Problem> {
        self.call(|world| {
            if let Some(dossier) = world.dossiers.get_mut(host) {
                dossier.open.retain(|open| open.roster != *roster);
            }
            Ok(())
        })
        .await
    }
}

impl Inner {
    /// The work of the hosts of a deployment in all of its phases, by the lists that its record names.
    pub(crate) fn works_of_deployment(&self, id: &DeploymentId) -> impl Iterator<Item = (Phase, &HostWork)> {
        let rosters = self.records.get(id).map(Deployment::rosters).unwrap_or_default();
        let works = |(phase, roster)| self.works.get(&key(&roster)).map(|works| (phase, works));
        rosters.into_iter().filter_map(works).flat_map(|(phase, works)| works.values().map(move |work| (phase, work)))
    }

    /// Whether an instance is in an environment.
    pub(crate) fn selects(&self, selector: Selector<'_>, instance: &Ec2Instance) -> bool {
        let group = instance.found.auto_scaling_group.as_ref();
        group.is_some_and(|group| selector.auto_scaling_groups.contains(group))
            || selector.ec2_tags.fits(&instance.tags)
    }

    /// Notes as a fault an original that is terminated while it may be needed.
    fn check_termination(&mut self, what: &str) -> Result<(), Problem> {
        if self.denied {
            return Err(Problem::new(ProblemKind::Denied, format!("{what} failed: UnauthorizedOperation.")));
        }
        if !self.records.values().any(|record| record.replacement().is_some() && record.is_settled()) {
            self.faults.push(format!("{what} while the original may be needed"));
        }
        Ok(())
    }

    /// Notes as a fault what lets more hosts work than the rules allow. A host that is gone may break them by itself.
    pub(crate) fn check_release(&mut self, next: &Deployment) {
        let released = |record: &Deployment| record.server.as_ref().map_or(0, |progress| progress.watermark.released);
        let before = self.records.get(&next.id).map_or(0, released);
        let (Some(target), Some(roster), Some(progress)) = (next.server_target(), next.roster(), &next.server) else {
            return;
        };
        if released(next) <= before {
            return;
        }
        let aside = match progress.selection {
            Selection::Hosts { aside, .. } => aside,
            Selection::NoOriginals | Selection::TooMany { .. } => 0,
        };
        let hosts: Vec<HostState> =
            self.works.get(&key(&roster)).into_iter().flat_map(|works| works.values().map(HostState::from)).collect();
        let tally = Tally::of(&hosts, released(next));
        let is_whole = hosts.iter().all(|host| host.outcome != Some(HostOutcome::Gone));
        let minimum = target.rules.minimum.of(tally.hosts + aside);
        if is_whole && next.phase().installs() && tally.untouched + tally.succeeded + aside < minimum {
            self.faults.push(format!("{}: {minimum} hosts have to stay healthy: {tally:?}", next.id));
        }
    }
}
