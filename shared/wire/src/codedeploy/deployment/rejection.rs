//! The exceptions of deployments.

use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::request::ForServers;
use spillway_domain::rejection::{DeploymentRejection, RollbackUnfit};

use crate::codedeploy::exception::Exception;
use crate::codedeploy::shapes::platform;

impl From<DeploymentRejection> for Exception {
    fn from(rejection: DeploymentRejection) -> Self {
        let (name, message) = match rejection {
            DeploymentRejection::DoesNotExist(id) => {
                ("DeploymentDoesNotExistException", format!("The deployment {id} could not be found"))
            }
            DeploymentRejection::ForServers(member, platform) => {
                let (name, member) = match member {
                    ForServers::IgnoreApplicationStopFailures => {
                        ("InvalidIgnoreApplicationStopFailuresValueException", "ignoreApplicationStopFailures")
                    }
                    ForServers::UpdateOutdatedInstancesOnly => {
                        ("InvalidUpdateOutdatedInstancesOnlyValueException", "updateOutdatedInstancesOnly")
                    }
                    ForServers::TargetInstances => ("InvalidTargetInstancesException", "targetInstances"),
                    ForServers::FileExistsBehavior => ("InvalidFileExistsBehaviorException", "fileExistsBehavior"),
                };
                let platform = platform::text(platform).to_uppercase();
                (name, format!("For {platform} deployment, {member} can not be specified; leave it out."))
            }
            DeploymentRejection::InPlace => (
                "InvalidTargetInstancesException",
                "targetInstances names the replacement environment of a blue/green deployment, and this deployment is in \
                 place: its hosts are those of the deployment group's tags and Auto Scaling groups. Leave it out."
                    .to_owned(),
            ),
            DeploymentRejection::NoReplacement(group) => (
                "InvalidTargetInstancesException",
                format!(
                    "Deployment group '{group}' deploys blue/green, and targetInstances names no replacement environment. \
                     Name its instances with tagFilters or ec2TagSet, its Auto Scaling groups with autoScalingGroups, or \
                     both."
                ),
            ),
            DeploymentRejection::SharedAutoScalingGroup { name, group } => (
                "InvalidTargetInstancesException",
                format!(
                    "targetInstances: Auto Scaling group '{name}' is in the original environment of deployment group \
                     '{group}', so its instances cannot replace themselves. Name another one, or change \
                     autoScalingGroups of the deployment group."
                ),
            ),
            DeploymentRejection::CopyNotBuilt(group) => (
                "UnsupportedActionForDeploymentTypeException", // no exception of CreateDeployment's own list fits
                format!(
                    "greenFleetProvisioningOption of deployment group '{group}' is COPY_AUTO_SCALING_GROUP: Spillway \
                     copies no Auto Scaling groups, and created no deployment. Set it to DISCOVER_EXISTING, and name a \
                     second Auto Scaling group in targetInstances."
                ),
            ),
            // Clients read the id out of this text and wait for that deployment.
            DeploymentRejection::Busy { group, deployment } => (
                "DeploymentLimitExceededException",
                format!("The Deployment Group '{group}' already has an active Deployment '{deployment}'"),
            ),
            DeploymentRejection::AliasBusy { alias, application, group, deployment } => (
                "DeploymentLimitExceededException",
                format!(
                    "The Deployment Group '{group}' already has an active Deployment '{deployment}' (application \
                     '{application}') of alias {alias}, and an alias has one deployment at a time. Wait until it has \
                     ended, or stop it, and deploy again."
                ),
            ),
            DeploymentRejection::AlreadyCompleted(id) => (
                "DeploymentAlreadyCompletedException",
                format!("The deployment {id} is already completed; nothing of it is left to be changed."),
            ),
            DeploymentRejection::RollbackCannotStop(id) => (
                "UnsupportedActionForDeploymentTypeException",
                format!(
                    "The deployment {id} is an automatic rollback and cannot be stopped: its traffic is back already. \
                     Wait until it has ended."
                ),
            ),
            DeploymentRejection::ForeignHook { deployment } => (
                "InvalidLifecycleEventHookExecutionIdException",
                format!(
                    "The lifecycleEventHookExecutionId is not one of deployment {deployment}. Give back \
                     LifecycleEventHookExecutionId as the hook received it, with the DeploymentId beside it."
                ),
            ),
            DeploymentRejection::EventAlreadyCompleted { deployment, event } => (
                "LifecycleEventAlreadyCompletedException",
                format!(
                    "The lifecycle event {event} of deployment {deployment} is already completed; this status changes \
                     nothing."
                ),
            ),
            DeploymentRejection::NoWait { deployment, platform, wait } => (
                "UnsupportedActionForDeploymentTypeException",
                format!(
                    "The deployment {deployment} goes to {} and has no {} to end. To end the deployment, use \
                     StopDeployment.",
                    platform::text(platform),
                    wait.as_str()
                ),
            ),
            DeploymentRejection::NothingToRollBackTo(group) => (
                "InvalidDeploymentIdException",
                format!(
                    "The deployment group '{group}' has nothing to go back to: none of its last successful deployments \
                     deployed another revision than the one that it has now. Deploy a revision with CreateDeployment."
                ),
            ),
            DeploymentRejection::NotToRollBackTo { group, deployment, reason } => (
                "InvalidDeploymentIdException",
                format!(
                    "The deployment group '{group}' cannot go back to deployment {deployment}, because {}. Name a \
                     deployment of the group that has succeeded with another revision; ListDeploymentSummaries lists them.",
                    match reason {
                        RollbackUnfit::OtherGroup => "that is a deployment of another group",
                        RollbackUnfit::NotSucceeded => "that deployment has not succeeded",
                        RollbackUnfit::Same => "the group has what that deployment deployed",
                        RollbackUnfit::OtherAlias => "the group deploys to another alias by now",
                    }
                ),
            ),
            DeploymentRejection::NotWaiting { deployment, wait: Gate::Ready } => (
                "DeploymentIsNotInReadyStateException",
                format!(
                    "The deployment {deployment} does not wait to be continued, and nothing was changed. It does while its \
                     status is Ready: when its replacement is ready, if deploymentReadyOption of its group says \
                     STOP_DEPLOYMENT."
                ),
            ),
            DeploymentRejection::NotWaiting { deployment, wait: Gate::Termination } => (
                "UnsupportedActionForDeploymentTypeException", // the one that fits and that both operations list
                format!(
                    "The deployment {deployment} is not in its TERMINATION_WAIT, and nothing was changed. That begins when \
                     all traffic has moved, and instanceTerminationWaitTimeStarted of GetDeployment is true from then on."
                ),
            ),
        };
        Self::new(name, message)
    }
}
