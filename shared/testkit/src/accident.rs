//! Accidents: what can go wrong at a moment, which is before or after any call of any port.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use spillway_domain::problem::{Problem, ProblemKind};

use crate::World;
use crate::world::Inner;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The call fails and has done nothing.
    Fail,
    /// The call has done its work, but its answer is lost.
    LoseAnswer,
    /// The function dies before the call.
    CrashBefore,
    /// The function dies right after the call.
    CrashAfter,
    /// The function hangs before the call, is given up, and goes on later.
    PauseBefore,
    /// The function hangs after the call, is given up, and goes on later.
    PauseAfter,
}

impl Harm {
    /// All of them.
    pub const ALL: [Harm; 6] =
        [Self::Fail, Self::LoseAnswer, Self::CrashBefore, Self::CrashAfter, Self::PauseBefore, Self::PauseAfter];
}

/// How a function is that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Struck {
    /// It died.
    Dead,
    /// It hangs, and may go on later.
    Hung,
}

/// One thing that goes wrong at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accident {
    /// The moment, counted from 0 over all calls of all ports.
    pub moment: usize,
    /// What goes wrong.
    pub harm: Harm,
}

/// What became of a call.
pub(crate) enum Attempt<T> {
    /// It was answered.
    Answered(Result<T, Problem>),
    /// It has done its work, and its answer was lost.
    AnswerLost,
}

impl World {
    /// Makes one call of a port: counts the moment, lets accidents happen, and has its effect.
    pub(crate) async fn call<T>(&self, effect: impl FnOnce(&mut Inner) -> Result<T, Problem>) -> Result<T, Problem> {
        match self.attempt(effect).await {
            Attempt::Answered(answer) => answer,
            Attempt::AnswerLost => Err(lost("its answer was lost")),
        }
    }

    /// The same, for a call whose lost answer is told from its failure.
    pub(crate) async fn attempt<T>(&self, effect: impl FnOnce(&mut Inner) -> Result<T, Problem>) -> Attempt<T> {
        let struck = self.inner.borrow().struck;
        match struck {
            None => {}
            // What the function does beside the call that it was struck at is struck with it.
            Some(Struck::Dead) => crash().await,
            Some(Struck::Hung) => self.pause().await,
        }
        let harm = self.inner.borrow_mut().next_moment();
        match harm {
            None | Some(Harm::LoseAnswer | Harm::CrashAfter | Harm::PauseAfter) => {}
            Some(Harm::Fail) => return Attempt::Answered(Err(lost("the call failed"))),
            Some(Harm::CrashBefore) => self.crash().await,
            Some(Harm::PauseBefore) => self.pause().await,
        }
        let answer = effect(&mut self.inner.borrow_mut());
        match harm {
            None | Some(Harm::Fail | Harm::CrashBefore | Harm::PauseBefore) => {}
            Some(Harm::LoseAnswer) => return Attempt::AnswerLost,
            Some(Harm::CrashAfter) => self.crash().await,
            Some(Harm::PauseAfter) => self.pause().await,
        }
        let long = |problem: Problem| Problem::new(problem.kind, self.inner.borrow().at_length(&problem.words));
        Attempt::Answered(answer.map_err(long))
    }

    /// Makes a call that writes into the table: for a request of a stack, only while the stack has asked for nothing else
    /// since.
    pub(crate) async fn write<T>(&self, effect: impl FnOnce(&mut Inner) -> Result<T, Problem>) -> Result<T, Problem> {
        self.call(|world| {
            world.in_time()?;
            effect(world)
        })
        .await
    }

    /// Never goes on.
    async fn crash(&self) {
        self.inner.borrow_mut().struck = Some(Struck::Dead);
        crash().await;
    }

    /// Goes on when its function is polled once more.
    async fn pause(&self) {
        let mut polled = false;
        let wait = poll_fn(|context| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            let mut inner = self.inner.borrow_mut();
            inner.struck = Some(Struck::Hung);
            inner.paused.push(context.waker().clone());
            Poll::Pending
        });
        wait.await;
    }

    /// What has struck the function that was just polled, if anything.
    pub(crate) fn take_struck(&self) -> Option<Struck> {
        self.inner.borrow_mut().struck.take()
    }

    /// Has the functions that hang go on when they are polled.
    pub(crate) fn end_pauses(&self) {
        let paused = std::mem::take(&mut self.inner.borrow_mut().paused);
        paused.into_iter().for_each(Waker::wake);
    }
}

fn lost(words: &str) -> Problem {
    Problem::new(ProblemKind::Transient, words)
}

async fn crash() {
    std::future::pending().await
}
