//! Random stories with random trouble in them, and what holds in all of them.

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::decision::{MoveKind, Seen};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::ListenerKind;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;
use spillway_domain::plan::plan;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::{Observation, Services};
use spillway_testkit::{Event, HookPlan, Plot, Runner, ServiceEvent, ServiceStory, TaskPlan, World, check};
use spillway_tests::template::machine;

use crate::properties::random::{Case, at, disturbed, during, hook};
use crate::properties::{cases, must_hold, play};

fn case() -> impl Strategy<Value = Case<ServiceStory>> {
    disturbed(story(), 260, 60)
}

fn story() -> impl Strategy<Value = ServiceStory> {
    let config = select(vec![
        "CodeDeployDefault.ECSAllAtOnce",
        "CodeDeployDefault.ECSCanary10Percent5Minutes",
        "Steps.0.1@10s,5@1m,50.5@2m",
        "Steps.10@1s,20@1s,30@40m",
    ]);
    let hooks = vec((select(&EventName::ALL[..]), hook()), 0..3);
    let tasks = prop_oneof![
        6 => (0..200_i64).prop_map(TaskPlan::Run),
        1 => (5..60_i64).prop_map(TaskPlan::Die),
        1 => Just(TaskPlan::Wait),
    ];
    let waits = (proptest::option::of(1..60_u32), proptest::option::weighted(0.9, 0..20_u32));
    let load_balancer = (
        any::<bool>(),
        0..3_usize,
        prop_oneof![5 => Just(ListenerKind::Application), 1 => Just(ListenerKind::Network)],
    );
    (config, hooks, tasks, waits, load_balancer, any::<bool>(), vec(trouble(), 0..4)).prop_map(
        |(config, hooks, tasks, (ready, termination), (tests, rules, kind), rollback, troubles)| ServiceStory {
            hooks: hooks.into_iter().filter(|(event, _)| event.is_hookable()).collect(),
            tasks,
            ready,
            termination,
            tests,
            rules,
            kind,
            rollback,
            events: troubles.concat(),
            ..ServiceStory::new(config)
        },
    )
}

/// One thing that happens, or two that belong together.
fn trouble() -> impl Strategy<Value = Vec<(SignedDuration, Event)>> {
    let share = || (0..=1000_u32).prop_map(|tenths| Percent::from_hundredths(tenths * 10));
    let service = prop_oneof![
        2 => share().prop_map(ServiceEvent::ListenerWritten),
        1 => Just(ServiceEvent::ListenerReplaced),
        1 => Just(ServiceEvent::RuleElsewhere),
        2 => (1..9_u32).prop_map(ServiceEvent::DesiredCount),
        1 => Just(ServiceEvent::ReplacementHampered(true)),
        1 => Just(ServiceEvent::ReplacementDeleted),
        1 => Just(ServiceEvent::OriginalDeleted),
        1 => Just(ServiceEvent::TargetGroupDeleted),
    ];
    let one = prop_oneof![
        2 => Just(Event::AlarmRed),
        1 => Just(Event::AlarmRedUnheard),
        1 => Just(Event::AlarmsUnreadable(ProblemKind::Denied)),
        2 => select(vec![None, Some(true), Some(false)]).prop_map(Event::Stop),
        3 => select(vec![Gate::Ready, Gate::Termination]).prop_map(Event::Continue),
        4 => service.prop_map(Event::Service),
        1 => (select(&EventName::ALL[..]), any::<bool>()).prop_map(|(event, said)| Event::CallBack(event, said)),
        1 => (1..8000_i64).prop_map(|by| Event::ClockJumps(SignedDuration::from_secs(by))),
    ];
    let passing = |at, by, event: fn(bool) -> ServiceEvent| {
        during(at, by, Event::Service(event(true)), Event::Service(event(false)))
    };
    let throttled = Event::AlarmsUnreadable(ProblemKind::Transient);
    let pair = (at(), 1..8000_i64, 0..7_usize).prop_map(move |(at, by, which)| match which {
        6 => during(at, by, throttled.clone(), Event::AlarmsReadable),
        0 => during(at, by, Event::AlarmRedUnheard, Event::AlarmQuiet),
        1 => during(at, by, Event::RightsLost, Event::RightsBack),
        2 => during(at, by, Event::ThrottleBegins, Event::ThrottleEnds),
        3 => passing(at, by, ServiceEvent::Hidden),
        4 => passing(at, by, ServiceEvent::RulesLocked),
        _ => passing(at, by % 400, ServiceEvent::ReplacementHampered),
    });
    prop_oneof![3 => (at(), one).prop_map(|(at, event)| vec![(at, event)]), 1 => pair]
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn whatever_happens_to_a_service_it_ends_in_order(case in case()) {
        must_hold(&case, check)?;
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn planning_twice_for_a_service_changes_nothing(
        case in case(),
        red in any::<bool>(),
        failed in proptest::option::of((select(MOVES), select(KINDS))),
        later in 0..4000_i64,
    ) {
        // Looking at the world is a call like any other, to which no accident may happen here.
        let case = Case { accidents: Vec::new(), ..case };
        let beginning = World::new();
        case.story.set(&beginning);
        let end = play(&case, World::new().with_history());
        for record in end.history() {
            // Nobody begins with a service whose PRIMARY task set is already their own.
            let world = if record.ecs.is_some() { &end } else { &beginning };
            plan_twice(world, &record, red, failed, SignedDuration::from_secs(later))?;
        }
    }
}

const MOVES: &[MoveKind] = &[
    MoveKind::RouteListener,
    MoveKind::ShiftListener,
    MoveKind::InstallTaskSet,
    MoveKind::PromoteTaskSet,
    MoveKind::RetireTaskSet,
];
const KINDS: &[ProblemKind] = &[ProblemKind::Missing, ProblemKind::Denied, ProblemKind::Refused, ProblemKind::Stale];

/// Plans once, and again from what was planned, with the same before the eyes: the service as it is in that world.
fn plan_twice(
    world: &World,
    record: &Deployment,
    red: bool,
    failed: Option<(MoveKind, ProblemKind)>,
    later: SignedDuration,
) -> Result<(), TestCaseError> {
    let now = record.updated_at + later;
    let observation = Observation::of(record).filter(|_| !record.has_ended());
    let service = observation.map(|observation| pollster::block_on(world.observe(&observation)));
    let seen = Seen {
        alias: None,
        service,
        kept: None,
        fleet: None,
        alarms: if red { AlarmReading::Red(vec!["errors".parse().unwrap()]) } else { AlarmReading::Quiet },
        failed: failed.map(|(step, kind)| (step, Problem::new(kind, "AWS said no."))),
        spare_id: DeploymentId::from_number(99),
    };
    let once = plan(record, &seen, now);
    let twice = plan(&once.next, &seen, now);
    prop_assert_eq!(&twice.next, &once.next, "planned again, another record, seeing {}", seen);
    prop_assert_eq!(&twice.step, &once.step, "planned again, another move, seeing {}", seen);
    prop_assert!(twice.entry.is_none(), "planned again, and written into the ledger");
    Ok(())
}

#[test]
fn what_is_no_reason_to_stop_stops_nothing() {
    let story = || ServiceStory::new("Steps.10@2m,50@1m").hook(EventName::AfterInstall, HookPlan::Succeeds);
    let hampered = |hampered| Event::Service(ServiceEvent::ReplacementHampered(hampered));
    let stories = [
        story().at(50.0, Event::Service(ServiceEvent::RuleElsewhere)),
        story().at(50.0, Event::Service(ServiceEvent::DesiredCount(7))),
        story().at(10.0, Event::Service(ServiceEvent::DesiredCount(1))),
        story().at(100.0, Event::ThrottleBegins).at(160.0, Event::ThrottleEnds),
        story().at(100.0, Event::Continue(Gate::Ready)),
        story().at(120.0, hampered(true)).at(260.0, hampered(false)),
        ServiceStory::new("Steps.10@40m")
            .at(900.0, hampered(true))
            .at(940.0, hampered(false))
            .at(1210.0, hampered(true))
            .at(1240.0, hampered(false)),
        story().at(40.0, Event::CallBack(EventName::AllowTraffic, false)),
    ];
    for story in stories {
        let world = World::new().with_diary();
        let id = Runner::new(&world, machine()).play(&story);
        check(&world).unwrap();
        let record = world.record(&id).unwrap();
        assert!(record.ending.unwrap().error.is_none(), "{}", world.diary());
    }
}
