//! Applications, groups and configurations.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json as value;
use spillway_domain::{
    Application, ApplicationName, ConfigName, DeploymentConfig, DeploymentGroup, DeploymentId, GroupName, GroupState,
    Page, Problem, ProblemKind, Tag,
};
use spillway_engine::Catalog;

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, json, key, read_doc, read_json, read_text, text, with};
use crate::record::state_key;
use crate::table::Outcome;

const APPLICATIONS: &str = "applications";
const CONFIGS: &str = "configs";
/// The longest name of a configuration that somebody can make.
const LONGEST_CONFIG_NAME: usize = 100;

impl Catalog for Table {
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem> {
        let item = self.get(&format!("application {name}"), key(APPLICATIONS, name.as_str())).await?;
        item.as_ref().map(read_doc).transpose()
    }

    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem> {
        Ok(typed(self.names("the applications", APPLICATIONS.to_owned(), "", after).await?))
    }

    async fn create_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem> {
        let item = with(
            key(APPLICATIONS, application.name.as_str()),
            [("doc", json(application)), ("id", text(&application.id)), ("tags", tags_json(tags))],
        );
        let what = format!("the new application {}", application.name);
        let put = Action::put(item).if_new();
        Ok(self.transact(&what, vec![put]).await? == Outcome::Written)
    }

    async fn delete_application(&self, application: &Application) -> Result<(), Problem> {
        let what = format!("application {}", application.name);
        let delete = Action::delete(key(APPLICATIONS, application.name.as_str()));
        // One that was made since under the same name is not meant.
        let delete = delete.only_if("#id = :id", [(":id", text(&application.id))]);
        self.transact(&what, vec![delete]).await.map(|_| ())
    }

    async fn group(&self, application_id: &str, name: &GroupName) -> Result<Option<DeploymentGroup>, Problem> {
        let item = self.get(&format!("deployment group {name}"), group_key(application_id, name)).await?;
        item.as_ref().map(read_doc).transpose()
    }

    async fn groups(&self, application_id: &str, after: Option<&str>) -> Result<Page<GroupName>, Problem> {
        let partition = format!("application#{application_id}");
        Ok(typed(self.names("the deployment groups", partition, "group#", after).await?))
    }

    async fn group_state(&self, group_id: &str) -> Result<GroupState, Problem> {
        let item = self.get("the state of the group", state_key(group_id)).await?.unwrap_or_default();
        Ok(GroupState {
            active: active(&item),
            last_attempted: read_json(&item, "lastAttempted")?,
            last_successful: read_json(&item, "lastSuccessful")?,
            target_revision: read_json(&item, "targetRevision")?,
        })
    }

    async fn create_group(&self, group: &DeploymentGroup, tags: &[Tag]) -> Result<bool, Problem> {
        let item = group_item(group, tags_json(tags));
        let what = format!("the new deployment group {}", group.name);
        let actions = vec![Action::put(item).if_new(), Action::put(state_key(&group.id)).if_new()];
        Ok(self.transact(&what, actions).await? == Outcome::Written)
    }

    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<bool, Problem> {
        let what = format!("deployment group {}", old.name);
        let old_key = group_key(&old.application_id, &old.name);
        let stale = || Problem::new(ProblemKind::Stale, format!("{what} was changed by somebody else."));
        let item = self.get(&what, old_key.clone()).await?.ok_or_else(stale)?;
        // Compared as it is stored, since another version of Spillway may have written the same in other words.
        let stored = item.get("doc").cloned().ok_or_else(stale)?;
        if read_doc::<DeploymentGroup>(&item)? != *old {
            return Err(stale());
        }
        if old.name == new.name {
            let update = Action::update(old_key, "SET #doc = :new", [(":new", json(new))]);
            let update = update.only_if("#doc = :old", [(":old", stored)]);
            return match self.transact(&what, vec![update]).await? {
                Outcome::Written => Ok(true),
                Outcome::Refused(_) => Err(stale()),
            };
        }
        let tags = item.get("tags").cloned().unwrap_or_else(|| tags_json(&[]));
        let actions = vec![
            Action::delete(old_key).only_if("#doc = :old", [(":old", stored)]),
            Action::put(group_item(new, tags)).if_new(),
        ];
        match self.transact(&what, actions).await? {
            Outcome::Written => Ok(true),
            Outcome::Refused(refused) if refused.contains(&0) => Err(stale()),
            Outcome::Refused(_) => Ok(false),
        }
    }

    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem> {
        let what = format!("deployment group {}", group.name);
        let actions = vec![
            Action::delete(group_key(&group.application_id, &group.name))
                .only_if("#id = :id", [(":id", text(&group.id))]),
            Action::delete(state_key(&group.id)).only_if("attribute_not_exists(#active)", []),
        ];
        match self.transact(&what, actions).await? {
            Outcome::Written => Ok(None),
            Outcome::Refused(refused) if refused.contains(&1) => {
                let state = self.get("the state of the group", state_key(&group.id)).await?;
                match state.as_ref().and_then(active) {
                    Some(deployment) => Ok(Some(deployment)),
                    None => {
                        let words = format!("{what} has just ended a deployment. Try again.");
                        Err(Problem::new(ProblemKind::Transient, words))
                    }
                }
            }
            // It is deleted already.
            Outcome::Refused(_) => Ok(None),
        }
    }

    async fn config(&self, name: &ConfigName) -> Result<Option<DeploymentConfig>, Problem> {
        if name.as_str().len() > LONGEST_CONFIG_NAME {
            return Ok(None); // a list of steps that nobody can have made, and too long for a key
        }
        let item = self.get(&format!("configuration {name}"), key(CONFIGS, name.as_str())).await?;
        item.as_ref().map(read_doc).transpose()
    }

    async fn configs(&self, after: Option<&str>) -> Result<Page<ConfigName>, Problem> {
        Ok(typed(self.names("the configurations", CONFIGS.to_owned(), "", after).await?))
    }

    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem> {
        let item = with(key(CONFIGS, config.name.as_str()), [("doc", json(config))]);
        let what = format!("the new configuration {}", config.name);
        let put = Action::put(item).if_new();
        Ok(self.transact(&what, vec![put]).await? == Outcome::Written)
    }

    async fn secret(&self, fresh: &str) -> Result<String, Problem> {
        let what = "the secret of the installation";
        loop {
            let item = self.get(what, key("installation", "secret")).await?;
            if let Some(secret) = item.as_ref().and_then(|item| read_text(item, "secret")) {
                return Ok(secret.to_owned());
            }
            let new = with(key("installation", "secret"), [("secret", text(fresh))]);
            if self.put(what, new, "attribute_not_exists(#pk)", &[]).await? {
                return Ok(fresh.to_owned());
            }
        }
    }
}

fn group_key(application_id: &str, name: &GroupName) -> Item {
    key(format!("application#{application_id}"), format!("group#{name}"))
}

fn group_item(group: &DeploymentGroup, tags: AttributeValue) -> Item {
    with(group_key(&group.application_id, &group.name), [("doc", json(group)), ("id", text(&group.id)), ("tags", tags)])
}

fn active(state: &Item) -> Option<DeploymentId> {
    read_text(state, "active")?.parse().ok()
}

fn tags_json(tags: &[Tag]) -> AttributeValue {
    let tags: Vec<_> = tags.iter().map(|tag| value!({ "Key": tag.key, "Value": tag.value })).collect();
    json(&tags)
}

/// Names that were valid when they were stored.
fn typed<T: FromStr>(page: Page<String>) -> Page<T> {
    Page { items: page.items.iter().filter_map(|name| name.parse().ok()).collect(), next: page.next }
}
