//! Stories, told from beginning to end. The diary is the snapshot.

use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::ecs::listener::ListenerKind;
use spillway_domain::ecs::service::Controller;
use spillway_domain::percent::Percent;
use spillway_testkit::{Event, HookPlan, ServiceEvent, ServiceStory, TaskPlan};

use crate::telling::tell;

fn canary() -> ServiceStory {
    ServiceStory::new("CodeDeployDefault.ECSCanary10Percent5Minutes")
}

fn happens(event: ServiceEvent) -> Event {
    Event::Service(event)
}

#[test]
fn a_canary_with_every_hook_succeeds() {
    let hooks = EventName::ALL.into_iter().filter(|event| event.is_hookable());
    let story = hooks.fold(canary(), |story, event| story.hook(event, HookPlan::Succeeds));
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn all_at_once_without_a_test_listener() {
    let story = ServiceStory { tests: false, rules: 0, ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce") };
    insta::assert_snapshot!(tell(&ServiceStory { termination: Some(0), ..story }));
}

#[test]
fn a_network_load_balancer_shifts_all_at_once() {
    let story = ServiceStory::new("CodeDeployDefault.ECSAllAtOnce");
    insta::assert_snapshot!(tell(&ServiceStory { kind: ListenerKind::Network, rules: 0, ..story }));
}

#[test]
fn a_network_load_balancer_needs_a_test_listener() {
    let story = ServiceStory { kind: ListenerKind::Network, rules: 0, tests: false, ..canary() };
    insta::assert_snapshot!(tell(&ServiceStory { config: "CodeDeployDefault.ECSAllAtOnce".to_owned(), ..story }));
}

#[test]
fn a_network_load_balancer_cannot_shift_gradually() {
    insta::assert_snapshot!(tell(&ServiceStory { kind: ListenerKind::Network, ..canary() }));
}

#[test]
fn it_waits_to_be_continued_and_the_termination_wait_ends_early() {
    let story =
        ServiceStory { ready: Some(60), termination: Some(60), ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce") };
    let story = story.at(300.0, Event::Continue(Gate::Ready)).at(600.0, Event::Continue(Gate::Termination));
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn nobody_continues_it() {
    insta::assert_snapshot!(tell(&ServiceStory { ready: Some(15), ..canary() }));
}

#[test]
fn the_original_is_kept_alive() {
    insta::assert_snapshot!(tell(&ServiceStory { termination: None, ..canary() }));
}

#[test]
fn an_alarm_in_mid_shift_takes_the_traffic_back() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::AlarmRed)));
}

#[test]
fn an_alarm_in_the_termination_wait_takes_everything_back() {
    insta::assert_snapshot!(tell(&canary().at(500.0, Event::AlarmRed)));
}

#[test]
fn a_stop_without_rollback_goes_back_too() {
    insta::assert_snapshot!(tell(&canary().at(100.0, Event::Stop(Some(false)))));
}

#[test]
fn a_hook_on_test_traffic_says_no() {
    insta::assert_snapshot!(tell(&canary().hook(EventName::AfterAllowTestTraffic, HookPlan::Fails)));
}

#[test]
fn a_hook_before_anything_is_installed_says_no() {
    insta::assert_snapshot!(tell(&canary().hook(EventName::BeforeInstall, HookPlan::throws())));
}

#[test]
fn tasks_that_keep_dying_end_it_early() {
    insta::assert_snapshot!(tell(&ServiceStory { tasks: TaskPlan::Die(20), ..canary() }));
}

#[test]
fn tasks_for_which_there_is_no_place_time_out() {
    insta::assert_snapshot!(tell(&ServiceStory { tasks: TaskPlan::Wait, ..canary() }));
}

#[test]
fn a_service_that_scales_during_the_shift_is_waited_for() {
    insta::assert_snapshot!(tell(&canary().at(100.0, happens(ServiceEvent::DesiredCount(6)))));
}

#[test]
fn a_replacement_that_gets_unsteady_for_good_is_left() {
    let story = ServiceStory::new("CodeDeployDefault.ECSLinear10PercentEvery1Minutes");
    insta::assert_snapshot!(tell(&story.at(100.0, happens(ServiceEvent::ReplacementHampered(true)))));
}

#[test]
fn a_listener_that_somebody_resets_in_mid_shift_is_named() {
    insta::assert_snapshot!(tell(&canary().at(150.0, happens(ServiceEvent::ListenerWritten(Percent::ZERO)))));
}

#[test]
fn a_listener_that_somebody_takes_is_left_as_it_is() {
    let half = ServiceEvent::ListenerWritten(Percent::from_whole(50));
    insta::assert_snapshot!(tell(&canary().at(150.0, happens(half))));
}

#[test]
fn a_replacement_that_somebody_deletes_is_missed() {
    insta::assert_snapshot!(tell(
        &canary().at(150.0, happens(ServiceEvent::ReplacementDeleted)).at(160.0, Event::AlarmQuiet)
    ));
}

#[test]
fn a_service_of_another_controller_gets_an_error_that_says_how_to_move_it() {
    insta::assert_snapshot!(tell(&ServiceStory { controller: Controller::CodeDeploy, ..canary() }));
}
