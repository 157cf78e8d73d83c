//! Operations on the tags of applications and deployment groups.

use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::{Resource, Tag, merge_tags, remove_tags};
use spillway_domain::rejection::{ApplicationRejection, Rejection, TagRejection};

use crate::operations::Error;
use crate::operations::group::find_filed;
use crate::ports::catalog::{Applications, Groups, Tagged, Tags};
use crate::retry::{Tried, retry_stale};

/// The tags of a resource.
pub async fn list_tags(catalog: &(impl Applications + Groups), resource: &Resource) -> Result<Vec<Tag>, Error> {
    let tags = match resource {
        Resource::Application(name) => catalog.application_and_tags(name).await?.map(|(_, tags)| tags),
        Resource::Group(application, name) => {
            let found = catalog.groups_named(application, std::slice::from_ref(name)).await?;
            found.and_then(|(_, groups)| groups.into_iter().next()).map(|stored| stored.tags)
        }
    };
    Ok(tags.ok_or_else(|| TagRejection::NothingToTag(resource.clone()))?)
}

/// How often it is tried when others change the tags of the same thing.
const MOST_TRIES: usize = 8;

/// Adds tags; one of a key that is there already takes its place.
pub async fn tag_resource(
    catalog: &(impl Applications + Groups + Tags),
    resource: &Resource,
    added: &[Tag],
    quotas: &Quotas,
) -> Result<(), Error> {
    change(catalog, resource, |own| {
        let tags = merge_tags(own, added);
        if tags.len() > quotas.tags && tags.len() > own.len() {
            let (resource, most) = (resource.clone(), quotas.tags);
            return Err(TagRejection::TooManyTags { resource, tags: tags.len(), most }.into());
        }
        Ok(tags)
    })
    .await
}

/// Removes the tags of these keys; that there is none of a key is no error.
pub async fn untag_resource(
    catalog: &(impl Applications + Groups + Tags),
    resource: &Resource,
    keys: &[String],
) -> Result<(), Error> {
    change(catalog, resource, |own| Ok(remove_tags(own, keys))).await
}

async fn change(
    catalog: &(impl Applications + Groups + Tags),
    resource: &Resource,
    how: impl Fn(&[Tag]) -> Result<Vec<Tag>, Rejection>,
) -> Result<(), Error> {
    let changed = retry_stale(MOST_TRIES, async || {
        let is_written = match resource {
            Resource::Application(name) => {
                let found = catalog.application_and_tags(name).await?;
                let (application, own) = found.ok_or_else(|| ApplicationRejection::DoesNotExist(name.clone()))?;
                catalog.replace_tags(Tagged::Application(&application), &own, &how(&own)?).await?
            }
            Resource::Group(application, name) => {
                let (_, stored) = find_filed(catalog, application, name).await?;
                catalog.replace_tags(Tagged::Group(&stored.group), &stored.tags, &how(&stored.tags)?).await?
            }
        };
        Ok::<_, Error>(if is_written { Tried::Break(()) } else { Tried::Continue(()) })
    });
    Ok(changed.await?.ok_or_else(|| Rejection::Conflict(format!("The tags of {resource}")))?)
}
