//! CreateDeployment.

use jiff::Timestamp;
use spillway_domain::{ComputePlatform, Creator, Deployment, DeploymentId, NewDeployment, Order, Rejection, Routing};

use crate::find_config::config_for;
use crate::find_group::application_and_group;
use crate::{Catalog, Creation, Deployments, Error, Executions};

/// Writes the deployment, takes the group's slot, and starts the execution. When only the start fails, the deployment
/// stands and the sweep starts it.
pub async fn create_deployment(
    catalog: &impl Catalog,
    deployments: &impl Deployments,
    executions: &impl Executions,
    request: &NewDeployment,
    id: DeploymentId,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let (application, group) = application_and_group(catalog, &request.application, &request.group).await?;
    if application.platform != ComputePlatform::Lambda {
        return Err(Rejection::PlatformNotBuilt(application.platform).into());
    }
    let config = request.config.clone().unwrap_or(group.config);
    let routing = config_for(catalog, &config, application.platform).await?.routing();
    let previous = catalog.group_state(&group.id).await?.target_revision;
    let order = Order {
        application: application.name,
        group: group.name.clone(),
        group_id: group.id,
        config,
        routing: routing.unwrap_or_else(Routing::all_at_once),
        revision: request.revision.clone(),
        previous_revision: previous,
        target: request.target.clone(),
        role: group.role,
        alarms: request.alarms.clone().unwrap_or(group.alarms),
        override_alarms: request.alarms.clone(),
        rollback: request.rollback.clone().unwrap_or(group.rollback),
        triggers: group.triggers,
        creator: Creator::User,
        rolls_back: None,
        description: request.description.clone(),
    };
    let deployment = Deployment::new(id, order, now);
    match deployments.create(&deployment).await? {
        Creation::Busy(deployment) => {
            return Err(Rejection::Busy { group: group.name, deployment }.into());
        }
        Creation::NoGroup => return Err(Rejection::NoGroup(group.name).into()),
        Creation::Created => {}
    }
    // What is written is promised; the sweep keeps the promise if this does not.
    let _started = executions.start(&deployment.execution_name(), &deployment.id).await;
    Ok(deployment)
}
