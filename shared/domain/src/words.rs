//! Words from outside: what AWS, hooks, containers and topics say. They have no limit there, and a table item of 400 KB
//! must hold them several times over, so that they are cut where they come in.

use crate::{Cause, Deployment, LedgerEntry, Target, Verdict};

/// The most characters of words from outside that are kept.
const MOST_CHARS: usize = 2_048;
/// The most bytes of them.
const MOST_BYTES: usize = 4_096;
/// The most bytes of each text in a record that would otherwise be too large for the table.
const FEW_BYTES: usize = 256;
/// What stands for the rest.
const ELLIPSIS: &str = "...";

/// The beginning of words from outside, with a sign that there were more: 2,048 characters and 4,096 bytes at most.
pub fn excerpt(words: impl Into<String>) -> String {
    let mut words = words.into();
    if let Some((end, _)) = words.char_indices().nth(MOST_CHARS).filter(|(end, _)| *end <= MOST_BYTES) {
        words.truncate(end);
        words.push_str(ELLIPSIS);
    }
    shorten(&mut words, MOST_BYTES);
    words
}

/// The end of a log, which is where a failure stands: 4,096 bytes at most.
pub fn end_of_log(log: impl Into<String>) -> String {
    let log = log.into();
    if log.len() <= MOST_BYTES {
        return log;
    }
    let begin = log.ceil_char_boundary(log.len() - MOST_BYTES);
    format!("{ELLIPSIS}{}", &log[begin..])
}

/// Cuts a text to so many bytes and an ellipsis.
fn shorten(words: &mut String, most: usize) {
    if words.len() > most + ELLIPSIS.len() {
        words.truncate(words.floor_char_boundary(most));
        words.push_str(ELLIPSIS);
    }
}

/// Sentences, and one more. Not every service, and not CodeDeploy itself, ends its words with a full stop.
pub(crate) fn followed_by(sentences: String, further: &str) -> String {
    let stop = if sentences.ends_with('.') { "" } else { "." };
    format!("{sentences}{stop} {further}")
}

impl Deployment {
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
            Some(halt) => followed_by(halt.cause.message(&self.order), &words),
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
        if let Target::Invalid(violations) = &mut self.order.target {
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
            Self::Alarm(_) | Self::Stop { .. } | Self::Hook { .. } | Self::NotContinued(_) => Vec::new(),
            Self::Revision(violations) => violations.iter_mut().collect(),
            Self::AlarmsUnreadable(words)
            | Self::RevisionMissing(words)
            | Self::RevisionDenied(words)
            | Self::AliasUnsuitable(words)
            | Self::AliasBusy(words)
            | Self::AliasTaken(words)
            | Self::ServiceUnsuitable(words)
            | Self::ListenerUnsuitable(words)
            | Self::ServiceTaken(words)
            | Self::TasksDie(words)
            | Self::NeverSteady(words)
            | Self::Unsteady(words)
            | Self::Missing(words)
            | Self::Denied(words)
            | Self::Refused(words)
            | Self::Throttled(words) => vec![words],
        }
    }
}

impl LedgerEntry {
    /// With no text longer than words from outside may be.
    pub(crate) fn excerpted(self) -> Self {
        Self { seen: excerpt(self.seen), why: excerpt(self.why), waits_for: self.waits_for.map(excerpt), ..self }
    }

    /// The same line with every text cut short.
    pub fn abridged(&self) -> Self {
        let mut short = self.clone();
        for words in [&mut short.seen, &mut short.why].into_iter().chain(short.waits_for.as_mut()) {
            shorten(words, FEW_BYTES);
        }
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_characters_at_both_limits() {
        for (words, kept) in [
            ("a".repeat(2_048), "a".repeat(2_048)),
            ("a".repeat(2_049), format!("{}...", "a".repeat(2_048))),
            ("é".repeat(2_048), "é".repeat(2_048)),
            ("語".repeat(2_048), format!("{}...", "語".repeat(1_365))),
            ("😀".repeat(6_000_000 / 4), format!("{}...", "😀".repeat(1_024))),
            (String::new(), String::new()),
        ] {
            assert_eq!(excerpt(words.clone()), kept, "{} bytes", words.len());
            assert_eq!(excerpt(kept.clone()), kept, "what was cut is not cut again");
        }
    }

    #[test]
    fn of_a_log_the_end_is_kept() {
        assert_eq!(end_of_log("short"), "short");
        let log = end_of_log(format!("{}END", "語".repeat(2_000_000)));
        assert!(log.starts_with("...語") && log.ends_with("語END") && log.len() <= 4_099, "{}", log.len());
    }
}
