//! What a runner does for CloudFormation.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::stack::resource::{DesiredResource, Outcome, StackRequest, StackResource};

use super::Runner;
use super::call::Call;

/// How long CloudFormation waits for an answer.
const WAITS: SignedDuration = SignedDuration::from_mins(60);
/// How much of that there is until an answer is wanted.
const ANSWER_AFTER: SignedDuration = SignedDuration::from_mins(55);

impl Runner<'_> {
    /// A request of CloudFormation, under an id that no other has.
    pub(crate) fn new_request(
        &mut self,
        resource: StackResource,
        physical_id: Option<String>,
        desired: DesiredResource,
    ) -> StackRequest {
        let request_id = format!("request-{}", self.asked.len() + self.agenda.len() + self.ids as usize);
        self.ids += 1;
        let asked_at = self.world.now();
        let answer_by = asked_at + ANSWER_AFTER;
        StackRequest { resource, request_id, physical_id, asked_at, answer_by, desired }
    }

    /// Has requests carried out, all at once; answers with what the stack was told of each, or that it was told nothing
    /// for an hour. When one fails, the others are not waited for any more: of them nothing is known. What goes on
    /// behind an answer is left to go on.
    pub(crate) fn carry_out(&mut self, requests: Vec<StackRequest>) -> Vec<Option<Outcome>> {
        let now = self.world.now();
        let requests: Vec<_> = requests.into_iter().map(Rc::new).collect();
        for request in &requests {
            self.agenda.push((now, Call::Ask(Rc::clone(request), 0)));
        }
        while self.world.now() < now + WAITS {
            let told: Vec<_> = requests.iter().map(|request| self.told(request)).collect();
            if told.iter().all(Option::is_some) || told.iter().flatten().any(|told| told.failure.is_some()) {
                return told;
            }
            self.pick_up();
            if !self.turn() && !self.come_late() {
                self.turn_clock_to(now + WAITS);
            }
        }
        let unheard = |request: &StackRequest| Outcome::failed(request.name(), "there was no answer for an hour");
        requests.iter().map(|request| Some(self.told(request).unwrap_or_else(|| unheard(request)))).collect()
    }

    /// Turns the clock, and lets happen what happens meanwhile.
    pub fn pass(&mut self, time: SignedDuration) {
        let until: Timestamp = self.world.now() + time;
        loop {
            self.pick_up();
            if self.next_at().is_none_or(|at| at > until) || !self.turn() {
                break;
            }
        }
        self.turn_clock_to(until);
    }

    /// What the stack was told of a request first; later words of it are not heard.
    fn told(&self, request: &StackRequest) -> Option<Outcome> {
        let inner = self.world.inner.borrow();
        let (_, body) = inner.answers.iter().find(|(url, _)| *url == request.request_id)?;
        Some(serde_json::from_str(body).expect("a settlement"))
    }
}
