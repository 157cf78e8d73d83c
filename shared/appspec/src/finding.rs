//! What a reader finds in an AppSpec.

use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The AppSpec is read; it may not do what its author means.
    Warning,
    /// The AppSpec is refused.
    Refusal,
}

/// One thing that is wrong in an AppSpec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// The line, from 1; none where the whole file is meant.
    pub line: Option<usize>,
    /// CodeDeploy's own sentence, which tools match, where CodeDeploy has one.
    pub official: Option<String>,
    /// What is wrong, and what to write instead.
    pub detail: String,
}

impl Finding {
    /// Whether the AppSpec is refused for it.
    pub fn is_refusal(&self) -> bool {
        self.severity == Severity::Refusal
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = &self.detail;
        match (&self.official, self.line) {
            (Some(official), Some(line)) => write!(f, "{official} [line {line}: {detail}]"),
            (Some(official), None) => write!(f, "{official} [{detail}]"),
            (None, Some(line)) => write!(f, "line {line}: {detail}"),
            (None, None) => f.write_str(detail),
        }
    }
}
