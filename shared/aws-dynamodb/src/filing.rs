//! Where applications and groups lie in the table.
//!
//! An application with its groups and revisions lies in one partition, its home, and what the deployments of a group
//! change lies there in the group's slot. Both are called after the first names of the two, if nobody else has that,
//! and keep their names for ever. So whoever knows the names of today can guess where everything lies, and finds all of
//! it in one read, or sees where to look.

use aws_sdk_dynamodb::types::AttributeValue;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::find_built_in;
use spillway_domain::catalog::environment::{EcsService, Environment};
use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName};

use crate::action::Action;
use crate::attributes::{Item, doc, json, key, number, text, with};

pub(crate) const APPLICATIONS: &str = "applications";
pub(crate) const CONFIGS: &str = "configs";
/// The item of the application itself, which comes before all others of its home.
pub(crate) const SELF: &str = "application";

/// The key of an application.
pub(crate) fn application_key(name: &ApplicationName) -> Item {
    key(APPLICATIONS, name.as_str())
}

/// An application.
pub(crate) fn application_item(application: &Application) -> Item {
    with(application_key(&application.name), [("doc", doc(application)), ("id", text(&application.id))])
}

/// The partition of an application with that home.
pub(crate) fn partition(home: &str) -> String {
    format!("application#{home}")
}

/// The key of the item that tells whose home it is.
pub(crate) fn home_key(home: &str) -> Item {
    key(partition(home), SELF)
}

/// The item that tells whose home it is, for a new application.
pub(crate) fn home_item(application: &Application, tags: &[Tag]) -> Item {
    with(
        home_key(&application.home),
        [
            ("id", text(&application.id)),
            ("name", text(application.name.as_str())),
            ("groups", number(0)),
            ("tags", json(&tags)),
        ],
    )
}

/// The key of a group.
pub(crate) fn group_key(home: &str, name: &GroupName) -> Item {
    key(partition(home), format!("group#{name}"))
}

/// A group.
pub(crate) fn group_item(group: &DeploymentGroup) -> Item {
    with(
        group_key(&group.lock.home, &group.name),
        [
            ("doc", doc(group)),
            ("id", text(&group.id)),
            ("config", text(group.config.as_str())),
            ("services", text(services(&group.environment))),
        ],
    )
}

/// The key of what changes in a group with its deployments.
pub(crate) fn slot_key(lock: &DeploymentLock) -> Item {
    key(partition(&lock.home), format!("slot#{}", lock.name))
}

/// The slot of a new group.
pub(crate) fn slot_item(group: &DeploymentGroup, tags: &[Tag]) -> Item {
    with(slot_key(&group.lock), [("owner", text(&group.id)), ("tags", json(&tags))])
}

/// One group more, or less, refers to a configuration. Only those that somebody made can be deleted, and count.
pub(crate) fn count_use(config: &ConfigName, by: i32) -> Option<Action> {
    if find_built_in(config).is_some() {
        return None;
    }
    let update = Action::update(key(CONFIGS, config.as_str()), "ADD #uses :by", [(":by", number(by))]);
    Some(update.only_if("attribute_exists(#pk)", []))
}

/// The ECS services of an environment, as one text.
pub(crate) fn services(environment: &Environment) -> String {
    let addresses: Vec<String> = environment.ecs_services.iter().map(EcsService::address).collect();
    addresses.join(",")
}

/// Marks ECS services, as [`services`] gives them, as those of a group. Another group's mark is in the way.
pub(crate) fn mark_services<'a>(services: &'a str, group_id: &'a str) -> impl Iterator<Item = Action> + 'a {
    service_keys(services).map(move |key| Action::put(with(key, [("owner", text(group_id))])).if_new())
}

/// Takes the marks of a group away.
pub(crate) fn release_services<'a>(services: &'a str, group_id: &'a str) -> impl Iterator<Item = Action> + 'a {
    service_keys(services).map(|key| Action::delete(key).only_if("#owner = :id", [id(group_id)]))
}

pub(crate) fn service_keys(services: &str) -> impl Iterator<Item = Item> {
    services
        .split(',')
        .filter(|address| !address.is_empty())
        .map(|address| key(format!("ecs-service#{address}"), "group"))
}

/// The key of the lock of an alias.
pub(crate) fn alias_key(address: &str) -> Item {
    key(format!("lambda-alias#{address}"), "deployment")
}

/// The lock of an alias, for the deployment that has it from now on, unless another one than `of` does.
pub(crate) fn lock_alias(address: &str, deployment: &DeploymentId, of: &DeploymentId) -> Action {
    let lock = with(alias_key(address), [("owner", text(deployment.as_str()))]);
    Action::put(lock).only_if(NOBODY_ELSES, [id(of.as_str())])
}

/// Takes the lock away, unless another deployment has it.
pub(crate) fn release_alias(address: &str, of: &DeploymentId) -> Action {
    Action::delete(alias_key(address)).only_if(NOBODY_ELSES, [id(of.as_str())])
}

const NOBODY_ELSES: &str = "attribute_not_exists(#owner) OR #owner = :id";

/// One group more, or less, in an application.
pub(crate) fn count_group(group: &DeploymentGroup, by: i32) -> Action {
    Action::update(home_key(&group.lock.home), "ADD #groups :by", [(":by", number(by))])
}

/// What `#id` must be.
pub(crate) fn id(id: &str) -> (&'static str, AttributeValue) {
    (":id", text(id))
}
