//! Saving a change of a deployment: one transaction, which whoever is late does not get.

use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::deployments::{Change, Deployments};

use crate::Table;
use crate::action::Action;
use crate::attributes::{json, number, text};
use crate::deployments::birth;
use crate::filing::{lock_alias, release_alias, slot_key};
use crate::record::{active, in_few_words, ledger_line, record, watches};
use crate::table::Outcome;

impl Table {
    pub(crate) async fn save_change(&self, change: Change<'_>) -> Result<(), Problem> {
        let id = &change.next.id;
        let what = format!("deployment {id}");
        if self.write(&what, &change).await? {
            return Ok(());
        }
        if self.load(id).await?.as_ref() == Some(change.next) {
            return Ok(()); // it was written, and the answer was lost
        }
        if let Some(successor) = change.successor
            && self.make_way_for_revision(&successor.spec).await?
            && self.write(&what, &change).await?
        {
            return Ok(());
        }
        if change.locks
            && let Some(holder) = self.other_holder(change.next).await?
        {
            let words = format!("Deployment {holder} has just taken the alias that deployment {id} is for.");
            return Err(Problem::new(ProblemKind::Transient, words));
        }
        let words = format!("Deployment {id} was changed by another writer since it was read.");
        Err(Problem::new(ProblemKind::Stale, words))
    }

    /// `false` when the record is not at the generation before, or another deployment has the alias that it is to lock.
    async fn write(&self, what: &str, change: &Change<'_>) -> Result<bool, Problem> {
        let record = record(change.next, self.retention_days);
        let before = [(":before", number(change.next.generation.saturating_sub(1)))];
        let mut actions = companions(change, self.retention_days);
        let freed = freed(change);
        if actions.is_empty() && freed.is_empty() {
            return self.put(what, record, UNTOUCHED, &before).await;
        }
        actions.insert(0, Action::put(record).only_if(UNTOUCHED, before));
        let own = actions.len();
        actions.extend(freed);
        let outcome = match self.transact(what, actions.clone()).await? {
            // Only what it would free is not its own any more: the group was deleted. The deployment ends all the same.
            Outcome::Refused(refused) if refused.iter().all(|index| *index >= own) => {
                let held = actions.into_iter().enumerate().filter(|(index, _)| !refused.contains(index));
                self.transact(what, held.map(|(_, action)| action).collect()).await?
            }
            outcome @ (Outcome::Written | Outcome::Refused(_)) => outcome,
        };
        Ok(outcome == Outcome::Written)
    }
}

/// The condition under which a record is saved.
const UNTOUCHED: &str = "#generation = :before";

/// What the change writes beside the record, but for what its end frees.
fn companions(change: &Change<'_>, retention_days: u32) -> Vec<Action> {
    let next = change.next;
    let mut actions = Vec::new();
    if let Some(entry) = change.entry {
        actions.push(Action::put(ledger_line(&next.id, entry, retention_days)));
    }
    if change.locks {
        actions.extend(next.locked_alias().map(|alias| lock_alias(&alias, &next.id, &next.id)));
    }
    if change.closes {
        actions.extend(watches(next).into_iter().map(Action::delete));
    }
    if let Some(successor) = change.successor {
        actions.extend(birth(successor, successor.own_text().as_deref(), retention_days));
    }
    if next.has_ended() && next.notified.end {
        actions.push(Action::delete(active(&next.id)));
    }
    actions
}

/// What the end of a deployment frees, or hands on.
fn freed(change: &Change<'_>) -> Vec<Action> {
    let id = &change.next.id;
    let alias = change.next.locked_alias().filter(|_| change.closes);
    let alias = alias.map(|alias| match change.successor {
        Some(successor) => lock_alias(&alias, &successor.id, id),
        None => release_alias(&alias, id),
    });
    lock(change).into_iter().chain(alias).collect()
}

/// What the end of a deployment makes of its group's slot.
fn lock(change: &Change<'_>) -> Option<Action> {
    let next = change.next;
    if !change.closes || next.spec.lifecycle_action.is_some() {
        return None;
    }
    let last = |deployment: &Deployment| json(&in_few_words(deployment));
    let state = slot_key(&next.spec.lock);
    let action = match (change.successor, next.status()) {
        (Some(successor), Status::Succeeded) => Action::update(
            state,
            "SET #active = :successor, #lastAttempted = :last, #lastSuccessful = :good, #targetRevision = :revision",
            [
                (":successor", text(successor.id.as_str())),
                (":last", last(successor)),
                (":good", last(next)),
                (":revision", json(&next.spec.revision)),
            ],
        ),
        (Some(successor), _) => Action::update(
            state,
            "SET #active = :successor, #lastAttempted = :last",
            [(":successor", text(successor.id.as_str())), (":last", last(successor))],
        ),
        (None, status) => match (status == Status::Succeeded, next.revision_left()) {
            (true, Some(revision)) => Action::update(
                state,
                "SET #lastAttempted = :last, #lastSuccessful = :last, #targetRevision = :revision REMOVE #active",
                [(":last", last(next)), (":revision", json(revision))],
            ),
            (true, None) => Action::update(
                state,
                "SET #lastAttempted = :last, #lastSuccessful = :last REMOVE #active",
                [(":last", last(next))],
            ),
            (false, Some(revision)) => Action::update(
                state,
                "SET #lastAttempted = :last, #targetRevision = :revision REMOVE #active",
                [(":last", last(next)), (":revision", json(revision))],
            ),
            (false, None) => {
                Action::update(state, "SET #lastAttempted = :last REMOVE #active", [(":last", last(next))])
            }
        },
    };
    Some(action.only_if("#active = :id", [(":id", text(next.id.as_str()))]))
}
