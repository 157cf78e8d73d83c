//! ListTagsForResource.

use spillway_domain::catalog::tags::{Resource, Tag};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// The tags of a resource.
pub async fn list_tags(catalog: &impl Catalog, resource: &Resource) -> Result<Vec<Tag>, Error> {
    let tags = match resource {
        Resource::Application(name) => catalog.application_and_tags(name).await?.map(|(_, tags)| tags),
        Resource::Group(application, name) => {
            let found = catalog.groups_named(application, std::slice::from_ref(name)).await?;
            found.and_then(|(_, groups)| groups.into_iter().next()).map(|stored| stored.tags)
        }
    };
    Ok(tags.ok_or_else(|| Rejection::NothingToTag(resource.clone()))?)
}
