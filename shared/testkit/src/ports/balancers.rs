//! The load balancers of a fleet.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::LoadBalancerInfo;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::HostId;
use spillway_domain::server::traffic::{Balancer, BalancerKind, Membership};
use spillway_engine::ports::balancers::{Balancers, RefusedHost};

use crate::World;
use crate::agent::HostPlan;
use crate::world::Inner;

/// How long the health checks of a new member take.
const CHECKS: SignedDuration = SignedDuration::from_secs(20);
/// How long a member drains.
const DRAINS: SignedDuration = SignedDuration::from_secs(30);

/// A host that is registered with a load balancer.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// From when on its health checks pass; `None` if they never do.
    pub healthy_at: Option<Timestamp>,
    /// When it has drained; `None` while it is not deregistered.
    pub drained_at: Option<Timestamp>,
}

impl Inner {
    /// Whether a load balancer may send requests to a host.
    pub(crate) fn is_in_traffic(&self, host: &HostId) -> bool {
        let members = self.balancers.values().filter_map(|members| members.get(host));
        members.into_iter().any(|member| member.drained_at.is_none_or(|at| at > self.now))
    }

    /// Whether every load balancer sends requests to a host.
    pub(crate) fn is_in_full_traffic(&self, host: &HostId) -> bool {
        let is_healthy =
            |member: &Member| member.drained_at.is_none() && member.healthy_at.is_some_and(|at| at <= self.now);
        self.balancers.values().all(|members| members.get(host).is_some_and(is_healthy))
    }

    /// Notes as a fault a replacement that gets traffic before it has the revision.
    fn check_registration(&mut self, members: &[(HostId, Member)]) {
        let has_run = |host: &HostId| {
            let ran = self.agents.get(host).into_iter().flat_map(|agent| &agent.ran);
            ran.into_iter().any(|(_, event)| *event == HostEvent::ValidateService)
        };
        let early = members.iter().filter(|(host, _)| self.without_revision.contains(host) && !has_run(host));
        let faults: Vec<String> =
            early.map(|(host, _)| format!("{host} gets traffic before it has the revision")).collect();
        self.faults.extend(faults);
    }

    /// Notes as a fault of a blue/green deployment that no host is left in the traffic.
    fn check_deregistration(&mut self, hosts: &[HostId]) {
        if self.without_revision.is_empty() {
            return;
        }
        let all: Vec<&HostId> = self.fleet.iter().map(|instance| &instance.found.id).collect();
        if !all.iter().any(|host| !hosts.contains(host) && self.is_in_full_traffic(host)) {
            self.faults.push(format!("{hosts:?} leave the traffic, and no other host is in it"));
        }
    }

    fn balancer(&mut self, name: &str) -> Result<&mut BTreeMap<HostId, Member>, Problem> {
        if self.denied {
            return Err(Problem::new(
                ProblemKind::Denied,
                "elasticloadbalancing:DescribeTargetHealth failed: AccessDenied.",
            ));
        }
        self.balancers.get_mut(name).ok_or_else(|| {
            Problem::new(
                ProblemKind::Missing,
                format!("elasticloadbalancing:DescribeTargetGroups of target group {name} finds none."),
            )
        })
    }

    fn look_at(&mut self, kind: BalancerKind, name: &str) -> Result<Balancer, Problem> {
        let now = self.now;
        let own = self.balancer(name)?;
        own.retain(|_, member| member.drained_at.is_none_or(|at| at > now));
        let membership = |member: &Member| match (member.drained_at, member.healthy_at) {
            (Some(_), _) => Membership::Draining,
            (None, Some(at)) if at <= now => Membership::Healthy,
            (None, _) => Membership::Unhealthy("unhealthy (Target.Timeout: Request timed out)".to_owned()),
        };
        let members = own.iter().map(|(host, member)| (host.clone(), membership(member))).collect();
        Ok(Balancer { kind, name: name.to_owned(), id: name.to_owned(), members })
    }
}

impl Balancers for World {
    async fn look(&self, _: &RoleSession, wanted: &LoadBalancerInfo) -> Result<Vec<Balancer>, Problem> {
        self.call(|world| {
            let groups = wanted.target_groups.iter().map(|name| (BalancerKind::TargetGroup, name.to_string()));
            let classic = wanted.classic.iter().map(|name| (BalancerKind::Classic, name.to_string()));
            groups.chain(classic).map(|(kind, name)| world.look_at(kind, &name)).collect()
        })
        .await
    }

    async fn register(
        &self,
        _: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        self.call(|world| {
            let healthy_at = world.now + CHECKS;
            let is_there = |host: &&HostId| world.fleet.iter().any(|instance| instance.found.id == **host);
            let (known, unknown): (Vec<&HostId>, Vec<&HostId>) = hosts.iter().partition(is_there);
            let plan = |host: &HostId| world.agents.get(host).map(|agent| agent.plan);
            let members: Vec<(HostId, Member)> = known
                .into_iter()
                .map(|host| {
                    let is_well = plan(host) != Some(HostPlan::NeverHealthy);
                    (host.clone(), Member { healthy_at: is_well.then_some(healthy_at), drained_at: None })
                })
                .collect();
            world.check_registration(&members);
            let own = world.balancer(&balancer.name)?;
            for (host, member) in members {
                if own.get(&host).is_none_or(|member| member.drained_at.is_some()) {
                    own.insert(host, member);
                }
            }
            let refused = |host: &HostId| (host.clone(), format!("{balancer} refuses {host}: InvalidTarget."));
            Ok(unknown.into_iter().map(refused).collect())
        })
        .await
    }

    async fn deregister(
        &self,
        _: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        self.call(|world| {
            let drained_at = world.now + DRAINS;
            world.check_deregistration(hosts);
            let own = world.balancer(&balancer.name)?;
            for host in hosts {
                if let Some(member) = own.get_mut(host) {
                    member.drained_at = member.drained_at.or(Some(drained_at));
                }
            }
            Ok(Vec::new())
        })
        .await
    }
}
