//! Accidents: what can go wrong at a moment, which is before or after any call of any port.

use std::future::poll_fn;
use std::task::Poll;

use spillway_domain::{Problem, ProblemKind};

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
        let harm = self.inner.borrow_mut().next_moment();
        match harm {
            None | Some(Harm::LoseAnswer | Harm::CrashAfter | Harm::PauseAfter) => {}
            Some(Harm::Fail) => return Attempt::Answered(Err(lost("the call failed"))),
            Some(Harm::CrashBefore) => crash().await,
            Some(Harm::PauseBefore) => pause().await,
        }
        let answer = effect(&mut self.inner.borrow_mut());
        match harm {
            None | Some(Harm::Fail | Harm::CrashBefore | Harm::PauseBefore) => {}
            Some(Harm::LoseAnswer) => return Attempt::AnswerLost,
            Some(Harm::CrashAfter) => crash().await,
            Some(Harm::PauseAfter) => pause().await,
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
}

fn lost(words: &str) -> Problem {
    Problem::new(ProblemKind::Transient, words)
}

/// Never goes on: whoever polls it knows that the function is dead.
async fn crash() {
    std::future::pending().await
}

/// Goes on when it is polled for the second time.
async fn pause() {
    let mut polled = false;
    poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
