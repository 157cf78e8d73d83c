//! Roles without rights, refusals that last, and deployments that stand in each other's way.

use jiff::SignedDuration;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::deployment::decision::MoveKind;
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::record::{Deployment, Doubt, Status};
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::rejection::{DeploymentRejection, Rejection};
use spillway_engine::deployment::announce::announce;
use spillway_engine::deployment::decide::{Decide, decide};
use spillway_engine::deployment::read_revision::read_revision;
use spillway_engine::deployment::sweep::{Swept, sweep};
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::operations::Error;
use spillway_engine::operations::deployment::{
    StartRequest, create_deployment, create_deployment_for, stop_deployment,
};
use spillway_engine::operations::group::find_group;
use spillway_engine::ports::customer::{Notices, Objects};
use spillway_engine::ports::deployments::{Change, Deployments};
use spillway_engine::ports::executions::Executions;
use spillway_testkit::{Event, Plot, RevisionPlan, Runner, Story, World, check, ways};
use spillway_tests::template::machine;

use super::{alias, ending, only, play, split, succeeded};

const HOUR: f64 = 3600.0;

#[test]
fn a_role_that_loses_its_rights_in_mid_shift_gives_the_traffic_back_as_soon_as_it_has_them_again() {
    let story = Story::new("Steps.10@1m,50@1m").without_rollback();
    let (world, record) = play(&story.at(30.0, Event::RightsLost).at(600.0, Event::RightsBack));
    assert_eq!(
        ending(&record),
        "Failed IAM_ROLE_PERMISSIONS: The IAM role arn:aws:iam::111122223333:role/spillway-shop does not give you \
         permission to perform operations in the following AWS service: AWSLambda. Contact your AWS administrator \
         if you need help. If you are an AWS administrator, you can grant permissions to your users or groups by \
         creating IAM policies. Lambda: AccessDeniedException: not authorized. All traffic is on version 1."
    );
    assert_eq!(alias(&world), only(1));
    let waited = record.ending.unwrap().at.duration_since(record.created_at).as_secs();
    assert!((600..1300).contains(&waited), "ended after {waited} s");
}

#[test]
fn a_restore_that_is_refused_for_hours_goes_on_until_it_works() {
    let story = Story::new("Steps.10@1m,50@1m").at(30.0, Event::RightsLost).at(40.0, Event::Stop(None));
    let world = World::new().with_history();
    let id = Runner::new(&world, machine()).play(&story.at(30.0 + 5.0 * HOUR, Event::RightsBack));
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    assert_eq!(
        ending(&record),
        "Stopped MANUAL_STOP: The deployment was stopped by StopDeployment. All traffic is on version 1."
    );
    assert_eq!(alias(&world), only(1));
    let open = |record: &Deployment| record.id == id && !record.has_ended();
    let last_open = world.history().into_iter().rfind(open).unwrap();
    let waited = last_open.updated_at.duration_since(record.created_at).as_secs_f64();
    assert!(waited > 5.0 * HOUR && waited < 5.2 * HOUR, "open for {waited} s");
    let tries = world.ledger_of(&id).iter().filter(|entry| entry.why.contains("tried until it works")).count();
    assert!((30..45).contains(&tries), "{tries} tries in five hours");
    assert_eq!(world.writes()[..2].iter().map(|(_, routing)| *routing).collect::<Vec<_>>(), [split(1, 2, 10), only(1)]);
}

#[test]
fn a_group_has_one_active_deployment_and_names_it_to_whoever_wants_another() {
    let world = World::new();
    let request = Story::new("Steps.10@5m").set(&world);
    let (first, second) = (DeploymentId::from_number(1001), DeploymentId::from_number(1002));
    create(&world, &request, &first).unwrap();
    assert_eq!(busy_with(create(&world, &request, &second)), first);
    assert_eq!(world.record(&second), None);
    let mut runner = Runner::new(&world, machine());
    runner.run();
    assert!(succeeded(&world, &first));
    create(&world, &request, &second).unwrap();
    runner.run();
    check(&world).unwrap();
}

/// Nobody whom it could tell.
struct Deaf;

impl Notices for Deaf {
    async fn tell(&self, counted: &CountedDeployment) -> Vec<String> {
        vec![format!("Nobody heard that it is {}.", counted.deployment.status().as_str())]
    }
}

#[test]
fn what_could_not_be_told_is_in_the_record_and_in_the_ledger_and_changes_nothing_else() {
    let world = World::new();
    let id = Runner::new(&world, machine()).play(&Story::new("CodeDeployDefault.LambdaAllAtOnce"));
    let mut untold = world.record(&id).unwrap();
    untold.notified.end = false;
    untold.generation += 1;
    let entry = untold.entry(String::new(), "Test", String::new());
    pollster::block_on(world.save(Change::of(&untold, &entry))).unwrap();
    let subject = DeploymentRef { deployment_id: id.clone() };
    for _ in 0..2 {
        pollster::block_on(announce(&world, &Deaf, &world, &subject, world.now())).unwrap();
    }
    let told = world.record(&id).unwrap();
    assert_eq!((told.status(), told.note.clone()), (Status::Succeeded, untold.note.clone()));
    assert_eq!(told.undelivered, ["Nobody heard that it is Succeeded."]);
    assert_eq!(world.ledger_of(&id).last().unwrap().seen, "news: Nobody heard that it is Succeeded.");
}

#[test]
fn an_end_that_was_decided_because_the_start_could_not_be_told_is_told_all_the_same() {
    let world = World::new();
    let request = Story::new("Steps.10@5m").set(&world);
    let [id, spare] = [1001, 1002].map(DeploymentId::from_number);
    create(&world, &request, &id).unwrap();
    let decide = |input: &str| {
        let input: Decide = serde_json::from_str(input).unwrap();
        pollster::block_on(decide(&world, &world, &world, &world, &input, spare.clone(), || world.now())).unwrap()
    };
    let first = decide(&format!(r#"{{"deploymentId":"{id}"}}"#));
    assert_eq!(first.step, MoveKind::Announce);
    let stop = stop_deployment(&world, &world, &id, None, None, || world.now());
    pollster::block_on(stop).unwrap();
    let failed = format!(
        r#"{{"deploymentId":"{id}","generation":{},"move":"Announce","problem":{{"Error":"Refused","Cause":""}}}}"#,
        first.generation
    );
    // The second time stands for a Decide whose answer was lost.
    for _ in 0..2 {
        assert_eq!(decide(&failed).step, MoveKind::Announce);
        let record = world.record(&id).unwrap();
        assert!(record.has_ended() && !record.notified.end);
    }
}

#[test]
fn the_slot_of_a_group_passes_to_the_rollback_and_is_free_after_it() {
    let world = World::new();
    let request = Story::new("Steps.10@5m").set(&world);
    let [first, second, rollback] = [1001, 1002, 1003].map(DeploymentId::from_number);
    create(&world, &request, &first).unwrap();
    let stop = stop_deployment(&world, &world, &first, Some(true), None, || world.now());
    pollster::block_on(stop).unwrap();
    let input = Decide { deployment_id: first.clone(), generation: None, step: None, problem: None };
    let decided = decide(&world, &world, &world, &world, &input, rollback.clone(), || world.now());
    pollster::block_on(decided).unwrap();
    assert!(world.record(&first).unwrap().has_ended());
    assert_eq!(busy_with(create(&world, &request, &second)), rollback);
    Runner::new(&world, machine()).run();
    check(&world).unwrap();
    assert!(succeeded(&world, &rollback));
    let found = find_group(&world, &request.application, &request.group);
    assert_eq!(pollster::block_on(found).unwrap().2.active, None);
    create(&world, &request, &second).unwrap();
}

fn create(world: &World, request: &NewDeployment, id: &DeploymentId) -> Result<(), Error> {
    let quotas = Quotas::default();
    let created =
        create_deployment(world, world, request, |_, _| Target::Invalid(Vec::new()), &quotas, id.clone(), world.now());
    pollster::block_on(created).map(|_| ())
}

fn busy_with(refused: Result<(), Error>) -> DeploymentId {
    let Err(Error::Rejected(Rejection::Deployment(DeploymentRejection::Busy { group, deployment }))) = refused else {
        panic!("not busy, but {refused:?}");
    };
    assert_eq!(group.as_str(), "orders");
    deployment
}

/// An S3 that answers a read only after another read of the same deployment has come and gone.
struct Slow<'a>(&'a World, &'a DeploymentRef);

impl Objects for Slow<'_> {
    async fn read(&self, session: &RoleSession, object: &S3Object, most: usize) -> Result<String, Problem> {
        let Self(world, subject) = *self;
        let text = Objects::read(world, session, object, most).await?;
        read_revision(world, world, |_, _| said("first"), most, subject, world.now()).await?;
        Ok(text)
    }

    async fn find(&self, session: &RoleSession, object: &S3Object) -> Result<(), Problem> {
        self.0.find(session, object).await
    }
}

fn said(by: &str) -> Target {
    Target::Invalid(vec![by.to_owned()])
}

#[test]
fn a_reading_of_a_revision_that_comes_late_changes_nothing_of_what_was_read() {
    let world = World::new();
    let request = Story::new("Steps.10@1m").with_revision(RevisionPlan::InS3).set(&world);
    let deployment_id = DeploymentId::from_number(1001);
    create(&world, &request, &deployment_id).unwrap();
    let subject = DeploymentRef { deployment_id };
    let slow = Slow(&world, &subject);
    let late = read_revision(&world, &slow, |_, _| said("late"), 100_000, &subject, world.now());
    pollster::block_on(late).unwrap();
    let first = world.record(&subject.deployment_id).unwrap();
    assert_eq!((&first.spec.target, first.generation), (&said("first"), 2));
    assert_eq!(world.ledger_of(&subject.deployment_id).len(), 1);
}

#[test]
fn a_step_does_not_begin_to_bake_while_the_deployment_is_halted_or_in_doubt() {
    let world = World::new().with_history();
    let id = Runner::new(&world, machine()).play(&Story::new("Steps.10@1m"));
    let at_step = |record: &&Deployment| record.id == id && record.desired() == Some(split(1, 2, 10));
    let shifting = world.history().iter().find(at_step).cloned().unwrap();
    let now = shifting.updated_at;
    let mut undisturbed = Deployment { bake_until: None, ..shifting };
    let mut halted = undisturbed.clone();
    assert!(halted.halt(Cause::Stop { rollback: None, caller: None }, now));
    let mut doubted = Deployment { doubts: [(Doubt::Drift, now)].into(), ..undisturbed.clone() };
    for disturbed in [&mut halted, &mut doubted] {
        assert_eq!((disturbed.begin_bake(now), disturbed.bake_until), (None, None));
    }
    assert!(undisturbed.begin_bake(now).is_some_and(|until| until > now));
}

#[test]
fn a_deployment_goes_on_in_another_execution_when_the_one_that_asked_for_it_is_stopped() {
    let world = World::new();
    let request = Story::new("Steps.10@5m").set(&world);
    let arn = "arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:release-7".to_owned();
    let start = StartRequest { arn, started_at: "2026-11-21T01:07:03.456Z".to_owned() };
    let create = async || {
        let quotas = Quotas::default();
        create_deployment_for(&world, &start, &request, |_, _| said("nothing"), &quotas, world.now()).await.unwrap().id
    };
    let sweep = async |after: i64| {
        world.turn_clock(SignedDuration::from_secs(after));
        let now = world.now();
        sweep(&ways(&world), &world, &world, &world, 0, now + SignedDuration::from_mins(5)).await.unwrap()
    };
    pollster::block_on(async {
        let id = create().await;
        Executions::start(&world, "release-7", &id).await.unwrap();
        assert_eq!(sweep(60).await, [], "it runs");
        assert_eq!(create().await, id, "it asks again");
        Executions::stop(&world, "release-7").await.unwrap();
        assert_eq!(sweep(60).await, [Swept::Started(id)]);
    });
    Runner::new(&world, machine()).run();
    check(&world).unwrap();
    let records = world.records();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].status(), records[0].attempt), (Status::Succeeded, 2));
}

#[test]
fn a_stop_that_its_execution_does_not_live_to_follow_is_followed_by_another_one() {
    let story = Story::new("Steps.10@20h").at(60.0, Event::ThrottleBegins).at(61.0, Event::Stop(None));
    let (world, record) = play(&story.at(1200.0, Event::ThrottleEnds));
    assert_eq!(alias(&world), only(1));
    let waited = record.ending.unwrap().at.duration_since(record.created_at).as_secs();
    assert!((1200..1400).contains(&waited), "ended after {waited} s");
}
