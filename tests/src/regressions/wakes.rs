//! Executions that cannot be started or woken, and such as were started for nothing.

use jiff::SignedDuration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::request::HookAnswer;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::lambda::stage::LambdaStage;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::operations::Error;
use spillway_engine::operations::deployment::{answer_hook, continue_deployment, create_deployment, stop_deployment};
use spillway_engine::ports::executions::{ExecutionState, Executions, Wakes};
use spillway_testkit::{HookPlan, Plot, Runner, ServiceStory, Story, World, check};
use spillway_tests::template::machine;

use super::{alias, ending, only, succeeded};

/// A Step Functions that answers nobody.
struct Dead;

fn unanswered<T>() -> Result<T, Problem> {
    Err(Problem::new(ProblemKind::Transient, "Step Functions did not answer"))
}

impl Wakes for Dead {
    async fn wake(&self, _: &str) -> Result<(), Problem> {
        unanswered()
    }
}

impl Executions for Dead {
    async fn start(&self, _: &str, _: &DeploymentId) -> Result<(), Problem> {
        unanswered()
    }

    async fn state(&self, _: &str) -> Result<ExecutionState, Problem> {
        unanswered()
    }

    async fn stop(&self, _: &str) -> Result<(), Problem> {
        unanswered()
    }
}

#[test]
fn an_execution_for_a_deployment_that_is_not_there_ends_at_once_and_says_so() {
    let world = World::new().with_diary();
    let begun = world.now();
    pollster::block_on(Executions::start(&world, "mistaken", &DeploymentId::from_number(7))).unwrap();
    Runner::new(&world, machine()).run();
    assert!(world.diary().ends_with("mistaken died: Missing"), "{}", world.diary());
    assert!(world.now().duration_since(begun) < SignedDuration::from_secs(1), "{}", world.diary());
}

#[test]
fn a_deployment_whose_execution_cannot_be_started_is_created_and_started_by_the_sweep() {
    let world = World::new().with_diary();
    let (request, id) = (Story::new("Steps.10@1m").set(&world), DeploymentId::from_number(1001));
    let read = |_: &str, _: ComputePlatform| Target::Invalid(Vec::new());
    let quotas = Quotas::default();
    let created = create_deployment(&world, &Dead, &request, read, &quotas, id.clone(), world.now());
    assert_eq!(pollster::block_on(created).unwrap().id, id);
    Runner::new(&world, machine()).run();
    check(&world).unwrap();
    assert!(succeeded(&world, &id), "{}", world.diary());
}

/// What a caller does to a deployment that waits, while nobody can be woken.
type Change = fn(&World, &DeploymentId) -> Result<(), Error>;

/// Has the change made once the deployment waits in that stage, and everything run to its end; answers with its id.
fn changed_unheard(world: &World, story: &dyn Plot, stage: Stage, change: Change) -> DeploymentId {
    let mut runner = Runner::new(world, machine());
    let id = runner.begin(&story.set(world));
    let waits = || world.record(&id).is_some_and(|record| record.parked.is_some() && record.stage == stage);
    while !waits() {
        runner.pass(SignedDuration::from_secs(30));
    }
    let begun = world.now();
    change(world, &id).unwrap_or_else(|error| panic!("{error}"));
    runner.run();
    check(world).unwrap();
    let took = world.record(&id).unwrap().ending.unwrap().at.duration_since(begun);
    assert!(took < SignedDuration::from_mins(5), "the sweep wakes it, which took {took:?}:\n{}", world.diary());
    id
}

#[test]
fn a_stop_is_a_success_once_it_is_saved_even_when_the_execution_cannot_be_woken() {
    let world = World::new().with_diary();
    let stop: Change =
        |world, id| pollster::block_on(stop_deployment(world, &Dead, id, None, None, || world.now())).map(|_| ());
    let story = Story::new("Steps.10@20h").without_rollback();
    let id = changed_unheard(&world, &story, Stage::Lambda(LambdaStage::AllowTraffic { step: 0 }), stop);
    assert!(ending(&world.record(&id).unwrap()).starts_with("Stopped MANUAL_STOP"));
    assert_eq!(alias(&world), only(1));
}

#[test]
fn a_call_back_is_taken_once_it_is_saved_even_when_the_execution_cannot_be_woken() {
    let world = World::new().with_diary();
    let answer: Change = |world, id| {
        let (event, execution) = (EventName::BeforeAllowTraffic, "sealed".parse().unwrap());
        let answer = HookAnswer { deployment: id.clone(), event, execution, succeeded: true };
        pollster::block_on(answer_hook(world, &Dead, &answer, world.now()))
    };
    let story = Story::new("CodeDeployDefault.LambdaAllAtOnce").before(HookPlan::Silent);
    let id = changed_unheard(&world, &story, Stage::Lambda(LambdaStage::BeforeAllowTraffic), answer);
    assert!(succeeded(&world, &id), "{}", world.diary());
}

#[test]
fn a_wait_is_ended_once_that_is_saved_even_when_the_execution_cannot_be_woken() {
    let world = World::new().with_diary();
    let go_on: Change =
        |world, id| pollster::block_on(continue_deployment(world, &Dead, id, Gate::Ready, None, world.now()));
    let ready =
        ServiceStory { ready: Some(600), termination: Some(0), ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce") };
    let id = changed_unheard(&world, &ready, Stage::Gate(Gate::Ready), go_on);
    assert!(succeeded(&world, &id), "{}", world.diary());
}
