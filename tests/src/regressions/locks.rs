//! Two deployments of one alias.

use jiff::SignedDuration;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::record::Status;
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::DeploymentRejection;
use spillway_engine::operations::Error;
use spillway_engine::operations::deployment::create_deployment;
use spillway_engine::ports::deployments::Deployments;
use spillway_testkit::{Accident, Event, Harm, Plot, RevisionPlan, Runner, Story, World, check};
use spillway_tests::template::machine;

use super::{alias, ending, only, succeeded};

const ALIAS: &str = "111122223333/orders/live";

/// A request of a group of its own for the alias `orders:live`.
fn request(world: &World, place: usize, revision: RevisionPlan) -> NewDeployment {
    let of = |place| Story::new("Steps.10@5m").in_place(place).with_revision(revision);
    let mut own = of(place).set(world);
    let Some(Target::Lambda(target)) = &mut own.target else {
        world.point_revision_at(&format!("orders.yaml-{place}"), "orders");
        return own;
    };
    target.function = "orders".parse().unwrap();
    own
}

fn create(world: &World, request: &NewDeployment, number: u128) -> Result<DeploymentId, Error> {
    let (id, quotas) = (DeploymentId::from_number(number), Quotas::default());
    let read = |_: &str, _| Target::Invalid(Vec::new());
    let created = create_deployment(world, world, request, read, &quotas, id, world.now());
    pollster::block_on(created).map(|deployment| deployment.id)
}

fn holder(world: &World) -> Option<DeploymentId> {
    pollster::block_on(world.holder(ALIAS)).unwrap()
}

#[test]
fn the_second_deployment_of_an_alias_is_refused_and_names_the_first() {
    let world = World::new();
    let first = Story::new("Steps.10@5m").set(&world);
    let second = request(&world, 1, RevisionPlan::Given);
    let id = create(&world, &first, 1001).unwrap();
    let Err(Error::Rejected(rejection)) = create(&world, &second, 1002) else { panic!("it was created") };
    let busy = DeploymentRejection::AliasBusy {
        alias: "orders:live".to_owned(),
        application: "shop".parse().unwrap(),
        group: "orders".parse().unwrap(),
        deployment: id.clone(),
    };
    assert_eq!(rejection, busy.into());
    assert_eq!(world.records().len(), 1);
    let mut runner = Runner::new(&world, machine());
    runner.run();
    assert!(succeeded(&world, &id));
    assert_eq!((alias(&world), holder(&world)), (only(2), None));
    create(&world, &second, 1003).unwrap();
    runner.run();
    check(&world).unwrap();
}

#[test]
fn the_second_deployment_whose_revision_is_read_later_fails_and_names_the_first() {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let first = runner.begin(&Story::new("Steps.10@5m").set(&world));
    runner.pass(SignedDuration::from_secs(10));
    let second = runner.begin(&request(&world, 1, RevisionPlan::InS3));
    runner.pass(SignedDuration::from_secs(10));
    assert_eq!(
        ending(&world.record(&second).unwrap()),
        format!(
            "Failed INVALID_LAMBDA_CONFIGURATION: Deployment {first} of deployment group orders (application shop) \
             deploys to alias live of function orders, and an alias has one deployment at a time. Wait until {first} has \
             ended, or stop it, and deploy again. No traffic was moved."
        ),
        "{}",
        world.diary()
    );
    assert_eq!(holder(&world), Some(first.clone()));
    runner.run();
    assert!(succeeded(&world, &first));
    assert_eq!(alias(&world), only(2));
    check(&world).unwrap();
}

#[test]
fn the_lock_passes_to_the_rollback_and_is_free_after_it() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let story = Story::new("Steps.10@5m").at(30.0, Event::Stop(Some(true)));
    let id = runner.play(&story);
    check(&world).unwrap();
    let rollback = world.record(&id).unwrap().ending.unwrap().rolled_back_by.unwrap();
    assert_eq!(world.record(&rollback).unwrap().locked_alias().as_deref(), Some(ALIAS));
    assert_eq!(holder(&world), None);
}

#[test]
fn two_that_race_for_an_alias_end_in_order_whatever_happens() {
    let play = |accidents: Vec<Accident>| {
        let world = World::new().with_accidents(accidents).with_diary();
        let mut runner = Runner::new(&world, machine());
        let first = Story::new("Steps.10@30s").with_revision(RevisionPlan::InS3).set(&world);
        let requests = [first, request(&world, 1, RevisionPlan::InS3)];
        for request in &requests {
            runner.begin(request);
        }
        runner.run();
        drop(runner);
        world
    };
    let moments = play(Vec::new()).moments();
    for moment in 0..moments {
        for harm in Harm::ALL {
            let world = play(vec![Accident { moment, harm }]);
            check(&world).unwrap();
            let done = world.records().iter().filter(|record| record.status() == Status::Succeeded).count();
            assert!(done >= 1, "{harm:?} at {moment}:\n{}", world.diary());
            assert_eq!(holder(&world), None);
        }
    }
}
