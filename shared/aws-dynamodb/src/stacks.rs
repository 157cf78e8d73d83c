//! What stacks have to do with the table: what their resources are, and which executions wait for a deployment.

use jiff::Timestamp;
use spillway_domain::{Claim, DeploymentId, Problem, ProblemKind, StackResource, sha256};
use spillway_engine::{Claims, Waiters};

use crate::Table;
use crate::action::Action;
use crate::attributes::{Item, json, key, number, read_doc, read_text, text, with};
use crate::record::{days_after, partition};
use crate::table::{Outcome, Query};

/// The longest sort key of DynamoDB.
const LONGEST_KEY: usize = 1024;
/// For how many days a request may come late.
const LATE_DAYS: u32 = 1;
/// For how many days a waiter is remembered that nobody waits for any more.
const WAITER_DAYS: u32 = 1;

impl Claims for Table {
    async fn claim(&self, resource: &StackResource, physical_id: &str) -> Result<Option<Claim>, Problem> {
        let Some(key) = claim_key(resource, physical_id) else {
            return Ok(None);
        };
        let item = self.get(&named(resource), key).await?;
        item.filter(|item| item.contains_key("doc")).as_ref().map(read_doc).transpose()
    }

    async fn put_claim(
        &self,
        resource: &StackResource,
        physical_id: &str,
        claim: Option<&Claim>,
        received_at: Timestamp,
    ) -> Result<(), Problem> {
        let Some(key) = claim_key(resource, physical_id) else {
            return Ok(());
        };
        let received = number(received_at.as_millisecond());
        let item = with(key, [("received", received.clone())]);
        let item = match claim {
            Some(claim) => with(item, [("doc", json(claim))]),
            // What is nothing any more is remembered for as long as a late request may come.
            None => with(item, [("expires_at", number(days_after(received_at, LATE_DAYS)))]),
        };
        let put = Action::put(item)
            .only_if("attribute_not_exists(#received) OR #received <= :received", [(":received", received)]);
        match self.transact(&named(resource), vec![put]).await? {
            Outcome::Written => Ok(()),
            Outcome::Refused(_) => {
                let words = format!("A later request has changed {}.", named(resource));
                Err(Problem::new(ProblemKind::Stale, words))
            }
        }
    }
}

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
