//! The registered revisions of applications.

use jiff::Timestamp;
use spillway_domain::{Application, NewRevision, Problem, Revision, RevisionLocation};

/// The registered revisions of applications. A deployment registers its own with its record.
pub trait Revisions {
    /// Registers a revision. One that is registered already stays as it is, but for a description, which is taken.
    async fn register_revision(
        &self,
        application: &Application,
        revision: &NewRevision,
        description: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Problem>;
    /// Those of these that are registered, as they are at this moment, each with its text where it has one.
    async fn revisions(&self, application: &Application, at: &[RevisionLocation]) -> Result<Vec<Revision>, Problem>;
    /// All that are registered, by their keys and without their texts.
    async fn list_revisions(&self, application: &Application) -> Result<Vec<Revision>, Problem>;
    /// The revisions that the groups of the application last deployed successfully.
    async fn target_revisions(&self, application: &Application) -> Result<Vec<RevisionLocation>, Problem>;
}
