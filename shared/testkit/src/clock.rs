//! The clock of the world, by which functions sleep.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use spillway_engine::ports::clock::Clock;

use crate::World;

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.inner.borrow().now
    }

    async fn sleep(&self, time: SignedDuration) {
        let until = Clock::now(self) + time;
        Sleep { world: self, until, number: None }.await;
    }
}

/// A sleep, which is noted in the world while it lasts.
struct Sleep<'w> {
    world: &'w World,
    until: Timestamp,
    number: Option<u64>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let world = self.world;
        let mut inner = world.inner.borrow_mut();
        if inner.now >= self.until {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            inner.sleeps += 1;
            inner.sleeps
        });
        inner.sleepers.insert((self.until, number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.world.inner.borrow_mut().sleepers.remove(&(self.until, number));
        }
    }
}

impl World {
    /// When the next sleep ends, if anybody sleeps.
    pub(crate) fn next_waking(&self) -> Option<Timestamp> {
        self.inner.borrow().sleepers.keys().next().map(|(until, _)| *until)
    }

    /// Ends the sleeps whose time has come.
    pub(crate) fn wake_sleepers(&self) {
        let mut inner = self.inner.borrow_mut();
        let now = inner.now;
        let later = inner.sleepers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut inner.sleepers, later);
        drop(inner);
        due.into_values().for_each(Waker::wake);
    }

    /// Has something done alone, and turns the clock whenever it sleeps.
    pub fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return done;
            }
            let until = self.next_waking().expect("what neither ends nor sleeps hangs");
            let time = until.duration_since(Clock::now(self));
            self.turn_clock(time.max(SignedDuration::ZERO));
            self.wake_sleepers();
        }
    }
}
