//! Values that the tests of this crate start from.

use std::fmt::Debug;
use std::str::FromStr;

use jiff::Timestamp;
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::{
    BlueGreen, EcsService, Environment, LoadBalancerInfo, ReadyOption, TargetGroupPair, Termination, TerminationAction,
};
use spillway_domain::catalog::group::DeploymentLock;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::catalog::rollback::{AutoRollback, AutoRollbackEvent};
use spillway_domain::catalog::routing::Routing;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::{Creator, DeploymentSpec, Target};
use spillway_domain::ecs::listener::Groups;
use spillway_domain::ecs::progress::EcsProgress;
use spillway_domain::ecs::service::{Attachment, TaskSet, TaskSetStatus};
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::lambda::target::LambdaTarget;

use crate::codedeploy::context::Context;
use crate::codedeploy::token::Seal;
use crate::place::Place;

/// What a text stands for.
pub(crate) fn named<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// So many milliseconds after a round moment.
pub(crate) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_786_000_000_000 + milliseconds).unwrap()
}

/// Where the tests are.
pub(crate) fn place() -> Place {
    Place { partition: "aws".to_owned(), region: "us-east-1".to_owned(), account: "111122223333".to_owned() }
}

/// What the tests are read and answered in.
pub(crate) fn context() -> Context {
    Context { place: place(), quotas: Quotas::default(), seal: Seal::new("a secret"), caller: None }
}

/// Where the group is filed.
pub(crate) fn lock() -> DeploymentLock {
    DeploymentLock { home: "shop".to_owned(), name: "live".to_owned() }
}

/// A canary that has just been written.
pub(crate) fn deployment() -> Deployment {
    let revision = NewRevision::text(RevisionKind::AppSpecContent, "version: 0.0".to_owned()).location;
    let spec = DeploymentSpec {
        application: named("shop"),
        application_id: "a-id".to_owned(),
        group: named("live"),
        group_id: "9fd2fbef-2157-40d8-91e7-6845af69e2d2".to_owned(),
        lock: lock(),
        platform: Default::default(),
        environment: Default::default(),
        config: named("CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        routing: Routing::canary(10, 5),
        revision,
        previous_revision: None,
        target: Target::Lambda(LambdaTarget {
            function: named("orders"),
            alias: named("live"),
            current: named("1"),
            target: named("2"),
            before: None,
            after: None,
        }),
        role: named("arn:aws:iam::111122223333:role/deployer"),
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        rollback: AutoRollback { enabled: true, events: vec![AutoRollbackEvent::DeploymentFailure] },
        triggers: Vec::new(),
        creator: Creator::User,
        caller: None,
        lifecycle_action: None,
        failed_launches: 0,
        follows: None,
        rolls_back: None,
        description: None,
        restarts: false,
        archive_of: None,
    };
    let mut deployment = Deployment::new(named("d-75I7MBT7C"), spec, at(123));
    deployment.note = "Waits for its execution.".to_owned();
    deployment
}

/// A deployment whose AppSpec is not valid.
pub(crate) fn invalid_deployment() -> Deployment {
    let mut deployment = deployment();
    deployment.spec.target = Target::Invalid(vec!["version: missing.".to_owned()]);
    deployment
}

pub(crate) const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/2";
pub(crate) const TEST_LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/3";

/// The environment of the service `web` of the cluster `prod`.
pub(crate) fn service_environment() -> Environment {
    Environment {
        blue_green: BlueGreen {
            termination: Some(Termination { action: TerminationAction::Terminate, minutes: 5 }),
            ready: Some(ReadyOption::Stop { minutes: 7 }),
            green_fleet: None,
        },
        load_balancer: LoadBalancerInfo {
            pairs: vec![TargetGroupPair {
                groups: [named("blue"), named("green")],
                listener: named(LISTENER),
                test_listener: Some(named(TEST_LISTENER)),
            }],
            ..LoadBalancerInfo::default()
        },
        ecs_services: vec![EcsService { service: named("web"), cluster: named("prod") }],
        ..Environment::of(ComputePlatform::Ecs)
    }
}

/// A deployment to that service that has just been written.
pub(crate) fn service_deployment() -> Deployment {
    let Deployment { id, spec, created_at, .. } = deployment();
    let spec = DeploymentSpec {
        platform: ComputePlatform::Ecs,
        environment: service_environment(),
        config: named("CodeDeployDefault.ECSCanary10Percent5Minutes"),
        target: Target::Ecs(service_target("web:8")),
        ..(*spec).clone()
    };
    Deployment { note: "Waits for its execution.".to_owned(), ..Deployment::new(id, spec, created_at) }
}

/// The same, with its task sets as they were seen when the replacement had got steady.
pub(crate) fn installed_deployment() -> Deployment {
    let group = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/{name}/0123");
    let groups = Groups { original: group("blue"), replacement: group("green") };
    let progress = EcsProgress {
        kind: spillway_domain::ecs::listener::ListenerKind::Application,
        service_arn: "arn:aws:ecs:us-east-1:111122223333:service/prod/web".to_owned(),
        original: "ecs-svc/1".to_owned(),
        original_target: service_target("web:7"),
        replacement: Some("ecs-svc/2".to_owned()),
        kept: None,
        quiet_since: None,
        unsteady_since: None,
        family: None,
        seen: vec![
            task_set("ecs-svc/1", TaskSetStatus::Primary, &groups.original),
            task_set("ecs-svc/2", TaskSetStatus::Active, &groups.replacement),
        ],
        groups,
    };
    Deployment { ecs: Some(progress), ..service_deployment() }
}

fn service_target(task_definition: &str) -> EcsTarget {
    EcsTarget {
        task_definition: task_definition.to_owned(),
        container: "web".to_owned(),
        port: 80,
        platform_version: None,
        network: None,
        capacity_providers: Vec::new(),
        hooks: Default::default(),
    }
}

fn task_set(id: &str, status: TaskSetStatus, group: &str) -> TaskSet {
    TaskSet {
        id: id.to_owned(),
        status,
        external_id: None,
        attachments: vec![Attachment { target_group: group.to_owned(), container: "web".to_owned(), port: 80 }],
        target: service_target("web:7"),
        steady: true,
        desired: 3,
        pending: 1,
        running: 2,
    }
}
