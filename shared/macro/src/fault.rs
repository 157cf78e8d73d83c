//! What is wrong with a template.

use std::fmt;

/// Everything that is wrong with a template, in SAM's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Something is wrong with a resource.
    pub(crate) fn resource(&mut self, id: &str, what: impl fmt::Display) {
        self.0.push(format!("Resource with id [{id}] is invalid. {what}"));
    }

    /// Something is wrong with the template as a whole.
    pub(crate) fn template(&mut self, what: impl fmt::Display) {
        self.0.push(format!("Structure of the template is invalid. {what}"));
    }

    /// What is wrong besides.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Goes on only if nothing is wrong.
    pub(crate) fn none(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number of errors found: {}. {}", self.0.len(), self.0.join(" "))
    }
}
