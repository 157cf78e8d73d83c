//! An execution of one of the state machines, state by state.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::stack::resource::{Outcome, Progress, StackRequest};
use spillway_engine::deployment::decide::{Answer, Caught, Decide};
use spillway_engine::deployment::task::{DeploymentRef, Task};
use spillway_engine::operations::deployment::StartRequest;
use spillway_engine::stack::await_deployment::Waiter;

use super::Runner;
use super::call::{Call, Heard, Reply};
use super::sleepers::Listener;
use crate::Machine;
use crate::machine::{Function, State};

pub(super) struct Execution<'w> {
    machine: &'w Machine,
    pub(super) work: Work,
    state: String,
    entered_at: Timestamp,
    tries: Vec<u32>,
    pub(super) transitions: usize,
    pub(super) turn: Turn,
}

/// What it is about, and what it has been told.
pub(super) enum Work {
    Deployment {
        id: DeploymentId,
        /// What it asks for, where it was started without a deployment.
        asks: Option<(Box<NewDeployment>, StartRequest)>,
        /// Whether it has a deployment.
        known: bool,
        answer: Option<Answer>,
        problem: Option<Caught>,
    },
    Request {
        request: Rc<StackRequest>,
        progress: Option<Progress>,
        problem: Option<String>,
    },
}

pub(super) enum Turn {
    At(Timestamp),
    Parked {
        token: String,
        until: Timestamp,
    },
    /// The function of its state sleeps.
    Waits,
    Over,
}

impl Runner<'_> {
    /// Has an execution do what its state says.
    pub(super) fn step(&mut self, name: &str) {
        let now = self.world.now();
        let Some(execution) = self.executions.get_mut(name) else {
            return;
        };
        let machine = execution.machine;
        let state = &machine.states[&execution.state];
        if let Turn::Parked { .. } = execution.turn {
            return self.fail(name, state, "States.Timeout", "");
        }
        match state {
            State::Succeed | State::Fail => {
                execution.turn = Turn::Over;
                let words = format!("{} {}", execution.work.name(), execution.state);
                let mut inner = self.world.inner.borrow_mut();
                inner.known.insert(name.to_owned(), false);
                inner.write_diary("execution", &words);
            }
            State::Choice { by_move, default } => {
                let next = execution.work.step().and_then(|step| by_move.get(step)).unwrap_or(default).clone();
                execution.enter(&next, now);
            }
            State::Known { known, unknown } => {
                let next = if execution.work.is_known() { known } else { unknown };
                execution.enter(next, now);
            }
            State::Start { next } => {
                if let Some(id) = execution.work.successor() {
                    let mut inner = self.world.inner.borrow_mut();
                    if inner.known.insert(id.to_string(), true).is_none() {
                        inner.started.push_back((id.to_string(), id));
                    }
                }
                execution.enter(next, now);
            }
            State::Task { function, parks, .. } => {
                let token = format!("token-{}", self.tokens);
                self.tokens += 1;
                let call = execution.work.call(*function, &token, execution.entered_at);
                let until = now + SignedDuration::from_secs(i64::from(execution.work.seconds()));
                execution.turn = if *parks { Turn::Parked { token, until } } else { Turn::Waits };
                if let Some(heard) = self.set_off(&call, Listener::Execution(name.to_owned())) {
                    self.answered(name, heard);
                }
            }
        }
    }

    /// The function of an execution's state has answered.
    pub(super) fn answered(&mut self, name: &str, heard: Heard) {
        let now = self.world.now();
        let Some(execution) = self.executions.get_mut(name) else { return };
        if matches!(execution.turn, Turn::Over) {
            return;
        }
        let state = &execution.machine.states[&execution.state];
        match heard {
            Err((error, words)) => self.fail(name, state, &error, &words),
            Ok(reply) if matches!(execution.turn, Turn::Waits) => {
                execution.work.hear(reply, self.world);
                execution.enter(next_of(state), now);
            }
            // A wait that was parked ends by its token.
            Ok(_) => {}
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
                execution.work.catch(catch.keeps_problem, error, words);
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

impl<'w> Execution<'w> {
    pub(super) fn new(machine: &'w Machine, work: Work, now: Timestamp) -> Self {
        let state = machine.start_at.clone();
        Self { machine, work, state, entered_at: now, tries: Vec::new(), transitions: 1, turn: Turn::At(now) }
    }

    pub(super) fn enter(&mut self, state: &str, now: Timestamp) {
        state.clone_into(&mut self.state);
        self.entered_at = now;
        self.tries.clear();
        self.transitions += 1;
        self.turn = Turn::At(now);
    }

    /// Somebody woke it.
    pub(super) fn wake(&mut self, now: Timestamp) {
        let next = next_of(&self.machine.states[&self.state]).to_owned();
        self.enter(&next, now);
    }
}

impl Work {
    pub(super) fn deployment(id: DeploymentId) -> Self {
        Self::Deployment { id, asks: None, known: true, answer: None, problem: None }
    }

    /// For an execution that asks for a deployment.
    pub(super) fn start(request: Box<NewDeployment>, start: StartRequest) -> Self {
        let id = DeploymentId::of_execution(&start.arn, &start.started_at);
        Self::Deployment { id, asks: Some((request, start)), known: false, answer: None, problem: None }
    }

    pub(super) fn request(request: Rc<StackRequest>) -> Self {
        Self::Request { request, progress: None, problem: None }
    }

    /// The deployment that it drives.
    pub(super) fn drives(&self, deployment: &DeploymentId) -> bool {
        matches!(self, Self::Deployment { id, .. } if id == deployment)
    }

    fn name(&self) -> String {
        match self {
            Self::Deployment { id, .. } => id.to_string(),
            Self::Request { request, .. } => format!("for {}", request.resource.logical_id),
        }
    }

    fn is_known(&self) -> bool {
        matches!(self, Self::Deployment { known: true, .. })
    }

    fn successor(&self) -> Option<DeploymentId> {
        match self {
            Self::Deployment { answer, .. } => answer
                .as_ref()
                .and_then(|answer| answer.rollback_deployment_id.clone().or(answer.follow_up_deployment_id.clone())),
            Self::Request { .. } => None,
        }
    }

    /// By what a choice is made.
    fn step(&self) -> Option<&str> {
        match self {
            Self::Deployment { answer, .. } => answer.as_ref().map(|answer| answer.step.as_ref()),
            Self::Request { progress, .. } => progress.as_ref().map(|progress| match progress {
                Progress::Await { .. } => "Await",
                Progress::Settled(_) => "Settled",
            }),
        }
    }

    fn seconds(&self) -> u32 {
        match self {
            Self::Deployment { answer, .. } => answer.as_ref().and_then(|answer| answer.seconds).unwrap_or(0),
            Self::Request { progress: Some(Progress::Await { seconds, .. }), .. } => *seconds,
            Self::Request { .. } => 0,
        }
    }

    fn hear(&mut self, reply: Reply, world: &crate::World) {
        match (self, reply) {
            (Self::Deployment { answer, problem, .. }, Reply::Answer(heard)) => {
                let mut inner = world.inner.borrow_mut();
                if inner.history.is_some() {
                    let bytes = serde_json::to_string(&heard).map_or(0, |text| text.len());
                    inner.largest_answer = inner.largest_answer.max(bytes);
                }
                (*answer, *problem) = (Some(*heard), None);
            }
            (Self::Deployment { id, known, .. }, _) => *known = *known || world.record(id).is_some(),
            (Self::Request { progress, .. }, Reply::Progress(heard)) => *progress = Some(*heard),
            (Self::Request { .. }, Reply::Nothing | Reply::Answer(_)) => {}
        }
    }

    fn catch(&mut self, keeps: bool, error: &str, words: &str) {
        match self {
            Self::Deployment { problem, .. } => {
                let cause = serde_json::json!({ "errorType": error, "errorMessage": words }).to_string();
                *problem = keeps.then(|| Caught::new(error, &cause));
            }
            Self::Request { problem, .. } => *problem = keeps.then(|| format!("{error}: {words}")),
        }
    }

    fn call(&self, function: Function, token: &str, entered_at: Timestamp) -> Call {
        match self {
            Self::Deployment { .. } => self.call_for_deployment(function, token, entered_at),
            Self::Request { request, progress, problem } => {
                let settled = || match (problem, progress) {
                    (None, Some(Progress::Settled(outcome))) => outcome.clone(),
                    (Some(words), _) => Outcome::failed(request.name(), words),
                    (None, _) => panic!("a request is answered when it is settled"),
                };
                match (function, progress) {
                    (Function::ChangeResource, _) => Call::Change(Rc::clone(request)),
                    (Function::AwaitDeployment, Some(Progress::Await { deployment_ids, seconds })) => {
                        let (deployment_ids, seconds) = (deployment_ids.clone(), *seconds);
                        Call::Await(Waiter { deployment_ids, seconds, token: token.to_owned() })
                    }
                    (Function::AnswerStack, _) => Call::Tell(Rc::clone(request), settled()),
                    _ => panic!("no function of the state machine for requests: {function:?}"),
                }
            }
        }
    }

    fn call_for_deployment(&self, function: Function, token: &str, entered_at: Timestamp) -> Call {
        let Self::Deployment { id, asks, answer, problem, .. } = self else {
            panic!("no deployment");
        };
        let subject = DeploymentRef { deployment_id: id.clone() };
        let task = || Task {
            deployment_id: id.clone(),
            generation: answer.as_ref().map_or(0, |answer| answer.generation),
            token: token.to_owned(),
            entered_at,
            seconds: self.seconds(),
            step: answer.as_ref().map(|answer| answer.step),
        };
        match function {
            Function::CreateDeployment => {
                let (request, start) = asks.clone().expect("only an execution that asks gets there");
                Call::CreateFor(request, start)
            }
            Function::Decide => Call::Decide(Decide {
                deployment_id: id.clone(),
                generation: answer.as_ref().map(|answer| answer.generation),
                step: answer.as_ref().map(|answer| answer.step),
                problem: problem.clone(),
            }),
            Function::Announce => Call::Announce(subject),
            Function::ReadRevision => Call::ReadRevision(subject),
            Function::ShiftAlias => Call::Shift(subject),
            Function::InstallTaskSet => Call::Install(subject),
            Function::ShiftListener => Call::ShiftListener(subject),
            Function::PromoteTaskSet => Call::Promote(subject),
            Function::RetireTaskSet => Call::Retire(subject),
            Function::RunHook => Call::RunHook(task()),
            Function::Bake => Call::Bake(task()),
            Function::SelectHosts => Call::SelectHosts(subject),
            Function::ControlTraffic => Call::ControlTraffic(subject),
            Function::SettleFleet => Call::SettleFleet(subject),
            Function::AwaitHosts => Call::AwaitHosts(task()),
            Function::AnswerLifecycleAction => Call::AnswerAction(subject),
            Function::ChangeResource | Function::AwaitDeployment | Function::AnswerStack => {
                panic!("no function of the state machine for deployments: {function:?}")
            }
        }
    }
}

fn next_of(state: &State) -> &str {
    match state {
        State::Task { next, .. } | State::Start { next } => next,
        State::Choice { default, .. } => default,
        State::Known { known, .. } => known,
        State::Succeed | State::Fail => "",
    }
}
