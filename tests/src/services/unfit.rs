//! Listeners that are not as a deployment needs them, when it begins: what is said of each, and that nothing is changed.

use spillway_domain::deployment::record::Status;
use spillway_domain::ecs::listener::Groups;
use spillway_testkit::{Plot, Runner, Service, ServiceStory, World};
use spillway_tests::template::machine;

use super::trouble::standing;

/// What a deployment says of a service that was changed so before it began.
fn refused(change: impl FnOnce(&mut Service)) -> String {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let request = ServiceStory::new("Steps.10@2m").set(&world);
    let mut service = world.service(ServiceStory::SERVICE).unwrap();
    change(&mut service);
    world.put_service(ServiceStory::SERVICE, service);
    let id = runner.begin(&request);
    runner.run();
    let ending = world.record(&id).unwrap().ending.unwrap();
    assert_eq!((ending.status, standing(&world)), (Status::Failed, vec!["ecs-svc/1".to_owned()]));
    ending.error.unwrap().message
}

/// A listener of the service forwards so by default: to the original's target group and to the replacement's.
fn forwards(service: &mut Service, listener: usize, weights: [u32; 2]) {
    let Groups { original, replacement } = service.pair.clone();
    service.listeners[listener].forwards[0].groups = vec![(original, weights[0]), (replacement, weights[1])];
}

const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web-blue/0123456789abcdef";
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1";

#[test]
fn a_listener_that_forwards_elsewhere_is_told_to_which_target_group_it_should() {
    let behind = format!(
        "The ELB could not be updated due to the following error: Primary taskset target group must be behind listener \
         {LISTENER}/1."
    );
    assert_eq!(
        refused(|service| forwards(service, 0, [90, 10])),
        format!(
            "{behind} But the default action of listener {LISTENER}/1 forwards with weights web-blue 90 and web-green 10. \
             Verify that the TaskSet is still serving production traffic, and set the listener to 100 % of target group \
             {GROUP}. Nothing was changed."
        )
    );
    assert_eq!(
        refused(|service| service.listeners[0].forwards.clear()),
        format!(
            "{behind} It forwards to neither target group of the pair. Let it forward to target group {GROUP}. Nothing was \
             changed."
        )
    );
}

#[test]
fn what_is_said_of_a_test_listener_does_not_speak_of_the_primary_task_set() {
    assert_eq!(
        refused(|service| service.listeners[1].forwards.clear()),
        format!(
            "The test listener {LISTENER}/2 forwards to neither target group of the pair. Let it forward to target group \
             {GROUP}. Nothing was changed."
        )
    );
    assert_eq!(
        refused(|service| forwards(service, 1, [50, 50])),
        format!(
            "the default action of listener {LISTENER}/2 forwards test traffic with weights web-blue 50 and web-green 50. \
             Set it to 100 % of target group {GROUP}. Nothing was changed."
        )
    );
}
