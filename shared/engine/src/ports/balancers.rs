//! The load balancers of hosts.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::LoadBalancerInfo;
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_domain::server::traffic::Balancer;

/// A host that a load balancer refuses, and what it said.
pub type RefusedHost = (HostId, String);

/// The customer's target groups and classic load balancers, seen and changed with the service role. Each call is about
/// all hosts of one load balancer, never about one host.
pub trait Balancers {
    /// The load balancers of a deployment group, each with all its members;
    /// [`Missing`](spillway_domain::problem::ProblemKind::Missing) where one is not there.
    async fn look(&self, session: &RoleSession, wanted: &LoadBalancerInfo) -> Result<Vec<Balancer>, Problem>;
    /// Registers hosts. Those that are registered already stay so.
    async fn register(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem>;
    /// Deregisters hosts. Those that are not registered stay so.
    async fn deregister(
        &self,
        session: &RoleSession,
        balancer: &Balancer,
        hosts: &[HostId],
    ) -> Result<Vec<RefusedHost>, Problem>;
}
