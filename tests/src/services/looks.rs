//! What is decided for what is seen, at moments that no story comes to.

use jiff::SignedDuration;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::decision::{Move, Plan, Seen};
use spillway_domain::deployment::record::{Deployment, Doubt};
use spillway_domain::ecs::listener::Listener;
use spillway_domain::ecs::service::{ServiceState, TaskSet, TaskSetStatus};
use spillway_domain::names::DeploymentId;
use spillway_domain::plan::plan;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::{Observation, Services};
use spillway_testkit::{Event, Plot, Runner, ServiceStory, World};
use spillway_tests::template::machine;

/// A deployment that an alarm has halted in mid-shift, from the halt to its end, and its rollback; and the service that
/// they leave.
fn halted() -> (Vec<Deployment>, ServiceState) {
    let world = World::new().with_history();
    Runner::new(&world, machine()).play(&ServiceStory::new("Steps.10@2m").at(60.0, Event::AlarmRed));
    let records: Vec<_> = world.history().into_iter().filter(|record| !record.has_ended()).collect();
    let observation = Observation::of(&records[0]).unwrap();
    let service = pollster::block_on(world.observe(&observation)).unwrap();
    (records, service)
}

fn planned(record: &Deployment, service: Result<ServiceState, Problem>) -> Plan {
    planned_after(record, service, 0)
}

/// What is planned so many seconds after the record was saved.
fn planned_after(record: &Deployment, service: Result<ServiceState, Problem>, seconds: i64) -> Plan {
    let seen = Seen {
        alias: None,
        service: Some(service),
        kept: None,
        fleet: None,
        alarms: AlarmReading::Quiet,
        failed: None,
        spare_id: DeploymentId::from_number(99),
    };
    plan(record, &seen, record.updated_at + SignedDuration::from_secs(seconds))
}

/// How it ends when that is seen for minutes; the first look decides nothing.
fn ended_after_minutes(record: &Deployment, service: Result<ServiceState, Problem>) -> String {
    let first = planned(record, service.clone());
    assert!(matches!(first.step, Move::Bake { .. }), "{first:?}");
    assert!(!first.next.has_ended() && first.next.doubts.contains_key(&Doubt::Absence), "{first:?}");
    let meanwhile = planned_after(&first.next, service.clone(), if record.moves_traffic() { 250 } else { 0 });
    assert!(!meanwhile.next.has_ended(), "{meanwhile:?}");
    planned_after(&first.next, service, 300).next.ending.unwrap().error.unwrap().message
}

#[test]
fn a_halted_deployment_believes_only_after_minutes_that_its_service_is_gone() {
    let (records, service) = halted();
    let record = records.iter().find(|record| record.halt.is_some()).unwrap();
    let gone = || Err(Problem::new(ProblemKind::Missing, "There is no service web."));
    assert!(ended_after_minutes(record, gone()).contains("There is no service left to restore"));
    let unseen = ServiceState { task_sets: Vec::new(), ..service };
    assert!(ended_after_minutes(record, Ok(unseen)).contains("Task set ecs-svc/1 is gone"));
}

#[test]
fn a_deployment_in_mid_shift_believes_only_after_minutes_that_something_of_its_service_is_gone() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let id = runner.begin(&ServiceStory::new("Steps.10@2m").set(&world));
    runner.pass(SignedDuration::from_secs(100));
    let record = world.record(&id).unwrap();
    assert!(record.moves_traffic());
    let service = pollster::block_on(world.observe(&Observation::of(&record).unwrap())).unwrap();
    let listener = Listener { forwards: Vec::new(), ..service.listener.clone() };
    let missing = || Problem::new(ProblemKind::Missing, "There is no service web.");
    for seen in [Err(missing()), Ok(ServiceState { listener, ..service })] {
        let first = planned(&record, seen.clone());
        assert!(first.next.halt.is_none() && first.next.doubts.contains_key(&Doubt::Absence), "{first:?}");
        assert!(planned_after(&first.next, seen.clone(), 250).next.halt.is_none());
        assert!(planned_after(&first.next, seen, 300).next.halt.is_some());
    }
}

fn rollback(records: &[Deployment]) -> &Deployment {
    records.iter().rfind(|record| record.spec.rolls_back.is_some()).unwrap()
}

#[test]
fn a_rollback_that_cannot_see_its_service_looks_again() {
    let (records, _) = halted();
    for kind in [ProblemKind::Denied, ProblemKind::Refused, ProblemKind::Transient] {
        let plan = planned(rollback(&records), Err(Problem::new(kind, "AWS said no.")));
        assert!(matches!(plan.step, Move::Bake { .. }), "{kind:?}: {plan:?}");
        assert!(plan.next.halt.is_none() && !plan.next.has_ended(), "{kind:?}: {plan:?}");
    }
}

#[test]
fn a_rollback_whose_service_is_gone_ends() {
    let (records, _) = halted();
    let gone = Problem::new(ProblemKind::Missing, "There is no service web.");
    let words = ended_after_minutes(rollback(&records), Err(gone));
    assert_eq!(words, "There is no service left to restore: There is no service web.");
}

#[test]
fn a_rollback_whose_original_is_gone_says_so_once() {
    let (records, mut service) = halted();
    service.task_sets.clear();
    let words = ended_after_minutes(rollback(&records), Ok(service));
    assert_eq!(words.matches("ecs-svc/1 is gone").count(), 1, "{words}");
}

#[test]
fn a_third_task_set_that_somebody_has_stand_for_the_service_stays_so() {
    let (records, service) = halted();
    let record = records.iter().rfind(|record| record.halt.is_some()).unwrap();
    let standing = |status| move |set: &TaskSet| TaskSet { status, ..set.clone() };
    let original = service.task_sets.iter().find(|set| set.id == "ecs-svc/1").unwrap();
    let third = TaskSet { id: "ecs-svc/9".to_owned(), ..standing(TaskSetStatus::Primary)(original) };
    let original = standing(TaskSetStatus::Active)(original);
    let step = |task_sets: Vec<TaskSet>| planned(record, Ok(ServiceState { task_sets, ..service.clone() })).step;
    assert_ne!(step(vec![original.clone(), third]), Move::PromoteTaskSet);
    assert_eq!(step(vec![original]), Move::PromoteTaskSet, "nothing stands for it");
}
