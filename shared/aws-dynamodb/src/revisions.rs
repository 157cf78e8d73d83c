//! Registered revisions: a small item for each, and one for its text. Both lie in the home of the application, under its
//! id, so that one that later has the same home finds none of them; both expire after their last use.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use spillway_domain::{
    Application, Deployment, GroupName, NewRevision, Problem, ProblemKind, Revision, RevisionLocation,
};
use spillway_engine::Revisions;

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, json, key, number, read_json, read_text, text};
use crate::filing::partition;
use crate::record::days_after;
use crate::table::Query;

/// The most revisions that are read at once: each may have a text beside it, and DynamoDB gives a hundred items.
const BATCH: usize = 50;

impl Revisions for Table {
    async fn register_revision(
        &self,
        application: &Application,
        revision: &NewRevision,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let (home, id) = (&application.home, &application.id);
        let expires = number(days_after(now, self.retention_days));
        let item = revision_key(home, id, &revision.location);
        let values =
            [(":location", json(&revision.location)), (":now", text(now.to_string())), (":expires", expires.clone())];
        let update = match description {
            None => Action::update(
                item,
                "SET #location = if_not_exists(#location, :location), #registered = if_not_exists(#registered, :now), \
                 #expires_at = :expires",
                values,
            ),
            Some(words) => {
                let [location, at, expires] = values;
                Action::update(
                    item,
                    "SET #location = if_not_exists(#location, :location), \
                     #registered = if_not_exists(#registered, :now), #expires_at = :expires, #description = :words",
                    [location, at, expires, (":words", text(words))],
                )
            }
        };
        let mut actions = vec![update];
        let content = revision.content.as_deref();
        actions.extend(content.and_then(|content| keep(home, id, &revision.location, content, expires)));
        self.transact("the revision", actions).await.map(|_| ())
    }

    async fn revisions(&self, application: &Application, at: &[RevisionLocation]) -> Result<Vec<Revision>, Problem> {
        let (home, id) = (&application.home, &application.id);
        let mut found = Vec::with_capacity(at.len());
        for locations in at.chunks(BATCH) {
            let mut keys: Vec<Item> = Vec::new();
            for location in locations {
                let text = text_key(home, id, location);
                for key in [Some(revision_key(home, id, location)), text].into_iter().flatten() {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            let items = self.get_all("the revisions", keys).await?;
            let item = |key: &Item| items.iter().find(|item| item.get("sk") == key.get("sk"));
            for location in locations {
                let Some(own) = item(&revision_key(home, id, location)) else { continue };
                let content = text_key(home, id, location).and_then(|key| read_text(item(&key)?, "content"));
                found.push(revision(own, content)?);
            }
        }
        Ok(found)
    }

    async fn list_revisions(&self, application: &Application) -> Result<Vec<Revision>, Problem> {
        let query = Query {
            condition: "#pk = :pk AND begins_with(#sk, :prefix)",
            values: vec![
                (":pk", text(partition(&application.home))),
                (":prefix", text(format!("revision#{}#", application.id))),
            ],
            ..Query::default()
        };
        let items = self.query("the revisions", query).await?;
        items.iter().map(|item| revision(item, None)).collect()
    }

    async fn target_revisions(&self, application: &Application) -> Result<Vec<RevisionLocation>, Problem> {
        let query = Query {
            condition: "#pk = :pk AND begins_with(#sk, :prefix)",
            values: vec![(":pk", text(partition(&application.home))), (":prefix", text("slot#"))],
            ..Query::default()
        };
        let slots = self.query("the groups' revisions", query).await?;
        slots.iter().filter_map(|slot| read_json(slot, "targetRevision").transpose()).collect()
    }
}

/// Registers the revision of a new deployment, with its text if it has one.
pub(crate) fn use_revision(deployment: &Deployment, content: Option<&str>, retention_days: u32) -> Vec<Action> {
    let (order, now) = (&deployment.order, deployment.created_at);
    let (home, id) = (&order.slot.home, &order.application_id);
    let expires = number(days_after(now, retention_days));
    let words = format!("Application revision registered by Deployment ID: {}", deployment.id);
    let update = Action::update(
        revision_key(home, id, &order.revision),
        "SET #location = if_not_exists(#location, :location), #registered = if_not_exists(#registered, :now), \
         #firstUsed = if_not_exists(#firstUsed, :now), #lastUsed = :now, \
         #description = if_not_exists(#description, :words), #expires_at = :expires ADD #groups :groups",
        [
            (":location", json(&order.revision)),
            (":now", text(now.to_string())),
            (":words", text(words)),
            (":expires", expires.clone()),
            (":groups", AttributeValue::Ss(vec![order.group.to_string()])),
        ],
    );
    let text = content.and_then(|content| keep(home, id, &order.revision, content, expires));
    [Some(update), text].into_iter().flatten().collect()
}

/// Keeps a text, which is written once.
fn keep(
    home: &str,
    application_id: &str,
    location: &RevisionLocation,
    content: &str,
    expires: AttributeValue,
) -> Option<Action> {
    let key = text_key(home, application_id, location)?;
    let how = "SET #content = if_not_exists(#content, :content), #expires_at = :expires";
    Some(Action::update(key, how, [(":content", text(content)), (":expires", expires)]))
}

fn revision_key(home: &str, application_id: &str, location: &RevisionLocation) -> Item {
    key(partition(home), format!("revision#{application_id}#{}", location.key()))
}

/// The key of the text, where it is one.
fn text_key(home: &str, application_id: &str, location: &RevisionLocation) -> Option<Item> {
    location.is_text().then(|| key(partition(home), format!("text#{application_id}#{}", location.key())))
}

fn revision(item: &Item, content: Option<&str>) -> Result<Revision, Problem> {
    let moment = |name| read_text(item, name).and_then(|at| at.parse().ok());
    let groups = item.get("groups").and_then(|groups| groups.as_ss().ok());
    let mut groups: Vec<GroupName> = groups.into_iter().flatten().filter_map(|name| name.parse().ok()).collect();
    groups.sort();
    let incomplete =
        || Problem::new(ProblemKind::Refused, "A registered revision of the table has no location or time.");
    Ok(Revision {
        location: read_json(item, "location")?.ok_or_else(incomplete)?,
        content: content.map(str::to_owned),
        description: read_text(item, "description").map(str::to_owned),
        groups,
        registered_at: moment("registered").ok_or_else(incomplete)?,
        first_used_at: moment("firstUsed"),
        last_used_at: moment("lastUsed"),
    })
}
