//! What is done next for an alias of a stack.

use crate::deployment::record::Deployment;
use crate::lambda::alias::{AliasRouting, AliasState};
use crate::lambda::target::LambdaTarget;
use crate::names::{DeploymentId, Version};
use crate::stack::fault::Fault;
use crate::stack::resource::{DesiredAlias, Moved, Ownership};

/// What is known of an alias.
#[derive(Debug, Clone, Copy)]
pub struct AliasSeen<'a> {
    /// The alias as it is; none when it is not there.
    pub found: Option<&'a AliasState>,
    /// The note that it is the stack's.
    pub ownership: Option<&'a Ownership>,
    /// Whether CloudFormation itself says that it is: it names it as what the resource is so far.
    pub known: bool,
    /// The deployment that has it, of whichever group, or else the one that has its group.
    pub active: Option<&'a Deployment>,
}

/// What is done next for an alias.
#[derive(Debug, Clone, PartialEq)]
pub enum AliasStep {
    /// It is made, with all traffic on that version.
    Make(Version),
    /// A deployment that this resource began, and that leads away, is stopped, which takes the traffic back at once.
    Stop(DeploymentId),
    /// A deployment leads where it is to go, whoever began it.
    Follow(DeploymentId),
    /// Another deployment has the group, and ends first.
    Await(DeploymentId),
    /// Its traffic is as wanted, or is nothing that this request is about.
    Settle,
    /// It is moved by a deployment.
    Move {
        /// From this version.
        from: Version,
        /// To this one.
        to: Version,
        /// Back to where it came from: at once, without hooks, whatever the alarms say.
        back: bool,
    },
    /// It cannot be.
    Refuse(Fault),
}

/// What is done next for an alias, from what is known of it.
pub fn next_alias_step(desired: &DesiredAlias, seen: AliasSeen<'_>) -> AliasStep {
    let AliasSeen { found, ownership, known, active } = seen;
    let back = way_back(desired, ownership);
    let goal = back.unwrap_or(desired.version);
    let own = active.filter(|active| concerns(active, desired));
    let Some(found) = found else {
        return own.map_or(AliasStep::Make(goal), |active| AliasStep::Await(active.id.clone()));
    };
    if ownership.is_none() && !known && !desired.adopts {
        return AliasStep::Refuse(Fault::AliasExists(found.clone()));
    }
    if desired.old_version == Some(desired.version) {
        // AWS sets no provisioned concurrency while an alias is on two versions.
        let old = desired.old_settings.as_ref().and_then(|settings| settings.provisioned_concurrency);
        let unset = own.filter(|_| desired.settings.provisioned_concurrency != old);
        return unset.map_or(AliasStep::Settle, |active| AliasStep::Await(active.id.clone()));
    }
    if let Some(active) = own {
        let id = active.id.clone();
        return match active.lambda() {
            Some(target) if target.target == goal && active.halt.is_none() => AliasStep::Follow(id),
            Some(target) if leads_away(active, goal, target.target, ownership) => AliasStep::Stop(id),
            Some(_) | None => AliasStep::Await(id),
        };
    }
    if found.routes(&AliasRouting::only(goal)) {
        return AliasStep::Settle;
    }
    if let Some(other) = active {
        return AliasStep::Await(other.id.clone());
    }
    match found.main.parse() {
        Ok(from) if found.routes(&AliasRouting::only(from)) => AliasStep::Move { from, to: goal, back: back.is_some() },
        Ok(_) | Err(_) => AliasStep::Refuse(Fault::AliasUnsuitable(found.clone())),
    }
}

/// The version that the alias goes back to, when the request undoes the one before.
///
/// CloudFormation does not say that an update is part of a rollback. It is one when it asks for the version that the
/// last one took the place of, instead of the one that the last one asked for: published versions are numbered upwards,
/// so that no new one is ever one that the stack has left.
pub fn way_back(desired: &DesiredAlias, ownership: Option<&Ownership>) -> Option<Version> {
    match ownership {
        Some(Ownership::Alias { moved: Some(Moved { from, to, instead_of }), .. }) => {
            (desired.version == *instead_of && desired.old_version == Some(*to)).then_some(*from)
        }
        Some(_) | None => None,
    }
}

/// Whether a deployment is of this alias.
fn concerns(active: &Deployment, desired: &DesiredAlias) -> bool {
    let same =
        |target: &LambdaTarget| target.function.bare() == desired.function.bare() && target.alias == desired.alias;
    active.lambda().is_some_and(same)
}

/// Whether a deployment is one that this resource began, leads away from where the alias is to go, and can be stopped.
fn leads_away(active: &Deployment, goal: Version, target: Version, ownership: Option<&Ownership>) -> bool {
    let began = matches!(ownership, Some(Ownership::Alias { moved: Some(moved), .. }) if moved.from == goal && moved.to == target);
    let stoppable = active.halt.is_none() && active.spec.rolls_back.is_none() && !active.has_ended();
    began && stoppable && active.original_version() == Some(goal)
}
