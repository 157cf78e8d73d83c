//! The ledger: one entry for each decision.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::{FEW_BYTES, excerpt, shorten};

/// One line of the ledger: what was seen, what was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// When.
    pub at: Timestamp,
    /// The generation of the record that was saved with it.
    pub generation: u64,
    /// What was seen.
    pub seen: String,
    /// What was decided.
    pub decided: String,
    /// Why.
    pub why: String,
    /// What is waited for.
    pub waits_for: Option<String>,
    /// Until when.
    pub until: Option<Timestamp>,
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
