//! CreateDeploymentConfig, GetDeploymentConfig, ListDeploymentConfigs.

use jiff::Timestamp;
use spillway_domain::{
    ComputePlatform, ConfigName, DeploymentConfig, NewConfig, PREDEFINED, Page, Rejection, Routing, Strategy,
    find_predefined,
};

use crate::{Catalog, Error};

/// Makes a configuration with the given id.
pub async fn create_config(
    catalog: &impl Catalog,
    request: NewConfig,
    id: String,
    now: Timestamp,
) -> Result<DeploymentConfig, Error> {
    let NewConfig { name, platform, strategy } = request;
    let config = DeploymentConfig { id, name, platform, strategy, created_at: Some(now) };
    if !catalog.create_config(&config).await? {
        return Err(Rejection::ConfigExists(config.name).into());
    }
    Ok(config)
}

/// A configuration by name: one that somebody made, a predefined one, or one that its name describes. The latter two
/// have no id of their own.
pub async fn find_config(catalog: &impl Catalog, name: &ConfigName) -> Result<DeploymentConfig, Error> {
    let known = find_predefined(name.as_str()).or_else(|| {
        let routing: Routing = name.as_str().parse().ok().filter(|_| name.as_str() != "AllAtOnce")?;
        Some((ComputePlatform::Lambda, Strategy::Steps(routing)))
    });
    if let Some((platform, strategy)) = known {
        return Ok(DeploymentConfig { id: String::new(), name: name.clone(), platform, strategy, created_at: None });
    }
    let found = catalog.config(name).await?;
    Ok(found.ok_or_else(|| Rejection::NoConfig(name.clone()))?)
}

/// The strategy of a configuration, which must be for `platform`.
pub(crate) async fn config_for(
    catalog: &impl Catalog,
    name: &ConfigName,
    platform: ComputePlatform,
) -> Result<Strategy, Error> {
    let config = find_config(catalog, name).await?;
    if config.platform != platform {
        return Err(Rejection::ConfigForOtherPlatform { config: name.clone(), expected: platform }.into());
    }
    Ok(config.strategy)
}

/// The names of all configurations: the predefined ones first.
pub async fn list_configs(catalog: &impl Catalog, after: Option<&str>) -> Result<Page<ConfigName>, Error> {
    let mut page = catalog.configs(after).await?;
    if after.is_none() {
        let predefined = PREDEFINED.iter().filter_map(|(name, _, _)| name.parse().ok());
        page.items.splice(0..0, predefined);
    }
    Ok(page)
}
