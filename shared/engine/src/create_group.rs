//! CreateDeploymentGroup.

use spillway_domain::{ComputePlatform, DeploymentGroup, NewGroup, Rejection};

use crate::find_config::config_for;
use crate::{Catalog, Error, find_application};

/// Makes a group with the given id.
pub async fn create_group(catalog: &impl Catalog, request: &NewGroup, id: String) -> Result<DeploymentGroup, Error> {
    let application = find_application(catalog, &request.application).await?;
    if application.platform != ComputePlatform::Lambda {
        return Err(Rejection::PlatformNotBuilt(application.platform).into());
    }
    config_for(catalog, &request.config, application.platform).await?;
    let group = DeploymentGroup {
        id,
        application_id: application.id,
        name: request.name.clone(),
        config: request.config.clone(),
        role: request.role.clone(),
        alarms: request.alarms.clone(),
        rollback: request.rollback.clone(),
        triggers: request.triggers.clone(),
    };
    if !catalog.create_group(&group, &request.tags).await? {
        return Err(Rejection::GroupExists(group.name).into());
    }
    Ok(group)
}
