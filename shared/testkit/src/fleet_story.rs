//! Stories of fleets: one deployment to hosts, and what becomes of each.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::{
    AutoScalingGroupName, BlueGreen, DeploymentOption, DeploymentType, Environment, GreenFleet, OutdatedInstances,
    ReadyOption, TagSelection, Termination, TerminationAction,
};
use spillway_domain::catalog::instance::{Identity, Instance, NewInstance, TagFilter};
use spillway_domain::catalog::revision::{BundleType, NewRevision, RevisionLocation, S3Object};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::request::{HostOptions, NewDeployment};
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::Transition;
use spillway_domain::server::target::Replacement;
use spillway_engine::ports::hosts::FoundInstance;

use crate::agent::{Agent, Doing, EVENT, HostPlan};
use crate::ports::balancers::Member;
use crate::ports::hosts::Ec2Instance;
use crate::story::{GroupPlan, Plot, put_group};
use crate::world::Inner;
use crate::{Event, World};

/// The target group of a balanced fleet, and its classic load balancer.
const TARGET_GROUP: &str = "web";
const CLASSIC: &str = "web-classic";
/// Where the bundles are.
const BUCKET: &str = "artifacts";
/// The tags of the instances of a group, and of those that replace them.
const BLUE: &str = "web";
const GREEN: &str = "web-green";

/// One deployment of revision 2 to a fleet that has revision 1, and what happens meanwhile.
#[derive(Debug, Clone)]
pub struct FleetStory {
    /// The configuration's name.
    pub config: String,
    /// The EC2 instances, in two zones.
    pub instances: Vec<HostPlan>,
    /// The on-premises instances.
    pub on_premises: Vec<HostPlan>,
    /// Whether the EC2 instances are behind load balancers: a target group and a classic one.
    pub balanced: bool,
    /// Whether the group has an Auto Scaling group, too.
    pub scales: bool,
    /// What becomes of instances that are launched while a deployment runs.
    pub outdated: OutdatedInstances,
    /// Why no instances can be looked for.
    pub finding: Option<Problem>,
    /// Whether the bundles of revisions 1 and 2 are in S3.
    pub has_bundles: bool,
    /// How long an event takes an agent.
    pub event_takes: SignedDuration,
    /// Whether the group has deployed a revision before.
    pub has_revision: bool,
    /// Whether every automatic rollback is enabled.
    pub rollback: bool,
    /// How a blue/green deployment goes about it; `None` in place.
    pub blue_green: Option<BlueGreenPlan>,
    /// What the request says of hosts.
    pub options: HostOptions,
    /// What happens, and how long after the start.
    pub events: Vec<(SignedDuration, Event)>,
}

/// The replacement environment of a story, and what becomes of the original.
#[derive(Debug, Clone)]
pub struct BlueGreenPlan {
    /// The replacement instances.
    pub replacements: Vec<HostPlan>,
    /// Whether both environments are Auto Scaling groups; else instances are selected by tags.
    pub scales: bool,
    /// When the traffic goes over.
    pub ready: ReadyOption,
    /// What becomes of the original.
    pub termination: Termination,
}

impl BlueGreenPlan {
    /// So many replacement instances that all work, which get the traffic at once; the original is terminated at once.
    pub fn new(replacements: usize) -> Self {
        Self {
            replacements: vec![HostPlan::Works; replacements],
            scales: false,
            ready: ReadyOption::Continue,
            termination: Termination { action: TerminationAction::Terminate, minutes: 0 },
        }
    }

    /// With that plan for one of the replacement instances.
    #[must_use]
    pub fn host(mut self, index: usize, plan: HostPlan) -> Self {
        self.replacements[index] = plan;
        self
    }

    fn replacement(&self) -> Replacement {
        let (groups, tags) =
            if self.scales { (vec![green_group()], Vec::new()) } else { (Vec::new(), vec![tag(GREEN)]) };
        let filters = tags.into_iter().map(TagFilter::KeyAndValue).collect();
        Replacement {
            ec2_tags: TagSelection { filters, set: Vec::new() },
            auto_scaling_groups: groups,
            originals_return: false,
            was_taken_over: false,
        }
    }
}

impl FleetStory {
    /// A deployment with that configuration to so many EC2 instances that all work.
    pub fn new(config: &str, instances: usize) -> Self {
        Self {
            config: config.to_owned(),
            instances: vec![HostPlan::Works; instances],
            on_premises: Vec::new(),
            balanced: false,
            scales: false,
            outdated: OutdatedInstances::Update,
            finding: None,
            event_takes: EVENT,
            has_bundles: true,
            has_revision: true,
            rollback: false,
            options: HostOptions::default(),
            blue_green: None,
            events: Vec::new(),
        }
    }

    /// Blue/green, behind load balancers.
    #[must_use]
    pub fn blue_green(self, plan: BlueGreenPlan) -> Self {
        Self { blue_green: Some(plan), balanced: true, ..self }
    }

    /// With the EC2 instances behind load balancers.
    #[must_use]
    pub fn balanced(self) -> Self {
        Self { balanced: true, ..self }
    }

    /// With an Auto Scaling group in the deployment group.
    #[must_use]
    pub fn scaling(self) -> Self {
        Self { scales: true, ..self }
    }

    /// With that plan for one of the EC2 instances.
    #[must_use]
    pub fn host(mut self, index: usize, plan: HostPlan) -> Self {
        self.instances[index] = plan;
        self
    }

    /// With an event so many seconds after the start.
    #[must_use]
    pub fn at(mut self, seconds: f64, event: Event) -> Self {
        self.events.push((SignedDuration::from_millis((seconds * 1000.0) as i64), event));
        self
    }
}

fn key_of(number: u32) -> String {
    format!("shop-{number}.zip")
}

fn revision(number: u32) -> RevisionLocation {
    RevisionLocation::S3(S3Object {
        bucket: BUCKET.to_owned(),
        key: key_of(number),
        bundle: Some(BundleType::Zip),
        version: None,
        e_tag: None,
    })
}

fn tag(value: &str) -> Tag {
    Tag { key: "role".to_owned(), value: value.to_owned() }
}

fn green_group() -> AutoScalingGroupName {
    "web-green".parse().expect("names in stories are valid")
}

fn auto_scaling_group() -> AutoScalingGroupName {
    "web-servers".parse().expect("names in stories are valid")
}

impl World {
    /// The Auto Scaling group of the fleet launches an instance.
    pub fn launch(&self, plan: HostPlan) {
        self.inner.borrow_mut().launch(plan);
    }
}

impl Inner {
    /// Puts an EC2 instance there, with its agent.
    fn put_instance(&mut self, plan: HostPlan, role: &str, auto_scaling_group: Option<AutoScalingGroupName>) -> HostId {
        let valid = "names in stories are valid";
        let (index, now) = (self.fleet.len(), self.now);
        let id: HostId = format!("i-{index}").parse().expect(valid);
        let arn = format!("arn:aws:ec2:us-east-1:111122223333:instance/{id}");
        let caller = format!("arn:aws:sts::111122223333:assumed-role/web/{id}");
        let tags = if auto_scaling_group.is_none() { vec![tag(role)] } else { Vec::new() };
        let zone = Some(if index % 2 == 0 { "us-east-1a" } else { "us-east-1b" }.to_owned());
        let roles = vec!["web".to_owned()];
        let found = FoundInstance { id: id.clone(), arn: arn.clone(), zone, auto_scaling_group, roles };
        self.fleet.push(Ec2Instance { found, tags, is_terminated: false });
        let agent = Agent::new(arn.parse().expect(valid), caller.parse().expect(valid), plan, now);
        self.agents.insert(id.clone(), agent);
        id
    }

    /// The Auto Scaling group of the fleet launches an instance.
    pub(crate) fn launch(&mut self, plan: HostPlan) {
        self.launch_in(auto_scaling_group(), plan);
    }

    /// The Auto Scaling group of the replacement launches an instance.
    pub(crate) fn launch_replacement(&mut self, plan: HostPlan) {
        self.launch_in(green_group(), plan);
    }

    fn launch_in(&mut self, group: AutoScalingGroupName, plan: HostPlan) {
        let id = self.put_instance(plan, BLUE, Some(group.clone()));
        self.wait_at_hooks(&group, Transition::Launching, &id);
    }

    /// The customer terminates an instance.
    pub(crate) fn terminate_instance(&mut self, index: usize) {
        let Some(instance) = self.fleet.get_mut(index) else { return };
        instance.is_terminated = true;
        let id = instance.found.id.clone();
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.doing = Doing::Nothing;
        }
        for members in self.balancers.values_mut() {
            members.remove(&id);
        }
        self.write_diary("EC2", &format!("{id} is terminated"));
    }

    /// An instance that runs reaches those hooks of the Auto Scaling group.
    pub(crate) fn pass(&mut self, which: Transition, index: usize) {
        let id = self.fleet[index].found.id.clone();
        self.wait_at_hooks(&auto_scaling_group(), which, &id);
    }
}

impl Plot for FleetStory {
    fn set(&self, world: &World) -> NewDeployment {
        let valid = "names in stories are valid";
        let mut inner = world.inner.borrow_mut();
        let tags = TagSelection { filters: vec![TagFilter::KeyAndValue(tag(BLUE))], set: Vec::new() };
        let mut environment =
            Environment { ec2_tags: tags.clone(), on_premises_tags: tags, ..Environment::of(ComputePlatform::Server) };
        let scales = self.blue_green.as_ref().is_some_and(|plan| plan.scales);
        if let Some(plan) = &self.blue_green {
            environment.style.kind = DeploymentType::BlueGreen;
            environment.blue_green = BlueGreen {
                termination: Some(plan.termination),
                ready: Some(plan.ready),
                green_fleet: Some(GreenFleet::DiscoverExisting),
            };
            if plan.scales {
                environment.ec2_tags = TagSelection::default();
                environment.auto_scaling_groups = vec![auto_scaling_group()];
                inner.auto_scaling.groups.extend([auto_scaling_group(), green_group()]);
            }
        }
        if self.balanced {
            environment.style.option = DeploymentOption::WithTrafficControl;
            environment.load_balancer.target_groups = vec![TARGET_GROUP.parse().expect(valid)];
            environment.load_balancer.classic = vec![CLASSIC.parse().expect(valid)];
            for name in [TARGET_GROUP, CLASSIC] {
                inner.balancers.insert(name.to_owned(), BTreeMap::new());
            }
        }
        if self.scales {
            inner.auto_scaling.groups.insert(auto_scaling_group());
            environment.auto_scaling_groups = vec![auto_scaling_group()];
            environment.outdated_instances = self.outdated;
            environment.termination_hook = true;
        }
        let plan = GroupPlan {
            id: "group-1".to_owned(),
            name: "web".to_owned(),
            config: &self.config,
            rollback: self.rollback,
            ignore_unreadable: false,
            environment,
        };
        let (application, group) = put_group(&mut inner, ComputePlatform::Server, plan);
        let hooks =
            inner.groups.values().map(|group| (group.lifecycle_hooks(), group.hook_owner())).collect::<Vec<_>>();
        for (hooks, owner) in hooks {
            inner.auto_scaling.hooks.extend(hooks.into_iter().map(|hook| (hook, owner.clone())));
        }
        if self.has_revision
            && let Some(state) = inner.states.get_mut("group-1")
        {
            state.target_revision = Some(revision(1));
        }
        for key in [1, 2].map(key_of).into_iter().filter(|_| self.has_bundles) {
            inner.objects.insert((BUCKET.to_owned(), key), "a bundle".to_owned());
        }
        inner.finding.clone_from(&self.finding);
        let now = inner.now;
        for plan in &self.instances {
            let id = inner.put_instance(*plan, BLUE, scales.then(auto_scaling_group));
            let member = Member { healthy_at: Some(now), drained_at: None };
            for members in inner.balancers.values_mut() {
                members.insert(id.clone(), member.clone());
            }
            if let Some(agent) = inner.agents.get_mut(&id) {
                agent.event_takes = self.event_takes;
            }
        }
        for plan in self.blue_green.iter().flat_map(|plan| &plan.replacements) {
            let id = inner.put_instance(*plan, GREEN, scales.then(green_group));
            inner.without_revision.insert(id.clone());
            if let Some(agent) = inner.agents.get_mut(&id) {
                agent.event_takes = self.event_takes;
            }
        }
        for (index, plan) in self.on_premises.iter().enumerate() {
            let name = format!("box-{index}");
            let user = format!("arn:aws:iam::111122223333:user/{name}");
            let identity = Identity::User(user.parse().expect(valid));
            let new = NewInstance { name: name.parse().expect(valid), identity };
            let mut instance = Instance::new(&new, format!("id-{index}"), now);
            instance.add_tags(&[tag(BLUE)]);
            inner.instances.insert(instance.name.clone(), instance);
            let mut agent = Agent::new(user.parse().expect(valid), user.parse().expect(valid), *plan, now);
            agent.event_takes = self.event_takes;
            inner.agents.insert(name.parse().expect(valid), agent);
        }
        NewDeployment {
            application,
            group,
            revision: Some(NewRevision { location: revision(2), content: None }),
            target: None,
            config: None,
            description: None,
            rollback: None,
            alarms: None,
            for_servers: None,
            hosts: HostOptions {
                replacement: self.blue_green.as_ref().map(BlueGreenPlan::replacement),
                ..self.options.clone()
            },
            caller: None,
        }
    }

    fn events(&self) -> &[(SignedDuration, Event)] {
        &self.events
    }

    fn key(&self) -> String {
        "fleet".to_owned()
    }
}
