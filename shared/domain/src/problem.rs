//! A call to AWS that failed, by what follows from it.

use std::fmt;

use crate::words::excerpt;

/// A call that did not do what it should, in the ways that lead to different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which of the ways.
    pub kind: ProblemKind,
    /// What AWS said, or the beginning of it.
    pub words: String,
}

/// The ways in which a call does not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Its object does not exist.
    Missing,
    /// The service role may not.
    Denied,
    /// Refused for another reason.
    Refused,
    /// Somebody else was there first: look again.
    Stale,
    /// It may work later.
    Transient,
    /// It is more than its store holds.
    TooLarge,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of that kind, with what AWS said.
    pub fn new(kind: ProblemKind, words: impl Into<String>) -> Self {
        Self { kind, words: excerpt(words) }
    }
}

impl ProblemKind {
    /// The name under which Step Functions sees it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Denied => "Denied",
            Self::Refused => "Refused",
            Self::Stale => "Stale",
            Self::Transient => "Transient",
            Self::TooLarge => "TooLarge",
        }
    }

    /// The kind of that name. Whatever else goes wrong with a function may go right the next time.
    pub fn of(name: &str) -> Self {
        let kinds = [Self::Missing, Self::Denied, Self::Refused, Self::Stale, Self::Transient, Self::TooLarge];
        kinds.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Transient)
    }
}
