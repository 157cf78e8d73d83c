//! Registered revisions: a small item for each, and one for its text. Both lie in the home of the application and
//! expire after their last use. What a deleted application leaves behind has its id, and gives way to the revisions of
//! whoever has the home after it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::revision::{NewRevision, Revision, RevisionLocation};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::DeploymentSpec;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::revisions::Revisions;

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, json, key, number, read_json, read_text, text};
use crate::filing::{home_key, id, partition};
use crate::record::days_after;
use crate::table::Outcome;

impl Revisions for Table {
    async fn register_revision(
        &self,
        application: &Application,
        revision: &NewRevision,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Application { home, id, .. } = application;
        let expires = number(days_after(now, self.retention_days));
        let values = [
            (":id", text(id)),
            (":location", json(&revision.location)),
            (":now", text(now.to_string())),
            (":expires", expires.clone()),
        ];
        let item = revision_key(home, &revision.location);
        let update = match description {
            None => Action::update(
                item,
                "SET #id = :id, #location = if_not_exists(#location, :location), \
                 #registered = if_not_exists(#registered, :now), #expires_at = :expires",
                values,
            ),
            Some(words) => {
                let [id, location, at, expires] = values;
                Action::update(
                    item,
                    "SET #id = :id, #location = if_not_exists(#location, :location), \
                     #registered = if_not_exists(#registered, :now), #expires_at = :expires, #description = :words",
                    [id, location, at, expires, (":words", text(words))],
                )
            }
        };
        let mut actions = vec![update.only_if(OWN, [])];
        let content = revision.content.as_deref();
        actions.extend(content.and_then(|content| keep(home, &revision.location, content, expires)));
        if self.transact("the revision", actions.clone()).await? != Outcome::Written {
            self.make_way(home, id, &revision.location).await?;
            // Refused once more, it belongs to an application that is gone by now, and with it all its revisions.
            self.transact("the revision", actions).await?;
        }
        Ok(())
    }

    async fn revisions(
        &self,
        application: &ApplicationName,
        at: &[RevisionLocation],
    ) -> Result<Option<(Application, Vec<Revision>)>, Problem> {
        let Some((application, seen)) = self.see("the revisions", application, |home| keys_in(home, at)).await? else {
            return Ok(None);
        };
        let home = &application.home;
        let mut found = Vec::with_capacity(at.len());
        for location in at {
            let item = seen.item(&revision_key(home, location));
            let Some(item) = item.filter(|item| is_of(&application.id, item)) else { continue };
            let content = text_key(home, location).and_then(|key| read_text(seen.item(&key)?, "content"));
            found.push(revision(item, content)?);
        }
        Ok(Some((application, found)))
    }

    async fn list_revisions(
        &self,
        application: &ApplicationName,
    ) -> Result<Option<(Vec<Revision>, Vec<RevisionLocation>)>, Problem> {
        // From the application over its groups and revisions to what the groups have deployed.
        let Some((_, items)) = self.read_home("the revisions", application, "slot#~", None).await? else {
            return Ok(None);
        };
        let id = items.first().and_then(|own| read_text(own, "id")).unwrap_or_default();
        let is_revision = |item: &&Item| read_text(item, "sk").is_some_and(|sk| sk.starts_with("revision#"));
        let own = items.iter().filter(is_revision).filter(|item| is_of(id, item));
        let revisions = own.map(|item| revision(item, None)).collect::<Result<_, _>>()?;
        let targets = items.iter().filter_map(|item| read_json(item, "targetRevision").transpose());
        Ok(Some((revisions, targets.collect::<Result<_, _>>()?)))
    }
}

impl Table {
    /// Removes what a deleted application has left of the revision of a new deployment; `false` when there is nothing.
    pub(crate) async fn make_way_for_revision(&self, spec: &DeploymentSpec) -> Result<bool, Problem> {
        self.make_way(&spec.lock.home, &spec.application_id, &spec.revision).await
    }

    async fn make_way(&self, home: &str, application_id: &str, of: &RevisionLocation) -> Result<bool, Problem> {
        let left = Action::delete(revision_key(home, of)).only_if("#id <> :id", [id(application_id)]);
        // Only the application whose home it is now may do so.
        let owner = Action::update(home_key(home), "SET #id = :id", [id(application_id)]).only_if("#id = :id", []);
        Ok(self.transact("what is left of a revision", vec![left, owner]).await? == Outcome::Written)
    }
}

/// The condition under which a revision is registered: nothing is there that another application has left.
const OWN: &str = "attribute_not_exists(#id) OR #id = :id";

/// Registers the revision of a new deployment, with its text if it has one.
pub(crate) fn use_revision(deployment: &Deployment, content: Option<&str>, retention_days: u32) -> Vec<Action> {
    let (spec, now) = (&deployment.spec, deployment.created_at);
    let home = &spec.lock.home;
    let expires = number(days_after(now, retention_days));
    let words = format!("Application revision registered by Deployment ID: {}", deployment.id);
    let update = Action::update(
        revision_key(home, &spec.revision),
        "SET #id = :id, #location = if_not_exists(#location, :location), \
         #registered = if_not_exists(#registered, :now), \
         #firstUsed = if_not_exists(#firstUsed, :now), #lastUsed = :now, \
         #description = if_not_exists(#description, :words), #expires_at = :expires ADD #groups :groups",
        [
            id(&spec.application_id),
            (":location", json(&spec.revision)),
            (":now", text(now.to_string())),
            (":words", text(words)),
            (":expires", expires.clone()),
            (":groups", AttributeValue::Ss(vec![spec.group.to_string()])),
        ],
    );
    let text = content.and_then(|content| keep(home, &spec.revision, content, expires));
    [Some(update.only_if(OWN, [])), text].into_iter().flatten().collect()
}

/// Keeps a text, which is written once.
fn keep(home: &str, location: &RevisionLocation, content: &str, expires: AttributeValue) -> Option<Action> {
    let key = text_key(home, location)?;
    let how = "SET #content = if_not_exists(#content, :content), #expires_at = :expires";
    Some(Action::update(key, how, [(":content", text(content)), (":expires", expires)]))
}

fn revision_key(home: &str, location: &RevisionLocation) -> Item {
    key(partition(home), format!("revision#{}", location.key()))
}

/// The key of the text, where it is one.
fn text_key(home: &str, location: &RevisionLocation) -> Option<Item> {
    location.is_text().then(|| key(partition(home), format!("text#{}", location.key())))
}

/// The keys of revisions and their texts, each once.
fn keys_in(home: &str, at: &[RevisionLocation]) -> Vec<Item> {
    let mut keys = Vec::new();
    for key in at.iter().flat_map(|location| [Some(revision_key(home, location)), text_key(home, location)]).flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Whether a revision is one of the application, and not of one that had its home before.
fn is_of(application_id: &str, item: &Item) -> bool {
    read_text(item, "id") == Some(application_id)
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
