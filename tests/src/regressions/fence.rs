//! The way back holds against a shift that comes late, whichever way Lambda counts revisions.

use jiff::SignedDuration;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::lambda::shift_alias::{Shifted, shift_alias};
use spillway_engine::ports::aliases::Aliases;
use spillway_engine::ports::deployments::Deployments;
use spillway_testkit::{Accident, Event, Harm, Plot, Runner, Story, When, World, check};
use spillway_tests::template::machine;

use super::{alias, ending, only, split};

/// How long after the halt it ended.
fn open_for(world: &World, id: &DeploymentId) -> SignedDuration {
    let record = world.record(id).unwrap();
    record.ending.unwrap().at.duration_since(record.halt.unwrap().at)
}

/// A deployment that is stopped while its first shift hangs, which goes on when so many further invocations were made.
fn stopped_while_a_shift_hangs(world: World, late: When) -> (World, DeploymentId) {
    let story = || Story::new("Steps.10@5m").without_rollback().at(0.2, Event::Stop(None));
    // The moment of its write: the last one before which it may die and nothing has moved, but the way back is written.
    let is_before = |moment: &usize| {
        let world = World::new().with_accidents(vec![Accident { moment: *moment, harm: Harm::CrashBefore }]);
        Runner::new(&world, machine()).play(&story());
        let writes = world.writes();
        !writes.is_empty() && writes.iter().all(|(_, routing)| *routing == only(1))
    };
    let moment = (0..60).rfind(is_before).unwrap();
    let world = world.with_accidents(vec![Accident { moment, harm: Harm::PauseBefore }]).with_diary();
    let id = Runner::new(&world, machine()).with_late(late).play(&story());
    check(&world).unwrap();
    (world, id)
}

#[test]
fn a_deployment_whose_way_back_made_a_new_revision_ends_at_once() {
    let (world, id) = stopped_while_a_shift_hangs(World::new(), When::AtTheEnd);
    assert!(open_for(&world, &id) < SignedDuration::from_secs(10), "{}", world.diary());
    assert_eq!(alias(&world), only(1));
}

#[test]
fn a_deployment_whose_way_back_changed_nothing_stays_open_until_no_shift_can_come_any_more() {
    let (world, id) = stopped_while_a_shift_hangs(World::new().with_kept_revisions(), When::AtTheEnd);
    assert!(open_for(&world, &id) >= SignedDuration::from_secs(45), "{}", world.diary());
    assert_eq!(alias(&world), only(1));
    let record = world.record(&id).unwrap();
    assert_eq!(
        ending(&record),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version 1."
    );
    let ledger = world.ledger_of(&id);
    let said = |words: &str| ledger.iter().any(|entry| entry.why.contains(words));
    assert!(
        said("Traffic is back: 100 % to version 1. Lambda has made no new revision of the alias for it"),
        "{ledger:?}"
    );
    let waits = ledger.iter().find(|entry| entry.waits_for.as_deref() == Some("shifts that may still be under way"));
    assert_eq!(waits.unwrap().until, record.late_until, "{ledger:?}");
}

/// What a function does that read the alias and the record before the halt, and writes after the way back.
#[test]
fn a_shift_that_comes_after_the_way_back_is_put_right_before_the_end() {
    let world = World::new().with_kept_revisions().with_diary();
    let request = Story::new("Steps.10@5m").without_rollback().set(&world);
    let mut runner = Runner::new(&world, machine());
    let id = runner.begin(&request);
    runner.pass(SignedDuration::from_secs(30));
    let subject = DeploymentRef { deployment_id: id.clone() };
    pollster::block_on(async {
        let record = world.record(&id).unwrap();
        let (session, target) = (&record.session(), record.lambda().unwrap());
        // By hand it is where it was, so that the way back changes nothing.
        let shifted = Aliases::read(&world, session, target).await.unwrap();
        let read = world.write(session, target, &only(1), &shifted.revision).await.unwrap();
        let mut halted = world.record(&id).unwrap();
        assert!(
            halted.halt(spillway_domain::deployment::halt::Cause::Stop { rollback: None, caller: None }, world.now())
        );
        world.save(spillway_engine::ports::deployments::Change::quiet(&halted)).await.unwrap();
        assert_eq!(shift_alias(&world, &world, &subject, world.now()).await.unwrap(), Shifted::Written);
        let late = world.write(session, target, &split(1, 2, 10), &read).await;
        assert!(late.is_ok(), "nothing keeps it out");
    });
    assert_eq!(alias(&world), split(1, 2, 10));
    runner.run();
    let record: Deployment = world.record(&id).unwrap();
    assert_eq!(alias(&world), only(1), "{}", world.diary());
    assert!(record.has_ended() && record.ending.unwrap().at >= record.late_until.unwrap(), "{}", world.diary());
}
