//! How the watermark rises, and how a fleet ends.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::catalog::config::HealthyHosts::{FleetPercent, HostCount, MostConcurrency};
use crate::server::work::{BEGINS_WITHIN, RETURNS_WITHIN};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn rules(minimum: HealthyHosts) -> FleetRules {
    FleetRules { minimum, zones: None }
}

/// Hosts by a letter each: `.` has not begun, `b` has begun, `s` has succeeded, `f` has failed, `g` is gone.
fn fleet(letters: &str) -> Vec<HostState> {
    let host = |(rank, letter)| HostState {
        rank: u32::try_from(rank).unwrap(),
        zone: None,
        has_begun: letter != '.',
        begins_within: BEGINS_WITHIN,
        in_traffic_event: false,
        had_traffic: false,
        outcome: match letter {
            's' => Some(HostOutcome::Succeeded),
            'f' => Some(HostOutcome::Failed),
            'g' => Some(HostOutcome::Gone),
            _ => None,
        },
        updated_at: at(0),
        due_at: (letter == 'b').then(|| at(3_600)),
    };
    letters.chars().enumerate().map(host).collect()
}

fn released(released: u32) -> Watermark {
    Watermark { released, silent: Vec::new() }
}

fn step(minimum: HealthyHosts, letters: &str, mark: u32) -> FleetStep {
    next_step(&Fleet { rules: &rules(minimum), hosts: &fleet(letters), aside: 0 }, &released(mark), at(0))
}

#[test]
fn as_many_begin_as_the_minimum_leaves() {
    assert_eq!(step(MostConcurrency(1), "....", 0), FleetStep::Release(1));
    assert_eq!(step(MostConcurrency(1), "b...", 1), FleetStep::Wait(FleetWait::Hosts(Some(at(3_600)))));
    assert_eq!(step(MostConcurrency(1), "s...", 1), FleetStep::Release(2));
    assert_eq!(step(FleetPercent(50), ".........", 0), FleetStep::Release(4));
    assert_eq!(step(FleetPercent(50), "sb.......", 2), FleetStep::Release(5));
    assert_eq!(step(FleetPercent(0), "......", 0), FleetStep::Release(6));
    assert_eq!(step(HostCount(6), ".........", 0), FleetStep::Release(3));
}

/// CodeDeploy's guide: with nine of ten healthy hosts the first failure ends it, unless it is the last host's.
#[test]
fn it_ends_when_the_minimum_would_be_broken_and_never_before() {
    let shortage =
        |succeeded, failed, untouched| Shortage { hosts: 10, minimum: 9, succeeded, failed, untouched, zone: None };
    assert_eq!(step(HostCount(9), "f.........", 1), FleetStep::Failed(shortage(0, 1, 9)));
    assert_eq!(step(HostCount(9), "sssssssssf", 10), FleetStep::Succeeded);
    assert_eq!(step(HostCount(8), "f.........", 1), FleetStep::Release(2));
    assert_eq!(step(HostCount(8), "fb........", 2), FleetStep::Wait(FleetWait::Hosts(Some(at(3_600)))));
    assert!(matches!(step(HostCount(8), "ff........", 2), FleetStep::Failed(_)));
    assert_eq!(step(HostCount(8), "fssssssssf", 10), FleetStep::Succeeded);
    assert_eq!(step(HostCount(9), "..........", 0), FleetStep::Release(1));
    assert_eq!(step(HostCount(10), "..........", 0), FleetStep::Failed(Shortage { minimum: 10, ..shortage(0, 0, 10) }));
}

#[test]
fn one_host_has_to_succeed_at_least() {
    assert!(matches!(step(FleetPercent(0), "fff", 3), FleetStep::Failed(_)));
    assert_eq!(step(FleetPercent(0), "ffs", 3), FleetStep::Succeeded);
    assert!(matches!(step(MostConcurrency(1), "f", 1), FleetStep::Failed(_)));
    assert!(matches!(step(FleetPercent(0), "ggg", 3), FleetStep::Failed(_)));
}

#[test]
fn a_host_that_is_gone_does_not_count() {
    // Two of four may work; one of them is gone, so one of three may, and one does.
    assert_eq!(step(FleetPercent(50), "gb..", 2), FleetStep::Wait(FleetWait::Hosts(Some(at(3_600)))));
    assert_eq!(step(MostConcurrency(1), "g...", 1), FleetStep::Release(2));
    assert_eq!(step(MostConcurrency(1), "sg.s", 1), FleetStep::Release(3));
}

/// A rollback of one touched host of ten: the other nine stand by.
#[test]
fn hosts_that_are_left_aside_count_as_healthy() {
    let step = |letters: &str, mark, aside| {
        next_step(&Fleet { rules: &rules(HostCount(9)), hosts: &fleet(letters), aside }, &released(mark), at(0))
    };
    assert_eq!(step(".", 0, 9), FleetStep::Release(1));
    assert_eq!(step("s", 1, 9), FleetStep::Succeeded);
    assert_eq!(step("", 0, 9), FleetStep::Succeeded);
    assert!(matches!(step(".", 0, 8), FleetStep::Failed(_)));
}

#[test]
fn a_large_fleet_begins_in_steps() {
    let fleet = fleet(&".".repeat(2_000));
    let step =
        |mark| next_step(&Fleet { rules: &rules(FleetPercent(0)), hosts: &fleet, aside: 0 }, &released(mark), at(0));
    assert_eq!((step(0), step(500)), (FleetStep::Release(500), FleetStep::Release(1_000)));
}

#[test]
fn a_host_that_does_not_begin_is_overdue_five_minutes_after_its_release() {
    let mut watermark = Watermark::default();
    let hosts = fleet("....");
    watermark.rise(2, at(10));
    watermark.rise(2, at(50));
    watermark.rise(3, at(100));
    watermark.rise(1, at(100));
    assert_eq!((watermark.released_at(1), watermark.released_at(3)), (Some(at(10)), None));
    assert_eq!(watermark.overdue(&hosts, at(309)), [0_u32; 0]);
    assert_eq!(watermark.overdue(&hosts, at(310)), [0, 1]);
    assert_eq!(watermark.overdue(&hosts, at(400)), [0, 1, 2]);
    watermark.forget(&fleet("bs.."));
    assert_eq!((watermark.silent.len(), watermark.released_at(2)), (1, Some(at(100))));
    assert_eq!(watermark.overdue(&fleet("bs.."), at(3_600)), [0, 2]);
}

#[test]
fn a_host_whose_agent_said_that_it_stops_is_overdue_after_half_a_minute() {
    let mut watermark = Watermark::default();
    let mut hosts = fleet("..");
    hosts[1].begins_within = RETURNS_WITHIN;
    watermark.rise(2, at(10));
    assert_eq!(watermark.overdue(&hosts, at(39)), [0_u32; 0]);
    assert_eq!(watermark.overdue(&hosts, at(40)), [1]);
    assert_eq!(
        next_step(&Fleet { rules: &rules(FleetPercent(0)), hosts: &hosts, aside: 0 }, &watermark, at(20)),
        FleetStep::Wait(FleetWait::Hosts(Some(at(40))))
    );
}

/// Two zones of three hosts each.
fn zones(letters: &str) -> Vec<HostState> {
    let zone = |(index, host)| HostState { zone: Some(if index < 3 { "a" } else { "b" }.to_owned()), ..host };
    fleet(letters).into_iter().enumerate().map(zone).collect()
}

#[test]
fn one_zone_comes_after_the_other_and_is_watched_between() {
    let zonal = ZonalConfig { first_monitor_seconds: Some(60), monitor_seconds: Some(30), hosts_per_zone: None };
    let rules = FleetRules { minimum: FleetPercent(0), zones: Some(zonal) };
    let step = |letters, mark, now| {
        next_step(&Fleet { rules: &rules, hosts: &zones(letters), aside: 0 }, &released(mark), at(now))
    };
    assert_eq!(step("......", 0, 0), FleetStep::Release(3));
    assert_eq!(step("sbs...", 3, 0), FleetStep::Wait(FleetWait::Hosts(Some(at(3_600)))));
    assert_eq!(step("sss...", 3, 59), FleetStep::Wait(FleetWait::Zone("b".to_owned(), at(60))));
    assert_eq!(step("sss...", 3, 60), FleetStep::Release(6));
    assert_eq!(step("ssssss", 6, 60), FleetStep::Succeeded);
}

#[test]
fn the_minimum_of_a_zone_counts_beside_that_of_all() {
    let zonal = |hosts| ZonalConfig { first_monitor_seconds: None, monitor_seconds: None, hosts_per_zone: Some(hosts) };
    let of = |minimum, own| FleetRules { minimum, zones: Some(zonal(own)) };
    let step = |rules: FleetRules, letters, mark| {
        next_step(&Fleet { rules: &rules, hosts: &zones(letters), aside: 0 }, &released(mark), at(0))
    };
    assert_eq!(step(of(FleetPercent(0), HostCount(2)), "......", 0), FleetStep::Release(1));
    assert_eq!(step(of(MostConcurrency(1), HostCount(0)), "......", 0), FleetStep::Release(1));
    let FleetStep::Failed(shortage) = step(of(FleetPercent(0), HostCount(2)), "f.....", 1) else { panic!("it failed") };
    assert_eq!(
        shortage,
        Shortage { hosts: 3, minimum: 2, succeeded: 0, failed: 1, untouched: 2, zone: Some("a".to_owned()) }
    );
}

fn minimums() -> impl Strategy<Value = HealthyHosts> {
    prop_oneof![
        (0..14_u32).prop_map(HostCount),
        (0..101_u32).prop_map(FleetPercent),
        (1..4_u32).prop_map(MostConcurrency)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A fleet whose hosts begin, succeed, fail and vanish at random, seen a little late.
    #[test]
    fn enough_healthy_hosts_are_never_touched_and_every_fleet_ends(
        minimum in minimums(),
        own in prop::option::of(minimums()),
        zones in prop::collection::vec(0..3_u8, 1..12),
        luck in prop::collection::vec(0..100_u8, 400),
    ) {
        let mut zones = zones;
        zones.sort_unstable();
        let zonal = own.map(|own| ZonalConfig { first_monitor_seconds: None, monitor_seconds: Some(1), hosts_per_zone: Some(own) });
        let rules = FleetRules { minimum, zones: zonal };
        let mut hosts = fleet(&".".repeat(zones.len()));
        hosts.iter_mut().zip(&zones).for_each(|(host, zone)| host.zone = Some(zone.to_string()));
        let (mut watermark, mut seen, mut now) = (Watermark::default(), hosts.clone(), 0);
        let mut luck = luck.into_iter().cycle();
        let ended = (0..2_000).find_map(|_| {
            now += 1;
            // What the planner sees is now and then older than what is.
            if luck.next().unwrap() < 70 {
                seen.clone_from(&hosts);
            }
            match next_step(&Fleet { rules: &rules, hosts: &seen, aside: 0 }, &watermark, at(now)) {
                FleetStep::Release(to) => {
                    let before = Tally::of(&hosts, watermark.released);
                    assert!(to > watermark.released && before.hosts - before.failed >= rules.minimum.of(before.hosts).max(1));
                    watermark.rise(to, at(now));
                    let tally = Tally::of(&hosts, watermark.released);
                    let gone = hosts.iter().any(|host| host.outcome == Some(HostOutcome::Gone));
                    assert!(gone || tally.untouched + tally.succeeded >= rules.minimum.of(tally.hosts), "{tally:?}");
                }
                FleetStep::Wait(_) => {}
                end @ (FleetStep::Succeeded | FleetStep::Failed(_)) => return Some(end),
            }
            for host in hosts.iter_mut().filter(|host| host.outcome.is_none()) {
                let outcome = match luck.next().unwrap() {
                    0..2 => Some(HostOutcome::Gone).filter(|_| !host.has_begun),
                    2..20 if host.rank < watermark.released => Some(HostOutcome::Failed).filter(|_| host.has_begun),
                    20..60 if host.rank < watermark.released => Some(HostOutcome::Succeeded).filter(|_| host.has_begun),
                    _ => { host.has_begun |= host.rank < watermark.released; None }
                };
                if outcome.is_some() {
                    (host.outcome, host.updated_at) = (outcome, at(now));
                }
            }
            None
        });
        let tally = Tally::of(&hosts, watermark.released);
        match ended {
            Some(FleetStep::Succeeded) => prop_assert!(tally.succeeded >= rules.minimum.of(tally.hosts).max(1), "{:?}", tally),
            Some(FleetStep::Failed(_)) => prop_assert!(tally.busy == 0, "{:?}", tally),
            other => prop_assert!(false, "it did not end: {:?} {:?}", other, tally),
        }
    }
}
