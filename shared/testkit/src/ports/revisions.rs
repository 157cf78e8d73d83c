//! The registered revisions.

use jiff::Timestamp;
use spillway_domain::{Application, Deployment, NewRevision, Problem, Revision, RevisionLocation};
use spillway_engine::Revisions;

use crate::World;
use crate::world::Inner;

impl Revisions for World {
    async fn register_revision(
        &self,
        application: &Application,
        revision: &NewRevision,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.call(|world| {
            let kept = world.keep(&application.id, &revision.location, revision.content.as_deref(), now);
            if let Some(words) = description {
                kept.description = Some(words.to_owned());
            }
            Ok(())
        })
        .await
    }

    async fn revisions(&self, application: &Application, at: &[RevisionLocation]) -> Result<Vec<Revision>, Problem> {
        self.call(|world| {
            let key = |location: &RevisionLocation| (application.id.clone(), location.key());
            Ok(at.iter().filter_map(|location| world.revisions.get(&key(location)).cloned()).collect())
        })
        .await
    }

    async fn list_revisions(&self, application: &Application) -> Result<Vec<Revision>, Problem> {
        self.call(|world| {
            let own = world.revisions.iter().filter(|((id, _), _)| *id == application.id);
            Ok(own.map(|(_, revision)| Revision { content: None, ..revision.clone() }).collect())
        })
        .await
    }

    async fn target_revisions(&self, application: &Application) -> Result<Vec<RevisionLocation>, Problem> {
        self.call(|world| {
            let own = world.groups.values().filter(|group| group.application_id == application.id);
            Ok(own.filter_map(|group| world.states.get(&group.id)?.target_revision.clone()).collect())
        })
        .await
    }
}

impl Inner {
    /// Registers the revision of a new deployment, with its text if it has one.
    pub(crate) fn use_revision(&mut self, deployment: &Deployment, content: Option<&str>) {
        let (order, now) = (&deployment.order, deployment.created_at);
        let kept = self.keep(&order.application_id, &order.revision, content, now);
        kept.first_used_at.get_or_insert(now);
        kept.last_used_at = Some(now);
        let words = || format!("Application revision registered by Deployment ID: {}", deployment.id);
        kept.description.get_or_insert_with(words);
        if !kept.groups.contains(&order.group) {
            kept.groups.push(order.group.clone());
            kept.groups.sort();
        }
    }

    fn keep(
        &mut self,
        application_id: &str,
        location: &RevisionLocation,
        content: Option<&str>,
        now: Timestamp,
    ) -> &mut Revision {
        let new = || Revision {
            location: location.clone(),
            content: None,
            description: None,
            groups: Vec::new(),
            registered_at: now,
            first_used_at: None,
            last_used_at: None,
        };
        let kept = self.revisions.entry((application_id.to_owned(), location.key())).or_insert_with(new);
        if kept.content.is_none() {
            kept.content = content.map(str::to_owned);
        }
        kept
    }
}
