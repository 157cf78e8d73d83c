//! What subscribers are told of single hosts.

use std::collections::BTreeMap;

use spillway_domain::deployment::record::Deployment;
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;
use spillway_engine::ports::customer::HostNotices;
use spillway_engine::ports::hosts::HostWorks;
use spillway_engine::server::announce_hosts::announce_hosts;
use spillway_testkit::{FleetStory, HostPlan, Runner, World};
use spillway_tests::template::machine;

const HALF_AT_A_TIME: &str = "CodeDeployDefault.HalfAtATime";

fn story() -> FleetStory {
    let failing = HostPlan::Fails(HostEvent::ValidateService);
    FleetStory::new(HALF_AT_A_TIME, 4).host(0, failing).host(1, failing)
}

#[test]
fn each_host_that_begins_is_told_of_once_and_so_is_its_end() {
    let world = World::new();
    Runner::new(&world, machine()).play(&story());
    let of = |host: &str| -> Vec<InstanceState> {
        let told = world.told_hosts().into_iter().filter(|(_, id, _)| id.as_str() == host);
        told.map(|(_, _, state)| state).collect()
    };
    let both = [InstanceState::Start, InstanceState::Failure];
    assert_eq!(["i-0", "i-1", "i-2", "i-3"].map(of), [both.to_vec(), both.to_vec(), vec![], vec![]]);
}

/// Nobody whom it could tell.
struct Deaf;

impl HostNotices for Deaf {
    async fn tell_of_host(&self, _: &Deployment, _: &HostWork, state: InstanceState) -> Vec<String> {
        vec![format!("Nobody heard of {state:?}.")]
    }
}

#[test]
fn what_was_not_told_of_many_hosts_is_said_once_and_changes_nothing_else() {
    let world = World::new();
    let id = Runner::new(&world, machine()).play(&story());
    let before = world.record(&id).unwrap();
    let works = pollster::block_on(world.works(&before.roster().unwrap())).unwrap();
    assert_eq!(works.len(), 4, "of which two are not touched");
    for _ in 0..2 {
        let news = BTreeMap::from([(id.clone(), works.clone())]);
        pollster::block_on(announce_hosts(&world, &Deaf, news, world.now())).unwrap();
    }
    let after = world.record(&id).unwrap();
    assert_eq!(after.undelivered, ["Nobody heard of Failure."]);
    assert_eq!((after.status(), after.generation), (before.status(), before.generation + 1));
    let last = world.ledger_of(&id).pop().unwrap();
    assert_eq!((last.seen.as_str(), last.decided.as_str()), ("Nobody heard of Failure.", "Announced"));
}
