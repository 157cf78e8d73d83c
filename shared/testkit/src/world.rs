//! The cloud itself: what is stored, how the aliases route, and who is told what.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::task::Waker;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::DeploymentConfig;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState};
use spillway_domain::catalog::instance::{Instance, InstanceName};
use spillway_domain::catalog::revision::Revision;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::Listener;
use spillway_domain::ecs::service::TargetGroup;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::names::{AlarmName, DeploymentId, FunctionName, Version};
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;
use spillway_domain::stack::resource::{AliasSettings, Ownership, StackResource};

use spillway_engine::ports::hosts::HostDossier;

use crate::accident::Struck;
use crate::agent::Agent;
use crate::ports::autoscaling::AutoScaling;
use crate::ports::balancers::Member;
use crate::ports::hosts::Ec2Instance;
use crate::ports::pipelines::Pipelines;
use crate::service::{Service, TaskPlan};
use crate::{Accident, Harm, HookPlan};

/// Everything that the ports reach.
pub struct World {
    pub(crate) inner: RefCell<Inner>,
}

/// A Lambda alias of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// How it routes; foreign writers may have it route in ways that are not ours.
    pub routing: AliasRouting,
    /// Its revision.
    pub revision: u64,
    /// The versions of the function that exist.
    pub versions: BTreeSet<Version>,
    /// What it has beside its traffic.
    pub settings: AliasSettings,
}

/// A write of an alias by somebody from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideWrite {
    /// When.
    pub at: Timestamp,
    /// Which alias, as `function:alias`.
    pub alias: String,
    /// How it routed from then on.
    pub routing: AliasRouting,
}

/// Calls that may still be made: so many at once, and as many more in every second.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: i64,
    thousandths: i64,
    at: Timestamp,
    refused: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub now: Timestamp,
    pub records: BTreeMap<DeploymentId, Deployment>,
    pub ledger: BTreeMap<DeploymentId, Vec<LedgerEntry>>,
    pub active: BTreeSet<DeploymentId>,
    pub watching: BTreeMap<AlarmName, BTreeSet<DeploymentId>>,
    pub secret: Option<String>,
    pub applications: BTreeMap<String, Application>,
    pub groups: BTreeMap<(String, String), DeploymentGroup>,
    pub states: BTreeMap<String, GroupState>,
    /// By the id of an application or a group.
    pub tags: BTreeMap<String, Vec<Tag>>,
    pub configs: BTreeMap<String, DeploymentConfig>,
    pub instances: BTreeMap<InstanceName, Instance>,
    /// The EC2 instances that there are.
    pub fleet: Vec<Ec2Instance>,
    /// Why no instances can be looked for.
    pub finding: Option<Problem>,
    /// Auto Scaling.
    pub auto_scaling: AutoScaling,
    /// CodePipeline.
    pub pipelines: Pipelines,
    /// The replacement instances, which had no revision when the story began.
    pub without_revision: BTreeSet<HostId>,
    /// The load balancers of the fleet, by their names, each with its members.
    pub balancers: BTreeMap<String, BTreeMap<HostId, Member>>,
    /// The work of hosts, by roster and host.
    pub works: BTreeMap<(DeploymentId, String), BTreeMap<HostId, HostWork>>,
    /// The diagnostics of events, by roster, host and event.
    pub host_diagnostics: BTreeMap<(DeploymentId, String, HostId), BTreeMap<HostEvent, HostDiagnostics>>,
    /// What is known of hosts.
    pub dossiers: BTreeMap<HostIdentifier, HostDossier>,
    /// The agents of hosts.
    pub agents: BTreeMap<HostId, Agent>,
    /// The deployments of which a host has ended, so that the stream tells of them.
    pub advancing: BTreeSet<DeploymentId>,
    /// The work of hosts that have begun or ended, as the stream tells it.
    pub host_news: Vec<(DeploymentId, HostWork)>,
    /// By the id of the application, and the key of the location.
    pub revisions: BTreeMap<(String, String), Revision>,
    pub objects: BTreeMap<(String, String), String>,
    pub aliases: BTreeMap<String, Alias>,
    /// The deployments that have aliases, by the aliases' addresses.
    pub locks: BTreeMap<String, DeploymentId>,
    /// By cluster and name.
    pub services: BTreeMap<String, Service>,
    /// What becomes of the tasks of the task definitions that there are.
    pub definitions: BTreeMap<String, TaskPlan>,
    /// The target groups that there are.
    pub target_groups: Vec<TargetGroup>,
    /// The listeners that are no service's.
    pub listeners: Vec<Listener>,
    /// The services that somebody from outside has laid hands on.
    pub taken: BTreeSet<String>,
    /// Those of them where traffic went to nothing for it.
    pub darkened: BTreeSet<String>,
    /// The share of the second target group, after each write of a listener of the traffic.
    pub rerouted: Vec<Percent>,
    /// What must never be, and was.
    pub faults: Vec<String>,
    /// The versions of functions that were put there without an alias.
    pub functions: BTreeMap<String, BTreeSet<Version>>,
    /// Versions that are deleted when no alias sends traffic to them any more.
    pub tidied: BTreeSet<(String, Version)>,
    /// By stack, logical id and physical id.
    pub claims: BTreeMap<(String, String, String), Ownership>,
    /// The request for which the running function writes, if it is one of a stack.
    pub writes_for: Option<(StackResource, Timestamp)>,
    /// When the last request was made, by stack and logical id.
    pub asked_at: BTreeMap<(String, String), Timestamp>,
    pub waiters: BTreeMap<DeploymentId, BTreeSet<String>>,
    /// Where stacks wait for answers, by the names of the executions.
    pub response_urls: BTreeMap<String, String>,
    /// What stacks were told: where, and the words.
    pub answers: Vec<(String, String)>,
    pub alarms: BTreeSet<AlarmName>,
    pub red: BTreeSet<AlarmName>,
    /// Why alarms cannot be read, while they cannot.
    pub unreadable: Option<ProblemKind>,
    /// Whether a write of an alias that changes nothing makes no new revision of it.
    pub keeps_revisions: bool,
    /// Whether the service role may look for versions of functions.
    pub hides_versions: bool,
    /// Whether Lambda does not find what is there.
    pub hidden: bool,
    pub throttled: bool,
    /// Whether everything from outside is said at the greatest length.
    pub talkative: bool,
    /// How many bytes an item of the table holds, where that is measured: it takes as long as all else.
    pub item_bytes: Option<usize>,
    pub denied: bool,
    pub hooks: BTreeMap<FunctionName, HookPlan>,
    pub asked: BTreeMap<(DeploymentId, EventName), u32>,
    pub told: Vec<(DeploymentId, &'static str)>,
    pub told_hosts: Vec<(DeploymentId, HostId, InstanceState)>,
    pub writes: Vec<(DeploymentId, AliasRouting)>,
    pub outside: Vec<OutsideWrite>,
    pub bucket: Option<Bucket>,
    pub history: Option<Vec<Deployment>>,
    /// How many bytes the largest answer of Decide has had, where the history is kept.
    pub largest_answer: usize,
    /// Executions that were asked for by a port, and tokens that were woken: the runner picks them up.
    pub started: VecDeque<(String, DeploymentId)>,
    /// The same for executions that carry out what stacks ask for: the name and the input.
    pub requested: VecDeque<(String, String)>,
    pub known: BTreeMap<String, bool>,
    pub woken: BTreeSet<String>,
    pub stopped: VecDeque<String>,
    /// Call backs that hooks have announced: when, for what, and what they will say.
    pub call_backs: Vec<(Timestamp, DeploymentId, EventName, bool)>,
    pub moments: usize,
    pub accidents: Vec<Accident>,
    pub harmed: bool,
    /// What has struck the function that is being polled.
    pub struck: Option<Struck>,
    /// The functions that hang.
    pub paused: Vec<Waker>,
    /// Who sleeps, by the end of the sleep and its number.
    pub sleepers: BTreeMap<(Timestamp, u64), Waker>,
    pub sleeps: u64,
    pub diary: Option<Vec<String>>,
    pub begun_at: Timestamp,
}

impl World {
    /// An empty world, at noon of a day long gone.
    pub fn new() -> Self {
        let noon = Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { inner: RefCell::new(Inner { now: noon, begun_at: noon, ..Inner::default() }) }
    }

    /// Lets these accidents happen.
    pub fn with_accidents(self, accidents: Vec<Accident>) -> Self {
        self.inner.borrow_mut().accidents = accidents;
        self
    }

    /// Keeps a diary.
    pub fn with_diary(self) -> Self {
        self.inner.borrow_mut().diary = Some(Vec::new());
        self
    }

    /// Has Lambda answer at most so many calls of its control plane in a second, and the others with 429.
    pub fn with_lambda_calls_per_second(self, calls: u32) -> Self {
        let per_second = i64::from(calls);
        let bucket = Bucket { per_second, thousandths: per_second * 1000, at: self.now(), refused: 0 };
        self.inner.borrow_mut().bucket = Some(bucket);
        self
    }

    /// How many calls Lambda has refused because there were too many in a second.
    pub fn lambda_refusals(&self) -> usize {
        self.inner.borrow().bucket.as_ref().map_or(0, |bucket| bucket.refused)
    }

    /// Has a write of an alias that changes nothing keep its revision: AWS promises a new one for a change only.
    pub fn with_kept_revisions(self) -> Self {
        self.inner.borrow_mut().keeps_revisions = true;
        self
    }

    /// Remembers every record that is saved.
    pub fn with_history(self) -> Self {
        self.inner.borrow_mut().history = Some(Vec::new());
        self
    }

    /// How many bytes the largest answer of Decide has had, which is what executions carry from state to state.
    pub fn largest_answer(&self) -> usize {
        self.inner.borrow().largest_answer
    }

    /// Every record that was saved, in order, if they are remembered.
    pub fn history(&self) -> Vec<Deployment> {
        self.inner.borrow().history.clone().unwrap_or_default()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.inner.borrow().now
    }

    /// Turns the clock.
    pub fn turn_clock(&self, by: SignedDuration) {
        self.inner.borrow_mut().now += by;
    }

    /// How many calls of ports there have been.
    pub fn moments(&self) -> usize {
        self.inner.borrow().moments
    }

    /// The diary so far, a line each.
    pub fn diary(&self) -> String {
        self.inner.borrow().diary.as_ref().map(|lines| lines.join("\n")).unwrap_or_default()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Bucket {
    /// Takes a call out, if there is one left.
    pub fn take(&mut self, now: Timestamp) -> bool {
        let passed = i64::try_from(now.duration_since(self.at).as_millis()).unwrap_or(i64::MAX);
        let refilled = self.thousandths.saturating_add(passed.saturating_mul(self.per_second));
        self.at = now;
        self.thousandths = refilled.min(self.per_second * 1000);
        let left = self.thousandths >= 1000;
        if left {
            self.thousandths -= 1000;
        } else {
            self.refused += 1;
        }
        left
    }
}

impl Inner {
    /// That no later request of the stack has noted anything, where a function writes for one.
    pub fn in_time(&self) -> Result<(), Problem> {
        match &self.writes_for {
            Some((resource, asked_at)) if self.last_asked(resource).is_some_and(|last| last > *asked_at) => {
                Err(Problem::new(ProblemKind::Stale, "something else has been asked for since"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// When a resource was last asked for something.
    pub fn last_asked(&self, resource: &StackResource) -> Option<Timestamp> {
        self.asked_at.get(&(resource.stack.clone(), resource.logical_id.clone())).copied()
    }

    /// Counts a moment, and says what goes wrong at it.
    pub fn next_moment(&mut self) -> Option<Harm> {
        let moment = self.moments;
        self.moments += 1;
        if self.accidents.is_empty() {
            return None;
        }
        let harm = self.accidents.iter().find(|accident| accident.moment == moment)?.harm;
        self.harmed = true;
        Some(harm)
    }

    /// Has somebody from outside write an alias, if it is there.
    pub fn write_from_outside(&mut self, key: &str, routing: AliasRouting) {
        let at = self.now;
        if let Some(alias) = self.aliases.get_mut(key) {
            alias.routing = routing;
            alias.revision += 1;
            self.outside.push(OutsideWrite { at, alias: key.to_owned(), routing });
        }
    }

    /// Writes a line into the diary, if one is kept.
    pub fn write_diary(&mut self, who: &str, what: &str) {
        let since = self.now.duration_since(self.begun_at).as_secs_f64();
        if let Some(diary) = &mut self.diary {
            diary.push(format!("{since:>8.1} s  {who:<14} {what}"));
        }
    }
}
