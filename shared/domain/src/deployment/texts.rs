//! The texts of a record: what it says of itself, and how they are cut where the table refuses them as too large.

use crate::deployment::halt::Cause;
use crate::deployment::lifecycle::{LifecycleEvent, Verdict};
use crate::deployment::record::Deployment;
use crate::deployment::spec::Target;
use crate::words::{FEW_BYTES, followed_by, shorten};

impl Deployment {
    /// What was checked on the way and found good, in words that end a sentence: its alarms and its hooks.
    pub(crate) fn checks_passed(&self) -> String {
        let asked = |event: &&LifecycleEvent| event.hook.is_some();
        let alarms = (!self.spec.alarms.watched().is_empty()).then(|| "no alarm fired".to_owned());
        let hooks = match self.events.iter().filter(asked).count() {
            0 => None,
            1 => Some("the hook passed".to_owned()),
            2 => Some("both hooks passed".to_owned()),
            count => Some(format!("all {count} hooks passed")),
        };
        let checks: Vec<String> = alarms.into_iter().chain(hooks).collect();
        if checks.is_empty() { String::new() } else { format!("; {}", checks.join(" and ")) }
    }

    /// What it is doing or waiting for, and until when; before that why it goes back, if it does.
    pub fn words(&self) -> String {
        if self.has_ended() {
            return self.note.clone();
        }
        let words = match self.waits_until {
            Some(until) => format!("{} Until {} at the latest.", self.note, until.strftime("%Y-%m-%d %H:%M:%S UTC")),
            None => self.note.clone(),
        };
        match &self.halt {
            Some(halt) => followed_by(halt.cause.message(&self.spec), &words),
            None => words,
        }
    }

    /// The same record with every text from outside cut short: for a record that the table refuses as too large.
    pub fn abridged(&self) -> Self {
        let mut short = self.clone();
        for words in short.words_from_outside() {
            shorten(words, FEW_BYTES);
        }
        short
    }

    fn words_from_outside(&mut self) -> Vec<&mut String> {
        let mut all = vec![&mut self.note];
        for event in &mut self.events {
            let said = event.hook.as_mut().into_iter().flat_map(|run| {
                let failed = match &mut run.verdict {
                    Some(Verdict::Failed(diagnostics)) => Some(diagnostics),
                    Some(Verdict::Succeeded) | None => None,
                };
                all.extend(run.trouble.as_mut());
                failed
            });
            for diagnostics in said.chain(event.diagnostics.as_mut()).collect::<Vec<_>>() {
                all.extend([&mut diagnostics.message, &mut diagnostics.log_tail]);
            }
        }
        if let Some(halt) = &mut self.halt {
            all.extend(halt.cause.words());
        }
        if let Target::Invalid(violations) = &mut self.spec.target {
            all.extend(violations);
        }
        all.extend(&mut self.undelivered);
        if let Some(ending) = &mut self.ending {
            all.extend(ending.error.as_mut().map(|error| &mut error.message));
            all.extend(ending.rollback_message.as_mut());
        }
        all
    }
}

impl Cause {
    fn words(&mut self) -> Vec<&mut String> {
        match self {
            Self::Alarm(_)
            | Self::Stop { .. }
            | Self::Hook { .. }
            | Self::NotContinued(_)
            | Self::NoHosts
            | Self::TooManyHosts { .. }
            | Self::MinimumTooHigh(_) => Vec::new(),
            Self::TooFewHealthyHosts { failures, .. } | Self::HostsStayInTraffic { failures, .. } => {
                failures.iter_mut().map(|failure| &mut failure.reason).collect()
            }
            Self::Revision(violations) => violations.iter_mut().collect(),
            Self::AlarmsUnreadable(words)
            | Self::RevisionMissing(words)
            | Self::RevisionDenied(words)
            | Self::AliasUnsuitable(words)
            | Self::AliasBusy(words)
            | Self::AliasDrifted(words)
            | Self::ServiceUnsuitable(words)
            | Self::ListenerUnsuitable(words)
            | Self::ServiceDrifted(words)
            | Self::TasksDie(words)
            | Self::NeverSteady(words)
            | Self::Unsteady(words)
            | Self::FleetTimedOut(words) => vec![words],
            Self::Missing(call) | Self::Denied(call) | Self::Refused(call) | Self::Throttled(call) => {
                vec![&mut call.words]
            }
        }
    }
}
