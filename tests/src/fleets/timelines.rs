//! Stories, told from beginning to end. The diary is the snapshot.

use jiff::SignedDuration;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{Event, FleetStory, HostPlan, Runner, World, check};
use spillway_tests::template::machine;

use crate::telling::tell;

const ONE_AT_A_TIME: &str = "CodeDeployDefault.OneAtATime";
const HALF_AT_A_TIME: &str = "CodeDeployDefault.HalfAtATime";
const ALL_AT_ONCE: &str = "CodeDeployDefault.AllAtOnce";

fn failing(config: &str) -> FleetStory {
    FleetStory::new(config, 3).host(0, HostPlan::Fails(HostEvent::ValidateService))
}

#[test]
fn one_host_after_the_other_succeeds() {
    insta::assert_snapshot!(tell(&FleetStory::new(ONE_AT_A_TIME, 2)));
}

#[test]
fn on_premises_hosts_are_deployed_to_beside_instances() {
    let story = FleetStory { on_premises: vec![HostPlan::Works], ..FleetStory::new(ALL_AT_ONCE, 1) };
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn the_first_failure_ends_it_and_the_touched_host_is_rolled_back() {
    insta::assert_snapshot!(tell(&FleetStory { rollback: true, ..failing(ONE_AT_A_TIME) }));
}

#[test]
fn a_failure_that_the_minimum_allows_does_not_end_it() {
    insta::assert_snapshot!(tell(&failing(ALL_AT_ONCE)));
}

#[test]
fn a_silent_host_fails_after_five_minutes() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 2).host(0, HostPlan::Silent)));
}

#[test]
fn a_host_that_vanishes_in_an_event_fails_after_an_hour() {
    let vanishes = HostPlan::Vanishes(HostEvent::ApplicationStart);
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 2).host(1, vanishes)));
}

#[test]
fn a_terminated_host_leaves_the_count() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 3).host(0, HostPlan::Terminated)));
}

#[test]
fn hosts_leave_their_load_balancers_and_return() {
    insta::assert_snapshot!(tell(&FleetStory::new(ONE_AT_A_TIME, 2).balanced()));
}

#[test]
fn fast_hosts_wait_for_their_load_balancers_alone() {
    let event_takes = SignedDuration::from_millis(100);
    insta::assert_snapshot!(tell(&FleetStory { event_takes, ..FleetStory::new(ONE_AT_A_TIME, 2).balanced() }));
}

#[test]
fn an_on_premises_host_is_behind_no_load_balancer() {
    let event_takes = SignedDuration::from_secs(1);
    let story = FleetStory { on_premises: vec![HostPlan::Works], event_takes, ..FleetStory::new(ALL_AT_ONCE, 1) };
    insta::assert_snapshot!(tell(&story.balanced()));
}

#[test]
fn a_host_that_its_load_balancers_never_find_healthy_fails_after_an_hour() {
    let story = FleetStory::new(HALF_AT_A_TIME, 2).host(0, HostPlan::NeverHealthy).balanced();
    insta::assert_snapshot!(tell(&FleetStory { rollback: true, ..story }));
}

#[test]
fn the_role_may_not_see_the_load_balancers() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 2).balanced().at(8.0, Event::RightsLost)));
}

#[test]
fn a_deployment_of_more_than_eight_hours_times_out() {
    let jump = Event::ClockJumps(SignedDuration::from_hours(9));
    insta::assert_snapshot!(tell(&FleetStory::new(ONE_AT_A_TIME, 2).at(95.0, jump)));
}

#[test]
fn a_fleet_that_is_done_succeeds_however_late_it_is_looked_at() {
    let jump = Event::ClockJumps(SignedDuration::from_hours(9));
    insta::assert_snapshot!(tell(&FleetStory::new(ALL_AT_ONCE, 1).at(100.5, jump)));
}

#[test]
fn a_bundle_that_is_not_there_ends_it_before_a_host_is_touched() {
    let story = FleetStory { has_bundles: false, rollback: true, ..FleetStory::new(ONE_AT_A_TIME, 2) };
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn a_stop_with_rollback_brings_the_touched_hosts_back() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 2).at(40.0, Event::Stop(Some(true)))));
}

#[test]
fn an_alarm_stops_it() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 2).at(40.0, Event::AlarmRed)));
}

#[test]
fn a_first_deployment_has_nothing_to_roll_back_to() {
    insta::assert_snapshot!(tell(&FleetStory { rollback: true, has_revision: false, ..failing(ONE_AT_A_TIME) }));
}

#[test]
fn no_host_is_found() {
    insta::assert_snapshot!(tell(&FleetStory::new(ONE_AT_A_TIME, 0)));
}

#[test]
fn the_role_may_not_look_for_hosts() {
    insta::assert_snapshot!(tell(&FleetStory::new(ONE_AT_A_TIME, 1).at(0.0, Event::RightsLost)));
}

#[test]
fn whatever_keeps_hosts_from_being_selected_has_a_code_of_its_own() {
    let end = |story: FleetStory| {
        let world = World::new();
        let id = Runner::new(&world, machine()).play(&story);
        check(&world).unwrap();
        let error = world.record(&id).unwrap().ending.unwrap().error.unwrap();
        format!("{}: {}", error.code.as_str(), error.message)
    };
    let unfound = |kind, words: &str| {
        end(FleetStory { finding: Some(Problem::new(kind, words)), ..FleetStory::new(ONE_AT_A_TIME, 1) })
    };
    let many = FleetStory { instances: vec![HostPlan::Silent; 10_001], ..FleetStory::new(ONE_AT_A_TIME, 0) };
    let ends = [
        unfound(ProblemKind::Denied, "ec2:DescribeInstances failed: UnauthorizedOperation."),
        unfound(ProblemKind::Denied, "sts:AssumeRole of the service role failed: AccessDenied."),
        unfound(ProblemKind::Denied, "autoscaling:DescribeAutoScalingGroups failed: AccessDenied."),
        unfound(ProblemKind::Missing, "autoscaling:DescribeAutoScalingGroups of web failed: there is none."),
        unfound(ProblemKind::Transient, "ec2:DescribeInstances failed: RequestLimitExceeded."),
        end(many),
    ];
    insta::assert_snapshot!(ends.join("\n"));
}

#[test]
fn the_minimum_leaves_no_host() {
    insta::assert_snapshot!(tell(&FleetStory::new(HALF_AT_A_TIME, 1)));
}

#[test]
fn alarms_that_cannot_be_read_stop_it() {
    let story = FleetStory::new(ONE_AT_A_TIME, 1).at(0.0, Event::AlarmsUnreadable(ProblemKind::Denied));
    insta::assert_snapshot!(tell(&story));
}
