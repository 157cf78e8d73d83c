//! Hundreds of deployments at once: one alarm that all of them watch, and a sweep that looks after all of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::{AlarmConfiguration, AlarmReading};
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AlarmName, DeploymentId};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::deployment::sweep::{Swept, sweep};
use spillway_engine::deployment::ways_back::WaysBack;
use spillway_engine::ports::aliases::Aliases;
use spillway_engine::ports::customer::Alarms;
use spillway_engine::ports::deployments::{Change, Deployments};
use spillway_testkit::{Accident, Event, Harm, Plot, Runner, Story, World, check, ways};
use spillway_tests::template::machine;

const CROWD: usize = 300;
/// Lambda's limit for all calls of its control plane.
const CALLS_PER_SECOND: u32 = 15;
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(5);

/// A story that bakes for long with a part of the traffic on the new version.
fn canary(place: usize) -> Story {
    Story::new("Steps.10@20h").in_place(place)
}

/// A runner in whose world `count` deployments bake; with their ids.
fn baking(world: &World, count: usize) -> (Runner<'_>, Vec<DeploymentId>) {
    let mut runner = Runner::new(world, machine());
    let mut ids = Vec::new();
    for place in 1..=count {
        ids.push(runner.begin(&canary(place).set(world)));
        // So many begin in a second as Lambda's limit lets through.
        runner.pass(SignedDuration::from_millis(500));
    }
    runner.pass(SignedDuration::from_secs(30));
    let bakes = |record: &Deployment| record.parked.is_some() && record.bake_until.is_some();
    assert!(world.records().iter().all(bakes), "all bake");
    (runner, ids)
}

/// Plays one more story, in which the alarm of all of them goes off, to the end of everything. All must have gone back;
/// answers with how many seconds after the alarm each of them was back, in order.
fn play(world: &World, mut runner: Runner<'_>, mut ids: Vec<DeploymentId>, story: &Story) -> Vec<f64> {
    let begun = world.now();
    ids.push(runner.play(story));
    check(world).unwrap();
    let alarm = story.events.iter().find(|(_, event)| *event == Event::AlarmRed).unwrap();
    let seconds = |id: &DeploymentId| {
        let record = world.record(id).unwrap();
        assert_eq!(record.status(), Status::Stopped, "{}", record.note);
        record.restored_at.unwrap().duration_since(begun + alarm.0).as_secs_f64()
    };
    let mut seconds: Vec<f64> = ids.iter().map(seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds
}

fn told(seconds: &[f64]) -> String {
    let at = |index: usize| format!("{:.1} s", seconds[index]);
    format!(
        "the first is back after {}, half of {} after {}, the slowest after {}",
        at(0),
        seconds.len(),
        at(seconds.len() / 2),
        at(seconds.len() - 1)
    )
}

#[test]
fn three_hundred_deployments_go_back_within_a_minute_of_the_alarm_that_all_of_them_watch() {
    let world = World::new().with_lambda_calls_per_second(CALLS_PER_SECOND);
    let (runner, ids) = baking(&world, CROWD - 1);
    let before = world.lambda_refusals();
    let seconds = play(&world, runner, ids, &canary(0).at(20.0, Event::AlarmRed));
    assert!(seconds[CROWD - 1] <= 60.0, "{}", told(&seconds));
    assert!(before == 0 && world.lambda_refusals() > 0, "what comes after all ways back is what has to wait");
    insta::assert_snapshot!(told(&seconds));
}

#[test]
fn ways_back_come_before_the_steps_of_others() {
    let world = World::new().with_lambda_calls_per_second(CALLS_PER_SECOND);
    let (mut runner, ids) = baking(&world, CROWD - 1);
    let steps: Vec<String> = (1..90).map(|percent| format!("{percent}@4s")).collect();
    let others: Vec<_> = (0..12)
        .map(|place| {
            let story = Story::new(&format!("Steps.{}", steps.join(","))).in_place(CROWD + place);
            let request = story.set(&world);
            let request = spillway_domain::deployment::request::NewDeployment {
                alarms: Some(AlarmConfiguration::default()),
                ..request
            };
            let id = runner.begin(&request);
            runner.pass(SignedDuration::from_secs(1));
            id
        })
        .collect();
    let seconds = play(&world, runner, ids, &canary(0).at(20.0, Event::AlarmRed));
    assert!(seconds[CROWD - 1] <= 60.0, "{}", told(&seconds));
    for id in others {
        let record = world.record(&id).unwrap();
        assert_eq!(
            record.status(),
            Status::Succeeded,
            "{}\n{:#?}",
            record.words(),
            world.ledger_of(&id).iter().rev().take(6).collect::<Vec<_>>()
        );
    }
    insta::assert_snapshot!(told(&seconds));
}

#[test]
fn a_second_alarm_of_the_same_deployments_does_not_get_into_the_way_of_the_first() {
    let world = World::new().with_lambda_calls_per_second(CALLS_PER_SECOND);
    let (runner, ids) = baking(&world, CROWD - 1);
    let story = canary(0).at(20.0, Event::AlarmRed).at(20.3, Event::AlarmRed);
    let seconds = play(&world, runner, ids, &story);
    assert!(seconds[CROWD - 1] <= 60.0, "{}", told(&seconds));
    insta::assert_snapshot!(told(&seconds));
}

#[test]
fn a_run_that_dies_in_the_midst_of_three_hundred_loses_none_of_them() {
    for harm in [Harm::CrashAfter, Harm::PauseBefore] {
        let until_alarm = {
            let world = World::new().with_lambda_calls_per_second(CALLS_PER_SECOND);
            baking(&world, CROWD - 1);
            world.moments()
        };
        // About in the middle of the ways back: each record is halted in two calls, and goes back in eight.
        let moment = until_alarm + 2 * CROWD + 4 * CROWD;
        let world =
            World::new().with_lambda_calls_per_second(CALLS_PER_SECOND).with_accidents(vec![Accident { moment, harm }]);
        let (runner, ids) = baking(&world, CROWD - 1);
        let seconds = play(&world, runner, ids, &canary(0).at(20.0, Event::AlarmRed));
        let back = seconds.iter().filter(|seconds| **seconds < 40.0).count();
        assert!(world.harmed() && (50..CROWD - 50).contains(&back), "it died in the midst: {back} were back");
        assert!(seconds[CROWD - 1] <= 240.0, "{}", told(&seconds));
    }
}

#[test]
fn the_sweep_takes_those_back_that_were_halted_and_then_forgotten() {
    let world = World::new().with_lambda_calls_per_second(CALLS_PER_SECOND);
    let (mut runner, ids) = baking(&world, CROWD);
    let halted_at = world.now();
    for mut record in world.records() {
        assert!(record.halt(Cause::Alarm(vec![Story::ALARM.parse().unwrap()]), halted_at));
        pollster::block_on(world.save(Change::quiet(&record))).unwrap();
    }
    runner.run();
    check(&world).unwrap();
    let slowest = ids.iter().map(|id| world.record(id).unwrap().restored_at.unwrap()).max().unwrap();
    let took = slowest.duration_since(halted_at).as_secs();
    assert!((40..=180).contains(&took), "{took} s");
}

/// Aliases of which some answer nobody.
struct Mute<'a>(&'a World, &'a BTreeSet<String>);

impl Aliases for Mute<'_> {
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem> {
        if self.1.contains(target.function.as_str()) {
            std::future::pending::<()>().await;
        }
        Aliases::read(self.0, session, target).await
    }

    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem> {
        Aliases::find_version(self.0, session, target).await
    }

    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem> {
        Aliases::write(self.0, session, target, routing, revision).await
    }
}

/// Sweeps a world where the alarm of all has gone off unheard and `mute` of `count` aliases do not answer; answers with
/// what was swept, and the functions whose traffic is back.
fn sweep_among(count: usize, mute: usize) -> (Vec<Swept>, usize, SignedDuration) {
    let world = World::new();
    let (_, ids) = baking(&world, count);
    world.put_alarm(&Story::ALARM.parse().unwrap(), true);
    let function = |place: usize| format!("orders-{place}");
    let silent: BTreeSet<String> = (1..=mute).map(function).collect();
    let mute = Mute(&world, &silent);
    let ways = WaysBack { deployments: &world, aliases: &mute, listeners: &world, wakes: &world, clock: &world };
    let begun = world.now();
    let swept = world.finish(sweep(&ways, &world, &world, &world, 0, begun + LONGEST_RUN)).unwrap();
    let back = ids.iter().filter(|id| world.record(id).unwrap().restored_at.is_some()).count();
    (swept, back, world.now().duration_since(begun))
}

#[test]
fn a_sweep_is_not_kept_from_the_others_by_those_that_hang() {
    let (swept, back, took) = sweep_among(100, 20);
    let troubled = swept.iter().filter(|swept| matches!(swept, Swept::Troubled(..))).count();
    let halted = swept.iter().filter(|swept| matches!(swept, Swept::Halted(_))).count();
    assert_eq!((back, troubled, halted), (80, 20, 100), "all are halted and woken, and whoever can go back is back");
    assert!(took < SignedDuration::from_secs(90), "{took:?}");
}

#[test]
fn a_sweep_ends_before_its_time_even_when_all_of_them_hang() {
    let (swept, back, took) = sweep_among(CROWD, CROWD);
    let halted = swept.iter().filter(|swept| matches!(swept, Swept::Halted(_))).count();
    assert_eq!((back, halted), (0, CROWD), "all are halted, and woken so that their executions go back");
    assert!(took < LONGEST_RUN - SignedDuration::from_secs(10), "{took:?}");
}

/// Alarms that note for how many they are asked at once; unreadable ones if there is nothing to say.
struct Asked<'a>(RefCell<Vec<usize>>, Option<&'a World>);

impl Alarms for Asked<'_> {
    async fn read(&self, session: &RoleSession, names: &[AlarmName]) -> AlarmReading {
        assert_eq!(session.name(), "spillway-sweep");
        self.0.borrow_mut().push(names.len());
        match self.1 {
            Some(world) => Alarms::read(world, session, names).await,
            None => AlarmReading::Unreadable(Problem::new(ProblemKind::Transient, "ThrottlingException")),
        }
    }
}

/// Deployments of which each watches an alarm of its own, and one that all watch.
fn with_own_alarms(world: &World, count: usize) {
    let mut runner = Runner::new(world, machine());
    for place in 1..=count {
        let own: AlarmName = format!("errors-{place}").parse().unwrap();
        world.put_alarm(&own, false);
        let alarms = vec![own, Story::ALARM.parse().unwrap()];
        let alarms = AlarmConfiguration { enabled: true, ignore_poll_alarm_failure: false, alarms };
        let request = canary(place).set(world);
        runner.begin(&spillway_domain::deployment::request::NewDeployment { alarms: Some(alarms), ..request });
    }
    runner.pass(SignedDuration::from_secs(30));
}

#[test]
fn a_sweep_asks_for_the_alarms_of_a_role_and_application_a_hundred_at_once() {
    let world = World::new();
    with_own_alarms(&world, 250);
    world.put_alarm(&"errors-70".parse().unwrap(), true);
    let asked = Asked(RefCell::default(), Some(&world));
    let now = world.now();
    let swept = world.finish(sweep(&ways(&world), &asked, &world, &world, 7, now + LONGEST_RUN)).unwrap();
    let mut calls = asked.0.into_inner();
    calls.sort_unstable();
    assert_eq!(calls, [51, 100, 100]);
    let [Swept::Halted(id)] = swept.as_slice() else { panic!("{swept:?}") };
    assert_eq!(world.record(id).unwrap().spec.alarms.watched()[0].as_str(), "errors-70");
}

#[test]
fn a_sweep_concludes_nothing_of_alarms_that_cannot_be_read() {
    let world = World::new();
    with_own_alarms(&world, 3);
    let asked = Asked(RefCell::default(), None);
    let now = world.now();
    let swept = world.finish(sweep(&ways(&world), &asked, &world, &world, 0, now + LONGEST_RUN)).unwrap();
    assert_eq!((swept, asked.0.into_inner()), (Vec::new(), vec![4]));
    assert!(world.records().iter().all(|record| record.halt.is_none()));
}
