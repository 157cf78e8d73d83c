//! How many deployments the testkit plays in a second of one core: a canary with two hooks, from its creation to the
//! notification of its end, with the real planner, the real use cases and the real state machine. The figure depends on
//! the machine, so its bar is a ratio to a fixed computation of the standard library, measured in turns with it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use spillway_testkit::{HookPlan, Runner, Story, World};
use spillway_tests::template::machine;

use crate::{Effort, Row, median};

const LASTS: Duration = Duration::from_secs(6);
/// How many deployments are played in the time of a thousand reference computations.
const FEWEST: f64 = 1.0;
/// How many are played between two looks at the clock.
const BATCH: usize = 100;

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let story = Story::new("Steps.10@5m").before(HookPlan::Succeeds).after(HookPlan::Succeeds);
    play(&story);
    let (mut per_second, mut ratios, began) = (Vec::new(), Vec::new(), Instant::now());
    while ratios.is_empty() || crate::goes_on(effort, began, LASTS) {
        let reference = seconds(reference) / BATCH as f64;
        let own = seconds(|| play(&story)) / BATCH as f64;
        per_second.push(1.0 / own);
        ratios.push(1_000.0 * reference / own);
    }
    let (per_second, ratio) = (median(per_second), median(ratios));
    vec![Row {
        what: "simulated deployments of one core, in the time of 1,000 reference computations".to_owned(),
        measured: format!("{ratio:.0} ({per_second:.0} a second)"),
        bar: format!("≥ {FEWEST}"),
        holds: ratio >= FEWEST,
    }]
}

/// How long this thread has a core for a batch of them.
fn seconds(mut once: impl FnMut()) -> f64 {
    let (began, before) = (Instant::now(), processor_time());
    (0..BATCH).for_each(|_| once());
    let busy = processor_time().zip(before).map_or_else(|| began.elapsed(), |(after, before)| after - before);
    busy.as_secs_f64()
}

/// What it is compared with: a map of a thousand short texts is made, copied and read, so that it allocates, compares and
/// copies as a simulation does.
fn reference() {
    let map: BTreeMap<String, String> = (0..1_000_u32).map(|n| (n.to_string(), format!("value {n}"))).collect();
    let copy = map.clone();
    black_box(copy.values().map(String::len).sum::<usize>());
}

fn play(story: &Story) {
    let world = World::new();
    let id = Runner::new(&world, machine()).play(story);
    assert!(world.record(&id).is_some_and(|record| record.has_ended()));
}

/// How long this thread has had a core, where the system tells; other work on the machine does not count then.
pub(crate) fn processor_time() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
