//! Walks a tree and notes what is wrong in it, without stopping at the first.

use spillway_domain::catalog::config::nearest;

use crate::finding::{Finding, Severity};
use crate::tree::{Key, Node, Scalar, Value};

/// The most findings that are kept.
const MOST: usize = 100;

#[derive(Default)]
pub(crate) struct Check {
    findings: Vec<Finding>,
    left_out: usize,
}

impl Check {
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            let detail = format!("and {} more", self.left_out);
            self.findings.push(Finding { severity: Severity::Warning, line: None, official: None, detail });
        }
        self.findings
    }

    pub(crate) fn refuse(&mut self, line: usize, detail: impl Into<String>) {
        self.note(Severity::Refusal, Some(line), None, detail.into());
    }

    /// Refuses by a sentence of CodeDeploy's.
    pub(crate) fn refuse_as(&mut self, line: Option<usize>, official: impl Into<String>, detail: impl Into<String>) {
        self.note(Severity::Refusal, line, Some(official.into()), detail.into());
    }

    pub(crate) fn warn(&mut self, line: usize, detail: impl Into<String>) {
        self.note(Severity::Warning, Some(line), None, detail.into());
    }

    fn note(&mut self, severity: Severity, line: Option<usize>, official: Option<String>, detail: String) {
        // A refusal is always kept, so that what is refused never looks read.
        let is_first_refusal = severity == Severity::Refusal && !self.findings.iter().any(Finding::is_refusal);
        if self.findings.len() < MOST || is_first_refusal {
            self.findings.push(Finding { severity, line, official, detail });
        } else {
            self.left_out += 1;
        }
    }

    /// The values of the known keys, each by its last mention. `unknown` gets the keys that are none of them.
    pub(crate) fn fields<'a, const N: usize>(
        &mut self,
        place: &str,
        entries: &'a [(Key, Node)],
        known: [&str; N],
        mut unknown: impl FnMut(&mut Self, &'a Key),
    ) -> [Option<&'a Node>; N] {
        let mut found: [Option<(&Key, &Node)>; N] = [None; N];
        for (key, node) in entries {
            let Some(n) = known.iter().position(|name| *name == key.name) else {
                unknown(self, key);
                continue;
            };
            if let Some((first, _)) = found[n].replace((key, node)) {
                let name = join(place, &key.name);
                self.warn(
                    key.line,
                    format!("{name} stands in line {} already; this, the last one, counts", first.line),
                );
            }
        }
        found.map(|found| found.map(|(_, node)| node).filter(|node| !node.is_null()))
    }

    /// The items of a list; nothing is an empty one.
    pub(crate) fn list<'a>(&mut self, place: &str, node: &'a Node, of: &str) -> &'a [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(_) | Value::Map(_) if node.is_null() => &[],
            Value::Scalar(_) | Value::Map(_) => {
                self.refuse(node.line, format!("{place} must be a list of {of}, not {}", node.kind()));
                &[]
            }
        }
    }

    /// The entries of a map.
    pub(crate) fn map<'a>(&mut self, place: &str, node: &'a Node, of: &str) -> Option<&'a [(Key, Node)]> {
        if let Value::Map(entries) = &node.value {
            return Some(entries);
        }
        self.refuse(node.line, format!("{place} must be a map with {of}, not {}", node.kind()));
        None
    }

    /// A scalar, as it is written.
    pub(crate) fn scalar<'a>(&mut self, place: &str, node: &'a Node) -> Option<&'a Scalar> {
        if let Value::Scalar(scalar) = &node.value {
            return Some(scalar);
        }
        self.refuse(node.line, format!("{place} must be a text, not {}", node.kind()));
        None
    }

    /// The text of a scalar, without spaces at its ends; none if it is empty.
    pub(crate) fn text(&mut self, place: &str, node: Option<&Node>) -> Option<String> {
        let text = self.scalar(place, node?)?.text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(crate) fn unknown(&mut self, place: &str, key: &Key, known: &[&str]) {
        let meant = suggestion(&key.name, known);
        self.warn(key.line, format!("{} is not a key of AppSpecs and is ignored{meant}", join(place, &cut(&key.name))));
    }
}

/// `. Did you mean x?`, or nothing.
pub(crate) fn suggestion(text: &str, known: &[&str]) -> String {
    // Comparing takes as long as the text is, and a longer one is near to none of them.
    let near = if text.len() <= 100 { nearest(text, known.iter().copied()) } else { None };
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

pub(crate) fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// A text, short enough for a message.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
