//! How a deployment lies in the table.

use jiff::Timestamp;
use spillway_domain::catalog::group::LastDeployment;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::{AlarmName, DeploymentId};

use crate::attributes::{Item, doc, key, number, text, with};

/// How much longer than the days of retention a line of the ledger is kept: it is written before the deployment ends.
const LONGEST_DEPLOYMENT_DAYS: u32 = 60;

/// The key of the record.
pub(crate) fn record_key(id: &DeploymentId) -> Item {
    key(partition(id), "record")
}

/// The partition of a deployment.
pub(crate) fn partition(id: &DeploymentId) -> String {
    format!("deployment#{id}")
}

/// The record.
pub(crate) fn record(deployment: &Deployment, retention_days: u32) -> Item {
    let mut item = with(
        record_key(&deployment.id),
        [
            ("doc", doc(deployment)),
            ("generation", number(deployment.generation)),
            ("status", text(deployment.status().as_str())),
            ("group", text(&deployment.spec.group_id)),
            ("kind", text(KIND)),
            ("created", text(created(deployment.created_at, Some(&deployment.id)))),
        ],
    );
    if let Some(ending) = &deployment.ending {
        item.insert("expires_at".to_owned(), number(days_after(ending.at, retention_days)));
    }
    item
}

/// The `kind` of every record, which makes one list of them.
pub(crate) const KIND: &str = "deployment";

/// What records are sorted by: the time to the millisecond, as text of fixed length, and the id.
pub(crate) fn created(at: Timestamp, id: Option<&DeploymentId>) -> String {
    let at = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    match id {
        Some(id) => format!("{at}#{id}"),
        None => at.to_string(),
    }
}

/// The id in a value of `created`.
pub(crate) fn id_in(created: &str) -> Option<DeploymentId> {
    created.split_once('#')?.1.parse().ok()
}

/// A line of the ledger.
pub(crate) fn ledger_line(id: &DeploymentId, entry: &LedgerEntry, retention_days: u32) -> Item {
    let expires = days_after(entry.at, retention_days + LONGEST_DEPLOYMENT_DAYS);
    with(key(partition(id), ledger_key(entry.generation)), [("doc", doc(entry)), ("expires_at", number(expires))])
}

/// What the lines of a ledger are sorted by.
pub(crate) fn ledger_key(generation: u64) -> String {
    format!("ledger#{generation:010}")
}

/// The item that is there while the deployment is active.
pub(crate) fn active(id: &DeploymentId) -> Item {
    key("active", id.as_str())
}

/// The items that are there while the deployment watches its alarms.
pub(crate) fn watches(deployment: &Deployment) -> Vec<Item> {
    let mut names: Vec<&AlarmName> = deployment.spec.alarms.watched().iter().collect();
    names.sort();
    names.dedup(); // a transaction refuses to write an item twice
    names.into_iter().map(|name| key(alarm(name), deployment.id.as_str())).collect()
}

/// The partition of those who watch an alarm.
pub(crate) fn alarm(name: &AlarmName) -> String {
    format!("alarm#{name}")
}

/// A deployment as its group remembers it.
pub(crate) fn in_few_words(deployment: &Deployment) -> LastDeployment {
    LastDeployment {
        id: deployment.id.clone(),
        status: deployment.status(),
        created_at: deployment.created_at,
        ended_at: deployment.ending.as_ref().map(|ending| ending.at),
    }
}

pub(crate) fn days_after(at: Timestamp, days: u32) -> i64 {
    at.as_second() + i64::from(days) * 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_sort_by_time_whatever_its_fraction() {
        let id: DeploymentId = "d-75I7MBT7C".parse().unwrap();
        let at = |text: &str| created(text.parse().unwrap(), Some(&id));
        assert_eq!(at("2026-11-21T01:02:03Z"), "2026-11-21T01:02:03.000Z#d-75I7MBT7C");
        assert_eq!(at("2026-11-21T01:02:03.4567Z"), "2026-11-21T01:02:03.456Z#d-75I7MBT7C");
        assert_eq!(id_in(&at("2026-11-21T01:02:03Z")), Some(id.clone()));
    }
}
