//! What happens to services while something is deployed to them, and between two deployments.

use spillway_domain::{Percent, Status, TaskSetStatus, WaitType};
use spillway_testkit::{Event, Plot, Runner, ServiceEvent, ServiceStory, World, check};
use spillway_tests::template::machine;

use crate::telling::ending;

fn at_once() -> ServiceStory {
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
fn what_an_earlier_deployment_has_kept_makes_way() {
    let story = ServiceStory { termination: None, ..at_once() };
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = story.set(&world);
    let ended = [(); 3].map(|()| {
        let id = runner.begin(&request);
        runner.run();
        let record = world.record(&id).unwrap();
        ending(&record).lines().take(2).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(ended.join("\n"));
}

#[test]
fn the_next_deployment_finds_the_service_as_a_rollback_has_left_it() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let id = runner.play(&ServiceStory::new("Steps.10@2m").at(60.0, Event::AlarmRed).at(90.0, Event::AlarmQuiet));
    assert_eq!(world.record(&id).unwrap().status(), Status::Stopped);
    let first = world.records().into_iter().find(|record| record.id == id).unwrap();
    let request = spillway_domain::NewDeployment {
        application: first.order.application.clone(),
        group: first.order.group.clone(),
        revision: Some(spillway_domain::NewRevision {
            location: first.order.revision.clone(),
            content: Some("{}".to_owned()),
        }),
        target: Some(first.order.target.clone()),
        config: None,
        description: None,
        rollback: None,
        alarms: None,
        for_servers: None,
    };
    let id = runner.begin(&request);
    runner.run();
    assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded, "{}", world.diary());
    check(&world).unwrap();
}

#[test]
fn a_target_group_that_is_deleted_in_mid_shift_need_not_be_listed_on_the_way_back() {
    let story = ServiceStory::new("Steps.10@2m,50@2m").at(100.0, happens(ServiceEvent::TargetGroupDeleted));
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    let record = world.record(&id).unwrap();
    let service = world.service(ServiceStory::SERVICE).unwrap();
    let primary = service.live().find(|set| set.status == TaskSetStatus::Primary).unwrap();
    assert_eq!((record.has_ended(), primary.id.as_str()), (true, "ecs-svc/1"), "{}", world.diary());
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
        .at(600.0, Event::Continue(WaitType::Ready));
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

#[test]
fn a_stop_is_refused_once_the_original_is_being_deleted() {
    // The deletion is refused for a while, so that there is time to ask.
    let story = at_once().at(70.0, Event::RightsLost).at(200.0, Event::Stop(Some(true))).at(300.0, Event::RightsBack);
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(&story);
    check(&world).unwrap();
    assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded, "{}", world.diary());
}
