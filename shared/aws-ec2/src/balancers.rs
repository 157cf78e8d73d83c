//! Target groups and classic load balancers, as they have instances.

use std::collections::BTreeMap;

use spillway_aws_core::{Failure, Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::LoadBalancerInfo;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::host::HostId;
use spillway_domain::server::traffic::{Balancer, BalancerKind, Membership};
use spillway_engine::ports::balancers::RefusedHost;

use crate::answers::{self, Target};
use crate::query::{Operation, ask};
use crate::unreadable;

/// How many hosts are named in one call.
const HOSTS_PER_CALL: usize = 100;
/// What the two APIs say of an instance that they do not take, or of one too many.
const REFUSALS: [&str; 6] = [
    "InvalidTarget",
    "InvalidInstance",
    "InvalidEndPoint",
    "TooManyTargets",
    "TooManyRegistrationsForTargetId",
    "TargetGroupAssociationLimit",
];

/// The load balancers that the service roles may touch.
#[derive(Debug)]
pub struct Balancers {
    roles: Roles,
}

/// An instance, as a call names it: its id, and the port of its registration where it has one of its own.
type Named = (HostId, Option<String>);

impl Balancers {
    /// Load balancers that are touched as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { roles: roles.clone() }
    }
}

impl spillway_engine::ports::balancers::Balancers for Balancers {
    async fn look(&self, session: &RoleSession, wanted: &LoadBalancerInfo) -> Result<Vec<Balancer>, Problem> {
        let config = &self.roles.config(session);
        let mut found = Vec::new();
        for name in &wanted.target_groups {
            let id = target_group(config, name.as_str()).await?;
            let targets = targets(config, &id, name.as_str()).await?;
            found.push(balancer(BalancerKind::TargetGroup, name.as_str(), id, targets));
        }
        for name in &wanted.classic {
            let what = format!("elasticloadbalancing:DescribeInstanceHealth of load balancer {name}");
            let fields = vec![("LoadBalancerName".to_owned(), name.to_string())];
            let text = Box::pin(ask(config, Operation::DescribeInstanceHealth, fields)).await;
            let text = text.map_err(|error| absent(&what, "LoadBalancerNotFound", &error))?;
            let instances = answers::balanced_instances(&text).map_err(|words| unreadable(&what, &words))?;
            found.push(balancer(BalancerKind::Classic, name.as_str(), name.to_string(), instances));
        }
        Ok(found)
    }

    async fn register(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        let operation = match balancer.kind {
            BalancerKind::TargetGroup => Operation::RegisterTargets,
            BalancerKind::Classic => Operation::RegisterInstancesWithLoadBalancer,
        };
        let named: Vec<Named> = hosts.iter().map(|host| (host.clone(), None)).collect();
        change(&self.roles.config(session), operation, balancer, &named).await
    }

    async fn deregister(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        let config = &self.roles.config(session);
        let (operation, named) = match balancer.kind {
            // A target that was registered with a port of its own is known by that port only.
            BalancerKind::TargetGroup => {
                let targets = targets(config, &balancer.id, &balancer.name).await?.into_iter();
                let named = targets.filter_map(|target| {
                    let host = hosts.iter().find(|host| host.as_str() == target.id)?;
                    Some((host.clone(), target.port))
                });
                (Operation::DeregisterTargets, named.collect())
            }
            BalancerKind::Classic => {
                let named: Vec<Named> = hosts.iter().map(|host| (host.clone(), None)).collect();
                (Operation::DeregisterInstancesFromLoadBalancer, named)
            }
        };
        change(config, operation, balancer, &named).await
    }
}

/// The ARN of a target group.
async fn target_group(config: &SdkConfig, name: &str) -> Result<String, Problem> {
    let what = format!("elasticloadbalancing:DescribeTargetGroups of target group {name}");
    let fields = vec![("Names.member.1".to_owned(), name.to_owned())];
    let text = Box::pin(ask(config, Operation::DescribeTargetGroups, fields)).await;
    let text = text.map_err(|error| absent(&what, "TargetGroupNotFound", &error))?;
    let mut found = answers::target_groups(&text).map_err(|words| unreadable(&what, &words))?;
    found.remove(name).ok_or_else(|| Problem::new(ProblemKind::Missing, format!("{what} finds none.")))
}

async fn targets(config: &SdkConfig, arn: &str, name: &str) -> Result<Vec<Target>, Problem> {
    let what = format!("elasticloadbalancing:DescribeTargetHealth of target group {name}");
    let fields = vec![("TargetGroupArn".to_owned(), arn.to_owned())];
    let text = Box::pin(ask(config, Operation::DescribeTargetHealth, fields)).await;
    let text = text.map_err(|error| absent(&what, "TargetGroupNotFound", &error))?;
    answers::targets(&text).map_err(|words| unreadable(&what, &words))
}

/// A host that is registered with several ports is as the worst of them.
fn balancer(kind: BalancerKind, name: &str, id: String, targets: Vec<Target>) -> Balancer {
    let mut members = BTreeMap::new();
    for Target { id, membership, .. } in targets {
        let Ok(host) = id.parse::<HostId>() else { continue };
        let worst = match (members.remove(&host), membership) {
            (Some(Membership::Healthy) | None, membership) => membership,
            (Some(worst), _) => worst,
        };
        members.insert(host, worst);
    }
    Balancer { kind, name: name.to_owned(), id, members }
}

/// Makes a change for all of these hosts. Where one of them is refused, all are, so then each is tried by itself.
async fn change(
    config: &SdkConfig,
    operation: Operation,
    balancer: &Balancer,
    hosts: &[Named],
) -> Result<Vec<RefusedHost>, Problem> {
    let mut refused = Vec::new();
    for hosts in hosts.chunks(HOSTS_PER_CALL) {
        match Box::pin(ask(config, operation, fields(balancer, hosts))).await {
            Ok(_) => {}
            Err(error) if !is_refusal(&error) => return Err(failure(operation, balancer, &error)),
            Err(_) => {
                for host in hosts {
                    match Box::pin(ask(config, operation, fields(balancer, std::slice::from_ref(host)))).await {
                        Ok(_) => {}
                        Err(error) if is_refusal(&error) => {
                            refused.push((host.0.clone(), failure(operation, balancer, &error).words));
                        }
                        Err(error) => return Err(failure(operation, balancer, &error)),
                    }
                }
            }
        }
    }
    Ok(refused)
}

fn fields(balancer: &Balancer, hosts: &[Named]) -> Vec<(String, String)> {
    let hosts = (1..).zip(hosts);
    match balancer.kind {
        BalancerKind::TargetGroup => {
            let group = ("TargetGroupArn".to_owned(), balancer.id.clone());
            let targets = hosts.flat_map(|(number, (host, port))| {
                let id = (format!("Targets.member.{number}.Id"), host.to_string());
                let port = port.iter().map(move |port| (format!("Targets.member.{number}.Port"), port.clone()));
                std::iter::once(id).chain(port)
            });
            std::iter::once(group).chain(targets).collect()
        }
        BalancerKind::Classic => {
            let name = ("LoadBalancerName".to_owned(), balancer.id.clone());
            let instances =
                hosts.map(|(number, (host, _))| (format!("Instances.member.{number}.InstanceId"), host.to_string()));
            std::iter::once(name).chain(instances).collect()
        }
    }
}

fn is_refusal(error: &Failure) -> bool {
    code(error).is_some_and(|code| REFUSALS.contains(&code))
}

fn failure(operation: Operation, balancer: &Balancer, error: &Failure) -> Problem {
    problem(&format!("elasticloadbalancing:{operation:?} of {balancer}"), error)
}

/// The problem of a call about something that may not be there.
fn absent(what: &str, absence: &str, error: &Failure) -> Problem {
    if code(error) == Some(absence) {
        Problem::new(ProblemKind::Missing, format!("{what} finds none."))
    } else {
        problem(what, error)
    }
}
