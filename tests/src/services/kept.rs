//! What a deployment leaves beside its own task set, and what the next one makes of it.

use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::ecs::listener::ListenerKind;
use spillway_domain::ecs::service::TaskSetStatus;
use spillway_engine::ports::services::{Observation, Services};
use spillway_testkit::{Accident, Harm, Plot, Runner, Service, ServiceStory, World, check};
use spillway_tests::template::machine;

use super::trouble::{at_once, standing};
use crate::telling::ending;

#[test]
fn what_an_earlier_deployment_has_kept_makes_way() {
    for kind in [ListenerKind::Application, ListenerKind::Network] {
        let world = World::new().with_diary();
        let mut runner = Runner::new(&world, machine());
        let request = ServiceStory { termination: None, rules: 0, kind, ..at_once() }.set(&world);
        // The first one was made by hand, and the others by deployments.
        for standing_after in [["ecs-svc/1", "ecs-svc/2"], ["ecs-svc/2", "ecs-svc/3"], ["ecs-svc/3", "ecs-svc/4"]] {
            runner.begin(&request);
            runner.run();
            assert_eq!(standing(&world), standing_after, "{}", world.diary());
            check(&world).unwrap();
        }
    }
}

/// After a deployment that has kept its original, which was made by hand, something happens to the service; then the
/// next deployment.
fn after_one_was_kept(change: impl FnOnce(&mut Service)) -> (World, Deployment) {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = ServiceStory { termination: None, ..at_once() }.set(&world);
    runner.begin(&request);
    runner.run();
    let mut service = world.service(ServiceStory::SERVICE).unwrap();
    assert_eq!(standing(&world), ["ecs-svc/1", "ecs-svc/2"]);
    change(&mut service);
    world.put_service(ServiceStory::SERVICE, service);
    let id = runner.begin(&request);
    runner.run();
    drop(runner);
    let record = world.record(&id).unwrap();
    (world, record)
}

#[test]
fn what_was_made_by_hand_in_the_place_of_what_was_kept_is_not_deleted() {
    let (world, refused) = after_one_was_kept(|service| service.task_sets[0].id = "ecs-svc/by-hand".to_owned());
    assert_eq!(standing(&world), ["ecs-svc/by-hand", "ecs-svc/2"], "{}", world.diary());
    insta::assert_snapshot!(ending(&refused));
}

#[test]
fn a_deployment_that_has_kept_its_original_is_asked_only_about_its_own_service() {
    let (world, succeeded) = after_one_was_kept(|_| {});
    assert_eq!(succeeded.status(), Status::Succeeded, "{}", world.diary());
    let observation = Observation::of(&succeeded).unwrap();
    let mut service = pollster::block_on(world.observe(&observation)).unwrap();
    assert_eq!(succeeded.left_behind(&service), Some("ecs-svc/2"));
    service.arn.push('x');
    assert_eq!(succeeded.left_behind(&service), None);
}

#[test]
fn an_accident_in_the_deployment_after_one_that_kept_its_original_ends_in_order() {
    let moments = |deployments: usize, accidents: Vec<Accident>| {
        let world = World::new().with_accidents(accidents);
        let mut runner = Runner::new(&world, machine());
        let request = ServiceStory { termination: None, ..at_once() }.set(&world);
        for _ in 0..deployments {
            runner.begin(&request);
            runner.run();
        }
        drop(runner);
        check(&world).unwrap();
        let records = world.records();
        let asked_for = records.iter().filter(|record| record.spec.rolls_back.is_none());
        let succeeded = asked_for.filter(|record| record.status() == Status::Succeeded).count();
        (world.moments(), succeeded, standing(&world))
    };
    let mut replaced = 0;
    for moment in moments(1, Vec::new()).0..moments(2, Vec::new()).0 {
        for harm in Harm::ALL {
            // The accident may be that nobody could create it, or that it failed.
            let (_, succeeded, standing) = moments(2, vec![Accident { moment, harm }]);
            let is_replaced = standing == ["ecs-svc/2", "ecs-svc/3"];
            assert!(is_replaced || succeeded == 1, "{harm:?} at {moment}: {standing:?}");
            replaced += usize::from(is_replaced);
        }
    }
    assert!(replaced > 100, "only {replaced} of the deployments with an accident replaced what was kept");
}

#[test]
fn what_another_installation_has_kept_is_not_deleted() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let request = at_once().set(&world);
    let mut service = world.service(ServiceStory::SERVICE).unwrap();
    let mut kept = service.task_sets[0].clone();
    kept.id = "ecs-svc/0".to_owned();
    kept.status = TaskSetStatus::Active;
    kept.external_id = Some("d-ELSEWHERE".to_owned());
    kept.groups = vec![service.pair.replacement.clone()];
    service.task_sets.push(kept);
    world.put_service(ServiceStory::SERVICE, service);
    let id = runner.begin(&request);
    runner.run();
    assert_eq!(standing(&world), ["ecs-svc/1", "ecs-svc/0"], "{}", world.diary());
    insta::assert_snapshot!(ending(&world.record(&id).unwrap()));
}
