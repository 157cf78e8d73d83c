//! From a rejection to CodeDeploy's exception: one table. Where CodeDeploy's own words are known, they are used.

use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::catalog::instance::Identity;
use spillway_domain::catalog::revision::RevisionUnfit;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::request::ForServers;
use spillway_domain::names::ConfigName;
use spillway_domain::rejection::{Quota, Rejection};
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::group::unfit;
use crate::codedeploy::revision::revision_location;
use crate::codedeploy::shapes::platform;

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
            Rejection::NoConfig { name, platform } => {
                let meant = ConfigName::suggestion(name.as_str(), platform);
                let meant = meant.map_or_else(String::new, |meant| format!(". Did you mean {meant}?"));
                (
                    "DeploymentConfigDoesNotExistException",
                    format!("No Deployment Configuration found for name: {name}{meant}"),
                )
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
            Rejection::GroupUnfit(unfit) => unfit::words(unfit),
            Rejection::ServiceDrifted(services) => {
                let services: Vec<String> = services.iter().map(EcsService::address).collect();
                (
                    "ECSServiceMappingLimitExceededException",
                    format!(
                        "The ECS service {} (cluster/service) belongs to another deployment group, and can be in one only. \
                         Take it out of that group, or delete that group, first.",
                        services.join(", ")
                    ),
                )
            }
            Rejection::ServiceInUse { group, deployment } => (
                "InvalidECSServiceException",
                format!(
                    "Deployment group {group} has an active deployment, {deployment}, to its ECS service, and was not \
                     changed. Wait until the deployment has ended, or stop it, and update again."
                ),
            ),
            Rejection::NoRevision { application, revision } => {
                let kind = revision_location::render(&revision);
                (
                    "RevisionDoesNotExistException",
                    format!(
                        "No revision of application {application} is registered at this location: {}",
                        cut(&kind.to_string(), 400)
                    ),
                )
            }
            Rejection::RevisionUnfit(unfit, platform) => {
                let platform = platform::text(platform);
                let words = match unfit {
                    RevisionUnfit::Bundle => "BundleType must be either YAML or JSON".to_owned(),
                    RevisionUnfit::Archive => {
                        format!("For {platform} applications, bundleType must be one of tar, tgz and zip.")
                    }
                    RevisionUnfit::Text => {
                        format!("Revisions of {platform} applications are archives: give revisionType S3 or GitHub.")
                    }
                    RevisionUnfit::GitHub => format!(
                        "GitHub revisions are for Server applications only. Give the AppSpec of this {platform} \
                         application as revisionType AppSpecContent."
                    ),
                };
                ("InvalidRevisionException", words)
            }
            Rejection::NoText => (
                "InvalidRevisionException",
                "No text is registered under this sha256; give the AppSpec as content.".to_owned(),
            ),
            Rejection::NothingToRestart(group) => (
                "RevisionDoesNotExistException",
                format!(
                    "No deployment of the deployment group {group} has succeeded yet, so there is no revision to deploy \
                     again. Give a revision."
                ),
            ),
            Rejection::PlatformNotBuilt(given) => (
                "UnsupportedActionForDeploymentTypeException", // no exception of CreateDeployment's own list fits
                format!(
                    "Spillway does not deploy to {} yet, and created no deployment; deploy with an application whose \
                     computePlatform is Lambda or ECS.",
                    platform::text(given)
                ),
            ),
            // Clients read the id out of this text and wait for that deployment.
            Rejection::Busy { group, deployment } => (
                "DeploymentLimitExceededException",
                format!("The Deployment Group '{group}' already has an active Deployment '{deployment}'"),
            ),
            Rejection::AliasBusy { alias, application, group, deployment } => (
                "DeploymentLimitExceededException",
                format!(
                    "The Deployment Group '{group}' already has an active Deployment '{deployment}' (application \
                     '{application}') of alias {alias}, and an alias has one deployment at a time. Wait until it has \
                     ended, or stop it, and deploy again."
                ),
            ),
            Rejection::InUse { what, deployment } => (
                "InvalidOperationException", // the one of the model that fits; neither operation lists one
                format!(
                    "{what} has an active deployment, {deployment}, and was not deleted. Wait until the deployment has \
                     ended, or stop it, and delete again."
                ),
            ),
            Rejection::NoDeployment(id) => {
                ("DeploymentDoesNotExistException", format!("The deployment {id} could not be found"))
            }
            Rejection::NotStarted(id) => (
                "DeploymentNotStartedException",
                format!(
                    "The deployment {id} has not started: its AppSpec, which names its target, is still to be read. Try \
                     again in a moment."
                ),
            ),
            Rejection::MalformedTarget { asked, platform } => {
                let form = match platform {
                    ComputePlatform::Lambda => "<function-name>:<alias-name>",
                    ComputePlatform::Ecs | ComputePlatform::Server => "<cluster-name>:<service-name>",
                };
                (
                    "InvalidDeploymentTargetIdException",
                    format!(
                        "Invalid id {} for {} deployment, valid Id should be in format {form}",
                        cut(&asked, 200),
                        platform::text(platform)
                    ),
                )
            }
            Rejection::NoTarget { deployment, own: None, .. } => (
                "DeploymentTargetDoesNotExistException",
                format!(
                    "The deployment {deployment} has no target: its AppSpec is not valid, or could not be read. See \
                     errorInformation and deploymentStatusMessages of GetDeployment."
                ),
            ),
            Rejection::NoTarget { deployment, asked, own: Some(own) } => (
                "DeploymentTargetDoesNotExistException",
                format!("'{}' is not a target of deployment {deployment}. Its target is '{own}'.", cut(&asked, 200)),
            ),
            Rejection::ForServers(member, platform) => {
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
            Rejection::OneTarget { deployment, asked } => (
                "DeploymentTargetListSizeExceededException",
                format!("targetIds names {asked} targets, but deployment {deployment} has one target."),
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
            Rejection::NoWait { deployment, platform, wait } => (
                "UnsupportedActionForDeploymentTypeException",
                format!(
                    "The deployment {deployment} goes to {} and has no {} to end. To end the deployment, use \
                     StopDeployment.",
                    platform::text(platform),
                    wait.as_str()
                ),
            ),
            Rejection::NotWaiting { deployment, wait: Gate::Ready } => (
                "DeploymentIsNotInReadyStateException",
                format!(
                    "The deployment {deployment} does not wait to be continued, and nothing was changed. It does while its \
                     status is Ready: when its replacement is ready, if deploymentReadyOption of its group says \
                     STOP_DEPLOYMENT."
                ),
            ),
            Rejection::NotWaiting { deployment, wait: Gate::Termination } => (
                "UnsupportedActionForDeploymentTypeException", // the one that fits and that both operations list
                format!(
                    "The deployment {deployment} is not in its TERMINATION_WAIT, and nothing was changed. That begins when \
                     all traffic has moved, and instanceTerminationWaitTimeStarted of GetDeployment is true from then on."
                ),
            ),
            Rejection::TooFine { config } => (
                "InvalidDeploymentConfigNameException",
                format!(
                    "The deployment configuration {} has steps of hundredths of a percent, but the weights of a load \
                     balancer are in tenths of a percent. Choose one whose steps are, such as Steps.0.5@5m.",
                    cut(config.as_str(), 120)
                ),
            ),
            Rejection::NoInstances { deployment, platform } => (
                "InvalidComputePlatformException",
                format!(
                    "The deployment {deployment} goes to {} and has no instances. Use GetDeploymentTarget, \
                     BatchGetDeploymentTargets or ListDeploymentTargets.",
                    platform::text(platform)
                ),
            ),
            Rejection::NotRegistered(name) => (
                "InstanceNotRegisteredException",
                format!("No on-premises instance is registered with the name: {name}"),
            ),
            Rejection::InstanceExists(name) => (
                "InstanceNameAlreadyRegisteredException",
                format!(
                    "An on-premises instance is already registered with the name: {name}. Deregister it first, or choose \
                     another name."
                ),
            ),
            Rejection::IdentityTaken { identity, by } => (
                match identity {
                    Identity::User(_) => "IamUserArnAlreadyRegisteredException",
                    Identity::Session(_) => "IamSessionArnAlreadyRegisteredException",
                },
                format!(
                    "{} is already registered with the on-premises instance {by}. Deregister that, or use an ARN of this \
                     instance's own.",
                    identity.as_str()
                ),
            ),
            Rejection::TooManyInstanceTags { instance, tags, most } => (
                "TagLimitExceededException",
                format!(
                    "The on-premises instance {instance} would have {tags} tags; it may have {most}. Remove some first. No \
                     instance was tagged."
                ),
            ),
            Rejection::NoGitHubToken(name) => (
                "GitHubAccountTokenDoesNotExistException",
                format!("No GitHub account connection found for name: {}", cut(&name, 100)),
            ),
            Rejection::Full { quota, most } => {
                let (name, what, named) = match quota {
                    Quota::Applications => ("ApplicationLimitExceededException", "applications", "Applications"),
                    Quota::Groups => {
                        ("DeploymentGroupLimitExceededException", "groups in the application", "GroupsPerApplication")
                    }
                    Quota::Configs => {
                        ("DeploymentConfigLimitExceededException", "deployment configurations", "DeploymentConfigs")
                    }
                    Quota::ActiveDeployments => {
                        ("DeploymentLimitExceededException", "active deployments", "ActiveDeployments")
                    }
                };
                let words = format!(
                    "The quota of {what} is {most}, and is used up. Try again when there are fewer, or raise {named} in the \
                     parameter Quotas of Spillway's stack."
                );
                (name, words)
            }
            Rejection::ConfigInUse(name) => (
                "DeploymentConfigInUseException",
                format!(
                    "The deployment configuration {name} is in use by a deployment group, and was not deleted. Give the \
                     groups that name it another one first."
                ),
            ),
            Rejection::BuiltInConfig(name) => (
                "InvalidOperationException",
                format!(
                    "The deployment configuration {} is predefined, and cannot be deleted.",
                    cut(name.as_str(), 120)
                ),
            ),
            Rejection::NothingToTag(resource) => {
                ("InvalidArnException", format!("ResourceArn: there is no {resource}."))
            }
            Rejection::TooManyTags { resource, tags, most } => (
                "InvalidTagsToAddException",
                format!(
                    "There would be {tags} tags on {resource}; there may be {most}. Remove some first. None was added."
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
