//! The runner: turns the clock, runs the executions, and delivers what happens.

mod call;
mod execution;
mod outside;
mod sleepers;
mod stacks;

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::stack::resource::StackRequest;
use spillway_engine::operations::deployment::StartRequest;

pub use call::ways;
use call::{Call, Late, alarm_event, call_back, start};
use execution::{Execution, Turn, Work};
use sleepers::{Listener, Sleeper};

use crate::{Event, Machine, Plot, Story, World};

/// How often the sweep runs.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long the stream of the table collects changes before the fleet is advanced.
const STREAM_WINDOW: SignedDuration = SignedDuration::from_secs(1);
/// More turns than any story takes.
const MOST_TURNS: usize = 1_000_000;

/// An invocation that is made twice: which, and when for the second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The invocation, counted from 0.
    pub invocation: usize,
    /// When.
    pub when: When,
}

/// When something late comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// After so many further invocations.
    After(usize),
    /// When everything else is over.
    AtTheEnd,
}

/// Runs stories on a world.
pub struct Runner<'w> {
    world: &'w World,
    machine: &'w Machine,
    /// The state machine for what stacks ask for.
    requests: Option<&'w Machine>,
    /// What stacks have asked for, by the name of the execution.
    asked: BTreeMap<String, Rc<StackRequest>>,
    executions: BTreeMap<String, Execution<'w>>,
    agenda: Vec<(Timestamp, Call)>,
    late: Vec<(When, Late<'w>)>,
    asleep: Vec<Sleeper<'w>>,
    late_comes: When,
    duplicates: Vec<Duplicate>,
    invocations: usize,
    tokens: usize,
    ids: u128,
    next_sweep: Timestamp,
}

impl<'w> Runner<'w> {
    /// A runner for one world.
    pub fn new(world: &'w World, machine: &'w Machine) -> Self {
        Self {
            world,
            machine,
            requests: None,
            asked: BTreeMap::new(),
            executions: BTreeMap::new(),
            agenda: Vec::new(),
            late: Vec::new(),
            asleep: Vec::new(),
            late_comes: When::AtTheEnd,
            duplicates: Vec::new(),
            invocations: 0,
            tokens: 0,
            ids: 0,
            next_sweep: world.now() + SWEEP_EVERY,
        }
    }

    /// With the state machine that carries out what stacks ask for.
    pub fn with_requests(self, machine: &'w Machine) -> Self {
        Self { requests: Some(machine), ..self }
    }

    /// Makes one invocation twice, beside those that are made twice already.
    pub fn with_duplicate(mut self, duplicate: Duplicate) -> Self {
        self.duplicates.push(duplicate);
        self
    }

    /// Has functions that hung go on at that time.
    pub fn with_late(self, late_comes: When) -> Self {
        Self { late_comes, ..self }
    }

    /// How many invocations there were.
    pub fn invocations(&self) -> usize {
        self.invocations
    }

    /// How many states the execution of a deployment entered.
    pub fn transitions(&self, id: &DeploymentId) -> usize {
        self.executions
            .values()
            .filter(|execution| execution.work.drives(id))
            .map(|execution| execution.transitions)
            .sum()
    }

    /// How many executions a deployment has had.
    pub fn executions(&self, id: &DeploymentId) -> usize {
        self.executions.values().filter(|execution| execution.work.drives(id)).count()
    }

    /// Plays a story from the creation of its deployment to the end of everything; answers with the deployment's id.
    pub fn play(&mut self, story: &dyn Plot) -> DeploymentId {
        let id = self.put_on_agenda(story);
        self.run();
        id
    }

    /// Plays stories in different places, all of them at once; answers with the ids of their deployments.
    pub fn play_all(&mut self, stories: &[Story]) -> Vec<DeploymentId> {
        let ids = stories.iter().map(|story| self.put_on_agenda(story)).collect();
        self.run();
        ids
    }

    /// Begins a deployment and turns no clock; answers with its id.
    pub fn begin(&mut self, request: &NewDeployment) -> DeploymentId {
        self.ids += 1;
        let id = DeploymentId::from_number(self.ids);
        self.agenda.push((self.world.now(), Call::Create(Box::new(request.clone()), id.clone(), 0)));
        id
    }

    fn put_on_agenda(&mut self, story: &dyn Plot) -> DeploymentId {
        let request = story.set(self.world);
        let now = self.world.now();
        self.ids += 1;
        let (id, creation) = if story.by_execution() {
            let start = start(self.ids, now);
            (DeploymentId::of_execution(&start.arn, &start.started_at), Call::Start(Box::new(request), start))
        } else {
            let id = DeploymentId::from_number(self.ids);
            (id.clone(), Call::Create(Box::new(request), id, 0))
        };
        self.agenda.push((now, creation));
        for (after, event) in story.events() {
            let call = match event {
                Event::AlarmRed => alarm_event(now + *after),
                Event::Stop(rollback) => Call::Stop(id.clone(), *rollback),
                Event::CallBack(event, succeeded) => call_back(&id, *event, *succeeded),
                Event::Continue(wait) => Call::Continue(id.clone(), *wait),
                Event::AlarmRedUnheard
                | Event::AlarmQuiet
                | Event::AlarmsUnreadable(_)
                | Event::AlarmsReadable
                | Event::AliasWritten(_)
                | Event::AliasTouched
                | Event::AliasDeleted
                | Event::AliasHidden
                | Event::AliasFound
                | Event::VersionDeleted(_)
                | Event::ThrottleBegins
                | Event::ThrottleEnds
                | Event::RightsLost
                | Event::RightsBack
                | Event::Service(_)
                | Event::Launched(_)
                | Event::LeftWarmPool(_)
                | Event::ScaledIn(_)
                | Event::ReplacementLaunched(_)
                | Event::Terminated(_)
                | Event::ClockJumps(_) => Call::World(event.clone(), story.key()),
            };
            self.agenda.push((now + *after, call));
        }
        id
    }

    /// Runs until nothing is left to do.
    pub fn run(&mut self) {
        self.run_until(|_| false);
    }

    /// Runs until the world is so, or nothing is left to do.
    pub fn run_until(&mut self, reached: impl Fn(&World) -> bool) {
        for _ in 0..MOST_TURNS {
            self.pick_up();
            if reached(self.world) || !self.turn() && !self.come_late() {
                return;
            }
        }
        panic!("the story never ends:\n{}", self.world.diary());
    }

    /// Takes up what the ports were asked for.
    fn pick_up(&mut self) {
        let mut inner = self.world.inner.borrow_mut();
        let now = inner.now;
        while let Some((name, id)) = inner.started.pop_front() {
            self.executions.insert(name, Execution::new(self.machine, Work::deployment(id), now));
        }
        while let Some((name, _)) = inner.requested.pop_front() {
            if let (Some(machine), Some(request)) = (self.requests, self.asked.get(&name)) {
                self.executions.insert(name, Execution::new(machine, Work::request(Rc::clone(request)), now));
            }
        }
        while let Some(name) = inner.stopped.pop_front() {
            if let Some(execution) = self.executions.get_mut(&name) {
                execution.turn = Turn::Over;
            }
        }
        for (at, id, event, succeeded) in std::mem::take(&mut inner.call_backs) {
            self.agenda.push((at, call_back(&id, event, succeeded)));
        }
        let ended = std::mem::take(&mut inner.advancing).into_iter().map(Call::AdvanceFleet);
        let notices = std::mem::take(&mut inner.auto_scaling.notices).into_iter();
        let notices = notices.map(|notice| Call::TakeAction(Box::new(notice)));
        let news = std::mem::take(&mut inner.host_news).into_iter();
        let news = news.map(|(id, work)| Call::AnnounceHost(id, Box::new(work)));
        self.agenda.extend(ended.chain(news).chain(notices).map(|call| (now + STREAM_WINDOW, call)));
        let calls = inner.agents_to_call(now);
        self.agenda.extend(calls.into_iter().map(|(at, host)| (at, Call::Agent(host))));
        if inner.woken.is_empty() {
            return;
        }
        for execution in self.executions.values_mut() {
            if let Turn::Parked { token, .. } = &execution.turn
                && inner.woken.contains(token)
            {
                execution.wake(now);
            }
        }
    }

    /// When the next thing is to be done.
    fn next_at(&self) -> Option<Timestamp> {
        let due = self.executions.values().filter_map(|execution| match &execution.turn {
            Turn::At(at) | Turn::Parked { until: at, .. } => Some(*at),
            Turn::Waits | Turn::Over => None,
        });
        let sweep = (!self.world.inner.borrow().active.is_empty()).then_some(self.next_sweep);
        due.chain(self.agenda.iter().map(|(at, _)| *at)).chain(sweep).chain(self.world.next_waking()).min()
    }

    /// Does the earliest thing that is to be done; `false` when there is none.
    fn turn(&mut self) -> bool {
        let due = self.executions.iter().filter_map(|(name, execution)| match &execution.turn {
            Turn::At(at) => Some((*at, name)),
            Turn::Parked { until, .. } => Some((*until, name)),
            Turn::Waits | Turn::Over => None,
        });
        let due = due.min().map(|(at, name)| (at, name.clone()));
        let event = (0..self.agenda.len()).min_by_key(|&index| self.agenda[index].0);
        let event = event.map(|index| (self.agenda[index].0, index));
        let sweeps = !self.world.inner.borrow().active.is_empty();
        let waking = self.world.next_waking();
        let earliest = [due.as_ref().map(|(at, _)| *at), event.map(|(at, _)| at)].into_iter().flatten().min();
        let next_sweep = sweeps.then_some(self.next_sweep);
        if let Some(waking) = waking
            && [earliest, next_sweep].into_iter().flatten().all(|at| waking <= at)
        {
            self.turn_clock_to(waking);
            self.wake_sleepers();
            return true;
        }
        if sweeps && earliest.is_none_or(|at| self.next_sweep < at) {
            self.turn_clock_to(self.next_sweep);
            self.next_sweep += SWEEP_EVERY;
            self.deliver(Call::Sweep);
            return true;
        }
        match (due, event) {
            (Some((at, name)), event) if event.is_none_or(|(when, _)| at < when) => {
                self.turn_clock_to(at);
                self.step(&name);
                true
            }
            (_, Some((at, index))) => {
                self.turn_clock_to(at);
                let (_, call) = self.agenda.swap_remove(index);
                self.deliver(call);
                true
            }
            (_, None) => false,
        }
    }

    fn turn_clock_to(&mut self, at: Timestamp) {
        let mut inner = self.world.inner.borrow_mut();
        inner.now = inner.now.max(at);
        // Sweeps go by the clock; those that nobody needed were not run.
        let past = inner.now - SWEEP_EVERY;
        self.next_sweep = self.next_sweep.max(past);
    }

    /// Delivers an event, a request, or a change of the world.
    fn deliver(&mut self, call: Call) {
        match &call {
            Call::World(event, alias) => return self.change_world(event, alias),
            Call::Start(request, start) => return self.start(request.clone(), start.clone()),
            Call::Alarm(..) => self.redden(),
            Call::Stop(id, _) => self.world.inner.borrow_mut().write_diary("api", &format!("StopDeployment {id}")),
            Call::Answer(answer) => {
                let said = if answer.succeeded { "Succeeded" } else { "Failed" };
                let words = format!("PutLifecycleEventHookExecutionStatus {said}");
                self.world.inner.borrow_mut().write_diary("api", &words);
            }
            Call::Continue(id, wait) => {
                let words = format!("ContinueDeployment {id} {}", wait.as_str());
                self.world.inner.borrow_mut().write_diary("api", &words);
            }
            Call::Create(..)
            | Call::CreateFor(..)
            | Call::Decide(_)
            | Call::Announce(_)
            | Call::ReadRevision(_)
            | Call::Shift(_)
            | Call::Install(_)
            | Call::ShiftListener(_)
            | Call::Promote(_)
            | Call::Retire(_)
            | Call::Bake(_)
            | Call::SelectHosts(_)
            | Call::ControlTraffic(_)
            | Call::SettleFleet(_)
            | Call::AwaitHosts(_)
            | Call::AnswerAction(_)
            | Call::TakeAction(_)
            | Call::AdvanceFleet(_)
            | Call::AnnounceHost(..)
            | Call::Agent(_)
            | Call::RunHook(_)
            | Call::Ask(..)
            | Call::Change(_)
            | Call::Await(_)
            | Call::Tell(..)
            | Call::Sweep => {}
        }
        if let Some(heard) = self.set_off(&call, Listener::Agenda) {
            self.hear(call, heard);
        }
    }

    /// Somebody starts an execution for no deployment.
    fn start(&mut self, request: Box<NewDeployment>, start: StartRequest) {
        let name = start.execution_name().to_owned();
        let mut inner = self.world.inner.borrow_mut();
        inner.write_diary("execution", &format!("{name} starts"));
        inner.known.insert(name.clone(), true);
        let execution = Execution::new(self.machine, Work::start(request, start), inner.now);
        self.executions.insert(name, execution);
    }
}
