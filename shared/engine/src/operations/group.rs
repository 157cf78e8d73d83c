//! Operations on deployment groups.

use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::default_config;
use spillway_domain::catalog::environment::Environment;
use spillway_domain::catalog::group::{
    DeploymentGroup, DeploymentLock, GroupChange, GroupState, NewGroup, StoredGroup,
};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::{ApplicationRejection, ConfigurationRejection, GroupRejection, Quota, Rejection};

use crate::operations::Error;
use crate::operations::application::find_application;
use crate::operations::configuration::config_for;
use crate::ports::catalog::{Applications, Configurations, GroupWrite, Groups};

/// Makes a group with the given id.
pub async fn create_group(
    catalog: &(impl Applications + Groups + Configurations),
    request: &NewGroup,
    quotas: &Quotas,
    id: String,
) -> Result<DeploymentGroup, Error> {
    let application = find_application(catalog, &request.application).await?;
    let group = group_like(&application, request, id)?;
    config_for(catalog, &group.config, application.platform).await?;
    let refused: Error = match catalog.create_group(&group, &request.tags, quotas.groups).await? {
        GroupWrite::Done => return Ok(group),
        GroupWrite::NameTaken => GroupRejection::AlreadyExists(group.name).into(),
        GroupWrite::NoApplication => ApplicationRejection::DoesNotExist(application.name).into(),
        GroupWrite::Full => Rejection::Full { quota: Quota::Groups, most: quotas.groups }.into(),
        GroupWrite::NoConfig => {
            ConfigurationRejection::DoesNotExist { name: group.config, platform: Some(application.platform) }.into()
        }
        GroupWrite::Active(deployment) => GroupRejection::ServiceInUse { group: group.name, deployment }.into(),
        GroupWrite::ServiceDrifted => GroupRejection::ServiceDrifted(group.environment.ecs_services).into(),
    };
    Err(refused)
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
    group.environment.fit(application.platform).map_err(GroupRejection::Unfit)?;
    Ok(group)
}

/// A group by name, with what has changed in it with its deployments.
pub async fn find_group(
    catalog: &impl Groups,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup, GroupState), Error> {
    let (application, StoredGroup { group, state, .. }) = find_filed(catalog, application, name).await?;
    Ok((application, group, state))
}

pub(crate) async fn find_filed(
    catalog: &impl Groups,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, StoredGroup), Error> {
    let (application, found) = find_groups(catalog, application, std::slice::from_ref(name)).await?;
    let stored = found.into_iter().next();
    Ok((application, stored.ok_or_else(|| GroupRejection::DoesNotExist(name.clone()))?))
}

/// Those of these groups of an application that are there.
pub async fn find_groups(
    catalog: &impl Groups,
    application: &ApplicationName,
    names: &[GroupName],
) -> Result<(Application, Vec<StoredGroup>), Error> {
    let found = catalog.groups_named(application, names).await?;
    Ok(found.ok_or_else(|| ApplicationRejection::DoesNotExist(application.clone()))?)
}

/// The names of the groups of an application.
pub async fn list_groups(
    catalog: &impl Groups,
    application: &ApplicationName,
    after: Option<&str>,
) -> Result<Page<GroupName>, Error> {
    let page = catalog.groups(application, after).await?;
    Ok(page.ok_or_else(|| ApplicationRejection::DoesNotExist(application.clone()))?)
}

/// Changes a group; what the request leaves out stays. A running deployment keeps the settings it was created with.
pub async fn update_group(
    catalog: &(impl Groups + Configurations),
    change: &GroupChange,
) -> Result<DeploymentGroup, Error> {
    let (application, old, _) = find_group(catalog, &change.application, &change.group).await?;
    let mut new = old.clone();
    new.name = change.name.clone().unwrap_or(new.name);
    new.role = change.role.clone().unwrap_or(new.role);
    new.take_over(&change.settings);
    new.environment.fit(application.platform).map_err(GroupRejection::Unfit)?;
    replace_group(catalog, &application, &old, new).await
}

/// Writes a group over an older state of itself.
pub(crate) async fn replace_group(
    catalog: &(impl Configurations + Groups),
    application: &Application,
    old: &DeploymentGroup,
    new: DeploymentGroup,
) -> Result<DeploymentGroup, Error> {
    if new.config != old.config {
        config_for(catalog, &new.config, application.platform).await?;
    }
    let refused: Error = match catalog.replace_group(old, &new).await {
        Ok(GroupWrite::Done) => return Ok(new),
        Ok(GroupWrite::NameTaken) => GroupRejection::AlreadyExists(new.name).into(),
        Ok(GroupWrite::NoConfig) => {
            ConfigurationRejection::DoesNotExist { name: new.config, platform: Some(application.platform) }.into()
        }
        Ok(GroupWrite::Active(deployment)) => GroupRejection::ServiceInUse { group: new.name, deployment }.into(),
        Ok(GroupWrite::ServiceDrifted) => GroupRejection::ServiceDrifted(new.environment.ecs_services).into(),
        Ok(GroupWrite::NoApplication | GroupWrite::Full) => GroupRejection::DoesNotExist(old.name.clone()).into(),
        Err(problem) if problem.kind == ProblemKind::Stale => {
            Rejection::Conflict(format!("Deployment group {}", old.name)).into()
        }
        Err(problem) => return Err(problem.into()),
    };
    Err(refused)
}

/// Deletes a group. One that is not there is deleted already; one with an active deployment stays.
pub async fn delete_group(catalog: &impl Groups, application: &ApplicationName, name: &GroupName) -> Result<(), Error> {
    let found = catalog.groups_named(application, std::slice::from_ref(name)).await?;
    let Some(stored) = found.and_then(|(_, groups)| groups.into_iter().next()) else {
        return Ok(());
    };
    match catalog.delete_group(&stored.group).await? {
        None => Ok(()),
        Some(deployment) => Err(GroupRejection::InUse { group: name.clone(), deployment }.into()),
    }
}
