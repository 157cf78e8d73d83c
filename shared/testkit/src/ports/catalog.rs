//! Applications, groups and configurations.

use std::collections::BTreeMap;

use spillway_domain::{
    Application, ApplicationName, ConfigName, DeploymentConfig, DeploymentGroup, DeploymentId, GroupName, GroupState,
    Page, Problem, ProblemKind, Tag,
};
use spillway_engine::Catalog;

use super::page;
use crate::World;

impl Catalog for World {
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem> {
        self.call(|world| Ok(world.applications.get(name.as_str()).cloned())).await
    }

    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem> {
        self.call(|world| {
            let names = world.applications.values().map(|application| application.name.clone()).collect();
            Ok(page(names, after.map(|after| move |name: &ApplicationName| name.as_str() == after)))
        })
        .await
    }

    async fn create_application(&self, application: &Application, _tags: &[Tag]) -> Result<bool, Problem> {
        self.call(|world| Ok(insert_new(&mut world.applications, application.name.to_string(), application))).await
    }

    async fn delete_application(&self, application: &Application) -> Result<(), Problem> {
        self.call(|world| {
            // One that was made since under the same name is not meant.
            if world.applications.get(application.name.as_str()).is_some_and(|own| own.id == application.id) {
                world.applications.remove(application.name.as_str());
            }
            Ok(())
        })
        .await
    }

    async fn group(&self, application_id: &str, name: &GroupName) -> Result<Option<DeploymentGroup>, Problem> {
        self.call(|world| Ok(world.groups.get(&(application_id.to_owned(), name.to_string())).cloned())).await
    }

    async fn groups(&self, application_id: &str, after: Option<&str>) -> Result<Page<GroupName>, Problem> {
        self.call(|world| {
            let groups = world.groups.values().filter(|group| group.application_id == application_id);
            let names = groups.map(|group| group.name.clone()).collect();
            Ok(page(names, after.map(|after| move |name: &GroupName| name.as_str() == after)))
        })
        .await
    }

    async fn group_state(&self, group_id: &str) -> Result<GroupState, Problem> {
        self.call(|world| Ok(world.states.get(group_id).cloned().unwrap_or_default())).await
    }

    async fn create_group(&self, group: &DeploymentGroup, _tags: &[Tag]) -> Result<bool, Problem> {
        self.call(|world| {
            let created = insert_new(&mut world.groups, group_key(group), group);
            if created {
                world.states.insert(group.id.clone(), GroupState::default());
            }
            Ok(created)
        })
        .await
    }

    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<bool, Problem> {
        self.call(|world| {
            if world.groups.get(&group_key(old)) != Some(old) {
                return Err(Problem::new(ProblemKind::Stale, "the group has changed"));
            }
            if new.name != old.name && world.groups.contains_key(&group_key(new)) {
                return Ok(false);
            }
            world.groups.remove(&group_key(old));
            world.groups.insert(group_key(new), new.clone());
            Ok(true)
        })
        .await
    }

    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem> {
        self.call(|world| {
            if let Some(active) = world.states.get(&group.id).and_then(|state| state.active.clone()) {
                return Ok(Some(active));
            }
            if world.groups.get(&group_key(group)).is_some_and(|own| own.id == group.id) {
                world.groups.remove(&group_key(group));
                world.states.remove(&group.id);
            }
            Ok(None)
        })
        .await
    }

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

    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem> {
        self.call(|world| Ok(insert_new(&mut world.configs, config.name.to_string(), config))).await
    }

    async fn secret(&self, fresh: &str) -> Result<String, Problem> {
        self.call(|world| Ok(world.secret.get_or_insert_with(|| fresh.to_owned()).clone())).await
    }
}

fn group_key(group: &DeploymentGroup) -> (String, String) {
    (group.application_id.clone(), group.name.to_string())
}

fn insert_new<K: Ord, V: Clone>(map: &mut BTreeMap<K, V>, key: K, value: &V) -> bool {
    let is_new = !map.contains_key(&key);
    map.entry(key).or_insert_with(|| value.clone());
    is_new
}
