//! For every moment of what a stack asks for: fail there, crash there, hang there, before the call and after it. The
//! stack must end as it does undisturbed, every request is answered, and nothing is left.

use std::collections::BTreeMap;

use spillway_testkit::{Accident, Duplicate, Harm, HookPlan, Runner, Stack, StackEnd, When, World, check};

use super::{Template, put_functions, routes, runner};

type Story = fn(&mut Runner<'_>) -> Vec<StackEnd>;

const FUNCTIONS: [&str; 2] = ["orders", "stock"];

fn stories() -> Vec<(&'static str, Story)> {
    vec![
        ("made, changed and deleted", |runner| {
            let mut stack = Stack::new("shop");
            let mut ends: Vec<StackEnd> =
                [1, 2].iter().map(|number| stack.deploy(runner, &Template::new(*number).parts())).collect();
            ends.push(stack.delete(runner));
            ends
        }),
        ("refused by a hook", |runner| {
            let mut stack = Stack::new("shop");
            let refused = Template { hooks: true, ..Template::new(2) };
            vec![stack.deploy(runner, &Template::new(1).parts()), stack.deploy(runner, &refused.parts())]
        }),
        ("undone after the deployment", |runner| {
            let mut other = Stack::new("other");
            let taken = Template { application: "taken", functions: Vec::new(), ..Template::new(1) };
            let mut stack = Stack::new("shop");
            let undone = Template { impossible: true, ..Template::new(2) };
            vec![
                other.deploy(runner, &taken.parts()),
                stack.deploy(runner, &Template::new(1).parts()),
                stack.deploy(runner, &undone.parts()),
            ]
        }),
        ("renamed", |runner| {
            let mut stack = Stack::new("shop");
            let renamed =
                Template { application: "store", group: Some("purchases"), alias: "live", ..Template::new(2) };
            vec![stack.deploy(runner, &Template::new(1).parts()), stack.deploy(runner, &renamed.parts())]
        }),
        ("waited for by a chain", |runner| {
            let slow = |number| Template { config: "Steps.10@80m", waits: 1, ..Template::new(number) };
            let mut stack = Stack::new("shop");
            vec![stack.deploy(runner, &slow(1).parts()), stack.deploy(runner, &slow(2).parts())]
        }),
    ]
}

/// What is to be the same whatever happens: how the stack ended, and where the aliases are.
type Outcome = (Vec<String>, BTreeMap<String, spillway_domain::AliasRouting>, usize);

/// The words of a failure name deployments and calls; that there was one is what counts.
fn in_short(end: &StackEnd) -> String {
    match end {
        StackEnd::Complete => "complete".to_owned(),
        StackEnd::RolledBack(_) => "rolled back".to_owned(),
        StackEnd::RollbackFailed(why) => format!("rollback failed: {why}"),
    }
}

fn play(
    story: Story,
    accidents: Vec<Accident>,
    adjust: impl for<'w> FnOnce(Runner<'w>) -> Runner<'w>,
    diary: bool,
) -> (usize, usize, Result<Outcome, String>, String) {
    let world = World::new().with_accidents(accidents);
    let world = if diary { world.with_diary() } else { world };
    put_functions(&world, &FUNCTIONS);
    world.put_hook("pre", HookPlan::Fails);
    let mut runner = adjust(runner(&world));
    let ends = story(&mut runner);
    runner.run();
    let outcome = check(&world).and_then(|()| one_answer_each(&world)).map(|()| {
        let ends = ends.iter().map(in_short).collect();
        (ends, routes(&world, &FUNCTIONS), world.claims().len())
    });
    (world.moments(), runner.invocations(), outcome, world.diary())
}

/// What is said twice is the same.
fn one_answer_each(world: &World) -> Result<(), String> {
    let mut told = BTreeMap::new();
    for (url, body) in world.answers() {
        let failed = body.contains(r#""failure":null"#);
        if told.insert(url.clone(), failed).is_some_and(|before| before != failed) {
            return Err(format!("{url} was told two things"));
        }
    }
    Ok(())
}

fn must_be_as_undisturbed(
    name: &str,
    story: Story,
    expected: &Outcome,
    accidents: &[Accident],
    adjust: impl for<'w> Fn(Runner<'w>) -> Runner<'w>,
) {
    if play(story, accidents.to_vec(), &adjust, false).2.as_ref() == Ok(expected) {
        return;
    }
    let (_, _, outcome, diary) = play(story, accidents.to_vec(), &adjust, true);
    panic!("{name}, {accidents:?}: {outcome:?} in place of {expected:?}\n{diary}");
}

#[test]
fn every_accident_at_every_moment_leaves_the_stack_as_it_would_have_been() {
    for (name, story) in stories() {
        let (moments, _, expected, _) = play(story, Vec::new(), |runner| runner, false);
        let expected = expected.unwrap();
        for moment in 0..moments {
            for harm in Harm::ALL {
                let accidents = [Accident { moment, harm }];
                must_be_as_undisturbed(name, story, &expected, &accidents, |runner| runner);
            }
        }
    }
}

#[test]
fn a_function_that_hung_does_no_harm_to_a_stack_whenever_it_goes_on() {
    for (name, story) in stories() {
        let (moments, _, expected, _) = play(story, Vec::new(), |runner| runner, false);
        let expected = expected.unwrap();
        for moment in 0..moments {
            for further in [0, 1, 3, 8] {
                let accidents = [Accident { moment, harm: Harm::PauseBefore }];
                must_be_as_undisturbed(name, story, &expected, &accidents, |runner| {
                    runner.with_late(When::After(further))
                });
            }
        }
    }
}

#[test]
fn every_invocation_for_a_stack_may_come_twice_and_late() {
    for (name, story) in stories() {
        let (_, invocations, expected, _) = play(story, Vec::new(), |runner| runner, false);
        let expected = expected.unwrap();
        for invocation in 0..invocations {
            for when in [When::After(0), When::After(2), When::AtTheEnd] {
                let duplicate = Duplicate { invocation, when };
                must_be_as_undisturbed(name, story, &expected, &[], |runner| runner.with_duplicate(duplicate));
            }
        }
    }
}
