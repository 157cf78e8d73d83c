//! Stories, told from beginning to end. The diary is the snapshot.

use jiff::SignedDuration;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_testkit::{Event, HookPlan, RevisionPlan, Story};

use crate::telling::tell;

fn canary() -> Story {
    Story::new("Steps.10@5m").before(HookPlan::Succeeds).after(HookPlan::Succeeds)
}

#[test]
fn a_canary_with_two_hooks_succeeds() {
    insta::assert_snapshot!(tell(&canary()));
}

#[test]
fn an_execution_of_the_state_machine_asks_for_a_deployment_itself() {
    insta::assert_snapshot!(tell(&canary().by_execution()));
}

#[test]
fn a_revision_in_s3_is_read_first() {
    insta::assert_snapshot!(tell(&canary().with_revision(RevisionPlan::InS3)));
}

#[test]
fn a_revision_that_is_not_there_ends_it_before_anything_begins() {
    insta::assert_snapshot!(tell(&canary().with_revision(RevisionPlan::Missing)));
}

#[test]
fn a_revision_that_may_not_be_read_ends_it_before_anything_begins() {
    insta::assert_snapshot!(tell(&canary().with_revision(RevisionPlan::InS3).at(0.0, Event::RightsLost)));
}

#[test]
fn several_steps_rise_to_all() {
    insta::assert_snapshot!(tell(&Story::new("Steps.0.5@30s,5@2m,25@10m")));
}

#[test]
fn all_at_once_is_one_write() {
    insta::assert_snapshot!(tell(&Story::new("CodeDeployDefault.LambdaAllAtOnce")));
}

#[test]
fn a_hook_that_says_no_moves_no_traffic() {
    insta::assert_snapshot!(tell(&canary().before(HookPlan::Fails)));
}

#[test]
fn a_hook_that_throws_ends_it_at_once() {
    insta::assert_snapshot!(tell(&canary().after(HookPlan::throws())));
}

#[test]
fn a_hook_may_call_back_later() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_mins(10), succeeded: true };
    insta::assert_snapshot!(tell(&canary().before(later)));
}

#[test]
fn a_hook_that_never_answers_times_out_after_an_hour() {
    insta::assert_snapshot!(tell(&canary().before(HookPlan::Silent)));
}

#[test]
fn an_alarm_in_mid_shift_takes_the_traffic_back() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::AlarmRed)));
}

#[test]
fn an_alarm_that_is_red_from_the_start_stops_it() {
    insta::assert_snapshot!(tell(&canary().at(0.0, Event::AlarmRedUnheard)));
}

#[test]
fn an_alarm_whose_event_is_lost_is_found_by_the_sweep() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::AlarmRedUnheard)));
}

#[test]
fn a_stop_without_rollback_goes_back_too() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::Stop(Some(false)))));
}

#[test]
fn a_stop_with_rollback_makes_a_rollback_deployment() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::Stop(Some(true)))));
}

#[test]
fn a_storm_of_throttling_is_waited_out() {
    insta::assert_snapshot!(tell(&canary().at(290.0, Event::ThrottleBegins).at(330.0, Event::ThrottleEnds)));
}

#[test]
fn a_storm_of_throttling_that_outlasts_an_execution_is_waited_out_too() {
    let story = Story::new("Steps.10@1m,50@1m").without_rollback();
    insta::assert_snapshot!(tell(&story.at(60.03, Event::ThrottleBegins).at(2000.0, Event::ThrottleEnds)));
}

#[test]
fn an_alias_that_somebody_takes_in_mid_shift_is_theirs() {
    let theirs = AliasRouting::only("3".parse().unwrap());
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::AliasWritten(theirs))));
}

#[test]
fn a_target_that_is_deleted_in_mid_shift_sends_the_traffic_back() {
    let target = "2".parse().unwrap();
    insta::assert_snapshot!(tell(&Story::new("Steps.10@1m,50@1m").at(30.0, Event::VersionDeleted(target))));
}

#[test]
fn a_role_that_loses_its_rights_is_waited_for() {
    let story = Story::new("Steps.10@1m,50@1m");
    insta::assert_snapshot!(tell(&story.at(30.0, Event::RightsLost).at(300.0, Event::RightsBack)));
}

#[test]
fn an_alarm_during_the_last_hook_takes_everything_back() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_mins(10), succeeded: true };
    insta::assert_snapshot!(tell(&Story::new("Steps.10@1m").after(later).at(100.0, Event::AlarmRed)));
}
