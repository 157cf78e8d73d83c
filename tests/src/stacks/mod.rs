//! Stacks of CloudFormation: everything that can become of them, told to a CloudFormation and a cloud in memory.

mod aliases;
mod answers;
mod crashes;
mod order;
mod rights;
mod rollbacks;
mod settings;

use std::collections::BTreeMap;

use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::NewApplication;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::group::{GroupSettings, NewGroup};
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::catalog::rollback::{AutoRollback, AutoRollbackEvent};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::request::{HostOptions, NewDeployment};
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::Version;
use spillway_domain::stack::resource::{AliasSettings, DesiredAlias, DesiredResource};
use spillway_testkit::{Part, Runner, Stack, StackEnd, World};
use spillway_tests::template::{machine, request_machine};

/// A version, from its number.
fn version(number: u64) -> Version {
    number.to_string().parse().unwrap()
}

/// A runner that carries out what stacks ask for.
fn runner(world: &World) -> Runner<'_> {
    Runner::new(world, machine()).with_requests(request_machine())
}

/// A world with functions that have five versions.
fn world_with(functions: &[&str]) -> World {
    let world = World::new().with_diary();
    put_functions(&world, functions);
    world
}

/// Functions, and the alarm that all of them have.
fn put_functions(world: &World, functions: &[&str]) {
    world.put_alarm(&"errors".parse().unwrap(), false);
    let versions: Vec<Version> = (1..=5).map(version).collect();
    for function in functions {
        world.put_function(function, &versions);
    }
}

/// A template: an application, and for each of these functions a group and an alias.
#[derive(Clone)]
struct Template {
    application: &'static str,
    group: Option<&'static str>,
    config: &'static str,
    functions: Vec<&'static str>,
    version: u64,
    alias: &'static str,
    hooks: bool,
    change: fn(&mut DesiredAlias),
    waits: usize,
    /// A resource that comes after all others, and cannot be.
    impossible: bool,
}

impl Template {
    fn new(version: u64) -> Self {
        Self {
            application: "shop",
            group: None,
            config: "Steps.10@2m",
            functions: vec!["orders"],
            version,
            alias: "live",
            hooks: false,
            change: |_| {},
            waits: 0,
            impossible: false,
        }
    }

    fn parts(&self) -> Vec<Vec<Part>> {
        let mut levels = vec![vec![Part::new("Application", application(self.application))], Vec::new(), Vec::new()];
        for function in &self.functions {
            levels[1].push(Part::new(&format!("{function}Group"), self.group(function)));
            levels[2]
                .push(Part::new(&format!("{function}Alias"), DesiredResource::Alias(Box::new(self.alias(function)))));
        }
        for number in 1..=self.waits {
            let aliases = self.functions.iter().map(|function| format!("{function}Alias")).collect();
            levels.push(vec![Part::waiting(&format!("Wait{number}"), aliases, number < self.waits)]);
        }
        if self.impossible {
            levels.push(vec![Part::new("Impossible", application("taken"))]);
        }
        levels
    }

    fn group_name(&self, function: &str) -> String {
        self.group.unwrap_or(function).to_owned()
    }

    fn group(&self, function: &str) -> DesiredResource {
        let rollback = AutoRollback { enabled: true, events: vec![AutoRollbackEvent::DeploymentFailure] };
        let alarms = AlarmConfiguration {
            enabled: true,
            // A call that fails is no reason to stop, so that one accident changes nothing.
            ignore_poll_alarm_failure: true,
            alarms: vec!["errors".parse().unwrap()],
        };
        let settings = GroupSettings {
            config: Some(self.config.parse().unwrap()),
            alarms: Some(alarms),
            rollback: Some(rollback),
            ..GroupSettings::default()
        };
        let group = NewGroup {
            application: self.application.parse().unwrap(),
            name: self.group_name(function).parse().unwrap(),
            role: "arn:aws:iam::111122223333:role/spillway-shop".parse().unwrap(),
            settings,
            tags: vec![Tag { key: "team".to_owned(), value: "x".to_owned() }],
        };
        DesiredResource::Group(Box::new(group))
    }

    /// What an operator asks CodeDeploy's API for.
    fn by_hand(&self, function: &str, from: u64) -> NewDeployment {
        let target = LambdaTarget {
            function: function.parse().unwrap(),
            alias: self.alias.parse().unwrap(),
            current: version(from),
            target: version(self.version),
            before: None,
            after: None,
        };
        NewDeployment {
            application: self.application.parse().unwrap(),
            group: self.group_name(function).parse().unwrap(),
            revision: Some(NewRevision::text(RevisionKind::AppSpecContent, target.appspec())),
            target: Some(Target::Lambda(target)),
            config: None,
            description: None,
            rollback: None,
            alarms: None,
            for_servers: None,
            hosts: HostOptions::default(),
            caller: None,
        }
    }

    fn alias(&self, function: &str) -> DesiredAlias {
        let mut desired = DesiredAlias {
            application: self.application.parse().unwrap(),
            group: self.group_name(function).parse().unwrap(),
            arn: format!("arn:aws:lambda:eu-west-1:111122223333:function:{function}:{}", self.alias),
            function: function.parse().unwrap(),
            alias: self.alias.parse().unwrap(),
            version: version(self.version),
            old_version: None,
            before: self.hooks.then(|| "pre".parse().unwrap()),
            after: self.hooks.then(|| "post".parse().unwrap()),
            settings: AliasSettings::default(),
            old_settings: None,
            waits: true,
            more_waiting: self.waits > 0,
            adopts: false,
        };
        (self.change)(&mut desired);
        desired
    }
}

/// Has another stack take the name of the impossible resource.
fn take_a_name(runner: &mut Runner<'_>) {
    let taken = Template { application: "taken", functions: Vec::new(), ..Template::new(1) };
    assert_eq!(Stack::new("other").deploy(runner, &taken.parts()), StackEnd::Complete);
}

fn application(name: &str) -> DesiredResource {
    let name = name.parse().unwrap();
    DesiredResource::Application(NewApplication { name, platform: ComputePlatform::Lambda, tags: Vec::new() })
}

/// How the aliases route.
fn routes(world: &World, functions: &[&str]) -> BTreeMap<String, AliasRouting> {
    let found = |function: &&str| Some(((*function).to_owned(), world.alias(function, "live")?.routing));
    functions.iter().filter_map(found).collect()
}

/// Where the alias of `orders` is, all of it.
fn at(world: &World) -> Option<Version> {
    let routing = world.alias("orders", "live")?.routing;
    assert_eq!(routing.second, None, "{}", world.diary());
    Some(routing.main)
}

fn rolled_back(end: StackEnd, words: &str) {
    let StackEnd::RolledBack(why) = end else { panic!("{end:?}") };
    assert!(why.contains(words), "{why}");
}

/// A stack that has version 1.
fn stack_at_one(runner: &mut Runner<'_>) -> Stack {
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(runner, &Template::new(1).parts()), StackEnd::Complete);
    stack
}
