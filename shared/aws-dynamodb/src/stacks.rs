//! What stacks have to do with the table: what their resources are, which executions wait for a deployment, and where a
//! stack waits for an answer.

use jiff::Timestamp;
use spillway_domain::catalog::revision::sha256;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::stack::resource::{Ownership, StackRequest, StackResource};
use spillway_engine::ports::executions::Waiters;
use spillway_engine::ports::stacks::{Claims, ResponseUrls};

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, doc, key, number, read_doc, read_text, text, with};
use crate::record::{days_after, partition};
use crate::table::{Outcome, Query};

/// The longest sort key of DynamoDB.
const LONGEST_KEY: usize = 1024;
/// For how many days a request may come late.
const LATE_DAYS: u32 = 1;
/// For how many days a waiter is remembered that nobody waits for any more.
const WAITER_DAYS: u32 = 1;

impl Claims for Table {
    async fn ownership(&self, resource: &StackResource, physical_id: &str) -> Result<Option<Ownership>, Problem> {
        let Some(key) = claim_key(resource, physical_id) else {
            return Ok(None);
        };
        let item = self.get(&named(resource), key).await?;
        item.as_ref().map(read_doc).transpose()
    }

    async fn claims(&self, resource: &StackResource) -> Result<Vec<(String, Ownership)>, Problem> {
        let prefix = claim_name(resource, "");
        let query = Query {
            condition: "#pk = :pk AND begins_with(#sk, :prefix)",
            values: vec![(":pk", text(stack(resource))), (":prefix", text(&prefix))],
            ..Query::default()
        };
        let items = self.query(&named(resource), query).await?;
        let read = |item: &Item| {
            let name = read_text(item, "sk").and_then(|name| name.strip_prefix(&prefix)).unwrap_or_default();
            Ok((name.to_owned(), read_doc(item)?))
        };
        items.iter().map(read).collect()
    }

    async fn put_claim(
        &self,
        resource: &StackResource,
        physical_id: &str,
        ownership: Option<&Ownership>,
        asked_at: Timestamp,
    ) -> Result<(), Problem> {
        let asked = number(asked_at.as_millisecond());
        let last = with(key(stack(resource), &resource.logical_id), [("asked", asked.clone())]);
        // A resource that is gone is remembered for as long as a late request may come.
        let last = match ownership {
            Some(_) => last,
            None => with(last, [("expires_at", number(days_after(asked_at, LATE_DAYS)))]),
        };
        let last = Action::put(last).only_if(NO_LATER, [(":asked", asked)]);
        let noted = claim_key(resource, physical_id).map(|key| match ownership {
            Some(ownership) => Action::put(with(key, [("doc", doc(ownership))])),
            None => Action::delete(key),
        });
        match self.in_any_case().transact(&named(resource), std::iter::once(last).chain(noted).collect()).await? {
            Outcome::Written => Ok(()),
            Outcome::Refused(_) => {
                let words = format!("A later request has changed {}.", named(resource));
                Err(Problem::new(ProblemKind::Stale, words))
            }
        }
    }
}

impl Table {
    /// The same table, in which nothing is written any more when a later request has noted anything of the resource.
    pub fn for_request(&self, request: &StackRequest) -> Self {
        let StackRequest { resource, asked_at, .. } = request;
        let last = Action::check(key(stack(resource), &resource.logical_id));
        self.under(last.only_if(NO_LATER, [(":asked", number(asked_at.as_millisecond()))]))
    }
}

/// That no later request has noted anything.
const NO_LATER: &str = "attribute_not_exists(#asked) OR #asked <= :asked";

impl Waiters for Table {
    async fn add_waiter(&self, id: &DeploymentId, token: &str, until: Timestamp) -> Result<(), Problem> {
        let expires = number(days_after(until, WAITER_DAYS));
        let waiter = with(waiter_key(id, token), [("token", text(token)), ("expires_at", expires)]);
        self.transact(&format!("who waits for deployment {id}"), vec![Action::put(waiter)]).await.map(drop)
    }

    async fn waiters(&self, id: &DeploymentId) -> Result<Vec<String>, Problem> {
        let query = Query {
            condition: "#pk = :pk AND begins_with(#sk, :prefix)",
            values: vec![(":pk", text(partition(id))), (":prefix", text(WAITER))],
            ..Query::default()
        };
        let items = self.query(&format!("those who wait for deployment {id}"), query).await?;
        Ok(items.iter().filter_map(|item| read_text(item, "token")).map(str::to_owned).collect())
    }
}

impl ResponseUrls for Table {
    async fn keep_url(&self, name: &str, url: &str, until: Timestamp) -> Result<(), Problem> {
        let item = with(url_key(name), [("url", text(url)), ("expires_at", number(until.as_second()))]);
        self.transact(&url_of(name), vec![Action::put(item)]).await.map(drop)
    }

    async fn kept_url(&self, name: &str) -> Result<Option<String>, Problem> {
        let item = self.get(&url_of(name), url_key(name)).await?;
        Ok(item.as_ref().and_then(|item| read_text(item, "url")).map(str::to_owned))
    }

    async fn forget_url(&self, name: &str) -> Result<(), Problem> {
        self.transact(&url_of(name), vec![Action::delete(url_key(name))]).await.map(drop)
    }
}

fn url_of(name: &str) -> String {
    format!("the response URL of stack request {name}")
}

fn url_key(name: &str) -> Item {
    key(format!("stack-request#{name}"), "response-url")
}

/// What the sort keys of waiters begin with.
const WAITER: &str = "waiter#";

fn named(resource: &StackResource) -> String {
    format!("what resource {} of stack {} is", resource.logical_id, resource.stack)
}

fn stack(resource: &StackResource) -> String {
    format!("stack#{}", resource.stack)
}

/// A logical id is letters and digits, so that two resources never share a key.
fn claim_name(resource: &StackResource, physical_id: &str) -> String {
    format!("{}#{physical_id}", resource.logical_id)
}

/// Where a claim is, if there can be one: stacks have longer ids for resources that are not ours.
fn claim_key(resource: &StackResource, physical_id: &str) -> Option<Item> {
    let name = claim_name(resource, physical_id);
    (name.len() <= LONGEST_KEY).then(|| key(stack(resource), name))
}

/// A token is as long as a key may be.
fn waiter_key(id: &DeploymentId, token: &str) -> Item {
    key(partition(id), format!("{WAITER}{}", sha256(token)))
}
