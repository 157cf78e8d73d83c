//! CreateDeploymentConfig.

use jiff::Timestamp;
use spillway_domain::catalog::config::{DeploymentConfig, NewConfig};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::rejection::{Quota, Rejection};

use crate::{Catalog, Error};

/// Makes a configuration with the given id. Of several that are made at once, a few may be more than there may be.
pub async fn create_config(
    catalog: &impl Catalog,
    request: &NewConfig,
    quotas: &Quotas,
    id: String,
    now: Timestamp,
) -> Result<DeploymentConfig, Error> {
    let NewConfig { name, platform, strategy } = request.clone();
    let config = DeploymentConfig { id, name, platform, strategy, created_at: Some(now) };
    if catalog.count_configs().await? >= quotas.configs {
        if catalog.config(&config.name).await?.is_some() {
            return Err(Rejection::ConfigExists(config.name).into());
        }
        return Err(Rejection::Full { quota: Quota::Configs, most: quotas.configs }.into());
    }
    if !catalog.create_config(&config).await? {
        return Err(Rejection::ConfigExists(config.name).into());
    }
    Ok(config)
}
