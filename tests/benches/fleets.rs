//! One deployment to 10,000 hosts in the test kit: what grows with the fleet, and what does not. Hosts, their agents' calls,
//! the planner, the use cases and the state machine are the real ones; the table is in memory.

use std::collections::BTreeMap;

use spillway_testkit::{FleetStory, Runner, World};
use spillway_tests::template::machine;

use crate::{Effort, Row};

const HOSTS: usize = 10_000;
/// A state that invokes a function leaves at most so many events in the history of its execution: entered, scheduled,
/// started, the outcome, exited.
const EVENTS_OF_A_TRANSITION: usize = 5;
const MOST_EVENTS: usize = 200;
const MOST_BYTES: usize = 4 * 1024;
/// DynamoDB takes 1,000 a second for one partition.
const MOST_WRITES: usize = 500;

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let hosts = if effort == Effort::Full { HOSTS } else { HOSTS / 100 };
    let world = World::new().with_history();
    let mut runner = Runner::new(&world, machine());
    let id = runner.play(&FleetStory::new("CodeDeployDefault.HalfAtATime", hosts));
    let record = world.record(&id).unwrap();
    assert!(record.ending.is_some_and(|ending| ending.error.is_none()), "the deployment succeeds");
    let events = runner.transitions(&id) * EVENTS_OF_A_TRANSITION;
    let mut saves: BTreeMap<i64, usize> = BTreeMap::new();
    for saved in world.history() {
        *saves.entry(saved.updated_at.as_second()).or_default() += 1;
    }
    let busiest = saves.values().copied().max().unwrap_or_default();
    let row = |what: &str, measured: usize, most: usize| Row {
        what: format!("{hosts} hosts, half at a time: {what}"),
        measured: measured.to_string(),
        bar: format!("< {most}"),
        holds: measured < most,
    };
    vec![
        row("events in the history of the execution, at most", events, MOST_EVENTS),
        row("bytes of the largest answer that the execution carries on", world.largest_answer(), MOST_BYTES),
        row("writes of the deployment's record in its busiest second", busiest, MOST_WRITES),
    ]
}
