//! What is done next for an alias of a stack.

use crate::{AliasRouting, AliasState, AliasWish, Claim, Deployment, DeploymentId, Fault, Version};

/// What is done next for an alias.
#[derive(Debug, Clone, PartialEq)]
pub enum AliasStep {
    /// It is made.
    Make,
    /// A deployment that leads away from the wanted version is stopped, which takes the traffic back at once.
    Stop(DeploymentId),
    /// Another deployment has the group, and ends first.
    Await(DeploymentId),
    /// It routes as wanted.
    Settle,
    /// It is moved by a deployment.
    Move {
        /// From this version.
        from: Version,
        /// Back to where it last came from: at once, without hooks, whatever the alarms say.
        back: bool,
    },
    /// It cannot be.
    Refuse(Fault),
}

/// What is done next for an alias, from what is known of it: as it is, the note that it is the stack's, and the
/// deployment that has its group.
///
/// CloudFormation does not say that an update is part of a rollback. It is one when it leads back the way that the last
/// one came: versions are numbered upwards, so that no new version is ever one that the alias has left.
pub fn next_alias_step(
    wish: &AliasWish,
    found: Option<&AliasState>,
    claim: Option<&Claim>,
    active: Option<&Deployment>,
) -> AliasStep {
    if let (Some(found), None, false) = (found, claim, wish.adopts) {
        return AliasStep::Refuse(Fault::AliasExists(found.clone()));
    }
    if let Some(active) = active {
        return if leads_away(active, wish) {
            AliasStep::Stop(active.id.clone())
        } else {
            AliasStep::Await(active.id.clone())
        };
    }
    let Some(found) = found else {
        return AliasStep::Make;
    };
    if found.routes(&AliasRouting::only(wish.version)) {
        return AliasStep::Settle;
    }
    match found.main.parse() {
        Ok(from) if found.routes(&AliasRouting::only(from)) => {
            let back = matches!(claim, Some(Claim::Alias { moved: Some(moved), .. }) if *moved == (wish.version, from));
            AliasStep::Move { from, back }
        }
        Ok(_) | Err(_) => AliasStep::Refuse(Fault::AliasUnsuitable(found.clone())),
    }
}

/// Whether a deployment moves this alias away from the wanted version, and can be stopped.
fn leads_away(active: &Deployment, wish: &AliasWish) -> bool {
    let Some(target) = active.lambda() else {
        return false;
    };
    let same = target.function.bare() == wish.function.bare() && target.alias == wish.alias;
    let stoppable = active.halt.is_none() && active.order.rolls_back.is_none() && !active.has_ended();
    same && stoppable && active.home() == Some(wish.version) && target.target != wish.version
}
