//! Groups: making, changing and deleting them, with what they count for in their application and configuration.

use spillway_domain::catalog::group::{DeploymentGroup, DeploymentLock};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::catalog::GroupWrite;

use crate::Table;
use crate::action::Action;
use crate::attributes::{doc, number, read_doc, read_text, text};
use crate::filing::{
    self, count_group, count_use, group_item, group_key, home_key, id, mark_services, release_services, services,
    slot_item, slot_key,
};
use crate::table::{Outcome, Tried, retry_stale};

impl Table {
    pub(crate) async fn put_group(
        &self,
        group: &DeploymentGroup,
        tags: &[Tag],
        most: usize,
    ) -> Result<GroupWrite, Problem> {
        let what = format!("the new deployment group {}", group.name);
        for name in [&group.lock.name, &group.id] {
            let lock = DeploymentLock { name: name.clone(), ..group.lock.clone() };
            let group = DeploymentGroup { lock, ..group.clone() };
            let room = [id(&group.application_id), (":most", number(most))];
            let mut actions = vec![
                count_group(&group, 1).only_if("#id = :id AND #groups < :most", room),
                Action::put(group_item(&group)).if_new(),
                Action::put(slot_item(&group, tags)).if_new(),
            ];
            actions.extend(count_use(&group.config, 1));
            let marks = actions.len();
            actions.extend(mark_services(&services(&group.environment), &group.id));
            match self.transact(&what, actions).await? {
                Outcome::Written => return Ok(GroupWrite::Done),
                // Another group had this name at first, and its slot is called so.
                Outcome::Refused(refused) if refused == [2] => {}
                Outcome::Refused(refused) => return self.why_refused(&group, &refused, marks).await,
            }
        }
        Err(Problem::new(ProblemKind::Transient, format!("There is no slot for {what}. Try again.")))
    }

    /// Why a new group was not written.
    async fn why_refused(
        &self,
        group: &DeploymentGroup,
        refused: &[usize],
        marks: usize,
    ) -> Result<GroupWrite, Problem> {
        if refused.contains(&0) {
            let home = self.get("the application of the group", home_key(&group.lock.home)).await?;
            if home.as_ref().and_then(|home| read_text(home, "id")) != Some(&group.application_id) {
                return Ok(GroupWrite::NoApplication);
            }
        }
        Ok(if refused.contains(&1) {
            GroupWrite::NameTaken
        } else if refused.contains(&0) {
            GroupWrite::Full
        } else if marks > 3 && refused.contains(&3) {
            GroupWrite::NoConfig
        } else {
            GroupWrite::ServiceDrifted
        })
    }

    pub(crate) async fn write_group(
        &self,
        old: &DeploymentGroup,
        new: &DeploymentGroup,
    ) -> Result<GroupWrite, Problem> {
        let what = format!("deployment group {}", old.name);
        let old_key = group_key(&old.lock.home, &old.name);
        let stale = || Problem::new(ProblemKind::Stale, format!("{what} was changed by another call."));
        let item = self.get(&what, old_key.clone()).await?.ok_or_else(stale)?;
        // Compared as it is stored, since another version of Spillway may have written the same in other words.
        let stored = item.get("doc").cloned().ok_or_else(stale)?;
        if read_doc::<DeploymentGroup>(&item)? != *old {
            return Err(stale());
        }
        let mut actions = if old.name == new.name {
            let values = [
                (":new", doc(new)),
                (":config", text(new.config.as_str())),
                (":services", text(services(&new.environment))),
            ];
            let how = "SET #doc = :new, #config = :config, #services = :services";
            let update = Action::update(old_key, how, values);
            vec![update.only_if("#doc = :old", [(":old", stored)])]
        } else {
            vec![
                Action::delete(old_key).only_if("#doc = :old", [(":old", stored)]),
                Action::put(group_item(new)).if_new(),
            ]
        };
        let own = actions.len();
        if old.config != new.config {
            actions.extend(count_use(&new.config, 1));
            actions.extend(count_use(&old.config, -1));
        }
        let marks = actions.len();
        let (before, after) = (services(&old.environment), services(&new.environment));
        if before != after {
            // Whoever is given the service next must not meet a deployment to it.
            actions.push(Action::check(slot_key(&old.lock)).only_if("attribute_not_exists(#active)", []));
            actions.extend(mark_services(&after, &new.id));
            actions.extend(release_services(&before, &old.id));
        }
        match self.transact(&what, actions).await? {
            Outcome::Written => Ok(GroupWrite::Done),
            Outcome::Refused(refused) if refused.contains(&0) => Err(stale()),
            Outcome::Refused(refused) if refused.iter().any(|index| *index < own) => Ok(GroupWrite::NameTaken),
            Outcome::Refused(refused) if refused.iter().any(|index| *index < marks) => Ok(GroupWrite::NoConfig),
            Outcome::Refused(refused) if refused.iter().any(|index| *index > marks) => Ok(GroupWrite::ServiceDrifted),
            Outcome::Refused(_) => self.active_of(&old.lock).await?.map(GroupWrite::Active).ok_or_else(stale),
        }
    }

    /// The deployment that holds a slot.
    async fn active_of(&self, lock: &DeploymentLock) -> Result<Option<DeploymentId>, Problem> {
        let lock = self.get("the state of the group", slot_key(lock)).await?.unwrap_or_default();
        Ok(read_text(&lock, "active").and_then(|active| active.parse().ok()))
    }

    pub(crate) async fn remove_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem> {
        let what = format!("deployment group {}", group.name);
        let own_key = group_key(&group.lock.home, &group.name);
        let (mut config, mut services) = (group.config.clone(), services(&group.environment));
        retry_stale(&what, async || {
            let own = [id(&group.id), (":config", text(config.as_str())), (":services", text(&services))];
            let unchanged = "#id = :id AND #config = :config AND #services = :services";
            let mut actions = vec![
                Action::delete(own_key.clone()).only_if(unchanged, own),
                Action::delete(slot_key(&group.lock))
                    .only_if("#owner = :id AND attribute_not_exists(#active)", [id(&group.id)]),
                count_group(group, -1).only_if("#id = :id", [id(&group.application_id)]),
            ];
            actions.extend(count_use(&config, -1));
            actions.extend(release_services(&services, &group.id));
            let Outcome::Refused(refused) = self.transact(&what, actions).await? else {
                return Ok(Tried::Break(None));
            };
            if refused.contains(&0) {
                let item = self.get(&what, own_key.clone()).await?;
                let Some(item) = item.filter(|item| read_text(item, "id") == Some(&group.id)) else {
                    return Ok(Tried::Break(None)); // it is deleted already, or has another name by now
                };
                let group: DeploymentGroup = read_doc(&item)?;
                (config, services) = (group.config.clone(), filing::services(&group.environment));
            }
            if let Some(active) = self.active_of(&group.lock).await? {
                return Ok(Tried::Break(Some(active)));
            }
            Ok(Tried::Continue(()))
        })
        .await
    }
}
