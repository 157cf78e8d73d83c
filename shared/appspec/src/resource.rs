//! The AppSpecs of Lambda and ECS, in YAML or JSON: they list the one resource that is deployed.

mod document;
mod ecs;
mod grammar;
mod lambda;
#[cfg(test)]
mod tests;

use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::revision::APPSPEC_BYTES;
use spillway_domain::deployment::spec::Target;
use spillway_domain::words::cut;

/// The violations of an AppSpec that are kept and shown.
const VIOLATIONS: usize = 20;
/// The most characters of one violation.
const VIOLATION: usize = 400;

/// The target of an AppSpec; or every rule of the AppSpec for the platform that it breaks, each with its place.
pub fn read(content: &str, platform: ComputePlatform) -> Target {
    if content.len() > APPSPEC_BYTES {
        return Target::Invalid(vec![format!(
            "The AppSpec has {} bytes; it may have {}.",
            content.len(),
            APPSPEC_BYTES
        )]);
    }
    let document = document::parse(content).map_err(|words| vec![words]);
    let target = document.and_then(|document| match platform {
        ComputePlatform::Lambda => lambda::read(&document).map(Target::Lambda),
        ComputePlatform::Ecs => ecs::read(&document).map(Target::Ecs),
        ComputePlatform::Server => {
            Err(vec!["The AppSpec of a deployment to servers is a file in its bundle, which the hosts' agents read: give a bundle in \
             S3 as the revision.".to_owned()])
        }
    });
    target.unwrap_or_else(|violations| Target::Invalid(bound(violations)))
}

/// Violations are kept in the record, so there must not be too many.
fn bound(violations: Vec<String>) -> Vec<String> {
    let more = violations.len().saturating_sub(VIOLATIONS);
    let kept = violations.iter().take(VIOLATIONS).map(|words| cut(words, VIOLATION));
    let last = (more > 0).then(|| format!("And {more} more."));
    kept.chain(last).collect()
}
