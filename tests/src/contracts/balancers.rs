//! Target groups and classic load balancers, as they have hosts.

use spillway_aws_core::Roles;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::LoadBalancerInfo;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::host::HostId;
use spillway_domain::server::traffic::{Balancer, BalancerKind, Membership};
use spillway_engine::ports::balancers::{Balancers, RefusedHost};
use spillway_lab::host::query::{CLASSIC, Query, TARGET_GROUPS};
use spillway_testkit::World;

use super::fleets::{self, Customer as _};
use super::{both_keep, kind, named, session};
use crate::cloud::Cloud;
use crate::cloud::front::{Network, short};

/// Who has load balancers.
trait Customer: Balancers {
    async fn run(&self) -> HostId;
    /// Makes one of that name.
    async fn put(&self, kind: BalancerKind, name: &str);
    /// Lets the health checks and the draining pass that are under way.
    fn let_pass(&self);
}

impl Customer for World {
    async fn run(&self) -> HostId {
        self.run_instance(&[], None)
    }

    async fn put(&self, _: BalancerKind, name: &str) {
        self.put_balancer(name);
    }

    fn let_pass(&self) {
        self.turn_clock(jiff::SignedDuration::from_mins(1));
    }
}

/// A customer of the emulated AWS.
struct Real {
    url: String,
    network: &'static Network,
    instances: fleets::Real,
    balancers: spillway_aws_ec2::Balancers,
}

async fn real(cloud: &'static Cloud) -> Real {
    let balancers = spillway_aws_ec2::Balancers::new(&Roles::new(&super::reached(cloud).await));
    let (network, instances) = (Network::of(cloud).await, fleets::real(cloud).await);
    Real { url: cloud.endpoints().containers.clone(), network, instances, balancers }
}

impl Customer for Real {
    async fn run(&self) -> HostId {
        self.instances.run(&[]).await
    }

    async fn put(&self, kind: BalancerKind, name: &str) {
        let (service, fields) = match kind {
            BalancerKind::TargetGroup => (
                TARGET_GROUPS,
                vec![
                    ("Action", "CreateTargetGroup"),
                    ("Name", name),
                    ("Protocol", "HTTP"),
                    ("Port", "80"),
                    ("VpcId", self.network.vpc.as_str()),
                    ("TargetType", "instance"),
                ],
            ),
            BalancerKind::Classic => (
                CLASSIC,
                vec![
                    ("Action", "CreateLoadBalancer"),
                    ("LoadBalancerName", name),
                    ("Listeners.member.1.Protocol", "HTTP"),
                    ("Listeners.member.1.LoadBalancerPort", "80"),
                    ("Listeners.member.1.InstancePort", "80"),
                    ("AvailabilityZones.member.1", "us-east-1a"),
                ],
            ),
        };
        let answer = Query::new(&self.url, service).unwrap().ask(&fields).await.unwrap();
        assert!(!answer.contains("<Error>"), "{answer}");
    }

    /// Here they take no time.
    fn let_pass(&self) {}
}

impl Balancers for Real {
    async fn look(&self, session: &RoleSession, wanted: &LoadBalancerInfo) -> Result<Vec<Balancer>, Problem> {
        self.balancers.look(session, wanted).await
    }

    async fn register(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        self.balancers.register(session, balancer, hosts).await
    }

    async fn deregister(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem> {
        self.balancers.deregister(session, balancer, hosts).await
    }
}

both_keep! {
    a_registered_host_becomes_healthy_and_a_deregistered_one_is_gone
    hosts_are_registered_and_deregistered_as_often_as_is_asked
    a_load_balancer_that_is_not_there_is_missing
}

fn info(kind: BalancerKind, name: &str) -> LoadBalancerInfo {
    let mut info = LoadBalancerInfo::default();
    match kind {
        BalancerKind::TargetGroup => info.target_groups = vec![named(name)],
        BalancerKind::Classic => info.classic = vec![named(name)],
    }
    info
}

async fn look(customer: &impl Customer, info: &LoadBalancerInfo) -> Balancer {
    customer.let_pass();
    customer.look(&session(), info).await.unwrap().remove(0)
}

async fn a_registered_host_becomes_healthy_and_a_deregistered_one_is_gone(customer: &impl Customer) {
    for kind in [BalancerKind::TargetGroup, BalancerKind::Classic] {
        let (name, host, stays) = (short("web"), customer.run().await, customer.run().await);
        customer.put(kind, &name).await;
        let info = info(kind, &name);
        let balancer = look(customer, &info).await;
        assert_eq!((balancer.kind, balancer.name.as_str(), balancer.members.len()), (kind, name.as_str(), 0));
        let both = [host.clone(), stays.clone()];
        assert_eq!(customer.register(&session(), &balancer, &both).await.unwrap(), []);
        let members = look(customer, &info).await.members;
        assert_eq!(members.get(&host), Some(&Membership::Healthy), "{members:?}");
        customer.deregister(&session(), &balancer, std::slice::from_ref(&host)).await.unwrap();
        let members = look(customer, &info).await.members;
        assert_eq!(members.keys().collect::<Vec<_>>(), [&stays], "{kind:?}");
    }
}

async fn hosts_are_registered_and_deregistered_as_often_as_is_asked(customer: &impl Customer) {
    for kind in [BalancerKind::TargetGroup, BalancerKind::Classic] {
        let (name, hosts) = (short("web"), [customer.run().await]);
        customer.put(kind, &name).await;
        let info = info(kind, &name);
        let balancer = look(customer, &info).await;
        for _ in 0..2 {
            assert_eq!(customer.deregister(&session(), &balancer, &hosts).await.unwrap(), [], "{kind:?}");
        }
        for _ in 0..2 {
            assert_eq!(customer.register(&session(), &balancer, &hosts).await.unwrap(), []);
        }
        assert_eq!(look(customer, &info).await.members.len(), 1);
    }
}

async fn a_load_balancer_that_is_not_there_is_missing(customer: &impl Customer) {
    for kind_of in [BalancerKind::TargetGroup, BalancerKind::Classic] {
        let looked = customer.look(&session(), &info(kind_of, &short("none"))).await;
        assert_eq!(kind(looked), ProblemKind::Missing, "{kind_of:?}");
    }
}
