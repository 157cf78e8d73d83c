//! RegisterApplicationRevision.

use jiff::Timestamp;
use spillway_domain::catalog::revision::Registration;
use spillway_domain::rejection::Rejection;

use crate::{Error, Revisions};

/// Registers a revision of an application, without deploying it.
pub async fn register_revision(
    revisions: &impl Revisions,
    request: &Registration,
    now: Timestamp,
) -> Result<(), Error> {
    let mut revision = request.revision.clone();
    let found = revisions.revisions(&request.application, std::slice::from_ref(&revision.location)).await?;
    let (application, known) = found.ok_or_else(|| Rejection::NoApplication(request.application.clone()))?;
    if let Some(unfit) = revision.location.unfit(application.platform) {
        return Err(Rejection::RevisionUnfit(unfit, application.platform).into());
    }
    // A sum says nothing of its text: only one that is here already can be registered by it.
    if revision.location.is_text() && revision.content.is_none() {
        revision.content = Some(known.into_iter().find_map(|one| one.content).ok_or(Rejection::NoText)?);
    }
    revisions.register_revision(&application, &revision, request.description.as_deref(), now).await?;
    Ok(())
}
