//! What belongs to the customer: aliases and alarms.

use aws_sdk_cloudwatch::types::StateValue;
use spillway_aws_core::Roles;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::AlarmName;
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::aliases::Aliases;
use spillway_engine::ports::customer::Alarms;
use spillway_testkit::World;

use super::{both_keep, fresh, kind, named, session};
use crate::cloud::{Cloud, Shop};

/// Somebody who has functions and alarms.
trait Customer: Aliases + Alarms {
    /// Makes a function with versions 1 to 3, whose alias `live` is on 1.
    async fn put_function(&self, name: &str);
    /// Makes an alarm, or sets it.
    async fn set_alarm(&self, name: &AlarmName, red: bool);
}

impl Customer for World {
    async fn put_function(&self, name: &str) {
        self.put_alias(name, "live", AliasRouting::only(named("1")), &["1", "2", "3"].map(named));
    }

    async fn set_alarm(&self, name: &AlarmName, red: bool) {
        self.put_alarm(name, red);
    }
}

/// A customer of the emulated AWS.
struct Real {
    cloud: &'static Cloud,
    aliases: spillway_aws_lambda::Aliases,
    alarms: spillway_aws_cloudwatch::Alarms,
}

async fn real(cloud: &'static Cloud) -> Real {
    let roles = Roles::new(&super::loaded(cloud).await);
    let (aliases, alarms) = (spillway_aws_lambda::Aliases::new(&roles), spillway_aws_cloudwatch::Alarms::new(&roles));
    Real { cloud, aliases, alarms }
}

impl Customer for Real {
    async fn put_function(&self, name: &str) {
        Shop::open(self.cloud, name).await;
    }

    async fn set_alarm(&self, name: &AlarmName, red: bool) {
        self.cloud.put_alarm(name.as_str()).await;
        self.cloud.set_alarm(name.as_str(), if red { StateValue::Alarm } else { StateValue::Ok }).await;
    }
}

impl Aliases for Real {
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem> {
        self.aliases.read(session, target).await
    }

    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem> {
        self.aliases.write(session, target, routing, revision).await
    }

    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem> {
        self.aliases.find_version(session, target).await
    }
}

impl Alarms for Real {
    async fn read(&self, session: &RoleSession, names: &[AlarmName]) -> AlarmReading {
        self.alarms.read(session, names).await
    }
}

both_keep! {
    an_alias_is_written_as_it_is_read
    an_alias_is_written_only_over_the_revision_that_was_read
    a_write_of_an_alias_answers_with_its_revision_which_a_change_makes_new
    a_version_is_found_or_missing
    an_alias_or_a_function_that_does_not_exist_is_missing
    an_alias_is_not_written_to_a_version_that_does_not_exist
    alarms_are_quiet_or_red
    an_alarm_that_does_not_exist_is_unreadable_unless_another_is_red
}

fn target(function: &str) -> LambdaTarget {
    LambdaTarget {
        function: named(function),
        alias: named("live"),
        current: named("1"),
        target: named("2"),
        before: None,
        after: None,
    }
}

/// A function with an alias, as a target.
async fn open(customer: &impl Customer) -> LambdaTarget {
    let name = fresh("function");
    customer.put_function(&name).await;
    target(&name)
}

async fn read(customer: &impl Customer, target: &LambdaTarget) -> AliasState {
    Aliases::read(customer, &session(), target).await.unwrap()
}

async fn an_alias_is_written_as_it_is_read(customer: &impl Customer) {
    let target = open(customer).await;
    assert!(read(customer, &target).await.routes(&AliasRouting::only(named("1"))));
    let shares = [0.01, 0.1, 0.5, 0.3333, 0.9999].map(Percent::from_weight);
    let split = shares.map(|share| AliasRouting::split(named("1"), named("2"), share));
    for routing in split.into_iter().chain([AliasRouting::only(named("2")), AliasRouting::only(named("1"))]) {
        let before = read(customer, &target).await;
        customer.write(&session(), &target, &routing, &before.revision).await.unwrap();
        let after = read(customer, &target).await;
        assert!(after.routes(&routing), "{after} is not {routing}");
        assert!(after.arn.ends_with(&format!(":{}:live", target.function)), "{}", after.arn);
        assert_eq!(after.weights.len(), usize::from(routing.second.is_some()), "weights are cleared");
    }
}

async fn an_alias_is_written_only_over_the_revision_that_was_read(customer: &impl Customer) {
    let target = open(customer).await;
    let old = read(customer, &target).await;
    let (mine, theirs) = (AliasRouting::only(named("2")), AliasRouting::only(named("3")));
    customer.write(&session(), &target, &theirs, &old.revision).await.unwrap();
    assert_eq!(kind(customer.write(&session(), &target, &mine, &old.revision).await), ProblemKind::Stale);
    assert!(read(customer, &target).await.routes(&theirs));
}

async fn a_write_of_an_alias_answers_with_its_revision_which_a_change_makes_new(customer: &impl Customer) {
    let target = open(customer).await;
    let old = read(customer, &target).await.revision;
    let changed = customer.write(&session(), &target, &AliasRouting::only(named("2")), &old).await.unwrap();
    assert_ne!(changed, old);
    assert_eq!(read(customer, &target).await.revision, changed);
    // AWS promises nothing of one that changes nothing, but what it answers.
    let same = customer.write(&session(), &target, &AliasRouting::only(named("2")), &changed).await.unwrap();
    assert_eq!(read(customer, &target).await.revision, same);
}

async fn a_version_is_found_or_missing(customer: &impl Customer) {
    let target = open(customer).await;
    customer.find_version(&session(), &target).await.unwrap();
    let absent = LambdaTarget { target: named("9"), ..target };
    assert_eq!(kind(customer.find_version(&session(), &absent).await), ProblemKind::Missing);
}

async fn an_alias_or_a_function_that_does_not_exist_is_missing(customer: &impl Customer) {
    let there = open(customer).await;
    let no_alias = LambdaTarget { alias: named("of-nobody"), ..there };
    for absent in [no_alias, target(&fresh("function"))] {
        assert_eq!(kind(Aliases::read(customer, &session(), &absent).await), ProblemKind::Missing);
        let write = customer.write(&session(), &absent, &AliasRouting::only(named("2")), "1").await;
        assert_eq!(kind(write), ProblemKind::Missing);
    }
}

async fn an_alias_is_not_written_to_a_version_that_does_not_exist(customer: &impl Customer) {
    let target = open(customer).await;
    let before = read(customer, &target).await;
    let share = Percent::from_weight(0.1);
    for routing in [AliasRouting::only(named("9")), AliasRouting::split(named("1"), named("9"), share)] {
        let write = customer.write(&session(), &target, &routing, &before.revision).await;
        assert_eq!(kind(write), ProblemKind::Missing);
    }
    assert_eq!(read(customer, &target).await, before);
}

async fn alarms_are_quiet_or_red(customer: &impl Customer) {
    let names: Vec<AlarmName> = (0..3).map(|_| named(&fresh("alarm"))).collect();
    for name in &names {
        customer.set_alarm(name, false).await;
    }
    assert_eq!(Alarms::read(customer, &session(), &names).await, AlarmReading::Quiet);
    customer.set_alarm(&names[1], true).await;
    assert_eq!(Alarms::read(customer, &session(), &names).await, AlarmReading::Red(vec![names[1].clone()]));
    customer.set_alarm(&names[1], false).await;
    assert_eq!(Alarms::read(customer, &session(), &names).await, AlarmReading::Quiet);
}

async fn an_alarm_that_does_not_exist_is_unreadable_unless_another_is_red(customer: &impl Customer) {
    let [there, absent] = [named::<AlarmName>(&fresh("alarm")), named(&fresh("alarm"))];
    customer.set_alarm(&there, false).await;
    let both = [absent.clone(), there.clone()];
    let missing = Problem::new(ProblemKind::Missing, format!("Alarm {absent} does not exist."));
    assert_eq!(Alarms::read(customer, &session(), &both).await, AlarmReading::Unreadable(missing));
    customer.set_alarm(&there, true).await;
    assert_eq!(Alarms::read(customer, &session(), &both).await, AlarmReading::Red(vec![there]));
}
