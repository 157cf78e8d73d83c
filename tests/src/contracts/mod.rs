//! What the engine relies on its ports for: each promise is a suite that the testkit and the real adapters go through.

mod answers;
mod balancers;
mod catalog;
mod customer;
mod deployments;
mod fleets;
mod groups;
mod hosts;
mod instances;
mod launches;
mod lifecycle_hooks;
mod listeners;
mod machine;
mod objects;
mod own_aliases;
mod policies;
mod reads;
mod revisions;
mod services;
mod stacks;
mod task_sets;

/// Makes two tests of each promise: `testkit` keeps it on a world of its own, `aws` keeps it on the local cloud.
macro_rules! both_keep {
    ($($promise:ident)*) => {
        mod testkit {
            $(
                #[test]
                fn $promise() {
                    pollster::block_on(super::$promise(&spillway_testkit::World::new()));
                }
            )*
        }
        super::aws_keeps! { $($promise)* }
    };
}
use both_keep;

/// Makes a test of each promise, which `aws` keeps on the local cloud.
macro_rules! aws_keeps {
    ($($promise:ident)*) => {
        mod aws {
            $(
                #[test]
                fn $promise() {
                    crate::cloud::in_cloud(async |cloud| super::$promise(&super::real(cloud).await).await);
                }
            )*
        }
    };
}
use aws_keeps;

use aws_config::SdkConfig;
use jiff::Timestamp;
use spillway_aws_dynamodb::Table;
use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock, StoredGroup};
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::catalog::routing::Routing;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::{Creator, DeploymentSpec, Target};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{ApplicationName, DeploymentId, GroupName, RoleArn};
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::catalog::{Catalog, GroupWrite};
use tokio::sync::OnceCell;

use crate::cloud::Cloud;

/// A table like that of the stack, which no function knows of.
async fn table(cloud: &Cloud) -> Table {
    table_by(cloud, &cloud.local.sdk_config()).await
}

/// The same, reached in this way.
async fn table_by(cloud: &Cloud, config: &SdkConfig) -> Table {
    const NAME: &str = "contracts";
    static CREATED: OnceCell<()> = OnceCell::const_new();
    CREATED.get_or_init(async || cloud.copy_table(NAME).await).await;
    Table::new(config, NAME, 400)
}

/// How the emulated AWS is reached: loaded, because assuming a role takes a clock as well.
async fn loaded(cloud: &Cloud) -> SdkConfig {
    loaded_at(cloud, &cloud.endpoints().aws).await
}

/// The same of the emulated containers.
async fn reached(cloud: &Cloud) -> SdkConfig {
    loaded_at(cloud, &cloud.endpoints().containers).await
}

/// The same of the emulator at this address.
async fn loaded_at(cloud: &Cloud, url: &str) -> SdkConfig {
    let aws = cloud.local.sdk_config();
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(url)
        .region(aws.region().cloned())
        .credentials_provider(aws.credentials_provider().unwrap())
        .http_client(aws.http_client().unwrap());
    config.load().await
}

/// What is valid by the look of it.
fn named<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A name that nobody else has.
fn fresh(kind: &str) -> String {
    format!("{kind}-{}", uuid::Uuid::new_v4())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What went wrong.
fn kind<T: std::fmt::Debug>(result: Result<T, spillway_domain::problem::Problem>) -> ProblemKind {
    result.expect_err("it does not work").kind
}

fn role() -> RoleArn {
    named("arn:aws:iam::000000000000:role/spillway-spillway-us-east-1")
}

fn session() -> RoleSession {
    let purpose = Purpose::Deployment { group: named("orders"), id: named("d-75I7MBT7C") };
    RoleSession { role: role(), application: named("shop"), purpose }
}

fn application() -> Application {
    let home = fresh("application");
    Application { id: fresh("id"), name: named(&home), platform: ComputePlatform::Lambda, home, created_at: at(1) }
}

/// An application that is there.
async fn opened(store: &impl Catalog) -> Application {
    let application = application();
    assert!(store.create_application(&application, &[]).await.unwrap());
    application
}

/// Writes a group.
async fn put(store: &impl Catalog, group: &DeploymentGroup) {
    assert_eq!(store.create_group(group, &[], 1000).await.unwrap(), GroupWrite::Done);
}

/// A group by name, if it is there.
async fn find(store: &impl Catalog, application: &ApplicationName, name: &GroupName) -> Option<StoredGroup> {
    let found = store.groups_named(application, std::slice::from_ref(name)).await.unwrap();
    found.and_then(|(_, groups)| groups.into_iter().next())
}

fn group(application: &Application, name: &str) -> DeploymentGroup {
    DeploymentGroup {
        id: fresh("id"),
        application_id: application.id.clone(),
        lock: DeploymentLock { home: application.home.clone(), name: name.to_owned() },
        name: named(name),
        config: named("CodeDeployDefault.LambdaAllAtOnce"),
        role: role(),
        alarms: AlarmConfiguration::default(),
        rollback: AutoRollback { enabled: false, events: Vec::new() },
        triggers: Vec::new(),
        environment: Default::default(),
    }
}

fn fresh_id() -> DeploymentId {
    DeploymentId::from_number(uuid::Uuid::new_v4().as_u128())
}

/// A deployment of a group, just created.
fn deployment(group: &DeploymentGroup, created_at: Timestamp) -> Deployment {
    let target = LambdaTarget {
        function: named(&fresh("orders")),
        alias: named("live"),
        current: named("1"),
        target: named("2"),
        before: None,
        after: None,
    };
    let spec = DeploymentSpec {
        application: named("shop"),
        application_id: group.application_id.clone(),
        group: group.name.clone(),
        group_id: group.id.clone(),
        lock: group.lock.clone(),
        platform: Default::default(),
        environment: Default::default(),
        config: group.config.clone(),
        routing: Routing::all_at_once(),
        revision: NewRevision::text(RevisionKind::AppSpecContent, "{}".to_owned()).location,
        previous_revision: None,
        target: Target::Lambda(target),
        role: group.role.clone(),
        alarms: group.alarms.clone(),
        override_alarms: None,
        rollback: group.rollback.clone(),
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
    Deployment::new(fresh_id(), spec, created_at)
}
