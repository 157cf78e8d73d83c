//! Aliases that a stack makes, configures and deletes.

use aws_sdk_lambda::error::ProvideErrorMetadata;
use spillway_aws_core::Roles;
use spillway_domain::access::session::RoleSession;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AliasName, FunctionName, Version};
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::stack::resource::AliasSettings;
use spillway_engine::ports::aliases::{Aliases, OwnAliases};
use spillway_testkit::World;

use super::{both_keep, fresh, kind, named, session};
use crate::cloud::{Cloud, Shop};

/// Somebody who has functions, and shows how their aliases are set.
trait Customer: Aliases + OwnAliases {
    /// Makes a function with versions 1 to 3.
    async fn put_function(&self, name: &str);
    /// What an alias has beside its traffic.
    async fn settings(&self, function: &FunctionName, alias: &AliasName) -> AliasSettings;
}

impl Customer for World {
    async fn put_function(&self, name: &str) {
        World::put_function(self, name, &["1", "2", "3"].map(named));
    }

    async fn settings(&self, function: &FunctionName, alias: &AliasName) -> AliasSettings {
        self.alias(function.as_str(), alias.as_str()).unwrap().settings
    }
}

/// A customer of the emulated AWS.
struct Real {
    cloud: &'static Cloud,
    aliases: spillway_aws_lambda::Aliases,
}

async fn real(cloud: &'static Cloud) -> Real {
    let roles = Roles::new(&super::loaded(cloud).await);
    Real { cloud, aliases: spillway_aws_lambda::Aliases::new(&roles) }
}

impl Customer for Real {
    async fn put_function(&self, name: &str) {
        Shop::open(self.cloud, name).await;
    }

    async fn settings(&self, function: &FunctionName, alias: &AliasName) -> AliasSettings {
        let lambda = &self.cloud.lambda;
        let found = lambda.get_alias().function_name(function.as_str()).name(alias.as_str()).send().await.unwrap();
        let ready = lambda.get_provisioned_concurrency_config().function_name(function.as_str());
        let ready = match ready.qualifier(alias.as_str()).send().await {
            Ok(ready) => ready.requested_provisioned_concurrent_executions,
            Err(error) => {
                assert_eq!(error.code(), Some("ProvisionedConcurrencyConfigNotFoundException"));
                None
            }
        };
        AliasSettings {
            description: found.description.filter(|text| !text.is_empty()),
            provisioned_concurrency: ready.map(|ready| ready.try_into().unwrap()),
        }
    }
}

impl Aliases for Real {
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem> {
        self.aliases.read(session, target).await
    }

    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem> {
        self.aliases.find_version(session, target).await
    }

    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        to: &AliasRouting,
        over: &str,
    ) -> Result<String, Problem> {
        self.aliases.write(session, target, to, over).await
    }
}

impl OwnAliases for Real {
    async fn make(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        version: Version,
        settings: &AliasSettings,
    ) -> Result<(), Problem> {
        self.aliases.make(session, function, alias, version, settings).await
    }

    async fn configure(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        old: Option<&AliasSettings>,
        new: &AliasSettings,
    ) -> Result<(), Problem> {
        self.aliases.configure(session, function, alias, old, new).await
    }

    async fn delete(&self, session: &RoleSession, function: &FunctionName, alias: &AliasName) -> Result<(), Problem> {
        self.aliases.delete(session, function, alias).await
    }
}

both_keep! {
    an_alias_is_made_with_all_traffic_on_one_version
    an_alias_that_is_there_is_not_made_again
    no_alias_is_made_of_a_function_or_a_version_that_does_not_exist
    settings_are_changed_and_taken_away_and_move_no_traffic
    what_is_not_said_stays_where_nothing_was_said_before
    nothing_is_configured_where_no_alias_is
    an_alias_is_deleted_once_or_twice
}

fn settings(description: &str, ready: u32) -> AliasSettings {
    AliasSettings { description: Some(description.to_owned()), provisioned_concurrency: Some(ready) }
}

/// A function, and an alias that it does not have yet.
async fn open(customer: &impl Customer) -> LambdaTarget {
    let name = fresh("function");
    customer.put_function(&name).await;
    LambdaTarget {
        function: named(&name),
        alias: named("prod"),
        current: named("1"),
        target: named("2"),
        before: None,
        after: None,
    }
}

async fn make(customer: &impl Customer, of: &LambdaTarget, version: &str, with: &AliasSettings) -> Result<(), Problem> {
    customer.make(&session(), &of.function, &of.alias, named(version), with).await
}

async fn read(customer: &impl Customer, target: &LambdaTarget) -> Result<AliasState, Problem> {
    Aliases::read(customer, &session(), target).await
}

async fn an_alias_is_made_with_all_traffic_on_one_version(customer: &impl Customer) {
    for given in [AliasSettings::default(), settings("orders of the shop", 5)] {
        let of = open(customer).await;
        assert_eq!(kind(read(customer, &of).await), ProblemKind::Missing);
        make(customer, &of, "2", &given).await.unwrap();
        assert!(read(customer, &of).await.unwrap().routes(&AliasRouting::only(named("2"))));
        assert_eq!(customer.settings(&of.function, &of.alias).await, given);
    }
}

async fn an_alias_that_is_there_is_not_made_again(customer: &impl Customer) {
    let of = open(customer).await;
    make(customer, &of, "1", &AliasSettings::default()).await.unwrap();
    make(customer, &of, "2", &AliasSettings::default()).await.unwrap();
    assert!(read(customer, &of).await.unwrap().routes(&AliasRouting::only(named("1"))));
}

async fn no_alias_is_made_of_a_function_or_a_version_that_does_not_exist(customer: &impl Customer) {
    let of = open(customer).await;
    let nobody = LambdaTarget { function: named(&fresh("function")), ..of.clone() };
    for (of, version) in [(&of, "9"), (&nobody, "1")] {
        let problem = make(customer, of, version, &AliasSettings::default()).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Missing, "{problem}");
        assert!(problem.words.contains("ResourceNotFoundException: Function not found: "), "{problem}");
    }
    assert_eq!(kind(read(customer, &of).await), ProblemKind::Missing);
}

async fn settings_are_changed_and_taken_away_and_move_no_traffic(customer: &impl Customer) {
    let of = open(customer).await;
    make(customer, &of, "1", &AliasSettings::default()).await.unwrap();
    let before = read(customer, &of).await.unwrap();
    let split = AliasRouting::split(named("1"), named("2"), Percent::from_weight(0.1));
    let written = customer.write(&session(), &of, &split, &before.revision).await.unwrap();
    let described = AliasSettings { provisioned_concurrency: None, ..settings("zeroth", 0) };
    customer.configure(&session(), &of.function, &of.alias, None, &described).await.unwrap();
    assert!(read(customer, &of).await.unwrap().routes(&split));
    // AWS takes no provisioned concurrency of an alias that is on two versions.
    let second = AliasRouting::only(named("2"));
    let revision = read(customer, &of).await.unwrap().revision;
    assert_ne!(revision, written, "other words are a change as well");
    customer.write(&session(), &of, &second, &revision).await.unwrap();
    let only = AliasSettings { provisioned_concurrency: None, ..settings("second", 7) };
    let none = AliasSettings::default();
    let mut old = None;
    for given in [settings("first", 5), settings("second", 7), only, none.clone(), none] {
        customer.configure(&session(), &of.function, &of.alias, old.as_ref(), &given).await.unwrap();
        assert_eq!(customer.settings(&of.function, &of.alias).await, given);
        assert!(read(customer, &of).await.unwrap().routes(&second));
        old = Some(given);
    }
}

async fn what_is_not_said_stays_where_nothing_was_said_before(customer: &impl Customer) {
    let of = open(customer).await;
    make(customer, &of, "1", &settings("theirs", 5)).await.unwrap();
    let described = AliasSettings { provisioned_concurrency: None, ..settings("ours", 0) };
    customer.configure(&session(), &of.function, &of.alias, None, &described).await.unwrap();
    assert_eq!(customer.settings(&of.function, &of.alias).await, settings("ours", 5));
}

async fn nothing_is_configured_where_no_alias_is(customer: &impl Customer) {
    let of = open(customer).await;
    let configured = customer.configure(&session(), &of.function, &of.alias, None, &settings("first", 5)).await;
    assert_eq!(kind(configured), ProblemKind::Missing);
}

async fn an_alias_is_deleted_once_or_twice(customer: &impl Customer) {
    let of = open(customer).await;
    make(customer, &of, "1", &AliasSettings::default()).await.unwrap();
    for _ in 0..2 {
        customer.delete(&session(), &of.function, &of.alias).await.unwrap();
        assert_eq!(kind(read(customer, &of).await), ProblemKind::Missing);
    }
    let nobody: FunctionName = named(&fresh("function"));
    customer.delete(&session(), &nobody, &of.alias).await.unwrap();
    make(customer, &of, "2", &AliasSettings::default()).await.unwrap();
}
