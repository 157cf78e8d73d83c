//! CreateDeploymentGroup, GetDeploymentGroup, ListDeploymentGroups, UpdateDeploymentGroup, DeleteDeploymentGroup.

use spillway_domain::{
    Application, ApplicationName, ComputePlatform, DeploymentGroup, DeploymentId, GroupChange, GroupName, GroupState,
    NewGroup, Page, ProblemKind, Rejection,
};

use crate::configs::config_for;
use crate::{Catalog, Error, find_application};

/// Makes a group with the given id.
pub async fn create_group(catalog: &impl Catalog, request: NewGroup, id: String) -> Result<DeploymentGroup, Error> {
    let application = find_application(catalog, &request.application).await?;
    if application.platform != ComputePlatform::Lambda {
        return Err(Rejection::PlatformNotBuilt(application.platform).into());
    }
    config_for(catalog, &request.config, application.platform).await?;
    let group = DeploymentGroup {
        id,
        application_id: application.id,
        name: request.name,
        config: request.config,
        role: request.role,
        alarms: request.alarms,
        rollback: request.rollback,
        triggers: request.triggers,
    };
    if !catalog.create_group(&group, &request.tags).await? {
        return Err(Rejection::GroupExists(group.name).into());
    }
    Ok(group)
}

/// A group by name, with what has changed in it with its deployments.
pub async fn find_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup, GroupState), Error> {
    let (application, group) = application_and_group(catalog, application, name).await?;
    let state = catalog.group_state(&group.id).await?;
    Ok((application, group, state))
}

pub(crate) async fn application_and_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup), Error> {
    let application = find_application(catalog, application).await?;
    let group = catalog.group(&application.id, name).await?;
    Ok((application, group.ok_or_else(|| Rejection::NoGroup(name.clone()))?))
}

/// The names of the groups of an application.
pub async fn list_groups(
    catalog: &impl Catalog,
    application: &ApplicationName,
    after: Option<&str>,
) -> Result<Page<GroupName>, Error> {
    let application = find_application(catalog, application).await?;
    Ok(catalog.groups(&application.id, after).await?)
}

/// Changes a group; what the request leaves out stays. A running deployment keeps the settings it was created with.
pub async fn update_group(catalog: &impl Catalog, change: GroupChange) -> Result<DeploymentGroup, Error> {
    let (application, old) = application_and_group(catalog, &change.application, &change.group).await?;
    if let Some(config) = &change.config {
        config_for(catalog, config, application.platform).await?;
    }
    let new = DeploymentGroup {
        id: old.id.clone(),
        application_id: old.application_id.clone(),
        name: change.name.unwrap_or_else(|| old.name.clone()),
        config: change.config.unwrap_or_else(|| old.config.clone()),
        role: change.role.unwrap_or_else(|| old.role.clone()),
        alarms: change.alarms.unwrap_or_else(|| old.alarms.clone()),
        rollback: change.rollback.unwrap_or_else(|| old.rollback.clone()),
        triggers: change.triggers.unwrap_or_else(|| old.triggers.clone()),
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

/// Deletes a group. One that is not there is deleted already; one with an active deployment stays.
pub async fn delete_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(), Error> {
    let Some(application) = catalog.application(application).await? else {
        return Ok(());
    };
    let Some(group) = catalog.group(&application.id, name).await? else {
        return Ok(());
    };
    match catalog.delete_group(&group).await? {
        None => Ok(()),
        Some(deployment) => Err(in_use(name, deployment)),
    }
}

/// Refuses when the group has an active deployment, before anything is deleted along with it.
pub(crate) async fn refuse_if_active(
    catalog: &impl Catalog,
    application: &Application,
    name: &GroupName,
) -> Result<(), Error> {
    let Some(group) = catalog.group(&application.id, name).await? else {
        return Ok(());
    };
    match catalog.group_state(&group.id).await?.active {
        None => Ok(()),
        Some(deployment) => Err(in_use(name, deployment)),
    }
}

fn in_use(group: &GroupName, deployment: DeploymentId) -> Error {
    Rejection::InUse { what: format!("Deployment group {group}"), deployment }.into()
}
