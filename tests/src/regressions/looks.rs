//! One look that shows what is not so decides nothing.

use jiff::SignedDuration;
use spillway_domain::deployment::record::{Deployment, Doubt};
use spillway_domain::percent::Percent;
use spillway_domain::problem::ProblemKind;
use spillway_testkit::{Event, Runner, Story, World, check};
use spillway_tests::template::machine;

use super::{alias, ending, only, play, split};

const THROTTLED: Event = Event::AlarmsUnreadable(ProblemKind::Transient);

fn steps() -> Story {
    Story::new("Steps.10@1m,50@1m").without_rollback()
}

/// For how many seconds it was open.
fn lasted(record: &Deployment) -> i64 {
    record.ending.as_ref().unwrap().at.duration_since(record.created_at).as_secs()
}

#[test]
fn alarms_that_are_throttled_for_seconds_stop_nothing() {
    let (world, record) = play(&steps().at(59.0, THROTTLED).at(67.0, Event::AlarmsReadable));
    assert_eq!(ending(&record), "Succeeded");
    assert_eq!(alias(&world), only(2));
    assert_eq!(world.writes().len(), 3, "{}", world.diary());
}

#[test]
fn no_traffic_moves_forward_while_alarms_cannot_be_read() {
    let (world, record) = play(&steps().at(59.0, THROTTLED).at(200.0, Event::AlarmsReadable));
    assert_eq!(ending(&record), "Succeeded");
    let held = world.ledger_of(&record.id).into_iter().find(|entry| entry.why.contains("one look does not decide"));
    let held = held.unwrap();
    assert_eq!(
        held.why,
        "The state of the alarms could not be read, and ignorePollAlarmFailure is not set: DescribeAlarms failed. This \
         may pass, so one look does not decide; no traffic moves meanwhile."
    );
    assert_eq!(held.waits_for.as_deref(), Some("another look at the alarms"));
    assert_eq!(held.until, Some(held.at + SignedDuration::from_mins(5)));
    let second_step = world.ledger_of(&record.id).into_iter().find(|entry| entry.why.starts_with("Step 2")).unwrap();
    assert!(second_step.at >= record.created_at + SignedDuration::from_secs(200), "{}", world.diary());
}

#[test]
fn alarms_that_are_throttled_for_minutes_count_as_unreadable() {
    let (world, record) = play(&steps().at(59.0, THROTTLED));
    assert_eq!(
        ending(&record),
        "Stopped ALARM_ACTIVE: The state of the alarms could not be read, and ignorePollAlarmFailure is not set: \
         DescribeAlarms failed. All traffic is on version 1."
    );
    assert_eq!(alias(&world), only(1));
    assert!((355..375).contains(&lasted(&record)), "{}", world.diary());
}

#[test]
fn alarms_that_may_not_be_read_count_at_once() {
    let (world, record) = play(&steps().at(59.0, Event::AlarmsUnreadable(ProblemKind::Denied)));
    assert!(ending(&record).starts_with("Stopped ALARM_ACTIVE: The state of the alarms could not be read"));
    assert!(lasted(&record) < 63, "{}", world.diary());
}

#[test]
fn an_alarm_that_goes_off_while_alarms_cannot_be_read_takes_the_traffic_back_at_once() {
    let world = World::new().with_diary().with_history();
    let id = Runner::new(&world, machine()).play(&steps().at(59.0, THROTTLED).at(80.0, Event::AlarmRed));
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    let back = record.restored_at.unwrap().duration_since(record.created_at);
    assert!(back < SignedDuration::from_secs(81), "{}", world.diary());
    assert!(record.doubts.is_empty());
    let held = |record: &Deployment| record.doubts.contains_key(&Doubt::Alarms);
    assert!(world.history().iter().any(held));
}

#[test]
fn what_is_certain_does_not_wait_for_what_is_in_doubt() {
    let theirs = split(3, 1, 20);
    let (world, record) = play(&steps().at(59.0, THROTTLED).at(59.5, Event::AliasWritten(theirs)));
    assert!(ending(&record).contains("drifted during the deployment"), "{}", ending(&record));
    assert!(lasted(&record) < 70, "{}", world.diary());
}

#[test]
fn an_alias_that_is_not_found_for_seconds_ends_nothing() {
    for second in [59.0, 60.02, 119.0] {
        let (world, record) = play(&steps().at(second, Event::AliasHidden).at(second + 4.0, Event::AliasFound));
        assert_eq!(ending(&record), "Succeeded", "{}", world.diary());
        assert_eq!(alias(&world), only(2));
    }
}

#[test]
fn an_alias_that_is_not_found_for_minutes_in_mid_shift_is_gone() {
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&steps().at(59.0, Event::AliasHidden));
    let record = world.record(&id).unwrap();
    assert!(ending(&record).contains("There is no alias left to restore"), "{}", ending(&record));
    assert!((355..375).contains(&lasted(&record)), "{}", world.diary());
}

#[test]
fn an_alias_that_is_not_found_on_the_way_back_is_restored_once_it_is() {
    let story = steps().at(30.0, Event::AliasHidden).at(30.1, Event::Stop(None)).at(200.0, Event::AliasFound);
    let (world, record) = play(&story);
    assert_eq!(
        ending(&record),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version 1."
    );
    assert_eq!(alias(&world), only(1));
    assert_eq!(record.share, Percent::ZERO);
}

#[test]
fn an_alias_that_is_not_found_before_any_traffic_moves_is_looked_at_twice() {
    let (world, record) = play(&steps().at(0.0, Event::AliasHidden));
    assert!(ending(&record).starts_with("Failed INVALID_LAMBDA_FUNCTION"), "{}", ending(&record));
    assert!(lasted(&record) < 5, "{}", world.diary());
    let (world, record) = play(&steps().at(0.0, Event::AliasHidden).at(1.0, Event::AliasFound));
    assert_eq!(ending(&record), "Succeeded", "{}", world.diary());
}

#[test]
fn a_role_that_may_not_look_for_versions_is_no_reason_to_stop() {
    let world = World::new();
    world.forbid_finding_versions();
    let id = Runner::new(&world, machine()).play(&steps());
    check(&world).unwrap();
    assert_eq!(ending(&world.record(&id).unwrap()), "Succeeded");
}
