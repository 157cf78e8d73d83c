//! What undoes an update of an alias.

use jiff::SignedDuration;
use spillway_domain::deployment::record::Status;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_testkit::{HookPlan, Stack, StackEnd, check};

use super::{Template, at, rolled_back, routes, runner, stack_at_one, take_a_name, version, world_with};

#[test]
fn a_version_that_a_hook_refuses_rolls_the_stack_back() {
    let world = world_with(&["orders"]);
    world.put_hook("pre", HookPlan::Fails);
    world.put_hook("post", HookPlan::Succeeds);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let end = stack.deploy(&mut runner, &Template { hooks: true, ..Template::new(2) }.parts());
    rolled_back(end, "See the diagnostics of BeforeAllowTraffic. No traffic was moved. pre: ");
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
    take_a_name(&mut runner);
    let mut stack = stack_at_one(&mut runner);
    let impossible = Template { hooks: true, impossible: true, ..Template::new(2) };
    world.put_alarm(&"errors".parse().unwrap(), false);
    let end = stack.deploy(&mut runner, &impossible.parts());
    rolled_back(end, "Application taken exists already, and this resource did not make it.");
    assert_eq!(at(&world), Some(version(1)));
    let records = world.records();
    let back = records.iter().max_by_key(|record| record.created_at).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(back.spec.routing.steps().len(), 0, "at once");
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
    take_a_name(&mut runner);
    let mut stack = stack_at_one(&mut runner);
    let impossible = Template { impossible: true, ..Template::new(2) };
    assert!(matches!(stack.deploy(&mut runner, &impossible.parts()), StackEnd::RolledBack(_)));
    assert_eq!(stack.deploy(&mut runner, &Template::new(2).parts()), StackEnd::Complete);
    let records = world.records();
    let last = records.iter().max_by_key(|record| record.created_at).unwrap();
    assert_eq!(last.spec.config.as_str(), "Steps.10@2m");
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
    let hook_of_stock = |desired: &mut spillway_domain::stack::resource::DesiredAlias| {
        if desired.function.as_str() == "stock" {
            desired.before = Some("pre".parse().unwrap());
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
fn an_alias_that_was_taken_over_survives_the_rollback_of_that_update() {
    let world = world_with(&["orders"]);
    world.put_alias("orders", "live", AliasRouting::only(version(1)), &[version(1), version(2)]);
    let mut runner = runner(&world);
    take_a_name(&mut runner);
    let adopting = Template { change: |desired| desired.adopts = true, impossible: true, ..Template::new(1) };
    let mut stack = Stack::new("shop");
    rolled_back(stack.deploy(&mut runner, &adopting.parts()), "Application taken exists already");
    assert_eq!(at(&world), Some(version(1)));
    assert_eq!(world.claims().len(), 1, "that of the other stack's application");
}

#[test]
fn an_alias_that_was_taken_over_goes_back_when_that_update_is_rolled_back() {
    let world = world_with(&["orders"]);
    world.put_alias("orders", "live", AliasRouting::only(version(1)), &[version(1), version(2)]);
    let mut runner = runner(&world);
    take_a_name(&mut runner);
    let adopting = Template { change: |desired| desired.adopts = true, impossible: true, ..Template::new(2) };
    let mut stack = Stack::new("shop");
    rolled_back(stack.deploy(&mut runner, &adopting.parts()), "Application taken exists already");
    assert_eq!(at(&world), Some(version(1)), "where it was taken over");
    let records = world.records();
    let back = records.iter().max_by_key(|record| record.created_at).unwrap();
    assert_eq!((records.len(), back.spec.routing.steps().len()), (2, 0), "at once");
    assert_eq!(world.claims().len(), 1, "that of the other stack's application");
    runner.run();
    check(&world).unwrap();
}

#[test]
fn an_alias_that_was_taken_over_goes_back_in_the_middle_of_its_deployment() {
    let world = world_with(&["orders", "stock"]);
    world.put_hook("pre", HookPlan::Fails);
    for function in ["orders", "stock"] {
        world.put_alias(function, "live", AliasRouting::only(version(1)), &[version(1), version(2)]);
    }
    let mut runner = runner(&world);
    let adopting = |desired: &mut spillway_domain::stack::resource::DesiredAlias| {
        desired.adopts = true;
        desired.before = (desired.function.as_str() == "stock").then(|| "pre".parse().unwrap());
    };
    let functions = vec!["orders", "stock"];
    let template = Template { functions, change: adopting, config: "Steps.10@40m", ..Template::new(2) };
    let began = world.now();
    rolled_back(Stack::new("shop").deploy(&mut runner, &template.parts()), "failed.");
    assert!(world.now() < began + SignedDuration::from_mins(2), "the forty minutes were not waited for");
    let back = AliasRouting::only(version(1));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == back), "{}", world.diary());
    runner.run();
    check(&world).unwrap();
}

#[test]
fn an_alias_that_was_taken_over_stays_where_somebody_moved_it_since() {
    let world = world_with(&["orders"]);
    world.put_alias("orders", "live", AliasRouting::only(version(1)), &[version(1), version(2), version(3)]);
    let mut runner = runner(&world);
    let adopting = Template { change: |desired| desired.adopts = true, ..Template::new(2) };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &adopting.parts()), StackEnd::Complete);
    world.put_alias("orders", "live", AliasRouting::only(version(3)), &[version(1), version(2), version(3)]);
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(3)));
    assert!(world.is_bare());
}

#[test]
fn the_first_of_a_chain_to_fail_rolls_the_stack_back_without_waiting_for_the_others() {
    let world = world_with(&["orders", "stock"]);
    world.put_hook("post", HookPlan::Fails);
    let mut runner = runner(&world);
    let hook_of_stock = |desired: &mut spillway_domain::stack::resource::DesiredAlias| {
        // Orders begins its wait an hour later.
        match desired.function.as_str() {
            "stock" => desired.after = Some("post".parse().unwrap()),
            _ => desired.before = Some("slow".parse().unwrap()),
        }
    };
    world.put_hook("slow", HookPlan::CallsBack { after: SignedDuration::from_mins(50), succeeded: true });
    let both = |number| Template {
        functions: vec!["orders", "stock"],
        change: hook_of_stock,
        config: "Steps.10@80m",
        waits: 2,
        ..Template::new(number)
    };
    let mut stack = Stack::new("shop");
    assert_eq!(stack.deploy(&mut runner, &both(1).parts()), StackEnd::Complete);
    let began = world.now();
    rolled_back(stack.deploy(&mut runner, &both(2).parts()), "See the diagnostics of AfterAllowTraffic.");
    let took = world.now().duration_since(began);
    assert!(took >= SignedDuration::from_mins(80) && took < SignedDuration::from_mins(85), "{took:?}");
    let back = AliasRouting::only(version(1));
    assert!(routes(&world, &["orders", "stock"]).values().all(|routing| *routing == back), "{}", world.diary());
    runner.run();
    check(&world).unwrap();
}

#[test]
fn a_version_that_failed_while_the_stack_did_not_wait_is_not_what_a_rollback_goes_to() {
    let world = world_with(&["orders"]);
    world.put_hook("pre", HookPlan::Fails);
    let mut runner = runner(&world);
    take_a_name(&mut runner);
    let mut stack = stack_at_one(&mut runner);
    let failing = Template { hooks: true, change: |desired| desired.waits = false, ..Template::new(2) };
    assert_eq!(stack.deploy(&mut runner, &failing.parts()), StackEnd::Complete);
    runner.run();
    assert_eq!(at(&world), Some(version(1)));
    let undone = Template { impossible: true, ..Template::new(3) };
    assert!(matches!(stack.deploy(&mut runner, &undone.parts()), StackEnd::RolledBack(_)));
    assert_eq!(at(&world), Some(version(1)));
    runner.run();
    check(&world).unwrap();
}

#[test]
fn a_stack_that_does_not_wait_rolls_back_to_a_deployment_that_is_still_under_way() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let slow = |number, config| Template { change: |desired| desired.waits = false, config, ..Template::new(number) };
    let mut stack = stack_at_one(&mut runner);
    assert_eq!(stack.deploy(&mut runner, &slow(2, "Steps.10@3h").parts()), StackEnd::Complete);
    runner.pass(SignedDuration::from_mins(1));
    let end = stack.deploy(&mut runner, &slow(3, "Steps.10@3h").parts());
    rolled_back(end, "has the deployment group and is still running");
    runner.run();
    assert_eq!(at(&world), Some(version(2)));
    assert!(world.records().iter().all(|record| record.status() == Status::Succeeded));
}

#[test]
fn a_request_that_comes_after_a_later_one_changes_nothing() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    take_a_name(&mut runner);
    let mut stack = stack_at_one(&mut runner);
    let asked_at = world.now();
    runner.pass(SignedDuration::from_secs(5));
    let undone = Template { impossible: true, ..Template::new(2) };
    assert!(matches!(stack.deploy(&mut runner, &undone.parts()), StackEnd::RolledBack(_)));
    stack.deliver_late(&mut runner, &Template::new(2).parts()[2][0], asked_at);
    runner.run();
    assert_eq!(at(&world), Some(version(1)));
    check(&world).unwrap();
}

#[test]
fn a_stack_whose_old_version_was_deleted_says_how_its_rollback_goes_on() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    take_a_name(&mut runner);
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
