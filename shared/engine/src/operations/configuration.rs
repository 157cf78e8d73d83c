//! Operations on deployment configurations.

use jiff::Timestamp;
use spillway_domain::catalog::config::{
    ComputePlatform, DeploymentConfig, NewConfig, PREDEFINED, Strategy, find_built_in,
};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::ConfigName;
use spillway_domain::rejection::{ConfigurationRejection, Quota, Rejection};

use crate::operations::Error;
use crate::ports::catalog::Configurations;

/// Makes a configuration with the given id. Of several that are made at once, a few may be more than there may be.
pub async fn create_config(
    catalog: &impl Configurations,
    request: &NewConfig,
    quotas: &Quotas,
    id: String,
    now: Timestamp,
) -> Result<DeploymentConfig, Error> {
    let NewConfig { name, platform, strategy } = request.clone();
    let config = DeploymentConfig { id, name, platform, strategy, created_at: Some(now) };
    if catalog.count_configs().await? >= quotas.configs {
        if catalog.config(&config.name).await?.is_some() {
            return Err(ConfigurationRejection::AlreadyExists(config.name).into());
        }
        return Err(Rejection::Full { quota: Quota::Configs, most: quotas.configs }.into());
    }
    if !catalog.create_config(&config).await? {
        return Err(ConfigurationRejection::AlreadyExists(config.name).into());
    }
    Ok(config)
}

/// A configuration by name: one that somebody made, a predefined one, or one that its name describes. The latter two
/// have no id of their own.
pub async fn find_config(catalog: &impl Configurations, name: &ConfigName) -> Result<DeploymentConfig, Error> {
    find(catalog, name, None).await
}

/// The same, for a platform, if one is known.
async fn find(
    catalog: &impl Configurations,
    name: &ConfigName,
    platform: Option<ComputePlatform>,
) -> Result<DeploymentConfig, Error> {
    if let Some((platform, strategy)) = find_built_in(name) {
        return Ok(DeploymentConfig { id: String::new(), name: name.clone(), platform, strategy, created_at: None });
    }
    let found = catalog.config(name).await?;
    Ok(found.ok_or_else(|| ConfigurationRejection::DoesNotExist { name: name.clone(), platform })?)
}

/// The strategy of a configuration, which must be one that `platform` can follow.
pub(crate) async fn config_for(
    catalog: &impl Configurations,
    name: &ConfigName,
    platform: ComputePlatform,
) -> Result<Strategy, Error> {
    let config = find(catalog, name, Some(platform)).await?;
    // Steps are the same wherever traffic is shifted.
    let has_steps = matches!(config.strategy, Strategy::Steps(_)) && platform != ComputePlatform::Server;
    if config.platform != platform && !has_steps {
        return Err(ConfigurationRejection::ForOtherPlatform { config: name.clone(), expected: platform }.into());
    }
    if platform == ComputePlatform::Ecs && config.strategy.routing().is_some_and(|routing| !routing.is_in_tenths()) {
        return Err(ConfigurationRejection::TooFine { config: name.clone() }.into());
    }
    Ok(config.strategy)
}

/// The names of all configurations: the predefined ones first.
pub async fn list_configs(catalog: &impl Configurations, after: Option<&str>) -> Result<Page<ConfigName>, Error> {
    let mut page = catalog.configs(after).await?;
    if after.is_none() {
        let predefined = PREDEFINED.iter().filter_map(|(name, _, _)| name.parse().ok());
        page.items.splice(0..0, predefined);
    }
    Ok(page)
}

/// Deletes a configuration that no group refers to. One that is not there is deleted already.
pub async fn delete_config(catalog: &impl Configurations, name: &ConfigName) -> Result<(), Error> {
    if find_built_in(name).is_some() {
        return Err(ConfigurationRejection::BuiltIn(name.clone()).into());
    }
    if !catalog.delete_config(name).await? {
        return Err(ConfigurationRejection::InUse(name.clone()).into());
    }
    Ok(())
}
