//! UpdateApplication.

use spillway_domain::names::ApplicationName;
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error, find_application};

/// Gives an application another name. Its id, tags, groups, history and running deployments stay.
pub async fn rename_application(
    catalog: &impl Catalog,
    name: &ApplicationName,
    to: &ApplicationName,
) -> Result<(), Error> {
    let application = find_application(catalog, name).await?;
    if name == to {
        return Ok(());
    }
    match catalog.rename_application(&application, to).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Rejection::ApplicationExists(to.clone()).into()),
        Err(problem) if problem.kind == ProblemKind::Stale => Err(Rejection::NoApplication(name.clone()).into()),
        Err(problem) => Err(problem.into()),
    }
}
