//! The registered revisions of applications.

use jiff::Timestamp;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::revision::{NewRevision, Revision, RevisionLocation};
use spillway_domain::names::ApplicationName;
use spillway_domain::problem::Problem;

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
    /// An application, and those of these that are registered, as they are at this moment, each with its text where it
    /// has one.
    async fn revisions(
        &self,
        application: &ApplicationName,
        at: &[RevisionLocation],
    ) -> Result<Option<(Application, Vec<Revision>)>, Problem>;
    /// All that are registered, by their keys and without their texts, and those that the groups last deployed
    /// successfully; `None` when there is no such application.
    async fn list_revisions(
        &self,
        application: &ApplicationName,
    ) -> Result<Option<(Vec<Revision>, Vec<RevisionLocation>)>, Problem>;
}
