//! The registered revisions.

use jiff::Timestamp;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::revision::{NewRevision, Revision, RevisionLocation};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::ApplicationName;
use spillway_domain::problem::Problem;
use spillway_engine::ports::revisions::Revisions;

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

    async fn revisions(
        &self,
        application: &ApplicationName,
        at: &[RevisionLocation],
    ) -> Result<Option<(Application, Vec<Revision>)>, Problem> {
        self.call(|world| {
            let Some(application) = world.applications.get(application.as_str()) else {
                return Ok(None);
            };
            let key = |location: &RevisionLocation| (application.id.clone(), location.key());
            let found = at.iter().filter_map(|location| world.revisions.get(&key(location)).cloned());
            Ok(Some((application.clone(), found.collect())))
        })
        .await
    }

    async fn list_revisions(
        &self,
        application: &ApplicationName,
    ) -> Result<Option<(Vec<Revision>, Vec<RevisionLocation>)>, Problem> {
        self.call(|world| {
            let Some(Application { id, .. }) = world.applications.get(application.as_str()) else {
                return Ok(None);
            };
            let own = world.revisions.iter().filter(|((application, _), _)| application == id);
            let revisions = own.map(|(_, revision)| Revision { content: None, ..revision.clone() }).collect();
            let groups = world.groups.values().filter(|group| group.application_id == *id);
            let targets = groups.filter_map(|group| world.states.get(&group.id)?.target_revision.clone()).collect();
            Ok(Some((revisions, targets)))
        })
        .await
    }
}

impl Inner {
    /// Registers the revision of a new deployment, with its text if it has one.
    pub(crate) fn use_revision(&mut self, deployment: &Deployment, content: Option<&str>) {
        let (spec, now) = (&deployment.spec, deployment.created_at);
        let kept = self.keep(&spec.application_id, &spec.revision, content, now);
        kept.first_used_at.get_or_insert(now);
        kept.last_used_at = Some(now);
        let words = || format!("Application revision registered by Deployment ID: {}", deployment.id);
        kept.description.get_or_insert_with(words);
        if !kept.groups.contains(&spec.group) {
            kept.groups.push(spec.group.clone());
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
