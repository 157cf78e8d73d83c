//! UpdateDeploymentGroup.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, GroupChange};
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::Rejection;

use crate::find_config::config_for;
use crate::{Catalog, Error, GroupWrite, find_group};

/// Changes a group; what the request leaves out stays. A running deployment keeps the settings it was created with.
pub async fn update_group(catalog: &impl Catalog, change: &GroupChange) -> Result<DeploymentGroup, Error> {
    let (application, old, _) = find_group(catalog, &change.application, &change.group).await?;
    let mut new = old.clone();
    new.name = change.name.clone().unwrap_or(new.name);
    new.role = change.role.clone().unwrap_or(new.role);
    new.take_over(&change.settings);
    new.environment.fit(application.platform).map_err(Rejection::GroupUnfit)?;
    replace_group(catalog, &application, &old, new).await
}

/// Writes a group over an older state of itself.
pub(crate) async fn replace_group(
    catalog: &impl Catalog,
    application: &Application,
    old: &DeploymentGroup,
    new: DeploymentGroup,
) -> Result<DeploymentGroup, Error> {
    if new.config != old.config {
        config_for(catalog, &new.config, application.platform).await?;
    }
    let refused = match catalog.replace_group(old, &new).await {
        Ok(GroupWrite::Done) => return Ok(new),
        Ok(GroupWrite::NameTaken) => Rejection::GroupExists(new.name),
        Ok(GroupWrite::NoConfig) => Rejection::NoConfig { name: new.config, platform: Some(application.platform) },
        Ok(GroupWrite::Active(deployment)) => Rejection::ServiceInUse { group: new.name, deployment },
        Ok(GroupWrite::ServiceDrifted) => Rejection::ServiceDrifted(new.environment.ecs_services),
        Ok(GroupWrite::NoApplication | GroupWrite::Full) => Rejection::NoGroup(old.name.clone()),
        Err(problem) if problem.kind == ProblemKind::Stale => {
            Rejection::Conflict(format!("Deployment group {}", old.name))
        }
        Err(problem) => return Err(problem.into()),
    };
    Err(refused.into())
}
