//! Operations on the revisions of applications.

use std::convert::Infallible;

use jiff::Timestamp;
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{Registration, Revision, RevisionFilter, RevisionLocation, S3Object};
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::{ApplicationRejection, RevisionRejection};

use crate::operations::Error;
use crate::ports::revisions::Revisions;

/// Registers a revision of an application, without deploying it.
pub async fn register_revision(
    revisions: &impl Revisions,
    request: &Registration,
    now: Timestamp,
) -> Result<(), Error> {
    let mut revision = request.revision.clone();
    let found = revisions.revisions(&request.application, std::slice::from_ref(&revision.location)).await?;
    let (application, known) = found.ok_or_else(|| ApplicationRejection::DoesNotExist(request.application.clone()))?;
    if let Some(unfit) = revision.location.unfit(application.platform) {
        return Err(RevisionRejection::Unfit(unfit, application.platform).into());
    }
    // A sum says nothing of its text: only one that is here already can be registered by it.
    if revision.location.is_text() && revision.content.is_none() {
        revision.content = Some(known.into_iter().find_map(|one| one.content).ok_or(RevisionRejection::NoText)?);
    }
    revisions.register_revision(&application, &revision, request.description.as_deref(), now).await?;
    Ok(())
}

/// A registered revision by its location.
pub async fn find_revision(
    revisions: &impl Revisions,
    application: &ApplicationName,
    location: &RevisionLocation,
) -> Result<Revision, Error> {
    let found = find_revisions(revisions, application, std::slice::from_ref(location)).await?;
    let revision = found.into_iter().next();
    let unknown = || RevisionRejection::DoesNotExist { application: application.clone(), revision: location.clone() };
    Ok(revision.ok_or_else(unknown)?)
}

/// Those of these revisions that are registered.
pub async fn find_revisions(
    revisions: &impl Revisions,
    application: &ApplicationName,
    locations: &[RevisionLocation],
) -> Result<Vec<Revision>, Error> {
    let found = revisions.revisions(application, locations).await?;
    Ok(found.ok_or_else(|| ApplicationRejection::DoesNotExist(application.clone()))?.1)
}

/// How many revisions a page has.
const PAGE: usize = 100;

/// A page of the revisions of an application. It goes on after a moment and a key, so that revisions that come and go
/// meanwhile do no harm.
pub async fn list_revisions(
    revisions: &impl Revisions,
    filter: &RevisionFilter,
    after: Option<&str>,
) -> Result<Page<RevisionLocation>, Error> {
    let listed = revisions.list_revisions(&filter.application).await?;
    let (all, targets) = listed.ok_or_else(|| ApplicationRejection::DoesNotExist(filter.application.clone()))?;
    let targets: Vec<String> = targets.iter().map(RevisionLocation::key).collect();
    let mut found: Vec<(String, Revision)> = all.into_iter().map(|one| (place(filter, &one), one)).collect();
    found.retain(|(_, one)| {
        is_in(filter, &one.location)
            && filter.deployed.is_none_or(|deployed| deployed == targets.contains(&one.location.key()))
    });
    found.sort_by(|(a, _), (b, _)| if filter.descending { b.cmp(a) } else { a.cmp(b) });
    if let Some(after) = after {
        found.retain(|(place, _)| if filter.descending { place.as_str() < after } else { place.as_str() > after });
    }
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|(place, _)| place.clone());
    Ok(Page { items: found.into_iter().map(|(_, one)| one.location).collect(), next })
}

/// What a revision is sorted by, as text: the moment to the millisecond, and the key.
fn place(filter: &RevisionFilter, one: &Revision) -> String {
    let moment = filter.sort.and_then(|sort| sort.moment(one));
    let moment = moment.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    format!("{}#{}", moment.unwrap_or_default(), one.location.key())
}

/// Whether it is in the bucket that is asked for, under the prefix.
fn is_in(filter: &RevisionFilter, location: &RevisionLocation) -> bool {
    let Some(wanted) = &filter.bucket else { return true };
    match location {
        RevisionLocation::S3(S3Object { bucket, key, .. }) => {
            bucket == wanted && filter.key_prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix))
        }
        RevisionLocation::Text { .. } | RevisionLocation::GitHub { .. } => false,
    }
}

/// Deletes a connection to GitHub. CodeDeploy's are made in its console, by no operation; here is none.
pub async fn delete_github_token(name: &str) -> Result<Infallible, Error> {
    Err(RevisionRejection::NoGitHubToken(name.to_owned()).into())
}
