//! Applications, groups and configurations.

use std::collections::{BTreeMap, BTreeSet};

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::{DeploymentConfig, find_built_in};
use spillway_domain::catalog::environment::{EcsService, Environment};
use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::lifecycle_action::HookOwner;
use spillway_engine::ports::catalog::{Applications, Configurations, GroupWrite, Groups, Secrets, Tagged, Tags};

use super::page;
use crate::World;
use crate::world::Inner;

impl Applications for World {
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem> {
        self.call(|world| Ok(world.applications.get(name.as_str()).cloned())).await
    }

    async fn applications_named(&self, names: &[ApplicationName]) -> Result<Vec<Application>, Problem> {
        self.call(|world| Ok(names.iter().filter_map(|name| world.applications.get(name.as_str()).cloned()).collect()))
            .await
    }

    async fn application_and_tags(&self, name: &ApplicationName) -> Result<Option<(Application, Vec<Tag>)>, Problem> {
        self.call(|world| {
            let found = world.applications.get(name.as_str());
            Ok(found.map(|application| (application.clone(), world.tags_of(&application.id))))
        })
        .await
    }

    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem> {
        self.call(|world| {
            let names = world.applications.values().map(|application| application.name.clone()).collect();
            Ok(page(names, after.map(|after| move |name: &ApplicationName| name.as_str() == after)))
        })
        .await
    }

    async fn count_applications(&self) -> Result<usize, Problem> {
        self.call(|world| Ok(world.applications.len())).await
    }

    async fn create_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem> {
        self.write(|world| {
            let created = insert_new(&mut world.applications, application.name.to_string(), application);
            if created {
                world.tags.insert(application.id.clone(), tags.to_vec());
            }
            Ok(created)
        })
        .await
    }

    async fn rename_application(&self, application: &Application, to: &ApplicationName) -> Result<bool, Problem> {
        self.write(|world| {
            if world.application_id(&application.name) != Some(&application.id) {
                return Err(Problem::new(ProblemKind::Stale, "the application has changed"));
            }
            if world.applications.contains_key(to.as_str()) {
                return Ok(false);
            }
            world.applications.remove(application.name.as_str());
            let renamed = Application { name: to.clone(), ..application.clone() };
            world.applications.insert(to.to_string(), renamed);
            Ok(true)
        })
        .await
    }

    async fn delete_application(&self, application: &Application) -> Result<bool, Problem> {
        self.write(|world| {
            // One that was made since under the same name is not meant.
            if world.application_id(&application.name) != Some(&application.id) {
                return Ok(true);
            }
            if world.groups.values().any(|group| group.application_id == application.id) {
                return Ok(false);
            }
            world.applications.remove(application.name.as_str());
            world.tags.remove(&application.id);
            Ok(true)
        })
        .await
    }
}

impl Groups for World {
    async fn groups_named(
        &self,
        application: &ApplicationName,
        names: &[GroupName],
    ) -> Result<Option<(Application, Vec<StoredGroup>)>, Problem> {
        self.call(|world| {
            let Some(application) = world.applications.get(application.as_str()) else {
                return Ok(None);
            };
            let found = names.iter().filter_map(|name| {
                let group = world.groups.get(&(application.id.clone(), name.to_string()))?.clone();
                let state = world.states.get(&group.id).cloned().unwrap_or_default();
                let tags = world.tags_of(&group.id);
                Some(StoredGroup { group, state, tags })
            });
            Ok(Some((application.clone(), found.collect())))
        })
        .await
    }

    async fn groups(
        &self,
        application: &ApplicationName,
        after: Option<&str>,
    ) -> Result<Option<Page<GroupName>>, Problem> {
        self.call(|world| {
            let Some(id) = world.application_id(application) else {
                return Ok(None);
            };
            let groups = world.groups.values().filter(|group| group.application_id == *id);
            let names = groups.map(|group| group.name.clone()).collect();
            Ok(Some(page(names, after.map(|after| move |name: &GroupName| name.as_str() == after))))
        })
        .await
    }

    async fn group_by_id(&self, owner: &HookOwner) -> Result<Option<(Application, StoredGroup)>, Problem> {
        self.call(|world| {
            let group = world.groups.values().find(|group| group.hook_owner() == *owner).cloned();
            Ok(group.and_then(|group| {
                let application = world.applications.values().find(|own| own.id == group.application_id)?;
                let state = world.states.get(&group.id).cloned().unwrap_or_default();
                let tags = world.tags_of(&group.id);
                Some((application.clone(), StoredGroup { group, state, tags }))
            }))
        })
        .await
    }

    async fn create_group(&self, group: &DeploymentGroup, tags: &[Tag], most: usize) -> Result<GroupWrite, Problem> {
        self.write(|world| {
            if !world.applications.values().any(|application| application.id == group.application_id) {
                return Ok(GroupWrite::NoApplication);
            }
            if world.groups.contains_key(&group_key(group)) {
                return Ok(GroupWrite::NameTaken);
            }
            if world.groups.values().filter(|own| own.application_id == group.application_id).count() >= most {
                return Ok(GroupWrite::Full);
            }
            if !world.has_config(&group.config) {
                return Ok(GroupWrite::NoConfig);
            }
            if world.has_service_of(group) {
                return Ok(GroupWrite::ServiceDrifted);
            }
            world.groups.insert(group_key(group), group.clone());
            world.states.insert(group.id.clone(), Default::default());
            world.tags.insert(group.id.clone(), tags.to_vec());
            Ok(GroupWrite::Done)
        })
        .await
    }

    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<GroupWrite, Problem> {
        self.write(|world| {
            if world.groups.get(&group_key(old)) != Some(old) {
                return Err(Problem::new(ProblemKind::Stale, "the group has changed"));
            }
            if new.name != old.name && world.groups.contains_key(&group_key(new)) {
                return Ok(GroupWrite::NameTaken);
            }
            if !world.has_config(&new.config) {
                return Ok(GroupWrite::NoConfig);
            }
            if world.has_service_of(new) {
                return Ok(GroupWrite::ServiceDrifted);
            }
            let active = world.states.get(&new.id).and_then(|state| state.active.clone());
            if let Some(active) = active.filter(|_| addresses(&old.environment) != addresses(&new.environment)) {
                return Ok(GroupWrite::Active(active));
            }
            world.groups.remove(&group_key(old));
            world.groups.insert(group_key(new), new.clone());
            Ok(GroupWrite::Done)
        })
        .await
    }

    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem> {
        self.write(|world| {
            if let Some(active) = world.states.get(&group.id).and_then(|state| state.active.clone()) {
                return Ok(Some(active));
            }
            if world.groups.get(&group_key(group)).is_some_and(|own| own.id == group.id) {
                world.groups.remove(&group_key(group));
                world.states.remove(&group.id);
                world.tags.remove(&group.id);
            }
            Ok(None)
        })
        .await
    }
}

impl Tags for World {
    async fn replace_tags(&self, of: Tagged<'_>, old: &[Tag], new: &[Tag]) -> Result<bool, Problem> {
        self.write(|world| {
            let id = match of {
                Tagged::Application(application) => &application.id,
                Tagged::Group(group) => &group.id,
            };
            match world.tags.get_mut(id) {
                Some(tags) if tags == old => {
                    *tags = new.to_vec();
                    Ok(true)
                }
                Some(_) | None => Ok(false),
            }
        })
        .await
    }
}

impl Configurations for World {
    async fn config(&self, name: &ConfigName) -> Result<Option<DeploymentConfig>, Problem> {
        self.call(|world| Ok(world.configs.get(name.as_str()).cloned())).await
    }

    async fn configs(&self, after: Option<&str>) -> Result<Page<ConfigName>, Problem> {
        self.call(|world| {
            let names = world.configs.values().map(|config| config.name.clone()).collect();
            Ok(page(names, after.map(|after| move |name: &ConfigName| name.as_str() == after)))
        })
        .await
    }

    async fn count_configs(&self) -> Result<usize, Problem> {
        self.call(|world| Ok(world.configs.len())).await
    }

    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem> {
        self.write(|world| Ok(insert_new(&mut world.configs, config.name.to_string(), config))).await
    }

    async fn delete_config(&self, name: &ConfigName) -> Result<bool, Problem> {
        self.write(|world| {
            let free = world.groups.values().all(|group| group.config != *name);
            if free {
                world.configs.remove(name.as_str());
            }
            Ok(free)
        })
        .await
    }
}

impl Secrets for World {
    async fn secret(&self, fresh: &str) -> Result<String, Problem> {
        self.call(|world| Ok(world.secret.get_or_insert_with(|| fresh.to_owned()).clone())).await
    }
}

impl Inner {
    fn application_id(&self, name: &ApplicationName) -> Option<&String> {
        self.applications.get(name.as_str()).map(|application| &application.id)
    }

    fn tags_of(&self, id: &str) -> Vec<Tag> {
        self.tags.get(id).cloned().unwrap_or_default()
    }

    /// Whether another group is for one of its ECS services.
    fn has_service_of(&self, group: &DeploymentGroup) -> bool {
        let own = addresses(&group.environment);
        let mut others = self.groups.values().filter(|other| other.id != group.id);
        others.any(|other| !own.is_disjoint(&addresses(&other.environment)))
    }

    /// Whether the group of a deployment is still for the ECS services that it is to.
    pub(super) fn serves(&self, deployment: &Deployment) -> bool {
        let own = addresses(&deployment.spec.environment);
        let group = self.groups.values().find(|group| group.id == deployment.spec.group_id);
        own.is_empty() || group.is_some_and(|group| addresses(&group.environment) == own)
    }

    fn has_config(&self, name: &ConfigName) -> bool {
        find_built_in(name).is_some() || self.configs.contains_key(name.as_str())
    }
}

fn addresses(environment: &Environment) -> BTreeSet<String> {
    environment.ecs_services.iter().map(EcsService::address).collect()
}

fn group_key(group: &DeploymentGroup) -> (String, String) {
    (group.application_id.clone(), group.name.to_string())
}

fn insert_new<K: Ord, V: Clone>(map: &mut BTreeMap<K, V>, key: K, value: &V) -> bool {
    let is_new = !map.contains_key(&key);
    map.entry(key).or_insert_with(|| value.clone());
    is_new
}
