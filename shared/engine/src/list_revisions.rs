//! ListApplicationRevisions.

use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{Revision, RevisionFilter, RevisionLocation, S3Object};
use spillway_domain::rejection::Rejection;

use crate::{Error, Revisions};

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
    let (all, targets) = listed.ok_or_else(|| Rejection::NoApplication(filter.application.clone()))?;
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
