//! The callers: a steady stream of calls through the alias or the load balancer, each with the version that answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::stage::Stage;

/// The largest order that a caller sends.
pub(super) const LARGEST_ORDER: usize = 12;

const CALLERS: u32 = 4;
const EACH_CALLS_EVERY: Duration = Duration::from_millis(200);

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub began: Instant,
    pub ended: Instant,
    /// The version that answered; `None` when no version did.
    pub version: Option<String>,
    /// Whether the answer was an error.
    pub failed: bool,
}

/// What a caller gets.
pub(super) struct Answer {
    /// The version that answered; `None` when no version did.
    pub version: Option<String>,
    /// Whether it is an error.
    pub failed: bool,
}

impl Answer {
    /// No version has answered.
    pub const NONE: Self = Self { version: None, failed: true };
}

/// Callers that call until they are dropped.
pub(super) struct Traffic {
    calls: Arc<Mutex<Vec<Call>>>,
    _callers: JoinSet<()>,
}

impl Traffic {
    /// Begins to call.
    pub fn start(stage: &Arc<Stage>) -> Self {
        let calls = Arc::default();
        let mut callers = JoinSet::new();
        for n in 0..CALLERS {
            callers.spawn(keep_calling(Arc::clone(stage), Arc::clone(&calls), EACH_CALLS_EVERY * n / CALLERS));
        }
        Self { calls, _callers: callers }
    }

    /// The calls that began since then and are over.
    pub fn since(&self, moment: Instant) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.began >= moment).cloned().collect()
    }
}

/// How many of these calls each version answered.
pub(super) fn by_version(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for version in calls.iter().filter_map(|call| call.version.clone()) {
        *counts.entry(version).or_default() += 1;
    }
    counts
}

async fn keep_calling(stage: Arc<Stage>, calls: Arc<Mutex<Vec<Call>>>, delay: Duration) {
    tokio::time::sleep(delay).await;
    let mut ticks = tokio::time::interval(EACH_CALLS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for items in (1..=LARGEST_ORDER).cycle() {
        ticks.tick().await;
        let began = Instant::now();
        let Answer { version, failed } = stage.call(items).await;
        let call = Call { began, ended: Instant::now(), version, failed };
        calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}
