//! The records of deployments.

use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::names::{AlarmName, DeploymentId};
use spillway_domain::problem::Problem;
use spillway_engine::ports::deployments::{Change, Creation, Deployments};

use crate::Table;
use crate::action::Action;
use crate::attributes::{json, read_doc, read_text, text};
use crate::filing::{alias_key, lock_alias, service_keys, services, slot_key};
use crate::record::{
    KIND, active, alarm, created, id_in, in_few_words, ledger_key, partition, record, record_key, watches,
};
use crate::revisions::use_revision;
use crate::table::{Outcome, PAGE, Query, Tried, page_of, retry_stale};

impl Deployments for Table {
    async fn load(&self, id: &DeploymentId) -> Result<Option<Deployment>, Problem> {
        let item = self.get(&format!("deployment {id}"), record_key(id)).await?;
        item.as_ref().map(read_doc).transpose()
    }

    async fn load_many(&self, ids: &[DeploymentId]) -> Result<Vec<Deployment>, Problem> {
        let items = self.get_all("the deployments", ids.iter().map(record_key).collect()).await?;
        let found: Vec<Deployment> = items.iter().map(read_doc).collect::<Result<_, _>>()?;
        Ok(ids.iter().filter_map(|id| found.iter().find(|record| record.id == *id).cloned()).collect())
    }

    async fn create(&self, deployment: &Deployment, text: Option<&str>) -> Result<Creation, Problem> {
        let what = format!("the new deployment {}", deployment.id);
        let lock = slot_key(&deployment.spec.lock);
        retry_stale(&what, async || {
            if self.transact(&what, creation(deployment, text, self.retention_days)).await? == Outcome::Written {
                return Ok(Tried::Break(Creation::Created));
            }
            let found = self.get("the state of the group", lock.clone()).await?.unwrap_or_default();
            if read_text(&found, "owner") != Some(&deployment.spec.group_id) {
                return Ok(Tried::Break(Creation::NoGroup));
            }
            if deployment.spec.lifecycle_action.is_some() {
                if self.load(&deployment.id).await?.is_some() {
                    return Ok(Tried::Break(Creation::Created));
                }
                self.make_way_for_revision(&deployment.spec).await?;
                return Ok(Tried::Continue(()));
            }
            match read_text(&found, "active").and_then(|active| active.parse().ok()) {
                // It was written, and the answer was lost.
                Some(active) if active == deployment.id => return Ok(Tried::Break(Creation::Created)),
                Some(active) => return Ok(Tried::Break(Creation::Busy(active))),
                None => {}
            }
            if let Some(holder) = self.other_holder(deployment).await? {
                return Ok(Tried::Break(Creation::AliasBusy(holder)));
            }
            // It may have been refused for what is left of a revision. Else the slot, or the alias, has become free.
            self.make_way_for_revision(&deployment.spec).await?;
            Ok(Tried::Continue(()))
        })
        .await
    }

    async fn save(&self, change: Change<'_>) -> Result<(), Problem> {
        self.save_change(change).await
    }

    async fn holder(&self, alias: &str) -> Result<Option<DeploymentId>, Problem> {
        let lock = self.get("the lock of the alias", alias_key(alias)).await?.unwrap_or_default();
        Ok(read_text(&lock, "owner").and_then(|owner| owner.parse().ok()))
    }

    async fn active(&self) -> Result<Vec<DeploymentId>, Problem> {
        self.ids("the active deployments", "active".to_owned()).await
    }

    async fn count_active(&self) -> Result<usize, Problem> {
        self.count("the active deployments", "active").await
    }

    async fn watching(&self, name: &AlarmName) -> Result<Vec<DeploymentId>, Problem> {
        self.ids(&format!("the deployments that watch alarm {name}"), alarm(name)).await
    }

    async fn list(
        &self,
        group_id: Option<&str>,
        filter: &DeploymentFilter,
        after: Option<&str>,
    ) -> Result<Page<DeploymentId>, Problem> {
        let most = filter.most.map_or(PAGE, |most| most.min(PAGE));
        let first = filter.from.map_or_else(|| " ".to_owned(), |from| created(from, None));
        let last = filter.to.map_or_else(|| "~".to_owned(), |to| format!("{}#~", created(to, None)));
        // Newest first, so that the page goes on below `after`.
        let last = after.map_or(last.clone(), |after| last.min(after.to_owned()));
        if first > last {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let (index, condition, of) = match group_id {
            Some(id) => ("by-group", "#group = :of AND #created BETWEEN :first AND :last", id),
            None => ("by-time", "#kind = :of AND #created BETWEEN :first AND :last", KIND),
        };
        let mut values = vec![(":of", text(of)), (":first", text(first)), (":last", text(last))];
        let statuses: Vec<_> =
            filter.statuses.iter().map(|status| (placeholder(*status), text(status.as_str()))).collect();
        let wanted: Vec<_> = statuses.iter().map(|(placeholder, _)| *placeholder).collect();
        values.extend(statuses.iter().cloned());
        let query = Query {
            index: Some(index),
            condition,
            filter: (!wanted.is_empty()).then(|| format!("#status IN ({})", wanted.join(", "))),
            values,
            newest_first: true,
            most: Some(most + 2), // `after` itself, and one that tells that there are more
            may_be_old: false,
        };
        let items = self.query("the deployments", query).await?;
        let keys = items.iter().filter_map(|item| read_text(item, "created"));
        let page = page_of(most, keys.filter(|key| Some(*key) != after).map(str::to_owned).collect());
        Ok(Page { items: page.items.iter().filter_map(|key| id_in(key)).collect(), next: page.next })
    }

    async fn ledger(&self, id: &DeploymentId, after: u64, most: usize) -> Result<Vec<LedgerEntry>, Problem> {
        let query = Query {
            condition: "#pk = :pk AND #sk BETWEEN :first AND :last",
            values: vec![
                (":pk", text(partition(id))),
                (":first", text(ledger_key(after.saturating_add(1)))),
                (":last", text("ledger#~")),
            ],
            most: Some(most),
            ..Query::default()
        };
        let items = self.query(&format!("the ledger of deployment {id}"), query).await?;
        items.iter().map(read_doc).collect()
    }
}

impl Table {
    /// The deployment that has the alias of this one, if it is another.
    pub(crate) async fn other_holder(&self, deployment: &Deployment) -> Result<Option<DeploymentId>, Problem> {
        match deployment.locked_alias() {
            None => Ok(None),
            Some(alias) => Ok(self.holder(&alias).await?.filter(|holder| *holder != deployment.id)),
        }
    }

    /// The deployments that have an item of their own in a partition.
    async fn ids(&self, what: &str, partition: String) -> Result<Vec<DeploymentId>, Problem> {
        let query = Query { condition: "#pk = :pk", values: vec![(":pk", text(partition))], ..Query::default() };
        let items = self.query(what, query).await?;
        Ok(items.iter().filter_map(|item| read_text(item, "sk")?.parse().ok()).collect())
    }
}

/// Takes the slot and the alias, where it needs them, and writes the record and what it is found by.
fn creation(deployment: &Deployment, content: Option<&str>, retention_days: u32) -> Vec<Action> {
    let (slot, owner) = (slot_key(&deployment.spec.lock), [(":group", text(&deployment.spec.group_id))]);
    if deployment.spec.lifecycle_action.is_some() {
        // It is for one instance, beside whatever the group does: the slot stays as it is.
        let mut actions = vec![Action::check(slot).only_if("#owner = :group", owner)];
        actions.extend(birth(deployment, content, retention_days));
        return actions;
    }
    let mut actions = vec![
        Action::update(
            slot,
            "SET #active = :id, #lastAttempted = :last",
            [(":id", text(deployment.id.as_str())), (":last", json(&in_few_words(deployment)))],
        )
        .only_if("#owner = :group AND attribute_not_exists(#active)", owner),
    ];
    // The group may have been given another service since it was read.
    let (services, group) = (services(&deployment.spec.environment), &deployment.spec.group_id);
    let own =
        service_keys(&services).map(|key| Action::check(key).only_if("#owner = :group", [(":group", text(group))]));
    actions.extend(own);
    actions.extend(deployment.locked_alias().map(|alias| lock_alias(&alias, &deployment.id, &deployment.id)));
    actions.extend(birth(deployment, content, retention_days));
    actions
}

/// Writes the record of a new deployment, what it is found by, and its revision.
pub(crate) fn birth(deployment: &Deployment, content: Option<&str>, retention_days: u32) -> Vec<Action> {
    let mut actions =
        vec![Action::put(record(deployment, retention_days)).if_new(), Action::put(active(&deployment.id))];
    actions.extend(watches(deployment).into_iter().map(Action::put));
    actions.extend(use_revision(deployment, content, retention_days));
    actions
}

fn placeholder(status: Status) -> &'static str {
    match status {
        Status::Created => ":Created",
        Status::InProgress => ":InProgress",
        Status::Ready => ":Ready",
        Status::Succeeded => ":Succeeded",
        Status::Failed => ":Failed",
        Status::Stopped => ":Stopped",
    }
}
