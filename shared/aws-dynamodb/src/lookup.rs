//! Groups by name: a guess by the names finds an application, its groups and their slots at once, and what was renamed
//! is looked up where the items that were found say it is.

use std::collections::HashMap;

use spillway_domain::{
    Application, ApplicationName, DeploymentGroup, Filed, GroupName, GroupState, Page, Problem, ProblemKind, Slot,
};

use crate::Table;
use crate::attributes::{Item, read_doc, read_json, read_text, text};
use crate::filing::{SELF, application_key, group_key, partition, slot_key};
use crate::table::{ENOUGH, Query, page};

/// How often something is read that others change meanwhile.
const MOST_TRIES: usize = 4;
/// The most items that DynamoDB gives at once.
const BATCH: usize = 100;

impl Table {
    pub(crate) async fn find_groups(
        &self,
        application: &ApplicationName,
        names: &[GroupName],
    ) -> Result<Option<(Application, Vec<Filed>)>, Problem> {
        let what = format!("deployment groups of application {application}");
        for _ in 0..MOST_TRIES {
            let mut seen = Seen::default();
            let mut keys = guesses(application.as_str(), names);
            keys.insert(0, application_key(application));
            seen.read(self, &what, keys).await?;
            let Some(item) = seen.item(&application_key(application)) else {
                return Ok(None);
            };
            let found: Application = read_doc(item)?;
            if found.home != application.as_str() {
                seen.read(self, &what, guesses(&found.home, names)).await?;
            }
            let items = names.iter().filter_map(|name| seen.item(&group_key(&found.home, name)));
            let groups: Vec<DeploymentGroup> = items.map(read_doc).collect::<Result<_, _>>()?;
            let renamed = groups.iter().filter(|group| group.slot.name != group.name.as_str());
            seen.read(self, &what, renamed.map(|group| slot_key(&group.slot)).collect()).await?;
            if let Some(all) = seen.filed(&found, groups)? {
                return Ok(Some((found, all)));
            }
        }
        Err(Problem::new(ProblemKind::Transient, format!("Reading {what} was disturbed by others. Try again.")))
    }

    /// The key after which a page begins is `<home>/<name>`, so that only the first has to find the home.
    pub(crate) async fn list_groups(
        &self,
        application: &ApplicationName,
        after: Option<&str>,
    ) -> Result<Option<Page<GroupName>>, Problem> {
        if let Some((home, after)) = after.and_then(|after| after.split_once('/')) {
            let items = self.groups_in(home, &format!("group#{after}")).await?;
            return Ok(Some(names_in(home, &items, Some(after))));
        }
        let mut home = application.to_string();
        let mut items = self.groups_in(&home, SELF).await?;
        let own = items.first().filter(|item| read_text(item, "sk") == Some(SELF));
        if own.and_then(|item| read_text(item, "name")) != Some(application.as_str()) {
            let Some(application) = self.find_application(application).await? else {
                return Ok(None);
            };
            home = application.home;
            items = self.groups_in(&home, SELF).await?;
        }
        Ok(Some(names_in(&home, &items, None)))
    }

    async fn groups_in(&self, home: &str, first: &str) -> Result<Vec<Item>, Problem> {
        let query = Query {
            condition: "#pk = :pk AND #sk BETWEEN :first AND :last",
            values: vec![(":pk", text(partition(home))), (":first", text(first)), (":last", text("group#~"))],
            most: Some(ENOUGH),
            ..Query::default()
        };
        self.query("the deployment groups", query).await
    }
}

/// Where groups of these names lie with their slots, if nothing was renamed.
fn guesses(home: &str, names: &[GroupName]) -> Vec<Item> {
    let slot = |name: &GroupName| slot_key(&Slot { home: home.to_owned(), name: name.to_string() });
    names.iter().flat_map(|name| [group_key(home, name), slot(name)]).collect()
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
struct Seen(HashMap<(String, String), Item>);

impl Seen {
    async fn read(&mut self, table: &Table, what: &str, keys: Vec<Item>) -> Result<(), Problem> {
        for keys in keys.chunks(BATCH) {
            let items = table.get_all(what, keys.to_vec()).await?;
            self.0.extend(items.into_iter().map(|item| (place(&item), item)));
        }
        Ok(())
    }

    fn item(&self, key: &Item) -> Option<&Item> {
        self.0.get(&place(key))
    }

    /// The groups with their slots; `None` when what was read does not belong together, because somebody changed it
    /// between two reads.
    fn filed(&self, application: &Application, groups: Vec<DeploymentGroup>) -> Result<Option<Vec<Filed>>, Problem> {
        let mut all = Vec::with_capacity(groups.len());
        for group in groups {
            let slot = self.item(&slot_key(&group.slot));
            let own = slot.filter(|slot| read_text(slot, "owner") == Some(&group.id));
            let Some(slot) = own.filter(|_| group.application_id == application.id) else {
                return Ok(None);
            };
            let state = GroupState {
                active: read_text(slot, "active").and_then(|active| active.parse().ok()),
                last_attempted: read_json(slot, "lastAttempted")?,
                last_successful: read_json(slot, "lastSuccessful")?,
                target_revision: read_json(slot, "targetRevision")?,
            };
            all.push(Filed { group, state, tags: read_json(slot, "tags")?.unwrap_or_default() });
        }
        Ok(Some(all))
    }
}

fn place(item: &Item) -> (String, String) {
    let of = |name| read_text(item, name).unwrap_or_default().to_owned();
    (of("pk"), of("sk"))
}
