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
use spillway_domain::server::lifecycle_action::LifecycleHook;

use crate::operations::Error;
use crate::operations::application::find_application;
use crate::operations::configuration::config_for;
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::catalog::{Applications, Configurations, GroupWrite, Groups};
use crate::server::lifecycle_hooks::{delete_hooks, set_hooks};

/// Makes a group with the given id, and then the lifecycle hooks in its Auto Scaling groups. Where these cannot be made,
/// there is no group.
pub async fn create_group(
    catalog: &(impl Applications + Groups + Configurations),
    hooks: &impl LifecycleHooks,
    request: &NewGroup,
    quotas: &Quotas,
    id: String,
) -> Result<DeploymentGroup, Error> {
    let application = find_application(catalog, &request.application).await?;
    let group = group_like(&application, request, id)?;
    config_for(catalog, &group.config, application.platform).await?;
    let refused: Error = match catalog.create_group(&group, &request.tags, quotas.groups).await? {
        GroupWrite::Done => {
            let Err(error) = set_hooks(hooks, &application, &group, &group.lifecycle_hooks()).await else {
                return Ok(group);
            };
            catalog.delete_group(&group).await?;
            error
        }
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
/// Answers with the lifecycle hooks that the group has no use for any more and that could not be deleted.
pub async fn update_group(
    catalog: &(impl Groups + Configurations),
    hooks: &impl LifecycleHooks,
    change: &GroupChange,
) -> Result<Vec<LifecycleHook>, Error> {
    let (application, old, _) = find_group(catalog, &change.application, &change.group).await?;
    let mut new = old.clone();
    new.name = change.name.clone().unwrap_or(new.name);
    new.role = change.role.clone().unwrap_or(new.role);
    new.take_over(&change.settings);
    new.environment.fit(application.platform).map_err(GroupRejection::Unfit)?;
    replace_group(catalog, hooks, &application, &old, new).await.map(|(_, left)| left)
}

/// Writes a group over an older state of itself, with its lifecycle hooks; answers with those of the old state that could
/// not be deleted, too.
pub(crate) async fn replace_group(
    catalog: &(impl Configurations + Groups),
    hooks: &impl LifecycleHooks,
    application: &Application,
    old: &DeploymentGroup,
    new: DeploymentGroup,
) -> Result<(DeploymentGroup, Vec<LifecycleHook>), Error> {
    let (before, after) = (old.lifecycle_hooks(), new.lifecycle_hooks());
    let only_in = |own: &[LifecycleHook], other: &[LifecycleHook]| -> Vec<LifecycleHook> {
        own.iter().filter(|hook| !other.contains(hook)).cloned().collect()
    };
    let (added, removed) = (only_in(&after, &before), only_in(&before, &after));
    set_hooks(hooks, application, &new, &added).await?;
    match write_over(catalog, application, old, new.clone()).await {
        Ok(()) => Ok((new, delete_hooks(hooks, application, old, &removed).await)),
        Err(error) => {
            delete_hooks(hooks, application, &new, &added).await;
            Err(error)
        }
    }
}

async fn write_over(
    catalog: &(impl Configurations + Groups),
    application: &Application,
    old: &DeploymentGroup,
    new: DeploymentGroup,
) -> Result<(), Error> {
    if new.config != old.config {
        config_for(catalog, &new.config, application.platform).await?;
    }
    let refused: Error = match catalog.replace_group(old, &new).await {
        Ok(GroupWrite::Done) => return Ok(()),
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

/// Deletes a group. One that is not there is deleted already; one with an active deployment stays. Answers with the
/// lifecycle hooks that could not be deleted.
pub async fn delete_group(
    catalog: &impl Groups,
    hooks: &impl LifecycleHooks,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<Vec<LifecycleHook>, Error> {
    let found = catalog.groups_named(application, std::slice::from_ref(name)).await?;
    let Some((application, stored)) =
        found.and_then(|(application, groups)| Some((application, groups.into_iter().next()?)))
    else {
        return Ok(Vec::new());
    };
    delete_stored(catalog, hooks, &application, &stored).await
}

/// Deletes a group that was found, unless it has an active deployment: first its lifecycle hooks, so that no instance ever
/// waits for a group that is gone.
pub(crate) async fn delete_stored(
    catalog: &impl Groups,
    hooks: &impl LifecycleHooks,
    application: &Application,
    stored: &StoredGroup,
) -> Result<Vec<LifecycleHook>, Error> {
    let group = &stored.group;
    let in_use = |deployment| Error::from(GroupRejection::InUse { group: group.name.clone(), deployment });
    if let Some(deployment) = &stored.state.active {
        return Err(in_use(deployment.clone()));
    }
    let own = group.lifecycle_hooks();
    let left = delete_hooks(hooks, application, group, &own).await;
    match catalog.delete_group(group).await? {
        None => Ok(left),
        Some(deployment) => {
            // The deployment was created a moment ago: the group stays, with its hooks.
            set_hooks(hooks, application, group, &own).await?;
            Err(in_use(deployment))
        }
    }
}
