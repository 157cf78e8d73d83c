//! What subscribers are told of single hosts.

use spillway_domain::server::event::HostEvent;
use spillway_domain::server::status::InstanceState;
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

#[test]
fn what_was_not_told_of_many_hosts_is_one_sentence_and_changes_nothing_else() {
    let (world, talkative) = (World::new(), World::new().with_long_words());
    let [quiet, told] = [&world, &talkative].map(|world| {
        let id = Runner::new(world, machine()).play(&story());
        world.record(&id).unwrap()
    });
    assert_eq!(quiet.undelivered, Vec::<String>::new());
    assert_eq!(told.status(), quiet.status());
    assert_eq!(talkative.told_hosts().len(), 4);
    // The start, the end, and all hosts together.
    assert_eq!(told.undelivered.len(), 3);
}
