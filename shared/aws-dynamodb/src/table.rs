//! The table, and the four things that are done with it: get, put, transact, query.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};
use spillway_aws_core::{SdkConfig, code, problem};
use spillway_domain::catalog::page::Page;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::action::Action;
use crate::attributes::{Item, names_in, read_text, text, values};

/// How many items a page of a list has.
pub(crate) const PAGE: usize = 100;
/// How many items DynamoDB reads by their keys with one call.
const KEYS_PER_CALL: usize = 100;
/// How long a write waits, in milliseconds, while a transaction holds one of its items.
const PAUSES: [u64; 5] = [15, 40, 100, 250, 600];

/// The table of one installation.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
    /// For how many days an ended deployment is kept.
    pub(crate) retention_days: u32,
    /// What every transaction is made under as well.
    fence: Option<Action>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was written.
    Written,
    /// Nothing was: the conditions of the actions at these indexes do not hold.
    Refused(Vec<usize>),
}

/// Which items of a partition, or of an index.
#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    /// An index in place of the table.
    pub(crate) index: Option<&'a str>,
    /// The condition on the keys.
    pub(crate) condition: &'a str,
    /// The condition on other attributes.
    pub(crate) filter: Option<String>,
    /// The values of both.
    pub(crate) values: Vec<(&'a str, AttributeValue)>,
    /// Backwards.
    pub(crate) newest_first: bool,
    /// At most so many; all when absent.
    pub(crate) most: Option<usize>,
    /// Whether what is read may be a second old, for half the price.
    pub(crate) may_be_old: bool,
}

impl Table {
    /// The table of that name, in which ended deployments are kept for so many days.
    pub fn new(config: &SdkConfig, name: impl Into<String>, retention_days: u32) -> Self {
        Self { client: Client::new(config), name: name.into(), retention_days, fence: None }
    }

    /// The same table, in which everything is written only while that holds.
    pub(crate) fn under(&self, fence: Action) -> Self {
        Self { fence: Some(fence), ..self.clone() }
    }

    /// The same table, in which everything is written in any case.
    pub(crate) fn in_any_case(&self) -> Self {
        Self { fence: None, ..self.clone() }
    }

    /// An item, as it is at this moment.
    pub(crate) async fn get(&self, what: &str, key: Item) -> Result<Option<Item>, Problem> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.set_key(Some(key)).send().await;
        let answer = answer.map_err(|error| problem(&format!("Reading {what}"), &error))?;
        Ok(answer.item)
    }

    /// Those of these items that are there, each as it is at this moment, in no order. No key is given twice.
    pub(crate) async fn get_all(&self, what: &str, keys: Vec<Item>) -> Result<Vec<Item>, Problem> {
        let mut rest = keys;
        let mut found = Vec::with_capacity(rest.len());
        let mut pauses = PAUSES.into_iter();
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(KEYS_PER_CALL));
            let asked = KeysAndAttributes::builder().set_keys(Some(rest)).consistent_read(true).build();
            let request = self.client.batch_get_item().request_items(&self.name, asked.expect("it has keys"));
            let answer = request.send().await.map_err(|error| problem(&format!("Reading {what}"), &error))?;
            let before = found.len();
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            rest = left.flat_map(|asked| asked.keys).collect();
            // What is left did not fit the answer, or, when nothing came, was too much for the table.
            let is_stuck = !rest.is_empty() && found.len() == before;
            rest.extend(later);
            if is_stuck {
                let Some(pause) = pauses.next() else {
                    let words = format!("Reading {what} was too much for the table for too long.");
                    return Err(Problem::new(ProblemKind::Transient, words));
                };
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
        Ok(found)
    }

    /// Puts one item, if the condition holds; `false` when it does not. At half the price of a transaction.
    pub(crate) async fn put(
        &self,
        what: &str,
        item: Item,
        condition: &str,
        of: &[(&str, AttributeValue)],
    ) -> Result<bool, Problem> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let request = request
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names_in(condition)))
            .set_expression_attribute_values(values(of));
        let mut pauses = PAUSES.into_iter();
        loop {
            let Err(error) = request.clone().send().await else {
                return Ok(true);
            };
            match (code(&error), pauses.next()) {
                (Some("ConditionalCheckFailedException"), _) => return Ok(false),
                (Some("TransactionConflictException"), Some(pause)) => {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                (Some(_) | None, _) => return Err(unwritten(problem(&format!("Writing {what}"), &error))),
            }
        }
    }

    /// Makes all of these writes, or none. Waits a little for others who hold one of the items.
    pub(crate) async fn transact(&self, what: &str, actions: Vec<Action>) -> Result<Outcome, Problem> {
        let fence = self.fence.as_ref().map(|_| actions.len());
        let actions = actions.into_iter().chain(self.fence.clone());
        let actions: Vec<_> = actions.map(|action| action.in_transaction(&self.name)).collect();
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = self.client.transact_write_items();
            let answer = request.set_transact_items(Some(actions.clone())).send().await;
            let Err(error) = answer else {
                return Ok(Outcome::Written);
            };
            let refused = indexes(&error, &["ConditionalCheckFailed"]);
            if fence.is_some_and(|fence| refused.contains(&fence)) {
                let words = format!("Writing {what} came too late: something else has been asked for since.");
                return Err(Problem::new(ProblemKind::Stale, words));
            }
            if !refused.is_empty() {
                return Ok(Outcome::Refused(refused));
            }
            let held = indexes(&error, &["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]);
            match pauses.next() {
                Some(pause) if !held.is_empty() => tokio::time::sleep(Duration::from_millis(pause)).await,
                Some(_) | None => return Err(cancelled(what, &error, !held.is_empty())),
            }
        }
    }

    /// The items of a query.
    pub(crate) async fn query(&self, what: &str, query: Query<'_>) -> Result<Vec<Item>, Problem> {
        let mut names = names_in(query.condition);
        names.extend(query.filter.as_deref().map(names_in).unwrap_or_default());
        let most = query.most.unwrap_or(usize::MAX);
        let limit = query.most.and_then(|most| i32::try_from(most).ok());
        let mut found = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(query.index.map(str::to_owned))
            // An index cannot be read consistently.
            .set_consistent_read((query.index.is_none() && !query.may_be_old).then_some(true))
            .key_condition_expression(query.condition)
            .set_filter_expression(query.filter)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(values(&query.values))
            .scan_index_forward(!query.newest_first)
            .set_limit(limit)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while items.len() < most
            && let Some(item) = found.next().await
        {
            items.push(item.map_err(|error| problem(&format!("Listing {what}"), &error))?);
        }
        Ok(items)
    }

    /// How many items a partition has.
    pub(crate) async fn count(&self, what: &str, partition: &str) -> Result<usize, Problem> {
        let request = self.client.query().table_name(&self.name).consistent_read(true).select(Select::Count);
        let request = request
            .key_condition_expression("#pk = :pk")
            .set_expression_attribute_names(Some(names_in("#pk")))
            .set_expression_attribute_values(values(&[(":pk", text(partition))]));
        let mut pages = request.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| problem(&format!("Counting {what}"), &error))?;
            count += usize::try_from(page.count()).unwrap_or_default();
        }
        Ok(count)
    }

    /// A page of the names that a partition has under `prefix`, in order.
    pub(crate) async fn names(
        &self,
        what: &str,
        partition: String,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Page<String>, Problem> {
        let first = after.unwrap_or(" ");
        let query = Query {
            condition: "#pk = :pk AND #sk BETWEEN :first AND :last",
            values: vec![
                (":pk", text(partition)),
                (":first", text(format!("{prefix}{first}"))),
                (":last", text(format!("{prefix}~"))),
            ],
            most: Some(PAGE + 2), // `after` itself, and one that tells that there are more
            ..Query::default()
        };
        let items = self.query(what, query).await?;
        let names = items.iter().filter_map(|item| read_text(item, "sk")?.strip_prefix(prefix));
        Ok(page(names.filter(|name| Some(*name) != after).map(str::to_owned).collect()))
    }
}

/// What became of one try: it is done, or another writer came in between.
pub(crate) type Tried<T> = ControlFlow<T>;

/// How often something is read or written anew that others change meanwhile.
const MOST_TRIES: usize = 4;

/// Tries until `attempt` is done. Each attempt reads anew what refused it.
pub(crate) async fn retry_stale<T>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<Tried<T>, Problem>,
) -> Result<T, Problem> {
    for _ in 0..MOST_TRIES {
        if let Tried::Break(done) = attempt().await? {
            return Ok(done);
        }
    }
    let words = format!("Other callers changed {what} at the same moment, {MOST_TRIES} times in a row. Try again.");
    Err(Problem::new(ProblemKind::Transient, words))
}

/// The first page of `keys`.
pub(crate) fn page(keys: Vec<String>) -> Page<String> {
    page_of(PAGE, keys)
}

/// The same of a page of so many.
pub(crate) fn page_of(most: usize, mut keys: Vec<String>) -> Page<String> {
    let more = keys.len() > most;
    keys.truncate(most);
    let next = keys.last().filter(|_| more).cloned();
    Page { items: keys, next }
}

/// The most keys that are worth reading for a page, when the one before it is read again.
pub(crate) const ENOUGH: usize = PAGE + 2;

/// The actions that were refused for one of the reasons.
fn indexes(error: &SdkError<TransactWriteItemsError>, reasons: &[&str]) -> Vec<usize> {
    let Some(TransactWriteItemsError::TransactionCanceledException(error)) = error.as_service_error() else {
        return Vec::new();
    };
    let all = error.cancellation_reasons().iter().enumerate();
    let these = all.filter(|(_, reason)| reason.code().is_some_and(|code| reasons.contains(&code)));
    these.map(|(index, _)| index).collect()
}

fn cancelled(what: &str, error: &SdkError<TransactWriteItemsError>, held: bool) -> Problem {
    let what = format!("Writing {what}");
    if held {
        let words = format!("{what} was held up by other writes of the same items for too long.");
        return Problem::new(ProblemKind::Transient, words);
    }
    let mut problem = problem(&what, error);
    if let Some(TransactWriteItemsError::TransactionCanceledException(error)) = error.as_service_error() {
        let reasons = error.cancellation_reasons().iter().filter_map(|reason| reason.message());
        let reasons: Vec<_> = reasons.collect();
        problem.words = format!("{what} was refused: {}.", reasons.join("; "));
    }
    unwritten(problem)
}

/// DynamoDB has no code of its own for an item that is too large, only these words.
fn unwritten(problem: Problem) -> Problem {
    let too_large = problem.words.contains("Item size") && problem.words.contains("exceeded");
    if too_large { Problem { kind: ProblemKind::TooLarge, ..problem } } else { problem }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("name", &self.name).finish_non_exhaustive()
    }
}
