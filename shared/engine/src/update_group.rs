//! UpdateDeploymentGroup.

use spillway_domain::{DeploymentGroup, GroupChange, ProblemKind, Rejection};

use crate::find_config::config_for;
use crate::find_group::application_and_group;
use crate::{Catalog, Error};

/// Changes a group; what the request leaves out stays. A running deployment keeps the settings it was created with.
pub async fn update_group(catalog: &impl Catalog, change: &GroupChange) -> Result<DeploymentGroup, Error> {
    let (application, old) = application_and_group(catalog, &change.application, &change.group).await?;
    if let Some(config) = &change.config {
        config_for(catalog, config, application.platform).await?;
    }
    let new = DeploymentGroup {
        id: old.id.clone(),
        application_id: old.application_id.clone(),
        name: change.name.clone().unwrap_or_else(|| old.name.clone()),
        config: change.config.clone().unwrap_or_else(|| old.config.clone()),
        role: change.role.clone().unwrap_or_else(|| old.role.clone()),
        alarms: change.alarms.clone().unwrap_or_else(|| old.alarms.clone()),
        rollback: change.rollback.clone().unwrap_or_else(|| old.rollback.clone()),
        triggers: change.triggers.clone().unwrap_or_else(|| old.triggers.clone()),
    };
    match catalog.replace_group(&old, &new).await {
        Ok(true) => Ok(new),
        Ok(false) => Err(Rejection::GroupExists(new.name).into()),
        Err(problem) if problem.kind == ProblemKind::Stale => {
            let words =
                format!("Deployment group {} was changed by somebody else at the same time. Try again.", old.name);
            Err(Rejection::Conflict(words).into())
        }
        Err(problem) => Err(problem.into()),
    }
}
