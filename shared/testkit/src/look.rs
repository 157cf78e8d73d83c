//! What tests look at when a story is over.

use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;
use spillway_domain::server::host::HostId;
use spillway_domain::server::status::InstanceState;

use crate::service::Service;
use crate::world::{Alias, OutsideWrite, World};

impl World {
    /// A deployment as it is recorded.
    pub fn record(&self, id: &DeploymentId) -> Option<Deployment> {
        self.inner.borrow().records.get(id).cloned()
    }

    /// All deployments, by id.
    pub fn records(&self) -> Vec<Deployment> {
        self.inner.borrow().records.values().cloned().collect()
    }

    /// The ledger of a deployment.
    pub fn ledger_of(&self, id: &DeploymentId) -> Vec<LedgerEntry> {
        self.inner.borrow().ledger.get(id).cloned().unwrap_or_default()
    }

    /// An alias, by function and name.
    pub fn alias(&self, function: &str, name: &str) -> Option<Alias> {
        self.inner.borrow().aliases.get(&format!("{function}:{name}")).cloned()
    }

    /// A service, by cluster and name.
    pub fn service(&self, key: &str) -> Option<Service> {
        self.inner.borrow().services.get(key).cloned()
    }

    /// The share of the second target group, after each write of a listener of the traffic.
    pub fn rerouted(&self) -> Vec<Percent> {
        self.inner.borrow().rerouted.clone()
    }

    /// How many applications, groups and configurations there are.
    pub fn things(&self) -> usize {
        let inner = self.inner.borrow();
        inner.applications.len() + inner.groups.len() + inner.configs.len()
    }

    /// Whether nothing is stored but deployments: no application, group, configuration or note of a stack.
    pub fn is_bare(&self) -> bool {
        let inner = self.inner.borrow();
        let named = inner.applications.is_empty() && inner.groups.is_empty() && inner.configs.is_empty();
        named && inner.claims.is_empty() && inner.tags.is_empty() && inner.states.is_empty()
    }

    /// The notes of what the resources of stacks are: stack, logical id and physical id of each.
    pub fn claims(&self) -> Vec<(String, String, String)> {
        self.inner.borrow().claims.keys().cloned().collect()
    }

    /// The executions that carry out what stacks ask for, as far as nobody has taken them up: their names and inputs.
    pub fn requested(&self) -> Vec<(String, String)> {
        self.inner.borrow().requested.iter().cloned().collect()
    }

    /// What stacks were told, in order: where, and the words.
    pub fn answers(&self) -> Vec<(String, String)> {
        self.inner.borrow().answers.clone()
    }

    /// Every write of an alias by Spillway, in order.
    pub fn writes(&self) -> Vec<(DeploymentId, AliasRouting)> {
        self.inner.borrow().writes.clone()
    }

    /// Every write of an alias from outside, in order.
    pub fn outside_writes(&self) -> Vec<OutsideWrite> {
        self.inner.borrow().outside.clone()
    }

    /// Everything that there is, as one text: what changes nothing leaves it as it is.
    pub fn stored(&self) -> String {
        let mut inner = self.inner.borrow_mut();
        let moments = std::mem::take(&mut inner.moments);
        let stored = format!("{inner:?}");
        inner.moments = moments;
        stored
    }

    /// Who was told what, in order.
    pub fn told(&self) -> Vec<(DeploymentId, &'static str)> {
        self.inner.borrow().told.clone()
    }

    /// What subscribers were told of single hosts, in order.
    pub fn told_hosts(&self) -> Vec<(DeploymentId, HostId, InstanceState)> {
        self.inner.borrow().told_hosts.clone()
    }

    /// How often the hook of an event was asked.
    pub fn asked(&self, id: &DeploymentId, event: EventName) -> u32 {
        self.inner.borrow().asked.get(&(id.clone(), event)).copied().unwrap_or(0)
    }

    /// Whether an accident has happened.
    pub fn harmed(&self) -> bool {
        self.inner.borrow().harmed
    }
}
