//! Permit: whether a caller may do what it asks for.

use spillway_domain::access::caller::Caller;
use spillway_domain::access::permission::{Authorization, Denial, Permission, Protected, Question};
use spillway_domain::problem::Problem;

use crate::ports::access::Access;
use crate::ports::deployments::Deployments;

/// Whether the caller may do all of this; else what it may not do. A deployment is in its deployment group, so its
/// record is loaded. An unknown caller may do nothing where policies decide.
pub async fn permit(
    deployments: &impl Deployments,
    access: &impl Access,
    caller: Option<&Caller>,
    mut permissions: Vec<Permission>,
) -> Result<Option<Denial>, Problem> {
    if !access.has_policies() || permissions.is_empty() {
        return Ok(None);
    }
    place_in_groups(deployments, &mut permissions).await?;
    let Some(caller) = caller else {
        let first = permissions.into_iter().next();
        return Ok(first.map(|permission| Denial { permission, is_forbidden: false }));
    };
    match access.ask(&Question { caller: caller.clone(), permissions }).await? {
        Authorization::Allowed => Ok(None),
        Authorization::Denied(denial) => Ok(Some(denial)),
    }
}

/// Finds the deployment groups of the deployments.
async fn place_in_groups(deployments: &impl Deployments, permissions: &mut [Permission]) -> Result<(), Problem> {
    let ids = permissions.iter().filter_map(|permission| match &permission.resource {
        Protected::Deployment { id, .. } => Some(id.clone()),
        Protected::Installation
        | Protected::Application(_)
        | Protected::Group(..)
        | Protected::Config(_)
        | Protected::Instance(_)
        | Protected::Role(_) => None,
    });
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let found = deployments.load_many(&ids).await?;
    for permission in permissions {
        if let Protected::Deployment { id, group } = &mut permission.resource {
            let record = found.iter().find(|record| record.id == *id);
            *group = record.map(|record| (record.spec.application.clone(), record.spec.group.clone()));
        }
    }
    Ok(())
}
