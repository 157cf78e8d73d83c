//! DeleteDeploymentConfig.

use spillway_domain::catalog::config::find_built_in;
use spillway_domain::names::ConfigName;
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// Deletes a configuration that no group refers to. One that is not there is deleted already.
pub async fn delete_config(catalog: &impl Catalog, name: &ConfigName) -> Result<(), Error> {
    if find_built_in(name).is_some() {
        return Err(Rejection::BuiltInConfig(name.clone()).into());
    }
    if !catalog.delete_config(name).await? {
        return Err(Rejection::ConfigInUse(name.clone()).into());
    }
    Ok(())
}
