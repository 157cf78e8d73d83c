//! What a revision says: the AppSpec, in YAML or JSON.

mod document;
mod rules;
#[cfg(test)]
mod tests;

use spillway_domain::Target;
pub use spillway_domain::sha256;

use crate::bounds;
use crate::input::cut;

/// The most characters of one violation.
const VIOLATION: usize = 400;

/// The target of an AppSpec; or every rule of the AppSpec for Lambda that it breaks, each with its place.
pub fn read(content: &str) -> Target {
    if content.len() > bounds::APPSPEC_BYTES {
        return Target::Invalid(vec![format!(
            "The AppSpec has {} bytes; it may have {}.",
            content.len(),
            bounds::APPSPEC_BYTES
        )]);
    }
    let target = document::parse(content).map_err(|words| vec![words]);
    match target.and_then(|document| rules::check(&document)) {
        Ok(target) => Target::Lambda(target),
        Err(violations) => Target::Invalid(bound(violations)),
    }
}

/// Violations are kept in the record, so there must not be too many.
fn bound(violations: Vec<String>) -> Vec<String> {
    let more = violations.len().saturating_sub(bounds::VIOLATIONS);
    let kept = violations.iter().take(bounds::VIOLATIONS).map(|words| cut(words, VIOLATION));
    let last = (more > 0).then(|| format!("And {more} more."));
    kept.chain(last).collect()
}
