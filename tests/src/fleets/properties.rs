//! Random fleets with random trouble in them, and what holds in all of them.

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spillway_domain::catalog::environment::{ReadyOption, Termination, TerminationAction};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::record::Status;
use spillway_domain::deployment::request::HostOptions;
use spillway_domain::problem::ProblemKind;
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{BlueGreenPlan, Event, FleetStory, HostPlan, Runner, World, check};
use spillway_tests::template::machine;

use crate::properties::random::{at, disturbed};
use crate::properties::{cases, must_hold};

fn story() -> impl Strategy<Value = FleetStory> {
    fleet(trouble())
}

/// A fleet that grows, and in which nothing takes longer than Auto Scaling waits.
fn growing() -> impl Strategy<Value = FleetStory> {
    let event = || select(&HostEvent::BEHIND_LOAD_BALANCERS[..]);
    let plan = prop_oneof![
        6 => Just(HostPlan::Works),
        2 => event().prop_map(HostPlan::Fails),
        1 => Just(HostPlan::Silent),
        1 => event().prop_map(HostPlan::Vanishes),
    ];
    let launches = vec((at(), plan.prop_map(Event::Launched)), 1..4);
    let ends = vec((at(), Just(Event::ScaledIn(0))), 0..2);
    let stop = Just((SignedDuration::from_secs(40), Event::Stop(None)));
    (fleet(stop), launches, ends).prop_map(|(story, launches, ends)| {
        let instances = std::iter::once(HostPlan::Works).chain(story.instances).collect();
        let events = story.events.into_iter().chain(launches).chain(ends).collect();
        FleetStory { instances, events, scales: true, ..story }
    })
}

/// A blue/green deployment, some of whose hosts may be terminated or fail on the way.
fn blue_green() -> impl Strategy<Value = FleetStory> {
    let event = || select([&HostEvent::IN_PLACE[..], &HostEvent::TAKING_IN].concat());
    let plan = prop_oneof![
        1 => Just(HostPlan::NeverHealthy),
        8 => Just(HostPlan::Works),
        2 => event().prop_map(HostPlan::Fails),
        1 => Just(HostPlan::Silent),
        1 => event().prop_map(HostPlan::Vanishes),
    ];
    let original = prop_oneof![
        8 => Just(HostPlan::Works),
        1 => select(&HostEvent::LETTING_GO[..]).prop_map(HostPlan::Fails),
        1 => Just(HostPlan::Silent),
    ];
    let ready = prop_oneof![3 => Just(ReadyOption::Continue), 1 => Just(ReadyOption::Stop { minutes: 10 })];
    let action = select(vec![TerminationAction::Terminate, TerminationAction::KeepAlive]);
    let termination = (action, 0..10_u32).prop_map(|(action, minutes)| Termination { action, minutes });
    let further = prop_oneof![
        2 => (at(), Just(Event::Continue(Gate::Ready))),
        1 => (at(), Just(Event::Continue(Gate::Termination))),
        1 => (at(), Just(Event::ReplacementLaunched(HostPlan::Works))),
        1 => (at(), Just(Event::Launched(HostPlan::Works))),
    ];
    let flags = (any::<bool>(), any::<bool>());
    (fleet(trouble()), vec(original, 0..4), vec(plan, 0..4), flags, ready, termination, vec(further, 0..3)).prop_map(
        |(story, instances, replacements, (scales, only_outdated), ready, termination, further)| {
            // The world tells of an instance until it is heard, and for ever where the role has lost its rights.
            let has_rights = story.events.iter().all(|(_, event)| *event != Event::RightsLost);
            let is_launch = |event: &Event| matches!(event, Event::Launched(_) | Event::ReplacementLaunched(_));
            let further = further.into_iter().filter(|(_, event)| has_rights || !is_launch(event));
            let events = story.events.clone().into_iter().chain(further).collect();
            let options = HostOptions { only_outdated, ..HostOptions::default() };
            let plan = BlueGreenPlan { replacements, scales, ready, termination };
            FleetStory { instances, events, options, ..story }.blue_green(plan)
        },
    )
}

fn fleet(trouble: impl Strategy<Value = (SignedDuration, Event)>) -> impl Strategy<Value = FleetStory> {
    let config =
        select(vec!["CodeDeployDefault.OneAtATime", "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.AllAtOnce"]);
    let event = || select(&HostEvent::BEHIND_LOAD_BALANCERS[..]);
    let plan = prop_oneof![
        1 => Just(HostPlan::NeverHealthy),
        6 => Just(HostPlan::Works),
        2 => event().prop_map(HostPlan::Fails),
        1 => Just(HostPlan::Silent),
        1 => event().prop_map(HostPlan::Vanishes),
        1 => Just(HostPlan::Terminated),
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (config, vec(plan, 0..6), flags, vec(trouble, 0..2)).prop_map(
        |(config, instances, (balanced, rollback, has_revision), events)| FleetStory {
            instances,
            balanced,
            rollback,
            has_revision,
            events,
            ..FleetStory::new(config, 0)
        },
    )
}

/// Something that happens.
fn trouble() -> impl Strategy<Value = (SignedDuration, Event)> {
    let event = prop_oneof![
        2 => Just(Event::AlarmRed),
        1 => Just(Event::AlarmRedUnheard),
        1 => Just(Event::AlarmsUnreadable(ProblemKind::Denied)),
        2 => select(vec![None, Some(true), Some(false)]).prop_map(Event::Stop),
        1 => Just(Event::RightsLost),
        1 => (1..8000_i64).prop_map(|by| Event::ClockJumps(SignedDuration::from_secs(by))),
    ];
    (at(), event)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn whatever_happens_to_a_fleet_it_ends_in_order(case in disturbed(story(), 200, 60)) {
        must_hold(&case, check)?;
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn every_instance_that_waits_for_a_deployment_is_answered_for(case in disturbed(growing(), 200, 60)) {
        must_hold(&case, |world| {
            check(world)?;
            match &world.unanswered_waits()[..] {
                [] => Ok(()),
                waits => Err(format!("nobody answers for {waits:?}")),
            }
        })?;
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn whatever_happens_to_a_blue_green_deployment_the_traffic_is_on_hosts_that_have_it(
        case in disturbed(blue_green(), 200, 60)
    ) {
        must_hold(&case, check)?;
    }
}

#[test]
fn a_fleet_that_nothing_happens_to_succeeds() {
    for hosts in 1..8 {
        for config in ["CodeDeployDefault.OneAtATime", "CodeDeployDefault.AllAtOnce"] {
            let world = World::new().with_diary();
            let id = Runner::new(&world, machine()).play(&FleetStory::new(config, hosts));
            check(&world).unwrap();
            assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded, "{}", world.diary());
        }
    }
}
