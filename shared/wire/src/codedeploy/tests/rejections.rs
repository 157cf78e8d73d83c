use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::catalog::fit::Unfit;
use spillway_domain::catalog::instance::Identity;
use spillway_domain::catalog::revision::{RevisionLocation, RevisionUnfit};
use spillway_domain::catalog::tags::Resource;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::{
    ApplicationRejection, ConfigurationRejection, DeploymentRejection, GroupRejection, InstanceRejection, Quota,
    Rejection, RevisionRejection, TagRejection, TargetRejection,
};

use crate::codedeploy::exception::Exception;
use crate::testing::named;

/// Each has its exception and words, by itself and as one of all rejections.
pub(super) fn check<T: Into<Rejection> + Into<Exception> + Clone>(cases: &[(T, &str)]) {
    for (rejection, words) in cases {
        let (own, any): (Exception, Rejection) = (rejection.clone().into(), rejection.clone().into());
        assert_eq!(own.to_string(), *words);
        assert_eq!(Exception::from(any).to_string(), *words);
    }
}

fn id() -> DeploymentId {
    named("d-75I7MBT7C")
}

#[test]
fn every_rejection_about_an_application_has_its_exception_and_words() {
    check(&[
        (
            ApplicationRejection::DoesNotExist(named("shop")),
            "ApplicationDoesNotExistException: No application found for name: shop",
        ),
        (
            ApplicationRejection::AlreadyExists(named("shop")),
            "ApplicationAlreadyExistsException: Application already exists with the name: shop",
        ),
    ]);
}

#[test]
fn every_rejection_about_a_configuration_has_its_exception_and_words() {
    check(&[
        (
            ConfigurationRejection::DoesNotExist { name: named("slow"), platform: Some(ComputePlatform::Lambda) },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: slow",
        ),
        (
            ConfigurationRejection::DoesNotExist {
                name: named("Canary10Percent5Minutes"),
                platform: Some(ComputePlatform::Ecs),
            },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: \
             Canary10Percent5Minutes. Did you mean CodeDeployDefault.ECSCanary10Percent5Minutes?",
        ),
        (
            ConfigurationRejection::DoesNotExist { name: named("steps.10@5m"), platform: None },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: steps.10@5m. Did you \
             mean Steps.10@5m?",
        ),
        (
            ConfigurationRejection::AlreadyExists(named("slow")),
            "DeploymentConfigAlreadyExistsException: Deployment configuration already exists with the name: slow",
        ),
        (
            ConfigurationRejection::ForOtherPlatform {
                config: named("CodeDeployDefault.OneAtATime"),
                expected: ComputePlatform::Lambda,
            },
            "InvalidDeploymentConfigNameException: Compute platform of deployment config CodeDeployDefault.OneAtATime \
             does not match expected compute platform, correct compute platform should be Lambda.",
        ),
        (
            ConfigurationRejection::TooFine { config: named("Steps.0.25@1m") },
            "InvalidDeploymentConfigNameException: The deployment configuration Steps.0.25@1m has steps of hundredths of \
             a percent, but the weights of a load balancer are in tenths of a percent. Choose one whose steps are, such \
             as Steps.0.5@5m.",
        ),
        (
            ConfigurationRejection::InUse(named("slow")),
            "DeploymentConfigInUseException: The deployment configuration slow is in use by a deployment group, and \
             was not deleted. Give the groups that name it another one first.",
        ),
        (
            ConfigurationRejection::BuiltIn(named("Steps.10@5m")),
            "InvalidOperationException: The deployment configuration Steps.10@5m is predefined, and cannot be deleted.",
        ),
    ]);
}

#[test]
fn every_rejection_about_a_group_has_its_exception_and_words() {
    check(&[
        (
            GroupRejection::DoesNotExist(named("live")),
            "DeploymentGroupDoesNotExistException: No Deployment Group found for name: live",
        ),
        (
            GroupRejection::AlreadyExists(named("live")),
            "DeploymentGroupAlreadyExistsException: Deployment group already exists with the name: live",
        ),
        (
            GroupRejection::Unfit(Unfit::NoReadyOption),
            "InvalidBlueGreenDeploymentConfigurationException: Deployment ready option cannot be null for blue green \
             deployment",
        ),
        (
            GroupRejection::ServiceDrifted(vec![EcsService { service: named("web"), cluster: named("prod") }]),
            "ECSServiceMappingLimitExceededException: The ECS service prod/web (cluster/service) belongs to another \
             deployment group, and can be in one only. Take it out of that group, or delete that group, first.",
        ),
        (
            GroupRejection::InUse { group: named("live"), deployment: id() },
            "InvalidOperationException: Deployment group live has an active deployment, d-75I7MBT7C, and was not deleted. \
             Wait until the deployment has ended, or stop it, and delete again.",
        ),
        (
            GroupRejection::ServiceInUse { group: named("live"), deployment: id() },
            "InvalidECSServiceException: Deployment group live has an active deployment, d-75I7MBT7C, to its ECS \
             service, and was not changed. Wait until the deployment has ended, or stop it, and update again.",
        ),
    ]);
}

#[test]
fn every_rejection_about_a_revision_has_its_exception_and_words() {
    check(&[
        (
            RevisionRejection::DoesNotExist {
                application: named("shop"),
                revision: RevisionLocation::GitHub { repository: "a/b".to_owned(), commit: "c".to_owned() },
            },
            "RevisionDoesNotExistException: No revision of application shop is registered at this location: \
             {\"revisionType\":\"GitHub\",\"gitHubLocation\":{\"repository\":\"a/b\",\"commitId\":\"c\"}}",
        ),
        (
            RevisionRejection::Unfit(RevisionUnfit::Bundle, ComputePlatform::Lambda),
            "InvalidRevisionException: BundleType must be either YAML or JSON",
        ),
        (
            RevisionRejection::Unfit(RevisionUnfit::Archive, ComputePlatform::Server),
            "InvalidRevisionException: For Server applications, bundleType must be one of tar, tgz and zip.",
        ),
        (
            RevisionRejection::Unfit(RevisionUnfit::Text, ComputePlatform::Server),
            "InvalidRevisionException: Revisions of Server applications are archives: give revisionType S3 or GitHub.",
        ),
        (
            RevisionRejection::Unfit(RevisionUnfit::GitHub, ComputePlatform::Ecs),
            "InvalidRevisionException: GitHub revisions are for Server applications only. Give the AppSpec of this ECS \
             application as revisionType AppSpecContent.",
        ),
        (
            RevisionRejection::NoText,
            "InvalidRevisionException: No text is registered under this sha256; give the AppSpec as content.",
        ),
        (
            RevisionRejection::NothingToRestart(named("live")),
            "RevisionDoesNotExistException: No deployment of the deployment group live has succeeded yet, so there is no \
             revision to deploy again. Give a revision.",
        ),
        (
            RevisionRejection::NoGitHubToken("mine".to_owned()),
            "GitHubAccountTokenDoesNotExistException: No GitHub account connection found for name: mine",
        ),
    ]);
}

#[test]
fn every_rejection_about_a_deployment_has_its_exception_and_words() {
    check(&[
        (
            DeploymentRejection::InPlace,
            "InvalidTargetInstancesException: targetInstances names the replacement environment of a blue/green deployment, and this deployment is \
             in place: its hosts are those of the deployment group's tags and Auto Scaling groups. Leave it out.",
        ),
        (
            DeploymentRejection::NoReplacement(named("live")),
            "InvalidTargetInstancesException: Deployment group 'live' deploys blue/green, and targetInstances names no \
             replacement environment. Name its instances with tagFilters or ec2TagSet, its Auto Scaling groups with \
             autoScalingGroups, or both.",
        ),
        (
            DeploymentRejection::SharedAutoScalingGroup { name: named("web"), group: named("live") },
            "InvalidTargetInstancesException: targetInstances: Auto Scaling group 'web' is in the original environment of \
             deployment group 'live', so its instances cannot replace themselves. Name another one, or change \
             autoScalingGroups of the deployment group.",
        ),
        (
            DeploymentRejection::CopyNotBuilt(named("live")),
            "UnsupportedActionForDeploymentTypeException: greenFleetProvisioningOption of deployment group 'live' is \
             COPY_AUTO_SCALING_GROUP: Spillway copies no Auto Scaling groups, and created no deployment. Set it to \
             DISCOVER_EXISTING, and name a second Auto Scaling group in targetInstances.",
        ),
        (
            DeploymentRejection::Busy { group: named("live"), deployment: id() },
            "DeploymentLimitExceededException: The Deployment Group 'live' already has an active Deployment \
             'd-75I7MBT7C'",
        ),
        (
            DeploymentRejection::AliasBusy {
                alias: "orders:live".to_owned(),
                application: named("shop"),
                group: named("one"),
                deployment: id(),
            },
            "DeploymentLimitExceededException: The Deployment Group 'one' already has an active Deployment \
             'd-75I7MBT7C' (application 'shop') of alias orders:live, and an alias has one deployment at a time. Wait \
             until it has ended, or stop it, and deploy again.",
        ),
        (
            DeploymentRejection::DoesNotExist(id()),
            "DeploymentDoesNotExistException: The deployment d-75I7MBT7C could not be found",
        ),
        (
            DeploymentRejection::AlreadyCompleted(id()),
            "DeploymentAlreadyCompletedException: The deployment d-75I7MBT7C is already completed; nothing of it is \
             left to be changed.",
        ),
        (
            DeploymentRejection::RollbackCannotStop(id()),
            "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C is an automatic rollback and \
             cannot be stopped: its traffic is back already. Wait until it has ended.",
        ),
        (
            DeploymentRejection::ForeignHook { deployment: id() },
            "InvalidLifecycleEventHookExecutionIdException: The lifecycleEventHookExecutionId is not one of deployment \
             d-75I7MBT7C. Give back LifecycleEventHookExecutionId as the hook received it, with the DeploymentId \
             beside it.",
        ),
        (
            DeploymentRejection::EventAlreadyCompleted { deployment: id(), event: EventName::BeforeAllowTraffic },
            "LifecycleEventAlreadyCompletedException: The lifecycle event BeforeAllowTraffic of deployment d-75I7MBT7C \
             is already completed; this status changes nothing.",
        ),
        (
            DeploymentRejection::NoWait { deployment: id(), platform: ComputePlatform::Lambda, wait: Gate::Ready },
            "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C goes to Lambda and has no \
             READY_WAIT to end. To end the deployment, use StopDeployment.",
        ),
        (
            DeploymentRejection::NotWaiting { deployment: id(), wait: Gate::Ready },
            "DeploymentIsNotInReadyStateException: The deployment d-75I7MBT7C does not wait to be continued, and nothing \
             was changed. It does while its status is Ready: when its replacement is ready, if deploymentReadyOption of \
             its group says STOP_DEPLOYMENT.",
        ),
        (
            DeploymentRejection::NotWaiting { deployment: id(), wait: Gate::Termination },
            "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C is not in its TERMINATION_WAIT, and \
             nothing was changed. That begins when all traffic has moved, and instanceTerminationWaitTimeStarted of \
             GetDeployment is true from then on.",
        ),
    ]);
}

#[test]
fn every_rejection_about_a_target_has_its_exception_and_words() {
    check(&[
        (
            TargetRejection::NotStarted(id()),
            "DeploymentNotStartedException: The deployment d-75I7MBT7C has not started: its AppSpec, which names its \
             target, is still to be read. Try again in a moment.",
        ),
        (
            TargetRejection::Malformed {
                asked: "tutorial-bluegreen-cluster".to_owned(),
                platform: ComputePlatform::Ecs,
            },
            "InvalidDeploymentTargetIdException: Invalid id tutorial-bluegreen-cluster for ECS deployment, valid Id should \
             be in format <cluster-name>:<service-name>",
        ),
        (
            TargetRejection::Malformed { asked: "orders".to_owned(), platform: ComputePlatform::Lambda },
            "InvalidDeploymentTargetIdException: Invalid id orders for Lambda deployment, valid Id should be in format \
             <function-name>:<alias-name>",
        ),
        (
            TargetRejection::DoesNotExist { deployment: id(), asked: "orders:live".to_owned(), own: None },
            "DeploymentTargetDoesNotExistException: The deployment d-75I7MBT7C has no target: its AppSpec is not \
             valid, or could not be read. See errorInformation and deploymentStatusMessages of GetDeployment.",
        ),
        (
            TargetRejection::DoesNotExist {
                deployment: id(),
                asked: "orders:prod".to_owned(),
                own: Some("orders:live".to_owned()),
            },
            "DeploymentTargetDoesNotExistException: 'orders:prod' is not a target of deployment d-75I7MBT7C. Its \
             target is 'orders:live'.",
        ),
        (
            TargetRejection::OneTarget { deployment: id(), asked: 2 },
            "DeploymentTargetListSizeExceededException: targetIds names 2 targets, but deployment d-75I7MBT7C has one \
             target.",
        ),
        (
            TargetRejection::NoInstances { deployment: id(), platform: ComputePlatform::Lambda },
            "InvalidComputePlatformException: The deployment d-75I7MBT7C goes to Lambda and has no instances. Use \
             GetDeploymentTarget, BatchGetDeploymentTargets or ListDeploymentTargets.",
        ),
    ]);
}

#[test]
fn every_rejection_about_an_instance_has_its_exception_and_words() {
    check(&[
        (
            InstanceRejection::NotRegistered(named("box")),
            "InstanceNotRegisteredException: No on-premises instance is registered with the name: box",
        ),
        (
            InstanceRejection::AlreadyExists(named("box")),
            "InstanceNameAlreadyRegisteredException: An on-premises instance is already registered with the name: box. \
             Deregister it first, or choose another name.",
        ),
        (
            InstanceRejection::IdentityTaken {
                identity: Identity::User(named("arn:aws:iam::111122223333:user/box")),
                by: named("crate"),
            },
            "IamUserArnAlreadyRegisteredException: arn:aws:iam::111122223333:user/box is already registered with the \
             on-premises instance crate. Deregister that, or use an ARN of this instance's own.",
        ),
        (
            InstanceRejection::IdentityTaken {
                identity: Identity::Session(named("arn:aws:sts::111122223333:assumed-role/deployer/box")),
                by: named("crate"),
            },
            "IamSessionArnAlreadyRegisteredException: arn:aws:sts::111122223333:assumed-role/deployer/box is already \
             registered with the on-premises instance crate. Deregister that, or use an ARN of this instance's own.",
        ),
        (
            InstanceRejection::TooManyTags { instance: named("box"), tags: 11, most: 10 },
            "TagLimitExceededException: The on-premises instance box would have 11 tags; it may have 10. Remove some \
             first. No instance was tagged.",
        ),
    ]);
}

#[test]
fn every_rejection_about_tags_has_its_exception_and_words() {
    check(&[
        (
            TagRejection::NothingToTag(Resource::Application(named("shop"))),
            "InvalidArnException: ResourceArn: there is no application shop.",
        ),
        (
            TagRejection::TooManyTags { resource: Resource::Group(named("shop"), named("live")), tags: 51, most: 50 },
            "InvalidTagsToAddException: There would be 51 tags on deployment group live of application shop; there \
             may be 50. Remove some first. None was added.",
        ),
    ]);
}

#[test]
fn every_other_rejection_has_its_exception_and_words() {
    check(&[
        (
            Rejection::Full { quota: Quota::Applications, most: 1000 },
            "ApplicationLimitExceededException: The quota of applications is 1000, and is used up. Try again when \
             there are fewer, or raise Applications in the parameter Quotas of Spillway's stack.",
        ),
        (
            Rejection::Full { quota: Quota::Groups, most: 7 },
            "DeploymentGroupLimitExceededException: The quota of groups in the application is 7, and is used up. \
             Try again when there are fewer, or raise GroupsPerApplication in the parameter Quotas of Spillway's stack.",
        ),
        (
            Rejection::Full { quota: Quota::Configs, most: 200 },
            "DeploymentConfigLimitExceededException: The quota of deployment configurations is 200, and is used \
             up. Try again when there are fewer, or raise DeploymentConfigs in the parameter Quotas of Spillway's \
             stack.",
        ),
        (
            Rejection::Full { quota: Quota::ActiveDeployments, most: 1000 },
            "DeploymentLimitExceededException: The quota of active deployments is 1000, and is used up. Try again \
             when there are fewer, or raise ActiveDeployments in the parameter Quotas of Spillway's stack.",
        ),
        (
            Rejection::Conflict("Deployment group live".to_owned()),
            "ThrottlingException: Deployment group live was changed by another caller at the same moment, and not by \
             this one. Try again.",
        ),
    ]);
}
