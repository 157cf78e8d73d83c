//! For every moment of what a stack asks for: fail there, crash there, hang there, before the call and after it. The
//! stack must end as it does undisturbed, every request is answered, and nothing is left.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use spillway_testkit::{Accident, Duplicate, Harm, HookPlan, Part, Runner, Stack, StackEnd, When, World, check};

use super::{Template, application, put_functions, routes, runner, take_a_name};

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
            take_a_name(runner);
            let mut stack = Stack::new("shop");
            let undone = Template { impossible: true, ..Template::new(2) };
            vec![stack.deploy(runner, &Template::new(1).parts()), stack.deploy(runner, &undone.parts())]
        }),
        ("renamed", |runner| {
            let mut stack = Stack::new("shop");
            let renamed =
                Template { application: "store", group: Some("purchases"), alias: "live", ..Template::new(2) };
            vec![stack.deploy(runner, &Template::new(1).parts()), stack.deploy(runner, &renamed.parts())]
        }),
        ("cancelled", |runner| {
            take_a_name(runner);
            let mut template = Template::new(1).parts();
            template[0].insert(0, Part::new("Impossible", application("taken")));
            vec![Stack::new("shop").deploy(runner, &template)]
        }),
        ("cancelled in the middle of an update", |runner| {
            let mut stack = Stack::new("shop");
            let mut template = Template::new(2).parts();
            template[2].push(Part::new("Impossible", application("taken")));
            take_a_name(runner);
            vec![stack.deploy(runner, &Template::new(1).parts()), stack.deploy(runner, &template)]
        }),
        ("taken over, and given back", |runner| {
            take_a_name(runner);
            let theirs = Template { application: "theirs", ..Template::new(1) };
            let ours = Template { change: |desired| desired.adopts = true, impossible: true, ..Template::new(2) };
            vec![Stack::new("theirs").deploy(runner, &theirs.parts()), Stack::new("shop").deploy(runner, &ours.parts())]
        }),
        ("waited for by a chain", |runner| {
            let functions = || FUNCTIONS.to_vec();
            let slow =
                |number| Template { functions: functions(), config: "Steps.10@80m", waits: 1, ..Template::new(number) };
            let mut stack = Stack::new("shop");
            vec![stack.deploy(runner, &slow(1).parts()), stack.deploy(runner, &slow(2).parts())]
        }),
    ]
}

/// What is to be the same whatever happens: how the stack ended, where the aliases are, how many notes there are, and of
/// how many things.
type Outcome = (Vec<String>, BTreeMap<String, spillway_domain::lambda::alias::AliasRouting>, usize, usize);

/// How much longer a stack may take for an accident.
const MOST_DELAY: SignedDuration = SignedDuration::from_mins(10);

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
) -> Played {
    let world = World::new().with_accidents(accidents);
    let world = if diary { world.with_diary() } else { world };
    put_functions(&world, &FUNCTIONS);
    world.put_hook("pre", HookPlan::Fails);
    let mut runner = adjust(runner(&world));
    let began = world.now();
    let ends = story(&mut runner);
    let took = world.now().duration_since(began);
    runner.run();
    let outcome = check(&world).and_then(|()| one_answer_each(&world)).map(|()| {
        let ends = ends.iter().map(in_short).collect();
        (ends, routes(&world, &FUNCTIONS), world.claims().len(), world.things())
    });
    Played { moments: world.moments(), invocations: runner.invocations(), took, outcome, diary: world.diary() }
}

struct Played {
    moments: usize,
    invocations: usize,
    took: SignedDuration,
    outcome: Result<Outcome, String>,
    diary: String,
}

fn undisturbed(story: Story) -> Played {
    let played = play(story, Vec::new(), |runner| runner, false);
    assert_eq!(played.outcome.as_ref().err(), None);
    played
}

/// What is said twice is the same.
fn one_answer_each(world: &World) -> Result<(), String> {
    let mut told = BTreeMap::new();
    for (url, body) in world.answers() {
        let well = body.contains(r#""failure":null"#);
        if told.insert(url.clone(), well).is_some_and(|before| before != well) {
            return Err(format!("{url} was told two things"));
        }
    }
    Ok(())
}

fn must_be_as_undisturbed(
    name: &str,
    story: Story,
    expected: &Played,
    accidents: &[Accident],
    adjust: impl for<'w> Fn(Runner<'w>) -> Runner<'w>,
) {
    let played = play(story, accidents.to_vec(), &adjust, false);
    if played.outcome == expected.outcome && played.took <= expected.took + MOST_DELAY {
        return;
    }
    let Played { outcome, took, diary, .. } = play(story, accidents.to_vec(), &adjust, true);
    let (wanted, usual) = (&expected.outcome, expected.took);
    panic!("{name}, {accidents:?}: {outcome:?} in place of {wanted:?}, {took:?} in place of {usual:?}\n{diary}");
}

#[test]
fn every_accident_at_every_moment_leaves_the_stack_as_it_would_have_been() {
    for (name, story) in stories() {
        let expected = undisturbed(story);
        for moment in 0..expected.moments {
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
        let expected = undisturbed(story);
        for moment in 0..expected.moments {
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
        let expected = undisturbed(story);
        for invocation in 0..expected.invocations {
            for when in [When::After(0), When::After(2), When::AtTheEnd] {
                let duplicate = Duplicate { invocation, when };
                must_be_as_undisturbed(name, story, &expected, &[], |runner| runner.with_duplicate(duplicate));
            }
        }
    }
}
