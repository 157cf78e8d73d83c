//! CreateDeploymentGroup.

use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::default_config;
use spillway_domain::catalog::environment::Environment;
use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock, NewGroup};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::rejection::{Quota, Rejection};

use crate::find_config::config_for;
use crate::{Catalog, Error, GroupWrite, find_application};

/// Makes a group with the given id.
pub async fn create_group(
    catalog: &impl Catalog,
    request: &NewGroup,
    quotas: &Quotas,
    id: String,
) -> Result<DeploymentGroup, Error> {
    let application = find_application(catalog, &request.application).await?;
    let group = group_like(&application, request, id)?;
    config_for(catalog, &group.config, application.platform).await?;
    let refused = match catalog.create_group(&group, &request.tags, quotas.groups).await? {
        GroupWrite::Done => return Ok(group),
        GroupWrite::NameTaken => Rejection::GroupExists(group.name),
        GroupWrite::NoApplication => Rejection::NoApplication(application.name),
        GroupWrite::Full => Rejection::Full { quota: Quota::Groups, most: quotas.groups },
        GroupWrite::NoConfig => Rejection::NoConfig { name: group.config, platform: Some(application.platform) },
        GroupWrite::Active(deployment) => Rejection::ServiceInUse { group: group.name, deployment },
        GroupWrite::ServiceDrifted => Rejection::ServiceDrifted(group.environment.ecs_services),
    };
    Err(refused.into())
}

/// A group as it is asked for; what is left out is as the platform has it by default.
pub(crate) fn group_like(
    application: &Application,
    request: &NewGroup,
    id: String,
) -> Result<DeploymentGroup, Rejection> {
    let mut group = DeploymentGroup {
        id,
        application_id: application.id.clone(),
        lock: DeploymentLock { home: application.home.clone(), name: request.name.to_string() },
        name: request.name.clone(),
        config: default_config(application.platform),
        role: request.role.clone(),
        alarms: AlarmConfiguration::default(),
        rollback: AutoRollback::default(),
        triggers: Vec::new(),
        environment: Environment::of(application.platform),
    };
    group.take_over(&request.settings);
    group.environment.fit(application.platform).map_err(Rejection::GroupUnfit)?;
    Ok(group)
}
