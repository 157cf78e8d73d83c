//! What happens to services while something is deployed to them, and between two deployments.

use jiff::SignedDuration;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Status;
use spillway_domain::deployment::request::HostOptions;
use spillway_domain::deployment::spec::Target;
use spillway_domain::percent::Percent;
use spillway_testkit::{Event, HookPlan, Plot, Runner, ServiceEvent, ServiceStory, TaskPlan, World, check};
use spillway_tests::template::machine;

use crate::telling::{ending, tell};

pub(super) fn at_once() -> ServiceStory {
    ServiceStory { termination: Some(0), ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce") }
}

fn happens(event: ServiceEvent) -> Event {
    Event::Service(event)
}

/// Plays two deployments, the second as soon as the first is over; answers with the world.
fn twice(story: &ServiceStory) -> World {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = story.set(&world);
    for _ in 0..2 {
        let id = runner.begin(&request);
        runner.run();
        let record = world.record(&id).unwrap();
        assert_eq!(record.status(), Status::Succeeded, "{}\n{}", ending(&record), world.diary());
    }
    drop(runner);
    check(&world).unwrap();
    world
}

#[test]
fn one_deployment_after_the_other_is_made_while_the_old_task_set_still_drains() {
    let world = twice(&at_once());
    let service = world.service(ServiceStory::SERVICE).unwrap();
    let standing: Vec<_> = service.live().map(|set| set.id.clone()).collect();
    assert_eq!(standing, ["ecs-svc/3"], "{}", world.diary());
    let ledgers = world.records().into_iter().flat_map(|record| world.ledger_of(&record.id));
    let drains = |seen: &str| seen.contains("ecs-svc/1 DRAINING") && seen.contains("ecs-svc/3");
    assert!(ledgers.map(|entry| entry.seen).any(|seen| drains(&seen)), "{}", world.diary());
}

#[test]
fn a_stop_before_any_traffic_moves_waits_for_nothing_that_cannot_come_any_more() {
    let hooked = |event, after| {
        let later = HookPlan::CallsBack { after: SignedDuration::from_secs(after), succeeded: true };
        ServiceStory::new("Steps.10@2m").hook(event, later)
    };
    let ready = ServiceStory { ready: Some(60), ..ServiceStory::new("Steps.10@2m") };
    let slow = ServiceStory { tasks: TaskPlan::Run(300), ..ServiceStory::new("Steps.10@2m") };
    for (what, story, stopped_after) in [
        ("tasks start", slow.clone(), 120.0),
        ("a hook is awaited", hooked(EventName::AfterAllowTestTraffic, 600), 120.0),
        ("it waits to be continued", ready, 120.0),
    ] {
        let world = World::new().with_diary();
        let id = Runner::new(&world, machine()).play(&story.at(stopped_after, Event::Stop(Some(false))));
        check(&world).unwrap();
        let record = world.record(&id).unwrap();
        let took = record.ending.unwrap().at.duration_since(record.halt.unwrap().at).as_secs();
        assert!(took < 5, "while {what}: {took} s\n{}", world.diary());
        assert_eq!(standing(&world), ["ecs-svc/1"], "{}", world.diary());
    }
    // Its task set has just been asked for, so that the request may still be under way.
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&slow.at(10.0, Event::Stop(Some(false))));
    let record = world.record(&id).unwrap();
    let took = record.ending.unwrap().at.duration_since(record.halt.unwrap().at).as_secs();
    assert!((30..46).contains(&took), "{took} s\n{}", world.diary());
}

#[test]
fn the_next_deployment_finds_the_service_as_a_rollback_has_left_it() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let id = runner.play(&ServiceStory::new("Steps.10@2m").at(60.0, Event::AlarmRed).at(90.0, Event::AlarmQuiet));
    assert_eq!(world.record(&id).unwrap().status(), Status::Stopped);
    let first = world.records().into_iter().find(|record| record.id == id).unwrap();
    let request = spillway_domain::deployment::request::NewDeployment {
        application: first.spec.application.clone(),
        group: first.spec.group.clone(),
        revision: Some(spillway_domain::catalog::revision::NewRevision {
            location: first.spec.revision.clone(),
            content: Some("{}".to_owned()),
        }),
        target: Some(first.spec.target.clone()),
        config: None,
        description: None,
        rollback: None,
        alarms: None,
        for_servers: None,
        hosts: HostOptions::default(),
        caller: None,
    };
    let id = runner.begin(&request);
    runner.run();
    assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded, "{}", world.diary());
    check(&world).unwrap();
}

#[test]
fn a_target_group_that_is_deleted_in_mid_shift_ends_it_with_everything_as_it_was() {
    let story = ServiceStory::new("Steps.10@2m,50@2m").at(100.0, happens(ServiceEvent::TargetGroupDeleted));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    let record = world.record(&id).unwrap();
    assert_eq!(
        (record.status(), standing(&world)),
        (Status::Failed, vec!["ecs-svc/1".to_owned()]),
        "{}",
        world.diary()
    );
    assert_eq!(share(&world), Some(Percent::ZERO), "{}", world.diary());
}

#[test]
fn a_listener_that_is_taken_away_in_mid_shift_is_named_and_nothing_with_traffic_is_deleted() {
    let story = ServiceStory::new("Steps.10@2m,50@2m").at(100.0, happens(ServiceEvent::ListenerReplaced));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

#[test]
fn a_replacement_that_is_not_steady_gets_no_traffic_when_it_is_continued() {
    let story = ServiceStory { ready: Some(60), ..at_once() }
        .at(300.0, happens(ServiceEvent::ReplacementHampered(true)))
        .at(600.0, Event::Continue(Gate::Ready));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    check(&world).unwrap();
    assert!(world.rerouted().iter().all(|share| *share == Percent::ZERO), "{}", world.diary());
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

#[test]
fn a_replacement_whose_tasks_die_in_the_termination_wait_gives_the_traffic_back() {
    let story = ServiceStory { termination: Some(120), ..at_once() }
        .at(300.0, happens(ServiceEvent::ReplacementHampered(true)));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    check(&world).unwrap();
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

/// Its original may not be deleted from before its time to go until 300 s, so that something can come between.
fn held_in_its_end() -> ServiceStory {
    let locked = |locked| happens(ServiceEvent::DeletionsLocked(locked));
    at_once().at(50.0, locked(true)).at(300.0, locked(false))
}

#[test]
fn a_stop_is_refused_once_the_original_is_being_deleted() {
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&held_in_its_end().at(200.0, Event::Stop(Some(true))));
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    assert!(record.ending.as_ref().unwrap().at > record.created_at + SignedDuration::from_secs(300));
    assert_eq!(record.status(), Status::Succeeded, "{}", world.diary());
}

#[test]
fn an_original_that_is_needed_again_is_not_deleted() {
    let half = ServiceEvent::ListenerWritten(Percent::from_whole(50));
    let unsteady = ServiceEvent::ReplacementHampered(true);
    for event in [half, ServiceEvent::ListenerReplaced, ServiceEvent::OriginalPromoted, unsteady] {
        let world = World::new().with_diary();
        let id = Runner::new(&world, machine()).play(&held_in_its_end().at(200.0, happens(event)));
        assert_eq!(standing(&world), ["ecs-svc/1", "ecs-svc/2"], "{}", world.diary());
        let said = world.record(&id).unwrap().note;
        assert!(said.contains("The original task set ecs-svc/1 could not be deleted: It may get traffic"), "{said}");
    }
}

/// Where the traffic of the listener is at the end: the share of the second target group.
fn share(world: &World) -> Option<Percent> {
    world.service(ServiceStory::SERVICE).unwrap().share()
}

pub(super) fn standing(world: &World) -> Vec<String> {
    world.service(ServiceStory::SERVICE).unwrap().live().map(|set| set.id.clone()).collect()
}

#[test]
fn an_alarm_sends_no_traffic_back_to_an_original_that_somebody_has_deleted() {
    let story = ServiceStory { termination: Some(60), ..at_once() }
        .at(100.0, happens(ServiceEvent::OriginalDeleted))
        .at(200.0, Event::AlarmRed);
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    assert_eq!((share(&world), standing(&world)), (Some(Percent::ALL), vec!["ecs-svc/2".to_owned()]));
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

#[test]
fn a_replacement_is_kept_when_the_listener_that_sent_traffic_to_it_has_gone() {
    let story = ServiceStory { termination: Some(60), ..at_once() }.at(100.0, happens(ServiceEvent::ListenerReplaced));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    assert_eq!(standing(&world), ["ecs-svc/1", "ecs-svc/2"], "{}", world.diary());
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

#[test]
fn traffic_goes_home_without_a_look_at_a_service_that_nobody_may_see() {
    let hidden = |hidden| happens(ServiceEvent::Hidden(hidden));
    let seen = ServiceStory::new("Steps.10@2m").at(60.0, hidden(true)).at(1000.0, hidden(false));
    for (event, at) in [(Event::AlarmRed, 100.0), (Event::Stop(None), 100.0), (Event::AlarmQuiet, 150.0)] {
        let world = World::new().with_diary();
        let id = Runner::new(&world, machine()).play(&seen.clone().at(at, event));
        check(&world).unwrap();
        let record = world.record(&id).unwrap();
        let back = record.restored_at.unwrap().duration_since(record.created_at).as_secs();
        assert!(back <= 155, "after {back} s\n{}", world.diary());
    }
}

#[test]
fn one_rule_that_may_not_be_written_keeps_no_other_forward_from_going_home() {
    let locked = |locked| happens(ServiceEvent::RulesLocked(locked));
    let story = ServiceStory { rules: 2, ..ServiceStory::new("Steps.10@2m") };
    let story = story.at(60.0, locked(true)).at(100.0, Event::AlarmRed).at(1000.0, locked(false));
    insta::assert_snapshot!(tell(&story));
}

#[test]
fn a_late_write_of_its_own_is_put_right_and_blamed_on_nobody() {
    let late = |at| (at, happens(ServiceEvent::ListenerWritten(Percent::ZERO)));
    // The last shift is at 22 s, and a move may be under way for 30.
    for (config, (at, event)) in [("CodeDeployDefault.ECSAllAtOnce", late(50.0)), ("Steps.10@5m", late(50.0))] {
        let story = ServiceStory { termination: Some(5), ..ServiceStory::new(config) };
        let world = World::new().with_diary();
        let id = Runner::new(&world, machine()).play(&story.at(at, event));
        let record = world.record(&id).unwrap();
        assert_eq!((record.status(), share(&world)), (Status::Succeeded, Some(Percent::ALL)), "{}", world.diary());
    }
}

#[test]
fn a_rollback_names_the_container_behind_the_target_group_of_the_pair() {
    let story = ServiceStory::new("Steps.10@2m").hook(EventName::AfterAllowTraffic, HookPlan::Fails);
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = story.set(&world);
    let mut service = world.service(ServiceStory::SERVICE).unwrap();
    service.task_sets[0].groups.insert(0, world.put_target_group("admin").arn);
    world.put_service(ServiceStory::SERVICE, service);
    let id = runner.begin(&request);
    runner.run();
    let rollback = world.record(&id).unwrap().ending.unwrap().rolled_back_by.unwrap();
    let Target::Ecs(target) = world.record(&rollback).unwrap().spec.target.clone() else {
        panic!("it is no service's")
    };
    assert_eq!((target.container.as_str(), target.port), ("web", 80));
}

#[test]
fn a_listener_that_is_not_there_is_named_and_nothing_is_begun() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = ServiceStory::new("Steps.10@2m").set(&world);
    let mut service = world.service(ServiceStory::SERVICE).unwrap();
    service.listeners.pop();
    world.put_service(ServiceStory::SERVICE, service);
    let id = runner.begin(&request);
    runner.run();
    assert_eq!(standing(&world), ["ecs-svc/1"]);
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}

#[test]
fn a_storm_of_throttling_in_a_long_step_costs_a_service_nothing() {
    let story = ServiceStory::new("Steps.10@2h").at(600.0, Event::ThrottleBegins).at(4000.0, Event::ThrottleEnds);
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    assert_eq!((record.status(), record.attempt), (Status::Succeeded, 1), "{}", world.diary());
}

#[test]
fn a_hook_that_says_no_is_heard_while_ecs_lets_no_call_through() {
    let later = HookPlan::CallsBack { after: SignedDuration::from_secs(60), succeeded: false };
    let throttled = |throttled| happens(ServiceEvent::Throttled(throttled));
    let story = at_once().hook(EventName::AfterAllowTraffic, later);
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story.at(50.0, throttled(true)).at(2000.0, throttled(false)));
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    assert!(matches!(record.halt.unwrap().cause, Cause::Hook { .. }), "{}", world.diary());
    let back = record.restored_at.unwrap().duration_since(record.created_at).as_secs();
    assert!(back < 120, "after {back} s\n{}", world.diary());
}
