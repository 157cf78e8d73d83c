//! What a revision says: the AppSpec, in YAML or JSON.

mod document;
mod ecs;
mod grammar;
mod lambda;
#[cfg(test)]
mod tests;

use spillway_domain::catalog::config::ComputePlatform;
pub use spillway_domain::catalog::revision::sha256;
use spillway_domain::deployment::spec::Target;

use crate::bounds;
use crate::input::cut;

/// The most characters of one violation.
const VIOLATION: usize = 400;

/// The target of an AppSpec; or every rule of the AppSpec for the platform that it breaks, each with its place.
pub fn read(content: &str, platform: ComputePlatform) -> Target {
    if content.len() > bounds::APPSPEC_BYTES {
        return Target::Invalid(vec![format!(
            "The AppSpec has {} bytes; it may have {}.",
            content.len(),
            bounds::APPSPEC_BYTES
        )]);
    }
    let document = document::parse(content).map_err(|words| vec![words]);
    let target = document.and_then(|document| match platform {
        ComputePlatform::Lambda => lambda::read(&document).map(Target::Lambda),
        ComputePlatform::Ecs => ecs::read(&document).map(Target::Ecs),
        ComputePlatform::Server => {
            Err(vec!["Spillway does not deploy to Server yet, and reads no AppSpec for it.".to_owned()])
        }
    });
    target.unwrap_or_else(|violations| Target::Invalid(bound(violations)))
}

/// Violations are kept in the record, so there must not be too many.
fn bound(violations: Vec<String>) -> Vec<String> {
    let more = violations.len().saturating_sub(bounds::VIOLATIONS);
    let kept = violations.iter().take(bounds::VIOLATIONS).map(|words| cut(words, VIOLATION));
    let last = (more > 0).then(|| format!("And {more} more."));
    kept.chain(last).collect()
}
