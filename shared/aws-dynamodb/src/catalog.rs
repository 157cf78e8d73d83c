//! Applications, groups and configurations.

use std::str::FromStr;

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::DeploymentConfig;
use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName};
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::HookOwner;
use spillway_engine::ports::catalog::{Applications, Configurations, GroupWrite, Groups, Secrets, Tagged, Tags};

use crate::Table;
use crate::action::Action;
use crate::attributes::{doc, json, key, number, read_doc, read_text, text, with};
use crate::filing::{APPLICATIONS, CONFIGS, application_key, home_key, id, slot_key};
use crate::table::Outcome;

/// The longest name of a configuration that somebody can make.
const LONGEST_CONFIG_NAME: usize = 100;

impl Applications for Table {
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem> {
        self.find_application(name).await
    }

    async fn applications_named(&self, names: &[ApplicationName]) -> Result<Vec<Application>, Problem> {
        let items = self.get_all("the applications", names.iter().map(application_key).collect()).await?;
        let found: Vec<Application> = items.iter().map(read_doc).collect::<Result<_, _>>()?;
        Ok(names.iter().filter_map(|name| found.iter().find(|own| own.name == *name).cloned()).collect())
    }

    async fn application_and_tags(&self, name: &ApplicationName) -> Result<Option<(Application, Vec<Tag>)>, Problem> {
        self.find_application_and_tags(name).await
    }

    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem> {
        Ok(typed(self.names("the applications", APPLICATIONS.to_owned(), "", after).await?))
    }

    async fn count_applications(&self) -> Result<usize, Problem> {
        self.count("the applications", APPLICATIONS).await
    }

    async fn create_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem> {
        self.put_application(application, tags).await
    }

    async fn rename_application(&self, application: &Application, to: &ApplicationName) -> Result<bool, Problem> {
        self.move_application(application, to).await
    }

    async fn delete_application(&self, application: &Application) -> Result<bool, Problem> {
        self.remove_application(application).await
    }
}

impl Groups for Table {
    async fn groups_named(
        &self,
        application: &ApplicationName,
        names: &[GroupName],
    ) -> Result<Option<(Application, Vec<StoredGroup>)>, Problem> {
        self.find_groups(application, names).await
    }

    async fn groups(
        &self,
        application: &ApplicationName,
        after: Option<&str>,
    ) -> Result<Option<Page<GroupName>>, Problem> {
        self.list_groups(application, after).await
    }

    async fn group_by_id(&self, owner: &HookOwner) -> Result<Option<(Application, StoredGroup)>, Problem> {
        self.find_group_by_id(owner).await
    }

    async fn create_group(&self, group: &DeploymentGroup, tags: &[Tag], most: usize) -> Result<GroupWrite, Problem> {
        self.put_group(group, tags, most).await
    }

    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<GroupWrite, Problem> {
        self.write_group(old, new).await
    }

    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem> {
        self.remove_group(group).await
    }
}

impl Tags for Table {
    async fn replace_tags(&self, of: Tagged<'_>, old: &[Tag], new: &[Tag]) -> Result<bool, Problem> {
        let (key, condition, own) = match of {
            Tagged::Application(application) => {
                (home_key(&application.home), "#id = :id AND #tags = :old", id(&application.id))
            }
            Tagged::Group(group) => (slot_key(&group.lock), "#owner = :id AND #tags = :old", id(&group.id)),
        };
        let update = Action::update(key, "SET #tags = :new", [(":new", json(&new))]);
        let update = update.only_if(condition, [own, (":old", json(&old))]);
        Ok(self.transact("the tags", vec![update]).await? == Outcome::Written)
    }
}

impl Configurations for Table {
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

    async fn count_configs(&self) -> Result<usize, Problem> {
        self.count("the configurations", CONFIGS).await
    }

    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem> {
        let item = with(key(CONFIGS, config.name.as_str()), [("doc", doc(config)), ("uses", number(0))]);
        let what = format!("the new configuration {}", config.name);
        let put = Action::put(item).if_new();
        Ok(self.transact(&what, vec![put]).await? == Outcome::Written)
    }

    async fn delete_config(&self, name: &ConfigName) -> Result<bool, Problem> {
        let unused = "attribute_not_exists(#pk) OR #uses = :none";
        let delete = Action::delete(key(CONFIGS, name.as_str())).only_if(unused, [(":none", number(0))]);
        Ok(self.transact(&format!("configuration {name}"), vec![delete]).await? == Outcome::Written)
    }
}

impl Secrets for Table {
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

/// Names that were valid when they were stored.
fn typed<T: FromStr>(page: Page<String>) -> Page<T> {
    Page { items: page.items.iter().filter_map(|name| name.parse().ok()).collect(), next: page.next }
}
