//! GetDeploymentConfig.

use spillway_domain::catalog::config::{ComputePlatform, DeploymentConfig, Strategy, find_built_in};
use spillway_domain::names::ConfigName;
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// A configuration by name: one that somebody made, a predefined one, or one that its name describes. The latter two
/// have no id of their own.
pub async fn find_config(catalog: &impl Catalog, name: &ConfigName) -> Result<DeploymentConfig, Error> {
    find(catalog, name, None).await
}

/// The same, for a platform, if one is known.
async fn find(
    catalog: &impl Catalog,
    name: &ConfigName,
    platform: Option<ComputePlatform>,
) -> Result<DeploymentConfig, Error> {
    if let Some((platform, strategy)) = find_built_in(name) {
        return Ok(DeploymentConfig { id: String::new(), name: name.clone(), platform, strategy, created_at: None });
    }
    let found = catalog.config(name).await?;
    Ok(found.ok_or_else(|| Rejection::NoConfig { name: name.clone(), platform })?)
}

/// The strategy of a configuration, which must be one that `platform` can follow.
pub(crate) async fn config_for(
    catalog: &impl Catalog,
    name: &ConfigName,
    platform: ComputePlatform,
) -> Result<Strategy, Error> {
    let config = find(catalog, name, Some(platform)).await?;
    // Steps are the same wherever traffic is shifted.
    let has_steps = matches!(config.strategy, Strategy::Steps(_)) && platform != ComputePlatform::Server;
    if config.platform != platform && !has_steps {
        return Err(Rejection::ConfigForOtherPlatform { config: name.clone(), expected: platform }.into());
    }
    if platform == ComputePlatform::Ecs && config.strategy.routing().is_some_and(|routing| !routing.is_in_tenths()) {
        return Err(Rejection::TooFine { config: name.clone() }.into());
    }
    Ok(config.strategy)
}
