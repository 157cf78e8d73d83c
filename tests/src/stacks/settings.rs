//! Applications, configurations and groups of stacks.

use spillway_domain::catalog::application::NewApplication;
use spillway_domain::catalog::config::{ComputePlatform, NewConfig, Strategy};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::stack::resource::DesiredResource;
use spillway_testkit::{Part, Runner, Stack, StackEnd};

use super::{Template, application, at, rolled_back, runner, stack_at_one, version, world_with};

fn config(name: &str, percent: u32) -> DesiredResource {
    let strategy = Strategy::TimeBasedCanary { percentage: percent, minutes: 5 };
    DesiredResource::Config(NewConfig { name: name.parse().unwrap(), platform: ComputePlatform::Lambda, strategy })
}

fn deploy(stack: &mut Stack, runner: &mut Runner<'_>, logical_id: &str, desired: DesiredResource) -> StackEnd {
    stack.deploy(runner, &[vec![Part::new(logical_id, desired)]])
}

#[test]
fn a_rename_keeps_application_group_and_history() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    assert_eq!(stack.deploy(&mut runner, &Template::new(2).parts()), StackEnd::Complete);
    let before = world.records()[0].spec.clone();
    let renamed = Template { application: "store", group: Some("purchases"), ..Template::new(3) };
    assert_eq!(stack.deploy(&mut runner, &renamed.parts()), StackEnd::Complete);
    let records = world.records();
    let after = &records.iter().max_by_key(|record| record.created_at).unwrap().spec;
    assert_eq!((after.application.as_str(), after.group.as_str()), ("store", "purchases"));
    assert_eq!((&after.application_id, &after.group_id), (&before.application_id, &before.group_id));
    assert_eq!(after.previous_revision.as_ref(), Some(&before.revision));
    assert_eq!(world.claims().len(), 3, "{:?}", world.claims());
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert!(world.is_bare());
}

#[test]
fn what_somebody_else_made_is_neither_taken_nor_deleted() {
    let world = world_with(&[]);
    let mut runner = runner(&world);
    let mut theirs = Stack::new("theirs");
    assert_eq!(deploy(&mut theirs, &mut runner, "App", application("shop")), StackEnd::Complete);
    let mut ours = Stack::new("ours");
    rolled_back(deploy(&mut ours, &mut runner, "App", application("shop")), "Application shop exists already");
    rolled_back(
        ours.deploy(
            &mut runner,
            &[vec![Part::new("Slow", config("slow", 5))], vec![Part::new("App", application("shop"))]],
        ),
        "Application shop exists already",
    );
    assert!(!world.is_bare(), "theirs is still there");
    assert_eq!(deploy(&mut ours, &mut runner, "Slow", config("slow", 5)), StackEnd::Complete);
    rolled_back(
        deploy(&mut theirs, &mut runner, "Slow", config("slow", 5)),
        "Deployment configuration slow exists already",
    );
    assert_eq!(ours.delete(&mut runner), StackEnd::Complete);
    assert_eq!(theirs.delete(&mut runner), StackEnd::Complete);
    assert!(world.is_bare());
}

#[test]
fn a_platform_and_a_configuration_never_change() {
    let world = world_with(&[]);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    let both = |platform, percent| {
        let shop = NewApplication { name: "shop".parse().unwrap(), platform, tags: Vec::new() };
        [vec![Part::new("App", DesiredResource::Application(shop)), Part::new("Slow", config("slow", percent))]]
    };
    assert_eq!(stack.deploy(&mut runner, &both(ComputePlatform::Lambda, 5)), StackEnd::Complete);
    let end = stack.deploy(&mut runner, &both(ComputePlatform::Ecs, 5));
    rolled_back(end, "The platform of application shop cannot change.");
    let end = stack.deploy(&mut runner, &both(ComputePlatform::Lambda, 6));
    rolled_back(end, "Deployment configuration slow cannot change.");
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
}

#[test]
fn what_a_template_no_longer_says_of_a_group_is_as_by_default() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let mut parts = Template::new(2).parts();
    if let DesiredResource::Group(group) = &mut parts[1][0].desired {
        group.settings.alarms = None;
        group.settings.config = None;
    }
    world.put_alarm(&"errors".parse().unwrap(), true);
    assert_eq!(stack.deploy(&mut runner, &parts), StackEnd::Complete, "the red alarm is not looked at any more");
    assert_eq!(at(&world), Some(version(2)));
    assert_eq!(world.records()[0].spec.config.as_str(), "CodeDeployDefault.LambdaAllAtOnce");
}

#[test]
fn a_group_may_move_to_another_application() {
    let world = world_with(&["orders"]);
    let mut runner = runner(&world);
    let mut stack = stack_at_one(&mut runner);
    let mut parts = Template { application: "store", ..Template::new(2) }.parts();
    parts[0].insert(0, Part::new("Application", application("shop")));
    parts[0][1].logical_id = "Other".to_owned();
    assert_eq!(stack.deploy(&mut runner, &parts), StackEnd::Complete);
    assert_eq!(at(&world), Some(version(2)));
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert!(world.is_bare());
}

#[test]
fn what_somebody_made_in_place_of_it_is_not_the_stacks() {
    let world = world_with(&[]);
    let mut runner = runner(&world);
    let mut stack = Stack::new("shop");
    assert_eq!(deploy(&mut stack, &mut runner, "App", application("shop")), StackEnd::Complete);
    world.replace_application("shop", "theirs");
    let mut tagged = application("shop");
    if let DesiredResource::Application(desired) = &mut tagged {
        desired.tags.push(Tag { key: "team".to_owned(), value: "x".to_owned() });
    }
    let end = deploy(&mut stack, &mut runner, "App", tagged);
    let StackEnd::RollbackFailed(why) = end else { panic!("{end:?}") };
    assert!(why.contains("Application shop exists already, and this resource did not make it."), "{why}");
    assert_eq!(stack.delete(&mut runner), StackEnd::Complete);
    assert!(!world.is_bare(), "theirs is still there");
}
