//! From a rejection to CodeDeploy's exception: one table. Where CodeDeploy's own words are known, they are used.

use spillway_domain::Rejection;

use crate::Exception;
use crate::input::cut;
use crate::shapes::platform;

impl From<Rejection> for Exception {
    fn from(rejection: Rejection) -> Self {
        let (name, message) = match rejection {
            Rejection::NoApplication(name) => {
                ("ApplicationDoesNotExistException", format!("No application found for name: {name}"))
            }
            Rejection::ApplicationExists(name) => {
                ("ApplicationAlreadyExistsException", format!("Application already exists with the name: {name}"))
            }
            Rejection::NoGroup(name) => {
                ("DeploymentGroupDoesNotExistException", format!("No Deployment Group found for name: {name}"))
            }
            Rejection::GroupExists(name) => (
                "DeploymentGroupAlreadyExistsException",
                format!("Deployment group already exists with the name: {name}"),
            ),
            Rejection::NoConfig(name) => {
                ("DeploymentConfigDoesNotExistException", format!("No Deployment Configuration found for name: {name}"))
            }
            Rejection::ConfigExists(name) => (
                "DeploymentConfigAlreadyExistsException",
                format!("Deployment configuration already exists with the name: {name}"),
            ),
            Rejection::ConfigForOtherPlatform { config, expected } => (
                "InvalidDeploymentConfigNameException",
                format!(
                    "Compute platform of deployment config {config} does not match expected compute platform, correct \
                     compute platform should be {}.",
                    platform::text(expected)
                ),
            ),
            Rejection::PlatformNotBuilt(given) => (
                "InvalidComputePlatformException",
                format!(
                    "Spillway does not deploy to {} yet; use an application whose computePlatform is Lambda.",
                    platform::text(given)
                ),
            ),
            // Clients read the id out of this text and wait for that deployment.
            Rejection::Busy { group, deployment } => (
                "DeploymentLimitExceededException",
                format!("The Deployment Group '{group}' already has an active Deployment '{deployment}'"),
            ),
            Rejection::InUse { what, deployment } => (
                "InvalidOperationException",
                format!(
                    "{what} has an active deployment, {deployment}, and was not deleted. Wait until the deployment has \
                     ended, or stop it, and delete again."
                ),
            ),
            Rejection::NoDeployment(id) => {
                ("DeploymentDoesNotExistException", format!("The deployment {id} could not be found"))
            }
            Rejection::NoTarget { deployment, own: None, .. } => (
                "DeploymentTargetDoesNotExistException",
                format!(
                    "The deployment {deployment} has no target, because its AppSpec is not valid. See errorInformation of \
                     GetDeployment."
                ),
            ),
            Rejection::NoTarget { deployment, asked, own: Some(own) } => (
                "DeploymentTargetDoesNotExistException",
                format!("'{}' is not a target of deployment {deployment}. Its target is '{own}'.", cut(&asked, 200)),
            ),
            Rejection::OneTarget { deployment, asked } => (
                "DeploymentTargetListSizeExceededException",
                format!(
                    "targetIds names {asked} targets, but deployment {deployment} is to Lambda and has one target."
                ),
            ),
            Rejection::AlreadyCompleted(id) => (
                "DeploymentAlreadyCompletedException",
                format!("The deployment {id} is already completed; nothing of it is left to be changed."),
            ),
            Rejection::RollbackCannotStop(id) => (
                "UnsupportedActionForDeploymentTypeException",
                format!(
                    "The deployment {id} is an automatic rollback and cannot be stopped: its traffic is back already. \
                     Wait until it has ended."
                ),
            ),
            Rejection::ForeignHook { deployment } => (
                "InvalidLifecycleEventHookExecutionIdException",
                format!(
                    "The lifecycleEventHookExecutionId is not one of deployment {deployment}. Give back \
                     LifecycleEventHookExecutionId as the hook received it, with the DeploymentId beside it."
                ),
            ),
            Rejection::EventAlreadyCompleted { deployment, event } => (
                "LifecycleEventAlreadyCompletedException",
                format!(
                    "The lifecycle event {event} of deployment {deployment} is already completed; this status changes \
                     nothing."
                ),
            ),
            Rejection::Conflict(what) => (
                "ThrottlingException",
                format!("{what} was changed by another caller at the same moment, and not by this one. Try again."),
            ),
        };
        Self::new(name, message)
    }
}

#[cfg(test)]
mod tests {
    use spillway_domain::{ComputePlatform, EventName};

    use super::*;

    fn named<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    #[test]
    fn every_rejection_has_its_exception_and_words() {
        let id = || named("d-75I7MBT7C");
        let cases = [
            (
                Rejection::NoApplication(named("shop")),
                "ApplicationDoesNotExistException: No application found for name: shop",
            ),
            (
                Rejection::ApplicationExists(named("shop")),
                "ApplicationAlreadyExistsException: Application already exists with the name: shop",
            ),
            (
                Rejection::NoGroup(named("live")),
                "DeploymentGroupDoesNotExistException: No Deployment Group found for name: live",
            ),
            (
                Rejection::GroupExists(named("live")),
                "DeploymentGroupAlreadyExistsException: Deployment group already exists with the name: live",
            ),
            (
                Rejection::NoConfig(named("slow")),
                "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: slow",
            ),
            (
                Rejection::ConfigExists(named("slow")),
                "DeploymentConfigAlreadyExistsException: Deployment configuration already exists with the name: slow",
            ),
            (
                Rejection::ConfigForOtherPlatform {
                    config: named("CodeDeployDefault.OneAtATime"),
                    expected: ComputePlatform::Lambda,
                },
                "InvalidDeploymentConfigNameException: Compute platform of deployment config CodeDeployDefault.OneAtATime \
                 does not match expected compute platform, correct compute platform should be Lambda.",
            ),
            (
                Rejection::PlatformNotBuilt(ComputePlatform::Server),
                "InvalidComputePlatformException: Spillway does not deploy to Server yet; use an application whose \
                 computePlatform is Lambda.",
            ),
            (
                Rejection::Busy { group: named("live"), deployment: id() },
                "DeploymentLimitExceededException: The Deployment Group 'live' already has an active Deployment \
                 'd-75I7MBT7C'",
            ),
            (
                Rejection::InUse { what: "Application shop".to_owned(), deployment: id() },
                "InvalidOperationException: Application shop has an active deployment, d-75I7MBT7C, and was not deleted. \
                 Wait until the deployment has ended, or stop it, and delete again.",
            ),
            (
                Rejection::NoDeployment(id()),
                "DeploymentDoesNotExistException: The deployment d-75I7MBT7C could not be found",
            ),
            (
                Rejection::NoTarget { deployment: id(), asked: "orders:live".to_owned(), own: None },
                "DeploymentTargetDoesNotExistException: The deployment d-75I7MBT7C has no target, because its AppSpec is \
                 not valid. See errorInformation of GetDeployment.",
            ),
            (
                Rejection::NoTarget {
                    deployment: id(),
                    asked: "orders:prod".to_owned(),
                    own: Some("orders:live".to_owned()),
                },
                "DeploymentTargetDoesNotExistException: 'orders:prod' is not a target of deployment d-75I7MBT7C. Its \
                 target is 'orders:live'.",
            ),
            (
                Rejection::OneTarget { deployment: id(), asked: 2 },
                "DeploymentTargetListSizeExceededException: targetIds names 2 targets, but deployment d-75I7MBT7C is to \
                 Lambda and has one target.",
            ),
            (
                Rejection::AlreadyCompleted(id()),
                "DeploymentAlreadyCompletedException: The deployment d-75I7MBT7C is already completed; nothing of it is \
                 left to be changed.",
            ),
            (
                Rejection::RollbackCannotStop(id()),
                "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C is an automatic rollback and \
                 cannot be stopped: its traffic is back already. Wait until it has ended.",
            ),
            (
                Rejection::ForeignHook { deployment: id() },
                "InvalidLifecycleEventHookExecutionIdException: The lifecycleEventHookExecutionId is not one of deployment \
                 d-75I7MBT7C. Give back LifecycleEventHookExecutionId as the hook received it, with the DeploymentId \
                 beside it.",
            ),
            (
                Rejection::EventAlreadyCompleted { deployment: id(), event: EventName::BeforeAllowTraffic },
                "LifecycleEventAlreadyCompletedException: The lifecycle event BeforeAllowTraffic of deployment d-75I7MBT7C \
                 is already completed; this status changes nothing.",
            ),
            (
                Rejection::Conflict("Deployment group live".to_owned()),
                "ThrottlingException: Deployment group live was changed by another caller at the same moment, and not by \
                 this one. Try again.",
            ),
        ];
        for (rejection, words) in cases {
            assert_eq!(Exception::from(rejection).to_string(), words);
        }
    }
}
