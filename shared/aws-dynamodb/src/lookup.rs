//! Applications by name, with what lies in their homes: a guess by the names finds all of it at once, and what was
//! renamed is looked up where the items that were found say it is.

use std::collections::HashMap;

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock, GroupState, StoredGroup};
use spillway_domain::catalog::page::Page;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::HookOwner;

use crate::Table;
use crate::attributes::{Item, read_doc, read_json, read_text, text};
use crate::filing::{SELF, application_key, group_key, partition, slot_key};
use crate::table::{ENOUGH, Query, Tried, page, retry_stale};

impl Table {
    pub(crate) async fn find_groups(
        &self,
        application: &ApplicationName,
        names: &[GroupName],
    ) -> Result<Option<(Application, Vec<StoredGroup>)>, Problem> {
        let what = format!("deployment groups of application {application}");
        retry_stale(&what, async || {
            let Some((found, mut seen)) = self.see(&what, application, |home| guesses(home, names)).await? else {
                return Ok(Tried::Break(None));
            };
            let items = names.iter().filter_map(|name| seen.item(&group_key(&found.home, name)));
            let groups: Vec<DeploymentGroup> = items.map(read_doc).collect::<Result<_, _>>()?;
            let renamed = groups.iter().filter(|group| group.lock.name != group.name.as_str());
            seen.read(self, &what, renamed.map(|group| slot_key(&group.lock)).collect()).await?;
            if let Some(all) = seen.stored(&found, groups)? {
                return Ok(Tried::Break(Some((found, all))));
            }
            Ok(Tried::Continue(()))
        })
        .await
    }

    pub(crate) async fn find_group_by_id(
        &self,
        owner: &HookOwner,
    ) -> Result<Option<(Application, StoredGroup)>, Problem> {
        let what = format!("deployment group {}", owner.deployment_group_id);
        let items = self.query(&what, items_in(&owner.application, SELF, "group#~", None)).await?;
        let name = items.first().filter(|item| read_text(item, "sk") == Some(SELF));
        let name = name.and_then(|item| read_text(item, "name")?.parse::<ApplicationName>().ok());
        let id = owner.deployment_group_id.as_str();
        let of_id = |item: &&Item| read_text(item, "sk") != Some(SELF) && read_text(item, "id") == Some(id);
        let Some((name, item)) = name.zip(items.iter().find(of_id)) else { return Ok(None) };
        let group: DeploymentGroup = read_doc(item)?;
        let found = self.find_groups(&name, std::slice::from_ref(&group.name)).await?;
        let stored = found.and_then(|(application, groups)| Some((application, groups.into_iter().next()?)));
        Ok(stored.filter(|(_, stored)| stored.group.id == id))
    }

    /// The key after which a page begins is `<home>/<name>`, so that only the first has to find the home.
    pub(crate) async fn list_groups(
        &self,
        application: &ApplicationName,
        after: Option<&str>,
    ) -> Result<Option<Page<GroupName>>, Problem> {
        let (what, last, most) = ("the deployment groups", "group#~", Some(ENOUGH));
        if let Some((home, after)) = after.and_then(|after| after.split_once('/')) {
            let items = self.query(what, items_in(home, &format!("group#{after}"), last, most)).await?;
            return Ok(Some(names_in(home, &items, Some(after))));
        }
        let found = self.read_home(what, application, last, most).await?;
        Ok(found.map(|(home, items)| names_in(&home, &items, None)))
    }

    /// An application, with those of the items at `keys` in its home that are there.
    pub(crate) async fn see(
        &self,
        what: &str,
        name: &ApplicationName,
        keys: impl Fn(&str) -> Vec<Item>,
    ) -> Result<Option<(Application, Seen)>, Problem> {
        let mut seen = Seen::default();
        let mut guessed = keys(name.as_str());
        guessed.insert(0, application_key(name));
        seen.read(self, what, guessed).await?;
        let Some(item) = seen.item(&application_key(name)) else {
            return Ok(None);
        };
        let found: Application = read_doc(item)?;
        if found.home != name.as_str() {
            seen.read(self, what, keys(&found.home)).await?;
        }
        Ok(Some((found, seen)))
    }

    /// The home of an application, with the items there from the application's own to `last`, in order.
    pub(crate) async fn read_home(
        &self,
        what: &str,
        name: &ApplicationName,
        last: &str,
        most: Option<usize>,
    ) -> Result<Option<(String, Vec<Item>)>, Problem> {
        let own = |items: &[Item], attribute: &str| {
            let own = items.first().filter(|item| read_text(item, "sk") == Some(SELF));
            own.and_then(|item| read_text(item, attribute)).map(str::to_owned)
        };
        let items = self.query(what, items_in(name.as_str(), SELF, last, most)).await?;
        if own(&items, "name").as_deref() == Some(name.as_str()) {
            return Ok(Some((name.to_string(), items)));
        }
        let Some(Application { home, id, .. }) = self.find_application(name).await? else {
            return Ok(None);
        };
        let items = self.query(what, items_in(&home, SELF, last, most)).await?;
        Ok((own(&items, "id") == Some(id)).then_some((home, items)))
    }
}

fn items_in<'a>(home: &str, first: &str, last: &str, most: Option<usize>) -> Query<'a> {
    Query {
        condition: "#pk = :pk AND #sk BETWEEN :first AND :last",
        values: vec![(":pk", text(partition(home))), (":first", text(first)), (":last", text(last))],
        most,
        ..Query::default()
    }
}

/// Where groups of these names lie with their slots, if nothing was renamed.
fn guesses(home: &str, names: &[GroupName]) -> Vec<Item> {
    let lock = |name: &GroupName| slot_key(&DeploymentLock { home: home.to_owned(), name: name.to_string() });
    names.iter().flat_map(|name| [group_key(home, name), lock(name)]).collect()
}

fn names_in(home: &str, items: &[Item], after: Option<&str>) -> Page<GroupName> {
    let names = items.iter().filter_map(|item| read_text(item, "sk")?.strip_prefix("group#"));
    let names = page(names.filter(|name| Some(*name) != after).map(str::to_owned).collect());
    Page {
        items: names.items.iter().filter_map(|name| name.parse().ok()).collect(),
        next: names.next.map(|name| format!("{home}/{name}")),
    }
}

/// Items by their keys.
#[derive(Default)]
pub(crate) struct Seen(HashMap<(String, String), Item>);

impl Seen {
    async fn read(&mut self, table: &Table, what: &str, keys: Vec<Item>) -> Result<(), Problem> {
        let items = table.get_all(what, keys).await?;
        self.0.extend(items.into_iter().map(|item| (place(&item), item)));
        Ok(())
    }

    pub(crate) fn item(&self, key: &Item) -> Option<&Item> {
        self.0.get(&place(key))
    }

    /// The groups with their slots; `None` when what was read does not belong together, because somebody changed it
    /// between two reads.
    fn stored(
        &self,
        application: &Application,
        groups: Vec<DeploymentGroup>,
    ) -> Result<Option<Vec<StoredGroup>>, Problem> {
        let mut all = Vec::with_capacity(groups.len());
        for group in groups {
            let lock = self.item(&slot_key(&group.lock));
            let own = lock.filter(|lock| read_text(lock, "owner") == Some(&group.id));
            let Some(lock) = own.filter(|_| group.application_id == application.id) else {
                return Ok(None);
            };
            let state = GroupState {
                active: read_text(lock, "active").and_then(|active| active.parse().ok()),
                last_attempted: read_json(lock, "lastAttempted")?,
                last_successful: read_json(lock, "lastSuccessful")?,
                target_revision: read_json(lock, "targetRevision")?,
            };
            all.push(StoredGroup { group, state, tags: read_json(lock, "tags")?.unwrap_or_default() });
        }
        Ok(Some(all))
    }
}

fn place(item: &Item) -> (String, String) {
    let of = |name| read_text(item, name).unwrap_or_default().to_owned();
    (of("pk"), of("sk"))
}
