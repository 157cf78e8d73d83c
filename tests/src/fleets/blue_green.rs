//! Blue/green stories, told from beginning to end. The diary is the snapshot.

use spillway_domain::catalog::environment::{ReadyOption, Termination, TerminationAction};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{BlueGreenPlan, Event, FleetStory, HostPlan};

use crate::telling::tell;

fn story(originals: usize, plan: BlueGreenPlan) -> FleetStory {
    FleetStory { rollback: true, ..FleetStory::new("CodeDeployDefault.AllAtOnce", originals).blue_green(plan) }
}

/// The original is kept for ten minutes, and then terminated.
fn kept_for_a_while(replacements: usize) -> BlueGreenPlan {
    let termination = Termination { action: TerminationAction::Terminate, minutes: 10 };
    BlueGreenPlan { termination, ..BlueGreenPlan::new(replacements) }
}

#[test]
fn the_replacement_gets_the_traffic_and_the_original_is_terminated() {
    insta::assert_snapshot!(tell(&story(1, BlueGreenPlan::new(2))));
}

#[test]
fn traffic_waits_for_continue_deployment_and_the_original_is_kept() {
    let plan = BlueGreenPlan {
        ready: ReadyOption::Stop { minutes: 60 },
        termination: Termination { action: TerminationAction::KeepAlive, minutes: 0 },
        ..BlueGreenPlan::new(1)
    };
    insta::assert_snapshot!(tell(&story(1, plan).at(600.0, Event::Continue(Gate::Ready))));
}

#[test]
fn a_deployment_that_is_not_continued_in_time_stops_and_has_moved_no_traffic() {
    let plan = BlueGreenPlan { ready: ReadyOption::Stop { minutes: 5 }, ..BlueGreenPlan::new(1) };
    insta::assert_snapshot!(tell(&story(1, plan)));
}

#[test]
fn a_replacement_that_fails_gets_no_traffic() {
    let plan = BlueGreenPlan::new(1).host(0, HostPlan::Fails(HostEvent::ApplicationStart));
    insta::assert_snapshot!(tell(&story(1, plan)));
}

#[test]
fn a_replacement_that_is_never_healthy_is_withdrawn() {
    insta::assert_snapshot!(tell(&story(1, BlueGreenPlan::new(1).host(0, HostPlan::NeverHealthy))));
}

#[test]
fn an_alarm_in_the_termination_wait_brings_the_traffic_back() {
    insta::assert_snapshot!(tell(&story(1, kept_for_a_while(1)).at(300.0, Event::AlarmRed)));
}

#[test]
fn the_replacement_keeps_the_traffic_where_the_original_is_gone() {
    let story = story(1, kept_for_a_while(1)).at(290.0, Event::Terminated(0));
    insta::assert_snapshot!(tell(&story.at(300.0, Event::AlarmRed)));
}

#[test]
fn an_original_that_is_terminated_meanwhile_holds_nothing_up() {
    insta::assert_snapshot!(tell(&story(2, BlueGreenPlan::new(1)).at(150.0, Event::Terminated(0))));
}

#[test]
fn the_deployment_group_takes_over_the_auto_scaling_group_of_the_replacement() {
    let plan = BlueGreenPlan { scales: true, ..kept_for_a_while(1) };
    let story = story(1, plan).at(110.0, Event::ReplacementLaunched(HostPlan::Works));
    insta::assert_snapshot!(tell(&story.at(400.0, Event::ReplacementLaunched(HostPlan::Works))));
}

#[test]
fn originals_that_the_role_may_not_terminate_are_named() {
    insta::assert_snapshot!(tell(&story(1, kept_for_a_while(1)).at(400.0, Event::RightsLost)));
}

#[test]
fn an_instance_that_the_replacement_has_launched_leaves_the_traffic_with_it() {
    let plan = BlueGreenPlan { scales: true, ..kept_for_a_while(1) };
    let story = story(1, plan).at(260.0, Event::ReplacementLaunched(HostPlan::Works));
    insta::assert_snapshot!(tell(&story.at(500.0, Event::AlarmRed)));
}

#[test]
fn the_traffic_returns_to_as_few_originals_as_there_are() {
    let story = FleetStory::new("CodeDeployDefault.HalfAtATime", 1).blue_green(kept_for_a_while(2));
    insta::assert_snapshot!(tell(&FleetStory { rollback: true, ..story }.at(400.0, Event::AlarmRed)));
}

#[test]
fn originals_that_never_left_are_no_part_of_the_way_back() {
    let story = story(2, BlueGreenPlan::new(1)).host(0, HostPlan::Silent);
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn a_deployment_that_is_stopped_for_good_leaves_its_revision_to_the_replacement() {
    let plan = BlueGreenPlan { scales: true, ..kept_for_a_while(1) };
    let story = story(1, plan).at(300.0, Event::Stop(Some(false)));
    insta::assert_snapshot!(tell(&story.at(400.0, Event::ReplacementLaunched(HostPlan::Works))));
}

#[test]
fn an_instance_that_the_original_launches_while_it_leaves_gets_no_traffic() {
    let plan = BlueGreenPlan { scales: true, ..kept_for_a_while(1) };
    insta::assert_snapshot!(tell(&story(1, plan).at(180.0, Event::Launched(HostPlan::Works))));
}

#[test]
fn an_instance_whose_agent_begins_after_the_takeover_gets_no_traffic() {
    let termination = Termination { action: TerminationAction::KeepAlive, minutes: 0 };
    let plan = BlueGreenPlan { scales: true, termination, ..BlueGreenPlan::new(1) };
    insta::assert_snapshot!(tell(&story(1, plan).at(225.0, Event::Launched(HostPlan::Works))));
}
