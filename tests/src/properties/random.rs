//! Random stories, random accidents, random looks.

use std::fmt::Debug;

use jiff::SignedDuration;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::decision::{MoveKind, Seen};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_testkit::{Accident, Duplicate, Event, Harm, HookPlan, Story, When};

/// A story, and what goes wrong with Spillway itself meanwhile.
#[derive(Debug, Clone)]
pub struct Case<P> {
    pub story: P,
    pub accidents: Vec<Accident>,
    pub duplicates: Vec<Duplicate>,
    pub late: When,
    /// Whether a write of an alias that changes nothing makes no new revision of it.
    pub keeps_revisions: bool,
}

/// What a decision may see, whatever the record says.
#[derive(Debug, Clone)]
pub struct Look {
    alias: Option<Result<AliasRouting, ProblemKind>>,
    /// In place of `alias`: as this step of the deployment leaves it.
    step: Option<usize>,
    alarms: AlarmReading,
    failed: Option<(MoveKind, ProblemKind)>,
}

/// Anything, with accidents, duplicates and late comers.
pub fn case() -> impl Strategy<Value = Case<Story>> {
    disturbed(story(vec(trouble(), 0..4).prop_map(|troubles| troubles.concat())), 160, 40)
}

/// A story with accidents in its first moments, duplicates of its first invocations, and late comers.
pub fn disturbed<P: Debug>(
    story: impl Strategy<Value = P>,
    moments: usize,
    invocations: usize,
) -> impl Strategy<Value = Case<P>> {
    let accident = (0..moments, select(&Harm::ALL[..])).prop_map(|(moment, harm)| Accident { moment, harm });
    let duplicate = (0..invocations, when()).prop_map(|(invocation, when)| Duplicate { invocation, when });
    (story, vec(accident, 0..4), vec(duplicate, 0..3), when(), any::<bool>()).prop_map(
        |(story, accidents, duplicates, late, keeps_revisions)| Case {
            story,
            accidents,
            duplicates,
            late,
            keeps_revisions,
        },
    )
}

/// Trouble in the world, a write from outside included, but none with Spillway itself.
pub fn quiet_case() -> impl Strategy<Value = Case<Story>> {
    let foreign = (1..4_u64, 1..10_000_u32, any::<bool>()).prop_map(|(main, share, only)| {
        let third = version(3);
        if only || main == 3 {
            AliasRouting::only(third)
        } else {
            AliasRouting::split(version(main), third, Percent::from_hundredths(share))
        }
    });
    let events = (vec(trouble(), 0..3), foreign, at()).prop_map(|(troubles, routing, at)| {
        let mut events = troubles.concat();
        events.push((at, Event::AliasWritten(routing)));
        events
    });
    story(events).prop_map(undisturbed)
}

/// Only such trouble as a deployment bears: it has to succeed.
pub fn benign_case() -> impl Strategy<Value = Case<Story>> {
    let content = prop_oneof![
        Just(HookPlan::Succeeds),
        (1..3000_i64)
            .prop_map(|after| HookPlan::CallsBack { after: SignedDuration::from_secs(after), succeeded: true }),
        (1..4_u32).prop_map(|times| HookPlan::Throttled(times, Box::new(HookPlan::Succeeds))),
        (1..3_u32).prop_map(|times| HookPlan::Lost(times, Box::new(HookPlan::Succeeds))),
    ];
    let content = proptest::option::of(content);
    let trouble = prop_oneof![
        at().prop_map(|at| vec![(at, Event::AliasTouched)]),
        at().prop_map(|at| vec![(at, Event::AlarmQuiet)]),
        at().prop_map(|at| vec![(at, Event::CallBack(EventName::AllowTraffic, false))]),
        (at(), 1..400_i64).prop_map(|(at, by)| vec![(at, Event::ClockJumps(SignedDuration::from_secs(by)))]),
        (at(), 1..60_i64).prop_map(|(at, by)| during(at, by, Event::ThrottleBegins, Event::ThrottleEnds)),
    ];
    (config(), content.clone(), content, vec(trouble, 0..6)).prop_map(|(config, before, after, troubles)| {
        undisturbed(Story { before, after, events: troubles.concat(), ..Story::new(&config) })
    })
}

/// A random look at the world.
pub fn look() -> impl Strategy<Value = Look> {
    use ProblemKind::{Denied, Missing, Refused, Stale, Transient};
    let kind = || select(vec![Missing, Denied, Refused, Stale, Transient]);
    use MoveKind::{Announce, CompleteShift, RestoreTraffic, RunHook, ShiftTraffic};
    let steps = [Announce, RunHook, ShiftTraffic, CompleteShift, RestoreTraffic];
    let alias = prop_oneof![
        1 => Just(None),
        4 => routing().prop_map(|routing| Some(Ok(routing))),
        // Transient is tried again before anything is planned.
        1 => select(vec![Missing, Denied, Refused]).prop_map(|kind| Some(Err(kind))),
    ];
    let alarms = prop_oneof![
        3 => Just(AlarmReading::Quiet),
        1 => Just(AlarmReading::Red(vec![Story::ALARM.parse().unwrap()])),
        1 => kind().prop_map(|kind| AlarmReading::Unreadable(Problem::new(kind, "DescribeAlarms failed."))),
    ];
    let failed = proptest::option::of((select(steps.to_vec()), kind()));
    (alias, proptest::option::of(0..14_usize), alarms, failed).prop_map(|(alias, step, alarms, failed)| Look {
        alias,
        step,
        alarms,
        failed,
    })
}

impl Look {
    /// What is seen with this record.
    pub fn of(&self, record: &Deployment) -> Seen {
        let own = self.step.and_then(|step| record.routing_at(step)).map(|routing| Some(Ok(routing)));
        let alias = own.unwrap_or(self.alias).filter(|_| !record.has_ended());
        let problem = |kind| Problem::new(kind, "AWS said no.");
        Seen {
            alias: alias.map(|alias| alias.map(state).map_err(problem)),
            service: None,
            kept: None,
            fleet: None,
            alarms: self.alarms.clone(),
            failed: self.failed.map(|(step, kind)| (step, problem(kind))),
            spare_id: DeploymentId::from_number(99),
        }
    }
}

fn state(routing: AliasRouting) -> AliasState {
    let weights = routing.second.map(|(version, share)| (version.to_string(), share.as_weight()));
    AliasState {
        arn: "arn:aws:lambda:us-east-1:111122223333:function:orders:live".to_owned(),
        main: routing.main.to_string(),
        weights: weights.into_iter().collect(),
        revision: "7".to_owned(),
    }
}

fn undisturbed(story: Story) -> Case<Story> {
    Case { story, accidents: Vec::new(), duplicates: Vec::new(), late: When::AtTheEnd, keeps_revisions: false }
}

fn story(events: impl Strategy<Value = Vec<(SignedDuration, Event)>>) -> impl Strategy<Value = Story> {
    let hook = || proptest::option::of(hook());
    (config(), hook(), hook(), any::<bool>(), any::<bool>(), events).prop_map(
        |(config, before, after, rollback, ignore_unreadable, events)| Story {
            before,
            after,
            rollback,
            ignore_unreadable,
            events,
            ..Story::new(&config)
        },
    )
}

/// All at once, canary, linear, or 1 to 12 steps.
fn config() -> impl Strategy<Value = String> {
    let known = select(vec![
        "CodeDeployDefault.LambdaAllAtOnce",
        "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    ]);
    let steps = (btree_set(1..10_000_u32, 1..=12), vec(1..600_u32, 12)).prop_map(|(shares, waits)| {
        let step = |(share, wait): (u32, u32)| format!("{}@{wait}s", Percent::from_hundredths(share));
        let steps: Vec<String> = shares.into_iter().zip(waits).map(step).collect();
        format!("Steps.{}", steps.join(","))
    });
    prop_oneof![1 => known.prop_map(str::to_owned), 2 => steps]
}

pub fn hook() -> impl Strategy<Value = HookPlan> {
    let lasting = prop_oneof![
        6 => Just(HookPlan::Succeeds),
        1 => Just(HookPlan::Fails),
        1 => Just(HookPlan::throws()),
        1 => Just(HookPlan::Denied),
        1 => Just(HookPlan::Broken),
        1 => Just(HookPlan::Missing),
        1 => Just(HookPlan::Silent),
        3 => (1..4000_i64, any::<bool>())
            .prop_map(|(after, succeeded)| HookPlan::CallsBack { after: SignedDuration::from_secs(after), succeeded }),
    ];
    (0..8_u32, lasting).prop_map(|(times, plan)| match times {
        0 => HookPlan::Throttled(1, Box::new(plan)),
        1 => HookPlan::Throttled(12, Box::new(plan)),
        2 => HookPlan::Lost(1, Box::new(plan)),
        3 => HookPlan::Lost(2, Box::new(plan)),
        _ => plan,
    })
}

/// One thing that happens, or two that belong together.
fn trouble() -> impl Strategy<Value = Vec<(SignedDuration, Event)>> {
    let one = prop_oneof![
        2 => Just(Event::AlarmRed),
        1 => Just(Event::AlarmRedUnheard),
        1 => Just(Event::AlarmsUnreadable(ProblemKind::Denied)),
        2 => select(vec![None, Some(true), Some(false)]).prop_map(Event::Stop),
        2 => routing().prop_map(Event::AliasWritten),
        2 => Just(Event::AliasTouched),
        1 => Just(Event::AliasDeleted),
        1 => (1..4_u64).prop_map(|number| Event::VersionDeleted(version(number))),
        2 => (select(&EventName::OF_LAMBDA[..]), any::<bool>()).prop_map(|(event, said)| Event::CallBack(event, said)),
        1 => (1..8000_i64).prop_map(|by| Event::ClockJumps(SignedDuration::from_secs(by))),
    ];
    let throttled = Event::AlarmsUnreadable(ProblemKind::Transient);
    let pair = (at(), 1..8000_i64, 0..5_usize).prop_map(move |(at, by, which)| match which {
        0 => during(at, by, Event::AlarmRedUnheard, Event::AlarmQuiet),
        4 => during(at, by, throttled.clone(), Event::AlarmsReadable),
        1 => during(at, by, Event::RightsLost, Event::RightsBack),
        2 => during(at, by, Event::ThrottleBegins, Event::ThrottleEnds),
        _ => during(at, by % 10, Event::Stop(None), Event::Stop(Some(true))),
    });
    prop_oneof![3 => (at(), one).prop_map(|(at, event)| vec![(at, event)]), 1 => pair]
}

pub fn during(at: SignedDuration, seconds: i64, begin: Event, end: Event) -> Vec<(SignedDuration, Event)> {
    vec![(at, begin), (at + SignedDuration::from_secs(seconds), end)]
}

fn routing() -> impl Strategy<Value = AliasRouting> {
    (1..4_u64, 1..4_u64, 1..10_000_u32).prop_map(|(main, second, share)| {
        if main == second {
            AliasRouting::only(version(main))
        } else {
            AliasRouting::split(version(main), version(second), Percent::from_hundredths(share))
        }
    })
}

/// How long after the start: in its first moments, in its first steps, or any time.
pub fn at() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![0..500_i64, 0..600_000_i64, 0..5_000_000_i64].prop_map(SignedDuration::from_millis)
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![3 => (0..10_usize).prop_map(When::After), 1 => Just(When::AtTheEnd)]
}

fn version(number: u64) -> spillway_domain::names::Version {
    number.to_string().parse().unwrap()
}
