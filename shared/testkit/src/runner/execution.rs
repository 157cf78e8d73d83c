//! An execution of the state machine, state by state.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::DeploymentId;
use spillway_engine::{Answer, Caught, Decide, Subject, Task};

use super::Runner;
use super::call::Call;
use crate::machine::{Function, State};

pub(super) struct Execution {
    pub(super) id: DeploymentId,
    pub(super) state: String,
    pub(super) answer: Option<Answer>,
    pub(super) problem: Option<Caught>,
    pub(super) entered_at: Timestamp,
    pub(super) tries: Vec<u32>,
    pub(super) transitions: usize,
    pub(super) turn: Turn,
}

pub(super) enum Turn {
    At(Timestamp),
    Parked { token: String, until: Timestamp },
    Over,
}

impl Runner<'_> {
    /// Has an execution do what its state says.
    pub(super) fn step(&mut self, name: &str) {
        let now = self.world.now();
        let machine = self.machine;
        let Some(execution) = self.executions.get_mut(name) else {
            return;
        };
        let state = &machine.states[&execution.state];
        if let Turn::Parked { .. } = execution.turn {
            return self.fail(name, state, "States.Timeout", "");
        }
        match state {
            State::Succeed | State::Fail => {
                execution.turn = Turn::Over;
                let words = format!("{} {}", execution.id, execution.state);
                let mut inner = self.world.inner.borrow_mut();
                inner.known.insert(name.to_owned(), false);
                inner.write_diary("execution", &words);
            }
            State::Choice { by_move, default } => {
                let step = execution.answer.as_ref().map(|answer| answer.step.as_str());
                let next = step.and_then(|step| by_move.get(step)).unwrap_or(default).clone();
                execution.enter(&next, now);
            }
            State::Start { next } => {
                if let Some(id) = execution.answer.as_ref().and_then(|answer| answer.rollback_deployment_id.clone()) {
                    let mut inner = self.world.inner.borrow_mut();
                    if inner.known.insert(id.to_string(), true).is_none() {
                        inner.started.push_back((id.to_string(), id));
                    }
                }
                execution.enter(next, now);
            }
            State::Task { function, parks, next, .. } => {
                let token = format!("token-{}", self.tokens);
                self.tokens += 1;
                let call = execution.call(*function, &token);
                let seconds = execution.seconds();
                match self.invoke(&call) {
                    Err((error, words)) => self.fail(name, state, &error, &words),
                    Ok(answer) => {
                        let Some(execution) = self.executions.get_mut(name) else {
                            return;
                        };
                        if *parks {
                            let until = now + SignedDuration::from_secs(i64::from(seconds));
                            execution.turn = Turn::Parked { token, until };
                            return;
                        }
                        if answer.is_some() {
                            execution.answer = answer;
                            execution.problem = None;
                        }
                        execution.enter(next, self.world.now());
                    }
                }
            }
        }
    }

    /// Retries, catches, or ends the execution.
    fn fail(&mut self, name: &str, state: &State, error: &str, words: &str) {
        let now = self.world.now();
        let (Some(execution), State::Task { retriers, catch, .. }) = (self.executions.get_mut(name), state) else {
            return;
        };
        if let Some(index) = retriers.iter().position(|retrier| retrier.fits(error)) {
            let retrier = &retriers[index];
            execution.tries.resize(retriers.len(), 0);
            if execution.tries[index] < retrier.attempts {
                let delay = retrier.interval * retrier.rate.powi(execution.tries[index] as i32);
                let delay = SignedDuration::from_millis((delay.min(retrier.max_delay) * 1000.0) as i64);
                execution.tries[index] += 1;
                execution.turn = Turn::At(now + delay);
                return;
            }
        }
        match catch {
            Some(catch) => {
                let cause = serde_json::json!({ "errorType": error, "errorMessage": words }).to_string();
                execution.problem = catch.keeps_problem.then(|| Caught::new(error, &cause));
                execution.enter(&catch.next, now);
            }
            None => {
                execution.turn = Turn::Over;
                self.world.inner.borrow_mut().known.insert(name.to_owned(), false);
                self.world.inner.borrow_mut().write_diary("execution", &format!("{name} died: {error}"));
            }
        }
    }
}

impl Execution {
    pub(super) fn new(id: DeploymentId, start_at: &str, now: Timestamp) -> Self {
        Self {
            id,
            state: start_at.to_owned(),
            answer: None,
            problem: None,
            entered_at: now,
            tries: Vec::new(),
            transitions: 1,
            turn: Turn::At(now),
        }
    }

    pub(super) fn enter(&mut self, state: &str, now: Timestamp) {
        state.clone_into(&mut self.state);
        self.entered_at = now;
        self.tries.clear();
        self.transitions += 1;
        self.turn = Turn::At(now);
    }

    fn seconds(&self) -> u32 {
        self.answer.as_ref().and_then(|answer| answer.seconds).unwrap_or(0)
    }

    fn call(&self, function: Function, token: &str) -> Call {
        let subject = Subject { deployment_id: self.id.clone() };
        let task = || Task {
            deployment_id: self.id.clone(),
            generation: self.answer.as_ref().map_or(0, |answer| answer.generation),
            token: token.to_owned(),
            entered_at: self.entered_at,
            seconds: self.seconds(),
        };
        match function {
            Function::Decide => Call::Decide(Decide {
                deployment_id: self.id.clone(),
                generation: self.answer.as_ref().map(|answer| answer.generation),
                step: self.answer.as_ref().map(|answer| answer.step.clone()),
                problem: self.problem.clone(),
            }),
            Function::Announce => Call::Announce(subject),
            Function::ReadRevision => Call::ReadRevision(subject),
            Function::ShiftAlias => Call::Shift(subject),
            Function::RunHook => Call::RunHook(task()),
            Function::Bake => Call::Bake(task()),
        }
    }
}

pub(super) fn next_of(state: &State) -> &str {
    match state {
        State::Task { next, .. } | State::Start { next } => next,
        State::Choice { default, .. } => default,
        State::Succeed | State::Fail => "",
    }
}
