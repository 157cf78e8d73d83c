//! GetApplicationRevision and BatchGetApplicationRevisions.

use spillway_domain::catalog::revision::{Revision, RevisionLocation};
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::Rejection;

use crate::{Error, Revisions};

/// A registered revision by its location.
pub async fn find_revision(
    revisions: &impl Revisions,
    application: &ApplicationName,
    location: &RevisionLocation,
) -> Result<Revision, Error> {
    let found = find_revisions(revisions, application, std::slice::from_ref(location)).await?;
    let revision = found.into_iter().next();
    let unknown = || Rejection::NoRevision { application: application.clone(), revision: location.clone() };
    Ok(revision.ok_or_else(unknown)?)
}

/// Those of these revisions that are registered.
pub async fn find_revisions(
    revisions: &impl Revisions,
    application: &ApplicationName,
    locations: &[RevisionLocation],
) -> Result<Vec<Revision>, Error> {
    let found = revisions.revisions(application, locations).await?;
    Ok(found.ok_or_else(|| Rejection::NoApplication(application.clone()))?.1)
}
