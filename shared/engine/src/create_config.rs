//! CreateDeploymentConfig.

use jiff::Timestamp;
use spillway_domain::{DeploymentConfig, NewConfig, Rejection};

use crate::{Catalog, Error};

/// Makes a configuration with the given id.
pub async fn create_config(
    catalog: &impl Catalog,
    request: &NewConfig,
    id: String,
    now: Timestamp,
) -> Result<DeploymentConfig, Error> {
    let NewConfig { name, platform, strategy } = request.clone();
    let config = DeploymentConfig { id, name, platform, strategy, created_at: Some(now) };
    if !catalog.create_config(&config).await? {
        return Err(Rejection::ConfigExists(config.name).into());
    }
    Ok(config)
}
