//! Aliases of stacks.

use jiff::SignedDuration;
use spillway_domain::deployment::record::Status;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::stack::resource::AliasSettings;
use spillway_testkit::{HookPlan, Stack, StackEnd, check};

use super::{Template, at, rolled_back, routes, runner, stack_at_one, version, world_with};

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
    assert_eq!(stack.attribute("ordersAlias", "FunctionVersion"), Some("1"));
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
fn one_chain_waits_for_all_aliases_and_is_over_when_the_last_is() {
    let world = world_with(&["orders", "stock"]);
    world.put_hook("post", HookPlan::CallsBack { after: SignedDuration::from_mins(50), succeeded: true });
    let mut runner = runner(&world);
    let both = |number| Template {
        functions: vec!["orders", "stock"],
        config: "Steps.10@80m",
        waits: 2,
        change: |desired| desired.after = (desired.function.as_str() == "stock").then(|| "post".parse().unwrap()),
        ..Template::new(number)
    };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &both(1).parts()), StackEnd::Complete);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &both(2).parts()), StackEnd::Complete);
    let took = world.now().duration_since(began);
    assert!(took >= SignedDuration::from_mins(130) && took < SignedDuration::from_mins(135), "{took:?}");
    let there = AliasRouting::only(version(2));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == there));
    runner.run();
    check(&world).unwrap();
}

#[test]
fn a_stack_that_does_not_wait_is_complete_at_once() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let hasty = |number| Template { change: |desired| desired.waits = false, ..Template::new(number) };
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
    let hasty = Template { change: |desired| desired.waits = false, ..Template::new(2) };
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
    world.put_alias("orders", "live", AliasRouting::only(version(1)), &[version(1), version(2), version(3)]);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    rolled_back(stack.deploy(&mut runner, &Template::new(2).parts()), "exists already (100 % to version 1)");
    assert_eq!(at(&world), Some(version(1)), "it was neither moved nor deleted");
    assert_eq!(world.claims(), []);
    let adopting = Template { change: |desired| desired.adopts = true, ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &adopting.parts()), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(2)));
    let [record] = &world.records()[..] else { panic!("moved by one deployment") };
    assert_eq!(record.status(), Status::Succeeded);
    assert_eq!(stack.deploy(&mut runner, &Template::new(3).parts()), StackEnd::Complete);
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live"), None, "by now it is the stack's");
}

#[test]
fn a_deployment_that_an_operator_began_is_nothing_that_other_settings_stop() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let theirs = runner.begin(&Template::new(2).by_hand("orders", 1));
    runner.pass(SignedDuration::from_secs(10));
    let described =
        Template { change: |desired| desired.settings.description = Some("New.".to_owned()), ..Template::new(1) };
    assert_eq!(stack.deploy(&mut runner, &described.parts()), StackEnd::Complete);
    runner.run();
    assert_eq!(world.record(&theirs).unwrap().status(), Status::Succeeded);
    assert_eq!(at(&world), Some(version(2)));
}

#[test]
fn provisioned_concurrency_waits_until_a_deployment_no_longer_has_the_alias_on_two_versions() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let theirs = runner.begin(&Template::new(2).by_hand("orders", 1));
    runner.pass(SignedDuration::from_secs(10));
    assert!(world.alias("orders", "live").unwrap().routing.second.is_some());
    let ready = Template { change: |desired| desired.settings.provisioned_concurrency = Some(5), ..Template::new(1) };
    assert_eq!(stack.deploy(&mut runner, &ready.parts()), StackEnd::Complete, "{}", world.diary());
    assert_eq!(world.record(&theirs).unwrap().status(), Status::Succeeded);
    assert_eq!(world.alias("orders", "live").unwrap().settings.provisioned_concurrency, Some(5));
}

#[test]
fn a_stack_waits_for_a_deployment_of_another_group_that_has_its_alias() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let mut others = Stack::new("others");
    let group = Template { application: "others", ..Template::new(2) };
    assert_eq!(others.deploy(&mut runner, &group.parts()[..2]), StackEnd::Complete);
    let theirs = runner.begin(&group.by_hand("orders", 1));
    runner.pass(SignedDuration::from_secs(10));
    assert_eq!(stack.deploy(&mut runner, &Template::new(3).parts()), StackEnd::Complete, "{}", world.diary());
    let records = world.records();
    assert!(records.iter().all(|record| record.status() == Status::Succeeded), "{}", world.diary());
    let own = records.iter().find(|record| record.id != theirs).unwrap();
    assert!(own.created_at >= world.record(&theirs).unwrap().ending.unwrap().at, "one after the other");
    assert_eq!(at(&world), Some(version(3)));
}

#[test]
fn two_aliases_may_share_a_group() {
    let world = world_with(&["orders", "stock"]);
    let mut runner = runner(&world);
    let shared = |number| {
        let template = Template { functions: vec!["orders", "stock"], group: Some("all"), ..Template::new(number) };
        let mut parts = template.parts();
        parts[1].truncate(1);
        parts
    };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &shared(1)), StackEnd::Complete);
    let began = world.now();
    assert_eq!(stack.deploy(&mut runner, &shared(2)), StackEnd::Complete);
    assert!(world.now() > began + SignedDuration::from_mins(4), "one after the other");
    let there = AliasRouting::only(version(2));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == there));
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
    let half = spillway_domain::percent::Percent::from_hundredths(5000);
    let split = AliasRouting::split(version(1), version(3), half);
    world.put_alias("orders", "live", split, &[version(1), version(2), version(3)]);
    let end = stack.deploy(&mut runner, &Template::new(2).parts());
    let StackEnd::RollbackFailed(why) = end else { panic!("{end:?}") };
    assert!(why.contains("was changed outside Spillway: 50 % to version 3 and 50 % to version 1"), "{why}");
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
    let hasty = Template { change: |desired| desired.waits = false, config: "Steps.10@40m", ..Template::new(2) };
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
    let settled = |desired: &mut spillway_domain::stack::resource::DesiredAlias| {
        desired.settings.description = Some("What customers get.".to_owned());
        desired.settings.provisioned_concurrency = Some(5);
    };
    let described = Template { change: settled, ..Template::new(1) };
    assert_eq!(stack.deploy(&mut runner, &described.parts()), StackEnd::Complete);
    let alias = world.alias("orders", "live").unwrap();
    assert_eq!(alias.settings.provisioned_concurrency, Some(5));
    assert_eq!(alias.settings.description.as_deref(), Some("What customers get."));
    assert_eq!(world.records(), []);
    let bare = Template { change: |desired| desired.waits = false, ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &bare.parts()), StackEnd::Complete);
    assert_eq!(world.alias("orders", "live").unwrap().settings, AliasSettings::default(), "also beside a deployment");
}
