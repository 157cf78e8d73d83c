//! Doing many things within limits: so many at once, each within its time, and only so many in a second.

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use spillway_domain::problem::{Problem, ProblemKind};

use crate::ports::clock::Clock;

/// How many are done at once.
const AT_ONCE: usize = 16;
/// How long one of them may take. What takes longer is given up, so that it does not keep the others waiting.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// Does `work` for each of the items, and answers with what became of each. Once it is `until`, none is begun.
pub(crate) async fn each<T, R>(
    clock: &impl Clock,
    until: Timestamp,
    items: impl IntoIterator<Item = T>,
    work: impl AsyncFn(&T) -> Result<R, Problem>,
) -> Vec<(T, Result<R, Problem>)> {
    let work = &work;
    let one = |item: T| async move {
        let done = match clock.now() >= until {
            true => None,
            false => within(clock, LONGEST, work(&item)).await,
        };
        (item, done.unwrap_or_else(|| Err(Problem::new(ProblemKind::Transient, "There was no time left for it."))))
    };
    stream::iter(items).map(one).buffer_unordered(AT_ONCE).collect().await
}

/// What the work comes to, if it does within that time.
async fn within<T>(clock: &impl Clock, time: SignedDuration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(clock.sleep(time))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// The items in the same order, from another one on. Runs that go on at the same time so begin in different places, and
/// what stands in the way of the first item of one is not in the way of all others.
pub(crate) fn rotated<T>(mut items: Vec<T>, by: u64) -> Vec<T> {
    let first = usize::try_from(by).unwrap_or(usize::MAX).checked_rem(items.len()).unwrap_or(0);
    items.rotate_left(first);
    items
}

/// A limit to how many things are begun in a second. As many may be begun at once after a pause.
#[derive(Debug)]
pub(crate) struct Pace {
    every: SignedDuration,
    per_second: i32,
    /// When one more would be due if they were begun evenly.
    due: Cell<Timestamp>,
}

impl Pace {
    pub(crate) fn new(per_second: i32) -> Self {
        let every = SignedDuration::from_secs(1) / per_second;
        Self { every, per_second, due: Cell::new(Timestamp::UNIX_EPOCH) }
    }

    /// Waits until one more may be begun.
    pub(crate) async fn turn(&self, clock: &impl Clock) {
        let now = clock.now();
        let due = self.due.get().max(now);
        self.due.set(due + self.every);
        let early = self.every * (self.per_second - 1);
        let wait = due.duration_since(now) - early;
        if wait.is_positive() {
            clock.sleep(wait).await;
        }
    }
}
