//! Aliases of stacks.

use jiff::SignedDuration;
use spillway_domain::{AliasRouting, AliasSettings, Status};
use spillway_testkit::{HookPlan, Stack, StackEnd, check};

use super::{Template, at, routes, runner, stack_at_one, version, world_with};

fn rolled_back(end: StackEnd, words: &str) {
    let StackEnd::RolledBack(why) = end else { panic!("{end:?}") };
    assert!(why.contains(words), "{why}");
}

#[test]
fn the_first_version_is_there_at_once_and_without_a_deployment() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let stack = stack_at_one(&mut runner);
    assert_eq!(at(&world), Some(version(1)));
    assert_eq!(world.records(), []);
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live";
    assert_eq!(stack.physical_id("ordersAlias"), Some(arn));
    assert_eq!(stack.attribute("ordersAlias", "DeploymentId"), Some("none"));
    assert_eq!(stack.attribute("ordersAlias", "AliasArn"), Some(arn), "as AWS::Lambda::Alias has it");
}

#[test]
fn a_new_version_is_deployed_and_the_stack_waits_for_it() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &Template::new(2).parts()), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(2)));
    assert!(world.now() >= began + SignedDuration::from_mins(2), "it took its time");
    let [record] = &world.records()[..] else { panic!("one deployment") };
    assert_eq!(record.status(), Status::Succeeded);
    assert_eq!(stack.attribute("ordersAlias", "DeploymentId"), Some(record.id.as_str()));
    runner.run();
    check(&world).unwrap();
}

#[test]
fn nothing_that_does_not_change_is_deployed() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let (moments, answers) = (world.moments(), world.answers().len());
    assert_eq!(stack.deploy(&mut runner, &Template::new(1).parts()), StackEnd::Complete);
    assert_eq!((world.moments(), world.answers().len()), (moments, answers));
    let hooked = Template { hooks: true, ..Template::new(1) };
    assert_eq!(stack.deploy(&mut runner, &hooked.parts()), StackEnd::Complete);
    assert_eq!(world.records(), [], "other hooks are no other version");
}

#[test]
fn a_version_that_a_hook_refuses_rolls_the_stack_back() {
    let world = world_with(&["orders"]);
    world.put_hook("pre", HookPlan::Fails);
    world.put_hook("post", HookPlan::Succeeds);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let end = stack.deploy(&mut runner, &Template { hooks: true, ..Template::new(2) }.parts());
    rolled_back(end, "lifecycle event validation functions failed. See the diagnostics of BeforeAllowTraffic");
    runner.run();
    assert_eq!(at(&world), Some(version(1)));
    check(&world).unwrap();
}

#[test]
fn when_something_else_fails_later_traffic_goes_back_at_once_whatever_the_alarms_and_hooks_say() {
    let world = world_with(&["orders"]);
    world.put_hook("pre", HookPlan::Succeeds);
    world.put_hook("post", HookPlan::Succeeds);
    let mut runner = runner(&world);
    let mut other = Stack::new("other");
    let template = Template { application: "taken", functions: Vec::new(), ..Template::new(1) };
    assert_eq!(other.deploy(&mut runner, &template.parts()), StackEnd::Complete);
    let mut stack = stack_at_one(&mut runner);
    let impossible = Template { hooks: true, impossible: true, ..Template::new(2) };
    world.put_alarm(&"errors".parse().unwrap(), false);
    let end = stack.deploy(&mut runner, &impossible.parts());
    rolled_back(end, "Application taken exists already, and this resource did not make it.");
    assert_eq!(at(&world), Some(version(1)));
    let records = world.records();
    let back = records.iter().max_by_key(|record| record.created_at).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(back.order.routing.steps().len(), 0, "at once");
    assert_eq!(back.lambda().unwrap().before, None);
    let took = back.ending.as_ref().unwrap().at.duration_since(back.created_at);
    assert!(took < SignedDuration::from_secs(5), "{took:?}");
    runner.run();
    check(&world).unwrap();
}

#[test]
fn after_a_rollback_the_same_version_is_deployed_step_by_step_again() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut other = Stack::new("other");
    let template = Template { application: "taken", functions: Vec::new(), ..Template::new(1) };
    other.deploy(&mut runner, &template.parts());
    let mut stack = stack_at_one(&mut runner);
    let impossible = Template { impossible: true, ..Template::new(2) };
    assert!(matches!(stack.deploy(&mut runner, &impossible.parts()), StackEnd::RolledBack(_)));
    assert_eq!(stack.deploy(&mut runner, &Template::new(2).parts()), StackEnd::Complete);
    let records = world.records();
    let last = records.iter().max_by_key(|record| record.created_at).unwrap();
    assert_eq!(last.order.config.as_str(), "Steps.10@2m");
    assert_eq!(at(&world), Some(version(2)));
}

#[test]
fn a_rollback_in_the_middle_of_a_deployment_stops_it() {
    let world = world_with(&["orders", "stock"]);
    world.put_hook("pre", HookPlan::Fails);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    let both = |number, change| Template {
        functions: vec!["orders", "stock"],
        change,
        config: "Steps.10@40m",
        ..Template::new(number)
    };
    assert_eq!(stack.deploy(&mut runner, &both(1, |_| {}).parts()), StackEnd::Complete);
    let hook_of_stock = |wish: &mut spillway_domain::AliasWish| {
        if wish.function.as_str() == "stock" {
            wish.before = Some("pre".parse().unwrap());
        }
    };
    let began = world.now();
    rolled_back(stack.deploy(&mut runner, &both(2, hook_of_stock).parts()), "failed.");
    assert!(world.now() < began + SignedDuration::from_mins(2), "the forty minutes were not waited for");
    let back = AliasRouting::only(version(1));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == back), "{}", world.diary());
    runner.run();
    check(&world).unwrap();
}

#[test]
fn a_plan_longer_than_an_hour_is_waited_for_by_a_chain() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let slow = |number| Template { config: "Steps.10@150m", waits: 2, ..Template::new(number) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &slow(1).parts()), StackEnd::Complete);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &slow(2).parts()), StackEnd::Complete);
    assert!(world.now() >= began + SignedDuration::from_mins(150));
    assert_eq!(at(&world), Some(version(2)));
}

#[test]
fn a_chain_that_is_too_short_rolls_back() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let slow = |number| Template { config: "Steps.10@150m", waits: 1, ..Template::new(number) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &slow(1).parts()), StackEnd::Complete);
    rolled_back(stack.deploy(&mut runner, &slow(2).parts()), "is still running, and CloudFormation waits no longer");
    runner.run();
    assert_eq!(at(&world), Some(version(1)));
    check(&world).unwrap();
}

#[test]
fn a_stack_that_does_not_wait_is_complete_at_once() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let hasty = |number| Template { change: |wish| wish.waits = false, ..Template::new(number) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &hasty(1).parts()), StackEnd::Complete);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &hasty(2).parts()), StackEnd::Complete);
    assert!(world.now() < began + SignedDuration::from_secs(10));
    let [record] = &world.records()[..] else { panic!("one deployment") };
    assert!(!record.has_ended());
    assert_eq!(stack.attribute("ordersAlias", "DeploymentId"), Some(record.id.as_str()));
    runner.run();
    assert_eq!(at(&world), Some(version(2)));
}

#[test]
fn the_next_version_waits_for_the_deployment_before() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let hasty = Template { change: |wish| wish.waits = false, ..Template::new(2) };
    let mut stack = stack_at_one(&mut runner);
    assert_eq!(stack.deploy(&mut runner, &hasty.parts()), StackEnd::Complete);
    assert_eq!(stack.deploy(&mut runner, &Template::new(3).parts()), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(3)));
    assert!(world.records().iter().all(|record| record.status() == Status::Succeeded));
}

#[test]
fn another_name_makes_another_alias_and_the_old_one_goes() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let renamed = Template { alias: "prod", ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &renamed.parts()), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live"), None);
    assert_eq!(world.alias("orders", "prod").unwrap().routing, AliasRouting::only(version(2)));
    assert_eq!(world.records(), [], "an alias that is new has nothing to be shifted");
}

#[test]
fn what_was_made_from_outside_is_left_alone_unless_it_is_taken_over() {
    let world = world_with(&["orders"]);
    world.put_alias("orders", "live", AliasRouting::only(version(1)), &[version(1), version(2)]);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    rolled_back(stack.deploy(&mut runner, &Template::new(2).parts()), "exists already (100 % to version 1)");
    assert_eq!(at(&world), Some(version(1)), "it was neither moved nor deleted");
    assert_eq!(world.claims(), []);
    let adopting = Template { change: |wish| wish.adopts = true, ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &adopting.parts()), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(2)));
    let [record] = &world.records()[..] else { panic!("moved by one deployment") };
    assert_eq!(record.status(), Status::Succeeded);
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live"), None);
}

#[test]
fn an_alias_that_somebody_deleted_is_made_again() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    world.delete_alias("orders", "live");
    assert_eq!(stack.deploy(&mut runner, &Template::new(2).parts()), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(2)));
}

#[test]
fn an_alias_that_somebody_moved_is_not_overwritten_while_it_has_two_versions() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let half = spillway_domain::Percent::from_hundredths(5000);
    let split = AliasRouting::split(version(1), version(3), half);
    world.put_alias("orders", "live", split, &[version(1), version(2), version(3)]);
    let end = stack.deploy(&mut runner, &Template::new(2).parts());
    let StackEnd::RollbackFailed(why) = end else { panic!("{end:?}") };
    assert!(why.contains("was changed by somebody else: 50 % to version 3 and 50 % to version 1"), "{why}");
    assert_eq!(world.alias("orders", "live").unwrap().routing, split);
}

#[test]
fn a_version_that_is_not_there_is_said_to_be_so() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    rolled_back(stack.deploy(&mut runner, &Template::new(9).parts()), "Function not found: orders:9");
    assert_eq!(world.claims(), [], "nothing is left of what could not be made");
    let mut stack = stack_at_one(&mut runner);
    rolled_back(stack.deploy(&mut runner, &Template::new(9).parts()), "failed.");
    runner.run();
    assert_eq!(at(&world), Some(version(1)));
}

#[test]
fn a_stack_whose_old_version_was_deleted_says_how_its_rollback_goes_on() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut other = Stack::new("other");
    let template = Template { application: "taken", functions: Vec::new(), ..Template::new(1) };
    other.deploy(&mut runner, &template.parts());
    let mut stack = stack_at_one(&mut runner);
    let impossible = Template { impossible: true, ..Template::new(2) };
    // Somebody tidies up as soon as version 2 has all traffic.
    world.delete_version_when_left("orders", version(1));
    let end = stack.deploy(&mut runner, &impossible.parts());
    let StackEnd::RollbackFailed(why) = end else { panic!("{end:?}") };
    assert!(why.contains("continue its rollback without this resource (--resources-to-skip)"), "{why}");
    runner.run();
    assert_eq!(at(&world), Some(version(2)), "it stays where it is");
}

#[test]
fn a_stack_that_is_deleted_leaves_nothing() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert_eq!((world.alias("orders", "live"), world.claims()), (None, Vec::new()));
    assert!(world.is_bare(), "{}", world.stored());
}

#[test]
fn a_stack_that_is_deleted_in_the_middle_of_a_deployment_ends_it_first() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let hasty = Template { change: |wish| wish.waits = false, config: "Steps.10@40m", ..Template::new(2) };
    let mut stack = stack_at_one(&mut runner);
    assert_eq!(stack.deploy(&mut runner, &hasty.parts()), StackEnd::Complete);
    runner.pass(SignedDuration::from_mins(1));
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live"), None);
    assert!(world.records().iter().all(|record| record.has_ended()));
    assert!(world.is_bare());
}

#[test]
fn two_functions_are_deployed_side_by_side() {
    let world = world_with(&["orders", "stock"]);
    let mut runner = runner(&world);
    let both = |number| Template { functions: vec!["orders", "stock"], ..Template::new(number) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &both(1).parts()), StackEnd::Complete);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &both(2).parts()), StackEnd::Complete);
    assert!(world.now() < began + SignedDuration::from_mins(4), "not one after the other");
    let there = AliasRouting::only(version(2));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == there));
}

#[test]
fn ten_functions_share_the_fifteen_calls_a_second_that_lambda_allows() {
    const NAMES: [&str; 10] = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"];
    let world = world_with(&NAMES).with_lambda_calls_per_second(15);
    let mut runner = runner(&world);
    let ten = |number| Template { functions: NAMES.to_vec(), ..Template::new(number) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &ten(1).parts()), StackEnd::Complete);
    assert_eq!(stack.deploy(&mut runner, &ten(2).parts()), StackEnd::Complete);
    let there = AliasRouting::only(version(2));
    let routes = routes(&world, &NAMES);
    assert!(routes.len() == 10 && routes.values().all(|routing| *routing == there), "{}", world.diary());
    assert!(world.lambda_refusals() > 0, "the limit was felt");
    runner.run();
    check(&world).unwrap();
}

#[test]
fn settings_of_an_alias_change_without_a_deployment() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let settled = |wish: &mut spillway_domain::AliasWish| {
        wish.settings.description = Some("What customers get.".to_owned());
        wish.settings.provisioned_concurrency = Some(5);
    };
    let described = Template { change: settled, ..Template::new(1) };
    assert_eq!(stack.deploy(&mut runner, &described.parts()), StackEnd::Complete);
    let alias = world.alias("orders", "live").unwrap();
    assert_eq!(alias.settings.provisioned_concurrency, Some(5));
    assert_eq!(alias.settings.description.as_deref(), Some("What customers get."));
    assert_eq!(world.records(), []);
    let bare = Template { change: |wish| wish.waits = false, ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &bare.parts()), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live").unwrap().settings, AliasSettings::default(), "also beside a deployment");
}
