//! Functions that sleep, and what follows from what is heard of them.

use std::task::Poll;

use jiff::SignedDuration;
use spillway_domain::stack::resource::Outcome;

use super::Runner;
use super::call::{Call, Heard, Invocation, Late, poll};
use crate::accident::Struck;

/// How long an invocation takes.
const INVOCATION: SignedDuration = SignedDuration::from_millis(20);
/// How long a hung function is waited for.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// How long a hung function is waited for that Lambda ends soon after.
const LATEST_ANSWER: SignedDuration = SignedDuration::from_secs(5);
/// How long until EventBridge delivers an event again that a function failed on; twice.
const REDELIVERY: SignedDuration = SignedDuration::from_secs(60);

/// A function that sleeps.
pub(super) struct Sleeper<'w> {
    pub call: Call,
    pub invocation: Invocation<'w>,
    /// Who waits for its answer.
    pub listener: Listener,
}

/// Who waits for the answer of a function.
#[derive(Clone)]
pub(super) enum Listener {
    /// None: the function is late, and its caller has given it up.
    GivenUp,
    /// Who delivers events, requests and changes.
    Agenda,
    /// The execution of that name.
    Execution(String),
}

impl<'w> Runner<'w> {
    /// Has a function go on until it answers or sleeps. A dead or hung one is an error of its own.
    pub(super) fn go_on(&mut self, mut function: Sleeper<'w>) -> Option<Heard> {
        let heard = match poll(&mut function.invocation) {
            Poll::Ready(answer) => answer.map_err(|problem| (problem.kind.name().to_owned(), problem.words)),
            Poll::Pending => {
                let Some(struck) = self.world.take_struck() else {
                    self.asleep.push(function);
                    return None;
                };
                self.world.turn_clock(if function.call.is_bounded(self.world) {
                    LATEST_ANSWER
                } else {
                    GIVEN_UP_AFTER
                });
                if struck == Struck::Hung {
                    let zombie = Late::Zombie(function.call, function.invocation);
                    self.late.push((self.absolute(self.late_comes), zombie));
                }
                Err(("Sandbox.Timedout".to_owned(), "the function died or hung".to_owned()))
            }
        };
        self.world.turn_clock(INVOCATION);
        self.come_late_after_invocation();
        Some(heard)
    }

    /// Has functions that slept until now go on.
    pub(super) fn wake_sleepers(&mut self) {
        self.world.wake_sleepers();
        for function in std::mem::take(&mut self.asleep) {
            let (call, listener) = (function.call.clone(), function.listener.clone());
            match (self.go_on(function), listener) {
                (None, _) | (Some(_), Listener::GivenUp) => {}
                (Some(heard), Listener::Agenda) => self.hear(call, heard),
                (Some(heard), Listener::Execution(name)) => self.answered(&name, heard),
            }
        }
    }

    /// What follows from what is heard of something that was delivered.
    pub(super) fn hear(&mut self, call: Call, heard: Heard) {
        if let Err((error, words)) = heard {
            let again = self.world.now() + REDELIVERY;
            match call {
                Call::Alarm(event, tries) if tries < 2 => self.agenda.push((again, Call::Alarm(event, tries + 1))),
                Call::Create(request, id, tries) if tries < 3 => {
                    self.agenda.push((again, Call::Create(request, id, tries + 1)));
                }
                Call::Ask(request, tries) if tries < 2 => self.agenda.push((again, Call::Ask(request, tries + 1))),
                // Lambda gives up, and hands the request to whoever tells the stack; more than once, as it does.
                Call::Ask(request, _) => {
                    let outcome = Outcome::failed(request.name(), format!("{error}: {words}"));
                    self.agenda.push((again, Call::Tell(request, outcome)));
                }
                Call::Tell(request, outcome) => self.agenda.push((again, Call::Tell(request, outcome))),
                Call::Change(_) | Call::Await(_) => {}
                Call::Alarm(..) | Call::Create(..) | Call::CreateFor(..) | Call::Start(..) => {}
                Call::Decide(_) | Call::Announce(_) | Call::ReadRevision(_) => {}
                Call::Shift(_) | Call::Bake(_) | Call::RunHook(_) => {}
                Call::Install(_) | Call::ShiftListener(_) | Call::Promote(_) | Call::Retire(_) => {}
                Call::SelectHosts(_) | Call::ControlTraffic(_) | Call::SettleFleet(_) | Call::AwaitHosts(_) => {}
                Call::AnswerAction(_) => {}
                Call::TakeAction(notice) => self.agenda.push((again, Call::TakeAction(notice))),
                Call::AdvanceFleet(id) => self.agenda.push((again, Call::AdvanceFleet(id))),
                Call::AnnounceHost(id, work) => self.agenda.push((again, Call::AnnounceHost(id, work))),
                Call::Agent(_) => {}
                Call::Stop(..) | Call::Continue(..) | Call::Answer(_) | Call::Sweep | Call::World(..) => {}
            }
        }
    }
}
