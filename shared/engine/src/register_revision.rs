//! RegisterApplicationRevision.

use jiff::Timestamp;
use spillway_domain::{Registration, Rejection};

use crate::{Catalog, Error, Revisions, find_application};

/// Registers a revision of an application, without deploying it.
pub async fn register_revision(
    catalog: &impl Catalog,
    revisions: &impl Revisions,
    request: &Registration,
    now: Timestamp,
) -> Result<(), Error> {
    let application = find_application(catalog, &request.application).await?;
    let mut revision = request.revision.clone();
    if let Some(unfit) = revision.location.unfit(application.platform) {
        return Err(Rejection::RevisionUnfit(unfit, application.platform).into());
    }
    // A sum says nothing of its text: only one that is here already can be registered by it.
    if revision.location.is_text() && revision.content.is_none() {
        let known = revisions.revisions(&application, std::slice::from_ref(&revision.location)).await?;
        revision.content = Some(known.into_iter().find_map(|one| one.content).ok_or(Rejection::NoText)?);
    }
    revisions.register_revision(&application, &revision, request.description.as_deref(), now).await?;
    Ok(())
}
