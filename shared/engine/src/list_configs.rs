//! ListDeploymentConfigs.

use spillway_domain::catalog::config::PREDEFINED;
use spillway_domain::catalog::page::Page;
use spillway_domain::names::ConfigName;

use crate::{Catalog, Error};

/// The names of all configurations: the predefined ones first.
pub async fn list_configs(catalog: &impl Catalog, after: Option<&str>) -> Result<Page<ConfigName>, Error> {
    let mut page = catalog.configs(after).await?;
    if after.is_none() {
        let predefined = PREDEFINED.iter().filter_map(|(name, _, _)| name.parse().ok());
        page.items.splice(0..0, predefined);
    }
    Ok(page)
}
