//! Random stories with random trouble in them, and what holds in all of them.

use spillway_domain::deployment::decision::MoveKind;
pub mod random;

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::plan::plan;
use spillway_testkit::{Event, OutsideWrite, Plot, Runner, Story, World, check};
use spillway_tests::template::machine;

use random::{Case, Look, benign_case, case, look, quiet_case};

/// So many cases, unless `PROPTEST_CASES` says how many. No files of past failures: a failure prints its story, and becomes a
/// regression with a name.
pub fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { cases };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 3000, ..default }
}

/// Plays a case on that world.
pub fn play<P: Plot>(case: &Case<P>, world: World) -> World {
    let world = if case.keeps_revisions { world.with_kept_revisions() } else { world };
    let world = world.with_accidents(case.accidents.clone());
    let mut runner = Runner::new(&world, machine()).with_late(case.late);
    for duplicate in &case.duplicates {
        runner = runner.with_duplicate(*duplicate);
    }
    runner.play(&case.story);
    drop(runner);
    world
}

/// Plays a case and asks `holds`; what does not hold is told with the diary.
pub fn must_hold<P: Plot>(case: &Case<P>, holds: impl Fn(&World) -> Result<(), String>) -> Result<(), TestCaseError> {
    holds(&play(case, World::new())).map_err(|faults| {
        let diary = play(case, World::new().with_diary()).diary();
        TestCaseError::fail(format!("{faults}\n{diary}"))
    })
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn whatever_happens_it_ends_in_order(case in case()) {
        must_hold(&case, |world| {
            check(world)?;
            outside_writes_stay(world)
        })?;
    }

    #[test]
    fn an_outside_write_is_noticed_and_named(case in quiet_case()) {
        must_hold(&case, |world| {
            check(world)?;
            outside_writes_stay(world)?;
            outside_writes_are_named(world, &case.story)
        })?;
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_is_no_reason_to_stop_stops_nothing(case in benign_case()) {
        must_hold(&case, |world| {
            check(world)?;
            let ended: Vec<_> = world.records().iter().map(Deployment::status).collect();
            if ended != [Status::Succeeded] {
                return Err(format!("ended {ended:?}"));
            }
            let routings: Vec<_> = world.writes().into_iter().map(|(_, routing)| routing).collect();
            let asked = world.records()[0].spec.routing.steps().len() + 1;
            if routings.len() != asked { Err(format!("{asked} steps, but {} writes", routings.len())) } else { Ok(()) }
        })?;
    }

    #[test]
    fn planning_twice_changes_nothing(case in case(), look in look(), later in 0..4000_i64) {
        let world = play(&case, World::new().with_history());
        for record in world.history() {
            plan_twice(&record, &look, SignedDuration::from_secs(later))?;
        }
    }
}

/// Plans once, and again from what was planned, with the same before the eyes.
fn plan_twice(record: &Deployment, look: &Look, later: SignedDuration) -> Result<(), TestCaseError> {
    let (seen, now) = (look.of(record), record.updated_at + later);
    let once = plan(record, &seen, now);
    prop_assert_eq!(&plan(record, &seen, now), &once, "planned from the same, another plan");
    let start_untold = seen.failed.as_ref().is_some_and(|(step, _)| *step == MoveKind::Announce);
    if start_untold && once.next.has_ended() && !record.has_ended() {
        // The same failure would now be taken for one in telling of the end.
        return Ok(());
    }
    let twice = plan(&once.next, &seen, now);
    prop_assert_eq!(&twice.next, &once.next, "planned again, another record, seeing {}", seen);
    prop_assert_eq!(&twice.step, &once.step, "planned again, another move, seeing {}", seen);
    prop_assert!(twice.entry.is_none(), "planned again, and written into the ledger");
    Ok(())
}

/// The last write from outside, if it can only be foreign.
fn last_foreign(world: &World) -> Option<OutsideWrite> {
    let third = "3".parse().unwrap();
    let foreign =
        |routing: &AliasRouting| routing.main == third || routing.second.is_some_and(|(version, _)| version == third);
    world.outside_writes().pop().filter(|write| foreign(&write.routing))
}

/// What somebody from outside wrote during a deployment is never overwritten. Between two deployments an alias whose
/// main version is the next one's CurrentVersion is fair.
fn outside_writes_stay(world: &World) -> Result<(), String> {
    let Some(write) = last_foreign(world) else {
        return Ok(());
    };
    let between = |record: &Deployment| record.started_at.is_none_or(|started_at| started_at >= write.at);
    if world.records().iter().any(between) {
        return Ok(());
    }
    match world.alias(Story::FUNCTION, Story::ALIAS) {
        Some(alias) if alias.routing != write.routing => {
            Err(format!("{} was overwritten: the alias routes {}", write.routing, alias.routing))
        }
        Some(_) | None => Ok(()),
    }
}

/// A deployment during which the alias was written from outside ends, and says who holds what.
fn outside_writes_are_named(world: &World, story: &Story) -> Result<(), String> {
    let deleted = story.events.iter().any(|(_, event)| *event == Event::AliasDeleted);
    let Some(write) = last_foreign(world).filter(|_| !deleted && world.outside_writes().len() == 1) else {
        return Ok(());
    };
    for record in world.records() {
        let ended_at = record.ending.as_ref().map(|ending| ending.at);
        if record.started_at.is_none_or(|at| at >= write.at) || ended_at.is_none_or(|at| at <= write.at) {
            continue;
        }
        let error = record.ending.and_then(|ending| ending.error);
        let words = error.map(|error| error.message).unwrap_or_default();
        if !words.contains(&write.routing.to_string()) && !words.contains("No traffic was moved.") {
            return Err(format!("{} does not name {}: '{words}'", record.id, write.routing));
        }
    }
    Ok(())
}
