//! Values that the tests of this crate start from.

use std::fmt::Debug;
use std::str::FromStr;

use jiff::Timestamp;
use spillway_domain::{
    AlarmConfiguration, AutoRollback, AutoRollbackEvent, Creator, Deployment, LambdaTarget, NewRevision, Order, Quotas,
    RevisionKind, Routing, Slot, Target,
};

use crate::{Context, Place, Seal};

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
    Context { place: place(), quotas: Quotas::default(), seal: Seal::new("a secret") }
}

/// Where the group is filed.
pub(crate) fn slot() -> Slot {
    Slot { home: "shop".to_owned(), name: "live".to_owned() }
}

/// A canary that has just been written.
pub(crate) fn deployment() -> Deployment {
    let revision = NewRevision::text(RevisionKind::AppSpecContent, "version: 0.0".to_owned()).location;
    let order = Order {
        application: named("shop"),
        application_id: "a-id".to_owned(),
        group: named("live"),
        group_id: "9fd2fbef-2157-40d8-91e7-6845af69e2d2".to_owned(),
        slot: slot(),
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
        rolls_back: None,
        description: None,
        restarts: false,
    };
    let mut deployment = Deployment::new(named("d-75I7MBT7C"), order, at(123));
    deployment.note = "Waits for its execution.".to_owned();
    deployment
}

/// A deployment whose AppSpec is not valid.
pub(crate) fn invalid_deployment() -> Deployment {
    let mut deployment = deployment();
    deployment.order.target = Target::Invalid(vec!["version: missing.".to_owned()]);
    deployment
}
