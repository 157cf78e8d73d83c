//! How many deployments the testkit plays in a second of one core: a canary with two hooks, from its creation to the
//! news of its end, with the real planner, the real use cases and the real state machine.

use std::time::{Duration, Instant};

use spillway_testkit::{HookPlan, Runner, Story, World};
use spillway_tests::template::machine;

use crate::Row;

const LASTS: Duration = Duration::from_secs(3);
const FEWEST_PER_SECOND: f64 = 10_000.0;
/// How many are played between two looks at the clock.
const BATCH: usize = 100;

pub(crate) fn measure() -> Vec<Row> {
    let story = Story::new("Steps.10@5m").before(HookPlan::Succeeds).after(HookPlan::Succeeds);
    play(&story);
    let (began, busy_before) = (Instant::now(), processor_time());
    let mut played = 0;
    while began.elapsed() < LASTS {
        (0..BATCH).for_each(|_| play(&story));
        played += BATCH;
    }
    let passed = began.elapsed();
    let busy = processor_time().zip(busy_before).map_or(passed, |(after, before)| after - before);
    let per_second = played as f64 / busy.as_secs_f64();
    vec![Row {
        what: "simulated deployments per second and core".to_owned(),
        measured: format!("{per_second:.0}"),
        bar: format!("≥ {FEWEST_PER_SECOND}"),
        holds: per_second >= FEWEST_PER_SECOND,
    }]
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
