//! Stories of an ECS service.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::{
    BlueGreen, EcsService, Environment, LoadBalancerInfo, ReadyOption, TargetGroupPair, Termination, TerminationAction,
};
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::request::{HostOptions, NewDeployment};
use spillway_domain::deployment::spec::Target;
use spillway_domain::ecs::listener::{Forward, Groups, Listener, ListenerKind};
use spillway_domain::ecs::service::Controller;
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::percent::Percent;

use crate::service::{Service, TaskPlan};
use crate::story::{Event, GroupPlan, HookPlan, Plot, put_group};
use crate::{Story, World};

/// One deployment of the service `prod/web`, and what happens meanwhile.
#[derive(Debug, Clone)]
pub struct ServiceStory {
    /// The configuration's name.
    pub config: String,
    /// The hooks.
    pub hooks: BTreeMap<EventName, HookPlan>,
    /// Whether there is a listener for test traffic.
    pub tests: bool,
    /// How many rules the listener has that forward to the service, beside its default action.
    pub rules: usize,
    /// What kind of load balancer it is.
    pub kind: ListenerKind,
    /// Who replaces the service's tasks.
    pub controller: Controller,
    /// For how many minutes it waits to be continued, if it does.
    pub ready: Option<u32>,
    /// For how many minutes the original is kept; for ever if `None`.
    pub termination: Option<u32>,
    /// The task definition, as the AppSpec has it.
    pub definition: String,
    /// What becomes of new tasks.
    pub tasks: TaskPlan,
    /// Whether every automatic rollback is enabled.
    pub rollback: bool,
    /// What happens, and how long after the start.
    pub events: Vec<(SignedDuration, Event)>,
}

impl ServiceStory {
    /// The key of the service in the world.
    pub const SERVICE: &'static str = "prod/web";
    /// The task definition that there is.
    const DEFINITION: &'static str = "web:2";
    const LISTENER: &'static str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/1";
    const TEST_LISTENER: &'static str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/2";

    /// A deployment with that configuration to which nothing happens.
    pub fn new(config: &str) -> Self {
        Self {
            config: config.to_owned(),
            hooks: BTreeMap::new(),
            tests: true,
            rules: 1,
            kind: ListenerKind::Application,
            controller: Controller::External,
            ready: None,
            termination: Some(5),
            definition: Self::DEFINITION.to_owned(),
            tasks: TaskPlan::Run(20),
            rollback: true,
            events: Vec::new(),
        }
    }

    /// With a hook.
    pub fn hook(mut self, event: EventName, plan: HookPlan) -> Self {
        self.hooks.insert(event, plan);
        self
    }

    /// With this happening so many seconds after the start.
    pub fn at(mut self, seconds: f64, event: Event) -> Self {
        self.events.push((SignedDuration::from_millis((seconds * 1000.0) as i64), event));
        self
    }

    fn target(&self) -> EcsTarget {
        let name = |event: &EventName| event.as_str().parse().expect("an event can be a function's name");
        EcsTarget {
            task_definition: self.definition.clone(),
            container: "web".to_owned(),
            port: 80,
            platform_version: None,
            network: None,
            capacity_providers: Vec::new(),
            hooks: self.hooks.keys().map(|event| (*event, name(event))).collect(),
        }
    }

    fn environment(&self) -> Environment {
        let valid = "names in stories are valid";
        let pair = TargetGroupPair {
            groups: ["web-blue", "web-green"].map(|name| name.parse().expect(valid)),
            listener: Self::LISTENER.parse().expect(valid),
            test_listener: self.tests.then(|| Self::TEST_LISTENER.parse().expect(valid)),
        };
        let action = self.termination.map_or(TerminationAction::KeepAlive, |_| TerminationAction::Terminate);
        Environment {
            blue_green: BlueGreen {
                termination: Some(Termination { action, minutes: self.termination.unwrap_or(0) }),
                ready: Some(self.ready.map_or(ReadyOption::Continue, |minutes| ReadyOption::Stop { minutes })),
                green_fleet: None,
            },
            load_balancer: LoadBalancerInfo { pairs: vec![pair], ..LoadBalancerInfo::default() },
            ecs_services: vec![EcsService {
                service: "web".parse().expect(valid),
                cluster: "prod".parse().expect(valid),
            }],
            ..Environment::of(ComputePlatform::Ecs)
        }
    }

    /// The service with its first task set, behind the first target group.
    fn service(&self, world: &World) -> Service {
        let [original, replacement] = ["web-blue", "web-green"].map(|name| world.put_target_group(name).arn);
        let groups = Groups { original, replacement };
        let weights = groups.weights(Percent::ZERO, self.kind);
        let rules = (0..self.rules).map(|n| Some(format!("rule-{n}")));
        let forwards = [None].into_iter().chain(rules);
        let listener = |arn: &str, forwards: Vec<Forward>| Listener { arn: arn.to_owned(), kind: self.kind, forwards };
        let production = forwards.map(|rule| Forward { rule, groups: weights.clone() }).collect();
        let tests = vec![Forward { rule: None, groups: vec![(groups.original.clone(), 1)] }];
        let mut listeners = vec![listener(Self::LISTENER, production)];
        if self.tests {
            listeners.push(listener(Self::TEST_LISTENER, tests));
        }
        let first = EcsTarget { task_definition: "web:1".to_owned(), hooks: BTreeMap::new(), ..self.target() };
        let behind = vec![groups.original.clone()];
        let service = Service::new(2, listeners, groups, world.now()).with_primary(behind, first, TaskPlan::Run(0));
        Service { controller: self.controller, ..service }
    }
}

impl Plot for ServiceStory {
    fn set(&self, world: &World) -> NewDeployment {
        world.put_definition(Self::DEFINITION, self.tasks);
        world.put_service(Self::SERVICE, self.service(world));
        let mut inner = world.inner.borrow_mut();
        for (event, plan) in &self.hooks {
            let name = event.as_str().parse().expect("an event can be a function's name");
            inner.hooks.insert(name, plan.clone());
        }
        let group = GroupPlan {
            id: Story::GROUP_ID.to_owned(),
            name: "web".to_owned(),
            config: &self.config,
            rollback: self.rollback,
            ignore_unreadable: false,
            environment: self.environment(),
        };
        let (application, group) = put_group(&mut inner, ComputePlatform::Ecs, group);
        NewDeployment {
            application,
            group,
            revision: Some(NewRevision::text(RevisionKind::AppSpecContent, "{}".to_owned())),
            target: Some(Target::Ecs(self.target())),
            config: None,
            description: None,
            rollback: None,
            alarms: None,
            for_servers: None,
            hosts: HostOptions::default(),
            caller: None,
        }
    }

    fn events(&self) -> &[(SignedDuration, Event)] {
        &self.events
    }

    fn key(&self) -> String {
        Self::SERVICE.to_owned()
    }
}
