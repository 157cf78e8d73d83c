//! Invocations: of a function, by the API, by an event; once, twice, or late.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::request::{HookAnswer, NewDeployment};
use spillway_domain::deployment::spec::Target;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleAction};
use spillway_domain::server::work::HostWork;
use spillway_domain::stack::resource::{Outcome, Progress, StackRequest};
use spillway_engine::deployment::announce::announce;
use spillway_engine::deployment::bake::bake;
use spillway_engine::deployment::decide::{Answer, Decide, decide};
use spillway_engine::deployment::read_revision::read_revision;
use spillway_engine::deployment::run_hook::run_hook;
use spillway_engine::deployment::sweep::sweep;
use spillway_engine::deployment::task::{DeploymentRef, Task};
use spillway_engine::deployment::watch_alarms::{AlarmEvent, watch_alarms};
use spillway_engine::deployment::ways_back::WaysBack;
use spillway_engine::ecs::install_task_set::install_task_set;
use spillway_engine::ecs::promote_task_set::promote_task_set;
use spillway_engine::ecs::retire_task_set::retire_task_set;
use spillway_engine::ecs::shift_listener::{Balancing, shift_listener};
use spillway_engine::lambda::shift_alias::shift_alias;
use spillway_engine::operations::Error;
use spillway_engine::operations::deployment::{
    StartRequest, answer_hook, continue_deployment, create_deployment, create_deployment_for, stop_deployment,
};
use spillway_engine::ports::stacks::{Answers, Requests};
use spillway_engine::server::advance_fleet::tick;
use spillway_engine::server::announce_hosts::announce_hosts;
use spillway_engine::server::answer_lifecycle_action::answer_lifecycle_action;
use spillway_engine::server::await_hosts::await_hosts;
use spillway_engine::server::control_traffic::control_traffic;
use spillway_engine::server::select_hosts::{Customer, select_hosts};
use spillway_engine::server::settle_fleet::settle_fleet;
use spillway_engine::server::take_lifecycle_action::take_lifecycle_action;
use spillway_engine::stack::await_deployment::{Waiter, await_deployment};
use spillway_engine::stack::change_resource::{Changes, change_resource};

use super::sleepers::{Listener, Sleeper};
use super::{Runner, When};
use crate::{Event, Story, World};

/// The most hosts of a deployment.
const MOST_HOSTS: usize = 10_000;
/// The most bytes of a revision.
const MOST_BYTES: usize = 10_000;
/// How long Lambda lets the functions run that look after many deployments.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(5);
/// How long a function looks at load balancers.
const LONGEST_LOOKING: SignedDuration = SignedDuration::from_secs(20);

/// A call of one of the functions, or of the API, or a change of the world.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Create(Box<NewDeployment>, DeploymentId, u8),
    CreateFor(Box<NewDeployment>, StartRequest),
    Decide(Decide),
    Announce(DeploymentRef),
    ReadRevision(DeploymentRef),
    Shift(DeploymentRef),
    Install(DeploymentRef),
    ShiftListener(DeploymentRef),
    Promote(DeploymentRef),
    Retire(DeploymentRef),
    Bake(Task),
    SelectHosts(DeploymentRef),
    ControlTraffic(DeploymentRef),
    SettleFleet(DeploymentRef),
    AwaitHosts(Task),
    AnswerAction(DeploymentRef),
    /// Auto Scaling tells that an instance waits at a lifecycle hook.
    TakeAction(Box<(HookOwner, LifecycleAction)>),
    /// The table's stream tells that hosts have ended.
    AdvanceFleet(DeploymentId),
    /// The same stream tells that a host has begun or ended.
    AnnounceHost(DeploymentId, Box<HostWork>),
    /// The agent of a host makes its next call.
    Agent(HostId),
    RunHook(Task),
    Alarm(AlarmEvent, u8),
    Stop(DeploymentId, Option<bool>),
    Continue(DeploymentId, Gate),
    Answer(HookAnswer),
    Sweep,
    /// CloudFormation asks for something.
    Ask(Rc<StackRequest>, u8),
    Change(Rc<StackRequest>),
    Await(Waiter),
    /// A stack is told, also when Lambda has given its request up.
    Tell(Rc<StackRequest>, Outcome),
    /// Somebody starts an execution that asks for a deployment.
    Start(Box<NewDeployment>, StartRequest),
    /// A change of the world, with the key of the story's alias.
    World(Event, String),
}

impl Call {
    /// Whether it is of a function whose time is short, because what it does late could do harm. Where every write of an
    /// alias makes a new revision, a late one does none, however late it is.
    pub(super) fn is_bounded(&self, world: &World) -> bool {
        let is_short = matches!(
            self,
            Self::Install(_)
                | Self::ShiftListener(_)
                | Self::Promote(_)
                | Self::Retire(_)
                | Self::ControlTraffic(_)
                | Self::SettleFleet(_)
        );
        is_short || matches!(self, Self::Shift(_)) && world.inner.borrow().keeps_revisions
    }
}

/// Something that comes late: a function that hung, or a call that is delivered again.
pub(super) enum Late<'w> {
    Zombie(Call, Invocation<'w>),
    Again(Call),
}

/// What a function answers.
pub(super) enum Reply {
    Nothing,
    Answer(Box<Answer>),
    Progress(Box<Progress>),
}

/// What is heard of an invocation: its answer, or an error and its words.
pub(super) type Heard = Result<Reply, (String, String)>;

pub(super) type Invocation<'w> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + 'w>>;

impl<'w> Runner<'w> {
    /// Invokes a function; nothing is heard of it as long as it sleeps.
    pub(super) fn set_off(&mut self, call: &Call, listener: Listener) -> Option<Heard> {
        let number = self.invocations;
        self.invocations += 1;
        for duplicate in self.duplicates.iter().filter(|duplicate| duplicate.invocation == number) {
            self.late.push((self.absolute(duplicate.when), Late::Again(call.clone())));
        }
        let invocation = self.future(call.clone());
        self.go_on(Sleeper { call: call.clone(), invocation, listener })
    }

    pub(super) fn absolute(&self, when: When) -> When {
        match when {
            When::After(further) => When::After(self.invocations + further),
            When::AtTheEnd => When::AtTheEnd,
        }
    }

    pub(super) fn come_late_after_invocation(&mut self) {
        let due = |(when, _): &(When, Late<'w>)| matches!(when, When::After(number) if *number <= self.invocations);
        if let Some(index) = self.late.iter().position(due) {
            let (_, late) = self.late.swap_remove(index);
            self.finish_late(late);
        }
    }

    /// When all else is over, whoever is late comes; `false` when there is nobody.
    pub(super) fn come_late(&mut self) -> bool {
        match self.late.pop() {
            None => false,
            Some((_, late)) => {
                self.finish_late(late);
                true
            }
        }
    }

    /// A late function goes on, and nobody listens to its answer.
    fn finish_late(&mut self, late: Late<'w>) {
        let (call, mut invocation) = match late {
            Late::Zombie(call, invocation) => (call, invocation),
            Late::Again(call) => (call.clone(), self.future(call)),
        };
        self.world.end_pauses();
        if poll(&mut invocation).is_pending() && self.world.take_struck().is_none() {
            self.asleep.push(Sleeper { call, invocation, listener: Listener::GivenUp });
        }
    }

    /// A number that is another one each time, and far from the last.
    fn draw(&self) -> u64 {
        (self.ids as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Each call is boxed by itself: a future of all of them is as large as the largest, and moved around for each.
    fn future(&mut self, call: Call) -> Invocation<'w> {
        let (world, now) = (self.world, self.world.now());
        self.ids += 1;
        let is_bounded = call.is_bounded(world);
        let caller = |error: Error| match error {
            Error::Problem(problem) => Err(problem),
            Error::Rejected(_) => Ok(Reply::Nothing),
        };
        match call {
            Call::Create(request, id, _) => Box::pin(async move {
                let created = create_deployment(world, world, &request, said, &Quotas::default(), id, now).await;
                created.map(|_| Reply::Nothing).or_else(caller)
            }),
            Call::CreateFor(request, start) => Box::pin(async move {
                let created = create_deployment_for(world, &start, &request, said, &Quotas::default(), now).await;
                created.map(|_| Reply::Nothing).or_else(caller)
            }),
            Call::Decide(input) => {
                let spare = DeploymentId::from_number(self.ids);
                Box::pin(async move {
                    decide(world, world, world, world, &input, spare, || world.now())
                        .await
                        .map(|answer| Reply::Answer(Box::new(answer)))
                })
            }
            Call::Announce(subject) => {
                Box::pin(async move { announce(world, world, world, &subject, now).await.map(|()| Reply::Nothing) })
            }
            Call::ReadRevision(subject) => Box::pin(async move {
                read_revision(world, world, said, MOST_BYTES, &subject, now).await.map(|()| Reply::Nothing)
            }),
            Call::Shift(subject) => {
                let shift = async move { shift_alias(world, world, &subject, now).await.map(|_| Reply::Nothing) };
                if is_bounded { Box::pin(world.within_its_time(shift)) } else { Box::pin(shift) }
            }
            Call::Install(subject) => Box::pin(world.within_its_time(async move {
                install_task_set(world, world, &subject).await.map(|()| Reply::Nothing)
            })),
            Call::ShiftListener(subject) => Box::pin(world.within_its_time(async move {
                shift_listener(world, &Balancing { listeners: world, task_sets: world }, &subject, now)
                    .await
                    .map(|_| Reply::Nothing)
            })),
            Call::Promote(subject) => Box::pin(world.within_its_time(async move {
                promote_task_set(world, world, &subject).await.map(|()| Reply::Nothing)
            })),
            Call::Retire(subject) => Box::pin(world.within_its_time(async move {
                retire_task_set(world, world, world, &subject, now).await.map(|()| Reply::Nothing)
            })),
            Call::Continue(id, wait) => Box::pin(async move {
                continue_deployment(world, world, &id, wait, None, now).await.map(|()| Reply::Nothing).or_else(caller)
            }),
            Call::Bake(task) => Box::pin(async move { bake(world, world, &task, now).await.map(|()| Reply::Nothing) }),
            Call::SelectHosts(subject) => {
                let roster = format!("roster-{}", self.ids);
                Box::pin(async move {
                    let id = &subject.deployment_id;
                    let customer = Customer { fleets: world, balancers: world, objects: world };
                    select_hosts(world, customer, id, roster, MOST_HOSTS, || world.now()).await.map(|()| Reply::Nothing)
                })
            }
            Call::ControlTraffic(subject) => Box::pin(world.within_its_time(async move {
                let (id, until) = (&subject.deployment_id, now + LONGEST_LOOKING);
                control_traffic(world, world, world, world, id, until).await.map(|()| Reply::Nothing)
            })),
            Call::SettleFleet(subject) => Box::pin(world.within_its_time(async move {
                let id = &subject.deployment_id;
                settle_fleet(world, world, world, id, || world.now()).await.map(|()| Reply::Nothing)
            })),
            Call::AwaitHosts(task) => {
                Box::pin(async move { await_hosts(world, world, &task, || world.now()).await.map(|()| Reply::Nothing) })
            }
            Call::AnswerAction(subject) => Box::pin(async move {
                let id = &subject.deployment_id;
                answer_lifecycle_action(world, world, id, || world.now()).await.map(|()| Reply::Nothing)
            }),
            Call::TakeAction(notice) => Box::pin(async move {
                let (owner, action) = *notice;
                take_lifecycle_action(world, world, world, &owner, &action, now).await.map(|_| Reply::Nothing)
            }),
            Call::AdvanceFleet(id) => {
                Box::pin(async move { tick(world, world, &id, || world.now()).await.map(|_| Reply::Nothing) })
            }
            Call::AnnounceHost(id, work) => Box::pin(async move {
                announce_hosts(world, world, BTreeMap::from([(id, vec![*work])]), now).await.map(|()| Reply::Nothing)
            }),
            Call::Agent(host) => Box::pin(async move { world.agent_calls(&host).await.map(|()| Reply::Nothing) }),
            Call::RunHook(task) => {
                Box::pin(
                    async move { run_hook(world, world, world, &task, || world.now()).await.map(|()| Reply::Nothing) },
                )
            }
            Call::Alarm(event, _) => {
                let draw = self.draw();
                Box::pin(async move {
                    watch_alarms(&ways(world), &event, draw, now + LONGEST_RUN).await.map(|_| Reply::Nothing)
                })
            }
            Call::Stop(id, rollback) => Box::pin(async move {
                stop_deployment(world, world, &id, rollback, None, || world.now())
                    .await
                    .map(|_| Reply::Nothing)
                    .or_else(caller)
            }),
            Call::Answer(answer) => Box::pin(async move {
                answer_hook(world, world, &answer, now).await.map(|()| Reply::Nothing).or_else(caller)
            }),
            Call::Sweep => {
                let draw = self.draw();
                Box::pin(async move {
                    sweep(&ways(world), world, world, world, draw, now + LONGEST_RUN).await.map(|_| Reply::Nothing)
                })
            }
            Call::Ask(request, _) => {
                let name = request.resource.execution_name(&request.request_id);
                self.asked.insert(name.clone(), request);
                Box::pin(async move { Requests::start(world, &name, "{}").await.map(|()| Reply::Nothing) })
            }
            Call::Change(request) => {
                let writes_for = (request.resource.clone(), request.asked_at);
                let mut changing = Box::pin(async move { change(world, &request, now).await });
                Box::pin(poll_fn(move |context| {
                    world.inner.borrow_mut().writes_for = Some(writes_for.clone());
                    let polled = changing.as_mut().poll(context);
                    world.inner.borrow_mut().writes_for = None;
                    polled
                }))
            }
            Call::Await(waiter) => {
                Box::pin(async move { await_deployment(world, world, &waiter, now).await.map(|()| Reply::Nothing) })
            }
            Call::Tell(request, outcome) => Box::pin(async move {
                let body = serde_json::to_string(&outcome).expect("a settlement is JSON");
                world.put(&request.request_id, &body).await.map(|()| Reply::Nothing)
            }),
            Call::Start(..) | Call::World(..) => Box::pin(async { Ok(Reply::Nothing) }),
        }
    }
}

/// What ways back take, all of it in the world.
pub fn ways(world: &World) -> WaysBack<'_, World, World, World, World, World> {
    WaysBack { deployments: world, aliases: world, listeners: world, wakes: world, clock: world }
}

async fn change(world: &World, request: &StackRequest, now: Timestamp) -> Result<Reply, Problem> {
    let quotas = Quotas::default();
    let changes =
        Changes { store: world, aliases: world, hooks: world, executions: world, wakes: world, quotas: &quotas };
    let progress = match change_resource(&changes, request, now).await {
        Ok(progress) => progress,
        Err(Error::Rejected(rejection)) => Progress::Settled(Outcome::failed(request.name(), format!("{rejection:?}"))),
        Err(Error::Problem(problem)) => return Err(problem),
    };
    Ok(Reply::Progress(Box::new(progress)))
}

/// What a text says: in stories it is the target itself, as JSON.
fn said(text: &str, _: ComputePlatform) -> Target {
    serde_json::from_str(text).unwrap_or_else(|error| Target::Invalid(vec![error.to_string()]))
}

pub(super) fn call_back(id: &DeploymentId, event: EventName, succeeded: bool) -> Call {
    let execution = "sealed".parse().expect("it has the form of one");
    Call::Answer(HookAnswer { deployment: id.clone(), event, execution, succeeded })
}

pub(super) fn poll(invocation: &mut Invocation<'_>) -> Poll<Result<Reply, Problem>> {
    invocation.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// An execution that asks for a deployment.
pub(super) fn start(number: u128, now: Timestamp) -> StartRequest {
    let arn = format!("arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:release-{number}");
    StartRequest { arn, started_at: now.to_string() }
}

pub(super) fn alarm_event(at: Timestamp) -> Call {
    let alarm = Story::ALARM.parse().expect("the alarm of stories has a valid name");
    Call::Alarm(AlarmEvent { alarm, at }, 0)
}
