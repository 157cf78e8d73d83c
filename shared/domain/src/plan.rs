//! The planner: from what is recorded and what is seen to the one next move.
//!
//! It is level-triggered. Nothing is remembered of earlier moves but what the record says and the world shows, so a
//! plan that is made again, after a crash or for a duplicate, is the same plan. Read it top down: [`plan`] first asks
//! whether something speaks against going on ([`trouble`]), and then goes [`forward`], or [`ends`](ending). This module
//! alone names all platforms; each answers three questions with values: what is next on the way
//! [forward](crate::deployment::decision::Step), what is next on the way
//! [back](crate::deployment::decision::WayBack), and what [speaks against](crate::deployment::trouble::Trouble) going on.

use crate::deployment::decision::{Decision, Plan, Seen, Step};
use crate::deployment::halt::Halt;
use crate::deployment::ledger::LedgerEntry;
use crate::deployment::record::Deployment;
use crate::plan::trouble::Judgement;
use crate::words::excerpt;

mod ending;
mod forward;
mod trouble;

use crate::ecs;
use jiff::Timestamp;

/// Decides what `record` does next, given what was seen at `now`.
pub fn plan(record: &Deployment, seen: &Seen, now: Timestamp) -> Plan {
    let mut next = record.clone();
    next.parked = None;
    let decision = if record.has_ended() {
        ending::finish(&mut next, seen, now)
    } else {
        note_share(&mut next, seen);
        ecs::plan::note(&mut next, seen, now);
        let judgement = match next.halt {
            None => trouble::judge(&mut next, seen, now),
            Some(_) => Judgement::Fine,
        };
        if let Judgement::Certain(cause) = &judgement {
            next.halt = Some(Halt { cause: cause.clone(), at: now });
        }
        match (judgement, next.halt.clone()) {
            (Judgement::Doubtful(decision), _) => decision,
            (Judgement::Fine | Judgement::Certain(_), Some(halt)) => ending::wind_down(&mut next, &halt, seen, now),
            (Judgement::Fine | Judgement::Certain(_), None) => match forward::forward(&mut next, seen, now) {
                Step::Make(decision) => decision,
                Step::Done(words) => ending::succeed(&mut next, words, seen, now),
                Step::Halt(cause) => {
                    let halt = Halt { cause, at: now };
                    next.halt = Some(halt.clone());
                    ending::wind_down(&mut next, &halt, seen, now)
                }
                Step::Stuck(cause, words) => ending::fail(&mut next, cause, words, seen, now),
            },
        }
    };
    ecs::plan::note_quiet(&mut next, &decision.step, now);
    conclude(record, next, seen, decision, now)
}

/// Counts the save and writes the ledger, when anything has changed.
fn conclude(record: &Deployment, mut next: Deployment, seen: &Seen, decision: Decision, now: Timestamp) -> Plan {
    let Decision { step, why, waits_for, successor } = decision;
    let mut entry = None;
    let note = excerpt(match &waits_for {
        Some(wait) => format!("{why} Waiting for {}.", wait.what),
        None => why.clone(),
    });
    if next != *record || (note != record.note && !record.has_ended()) {
        if !record.has_ended() {
            next.note = note;
            next.waits_until = waits_for.as_ref().map(|wait| wait.until);
        }
        next.changed(now);
        let line = LedgerEntry {
            at: now,
            generation: next.generation,
            seen: seen.to_string(),
            decided: step.kind().as_ref().to_owned(),
            why: why.clone(),
            waits_for: waits_for.as_ref().map(|wait| wait.what.clone()),
            until: waits_for.as_ref().map(|wait| wait.until),
        };
        entry = Some(line.excerpted());
    }
    Plan { next, step, why, waits_for, entry, successor }
}

/// Keeps the share that callers get as it was just seen.
fn note_share(next: &mut Deployment, seen: &Seen) {
    if let (Some(Ok(alias)), Some(target)) = (&seen.alias, next.lambda()) {
        next.share = alias.share(target.target);
    }
}
