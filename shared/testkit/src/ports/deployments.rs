//! The records of deployments, with the slots of their groups.

use spillway_domain::catalog::group::LastDeployment;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::names::{AlarmName, DeploymentId};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::deployments::{Change, Creation, Deployments};

use super::{PAGE, page_of};
use crate::World;
use crate::world::Inner;

impl Deployments for World {
    async fn load(&self, id: &DeploymentId) -> Result<Option<Deployment>, Problem> {
        self.call(|world| Ok(world.records.get(id).cloned())).await
    }

    async fn load_many(&self, ids: &[DeploymentId]) -> Result<Vec<Deployment>, Problem> {
        self.call(|world| Ok(ids.iter().filter_map(|id| world.records.get(id).cloned()).collect())).await
    }

    async fn create(&self, deployment: &Deployment, text: Option<&str>) -> Result<Creation, Problem> {
        self.write(|world| {
            let Some(state) = world.states.get(&deployment.spec.group_id) else {
                return Ok(Creation::NoGroup);
            };
            if world.records.contains_key(&deployment.id) {
                return Ok(Creation::Created);
            }
            if let Some(active) = state.active.as_ref().filter(|_| deployment.spec.lifecycle_action.is_none()) {
                return Ok(Creation::Busy(active.clone()));
            }
            if let Some(holder) = world.other_holder(deployment) {
                return Ok(Creation::AliasBusy(holder));
            }
            if !world.serves(deployment) {
                return Err(Problem::new(ProblemKind::Transient, "the group has another service by now"));
            }
            let who = if deployment.execution.is_some() { "execution" } else { "api" };
            world.write_diary(who, &format!("CreateDeployment {}", deployment.id));
            world.put_new(deployment);
            world.lock(deployment);
            world.use_revision(deployment, text);
            Ok(Creation::Created)
        })
        .await
    }

    async fn save(&self, change: Change<'_>) -> Result<(), Problem> {
        self.write(|world| world.save(change)).await
    }

    async fn holder(&self, alias: &str) -> Result<Option<DeploymentId>, Problem> {
        self.call(|world| Ok(world.locks.get(alias).cloned())).await
    }

    async fn active(&self) -> Result<Vec<DeploymentId>, Problem> {
        self.call(|world| Ok(world.active.iter().cloned().collect())).await
    }

    async fn count_active(&self) -> Result<usize, Problem> {
        self.call(|world| Ok(world.active.len())).await
    }

    async fn watching(&self, alarm: &AlarmName) -> Result<Vec<DeploymentId>, Problem> {
        self.call(|world| Ok(world.watching.get(alarm).into_iter().flatten().cloned().collect())).await
    }

    async fn list(
        &self,
        group_id: Option<&str>,
        filter: &DeploymentFilter,
        after: Option<&str>,
    ) -> Result<Page<DeploymentId>, Problem> {
        self.call(|world| {
            let fits = |record: &&Deployment| {
                group_id.is_none_or(|id| record.spec.group_id == id)
                    && (filter.statuses.is_empty() || filter.statuses.contains(&record.status()))
                    && filter.from.is_none_or(|from| record.created_at >= from)
                    && filter.to.is_none_or(|to| record.created_at <= to)
            };
            let mut found: Vec<&Deployment> = world.records.values().filter(fits).collect();
            found.sort_by_key(|record| std::cmp::Reverse((record.created_at, record.id.clone())));
            let ids = found.into_iter().map(|record| record.id.clone()).collect();
            let key = |id: &DeploymentId| id.to_string();
            let most = filter.most.map_or(PAGE, |most| most.min(PAGE));
            Ok(page_of(most, ids, after.map(|after| move |id: &DeploymentId| key(id) == after)))
        })
        .await
    }

    async fn ledger(&self, id: &DeploymentId, after: u64, most: usize) -> Result<Vec<LedgerEntry>, Problem> {
        self.call(|world| {
            let lines = world.ledger.get(id).into_iter().flatten().filter(|line| line.generation > after);
            Ok(lines.take(most).cloned().collect())
        })
        .await
    }
}

/// Counts what is written.
struct Bytes(usize);

impl std::io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Inner {
    fn put_new(&mut self, deployment: &Deployment) {
        let id = &deployment.id;
        let last = LastDeployment {
            id: id.clone(),
            status: Status::Created,
            created_at: deployment.created_at,
            ended_at: None,
        };
        if deployment.spec.lifecycle_action.is_none() {
            let state = self.states.entry(deployment.spec.group_id.clone()).or_default();
            state.active = Some(id.clone());
            state.last_attempted = Some(last);
        }
        self.active.insert(id.clone());
        for alarm in deployment.spec.alarms.watched() {
            self.watching.entry(alarm.clone()).or_default().insert(id.clone());
        }
        self.records.insert(id.clone(), deployment.clone());
    }

    /// That a record fits into an item of the table.
    fn fit(&self, item: &impl serde::Serialize) -> Result<(), Problem> {
        let Some(most) = self.item_bytes else { return Ok(()) };
        let mut bytes = Bytes(0);
        serde_json::to_writer(&mut bytes, item)
            .map_err(|error| Problem::new(ProblemKind::Refused, error.to_string()))?;
        let words = || format!("Item size has exceeded the maximum allowed size: {} bytes", bytes.0);
        if bytes.0 > most { Err(Problem::new(ProblemKind::TooLarge, words())) } else { Ok(()) }
    }

    fn save(&mut self, change: Change<'_>) -> Result<(), Problem> {
        let next = change.next;
        self.fit(next)?;
        change.entry.map_or(Ok(()), |entry| self.fit(entry))?;
        change.successor.map_or(Ok(()), |successor| self.fit(successor))?;
        let stored = self.records.get(&next.id).map_or(0, |record| record.generation);
        if stored + 1 != next.generation {
            if self.records.get(&next.id) == Some(next) {
                return Ok(());
            }
            let words = format!("{} is at generation {stored}, not {}", next.id, next.generation - 1);
            return Err(Problem::new(ProblemKind::Stale, words));
        }
        self.check_release(next);
        if change.locks {
            if let Some(holder) = self.other_holder(next) {
                return Err(Problem::new(ProblemKind::Transient, format!("{holder} has just taken the alias")));
            }
            self.lock(next);
        }
        if let Some(entry) = change.entry {
            if self.diary.is_some() {
                self.write_diary(&entry.decided, &entry.why);
            }
            self.ledger.entry(next.id.clone()).or_default().push(entry.clone());
        }
        if change.closes {
            self.close(next);
        }
        if next.has_ended() && next.notified.end {
            self.active.remove(&next.id);
        }
        self.records.insert(next.id.clone(), next.clone());
        if let Some(history) = &mut self.history {
            history.push(next.clone());
        }
        if let Some(successor) = change.successor {
            self.put_new(successor);
            if self.other_holder(successor).is_none() {
                self.lock(successor);
            }
            self.use_revision(successor, successor.own_text().as_deref());
        }
        Ok(())
    }

    /// The deployment that has the alias of this one, if it is another.
    fn other_holder(&self, deployment: &Deployment) -> Option<DeploymentId> {
        self.locks.get(&deployment.locked_alias()?).filter(|holder| **holder != deployment.id).cloned()
    }

    fn lock(&mut self, deployment: &Deployment) {
        if let Some(alias) = deployment.locked_alias() {
            self.locks.insert(alias, deployment.id.clone());
        }
    }

    fn close(&mut self, next: &Deployment) {
        self.locks.retain(|_, holder| *holder != next.id);
        for watching in self.watching.values_mut() {
            watching.remove(&next.id);
        }
        let Some(state) = self.states.get_mut(&next.spec.group_id) else {
            return;
        };
        if state.active.as_ref() != Some(&next.id) {
            return;
        }
        let last = LastDeployment {
            id: next.id.clone(),
            status: next.status(),
            created_at: next.created_at,
            ended_at: next.ending.as_ref().map(|ending| ending.at),
        };
        state.active = None;
        state.last_attempted = Some(last.clone());
        if next.status() == Status::Succeeded {
            state.last_successful = Some(last);
        }
        if let Some(revision) = next.revision_left() {
            state.target_revision = Some(revision.clone());
        }
    }
}
