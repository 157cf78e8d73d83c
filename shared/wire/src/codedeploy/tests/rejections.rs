use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::catalog::fit::Unfit;
use spillway_domain::catalog::instance::Identity;
use spillway_domain::catalog::revision::{RevisionLocation, RevisionUnfit};
use spillway_domain::catalog::tags::Resource;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::rejection::{Quota, Rejection};

use crate::codedeploy::exception::Exception;
use crate::testing::named;

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
            Rejection::NoConfig { name: named("slow"), platform: Some(ComputePlatform::Lambda) },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: slow",
        ),
        (
            Rejection::NoConfig { name: named("Canary10Percent5Minutes"), platform: Some(ComputePlatform::Ecs) },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: \
             Canary10Percent5Minutes. Did you mean CodeDeployDefault.ECSCanary10Percent5Minutes?",
        ),
        (
            Rejection::NoConfig { name: named("steps.10@5m"), platform: None },
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: steps.10@5m. Did you \
             mean Steps.10@5m?",
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
            Rejection::GroupUnfit(Unfit::NoReadyOption),
            "InvalidBlueGreenDeploymentConfigurationException: Deployment ready option cannot be null for blue green \
             deployment",
        ),
        (
            Rejection::ServiceDrifted(vec![EcsService { service: named("web"), cluster: named("prod") }]),
            "ECSServiceMappingLimitExceededException: The ECS service prod/web (cluster/service) belongs to another \
             deployment group, and can be in one only. Take it out of that group, or delete that group, first.",
        ),
        (
            Rejection::NoRevision {
                application: named("shop"),
                revision: RevisionLocation::GitHub { repository: "a/b".to_owned(), commit: "c".to_owned() },
            },
            "RevisionDoesNotExistException: No revision of application shop is registered at this location: \
             {\"revisionType\":\"GitHub\",\"gitHubLocation\":{\"repository\":\"a/b\",\"commitId\":\"c\"}}",
        ),
        (
            Rejection::RevisionUnfit(RevisionUnfit::Bundle, ComputePlatform::Lambda),
            "InvalidRevisionException: BundleType must be either YAML or JSON",
        ),
        (
            Rejection::RevisionUnfit(RevisionUnfit::Archive, ComputePlatform::Server),
            "InvalidRevisionException: For Server applications, bundleType must be one of tar, tgz and zip.",
        ),
        (
            Rejection::RevisionUnfit(RevisionUnfit::Text, ComputePlatform::Server),
            "InvalidRevisionException: Revisions of Server applications are archives: give revisionType S3 or GitHub.",
        ),
        (
            Rejection::RevisionUnfit(RevisionUnfit::GitHub, ComputePlatform::Ecs),
            "InvalidRevisionException: GitHub revisions are for Server applications only. Give the AppSpec of this ECS \
             application as revisionType AppSpecContent.",
        ),
        (
            Rejection::NoText,
            "InvalidRevisionException: No text is registered under this sha256; give the AppSpec as content.",
        ),
        (
            Rejection::NothingToRestart(named("live")),
            "RevisionDoesNotExistException: No deployment of the deployment group live has succeeded yet, so there is no \
             revision to deploy again. Give a revision.",
        ),
        (
            Rejection::PlatformNotBuilt(ComputePlatform::Server),
            "UnsupportedActionForDeploymentTypeException: Spillway does not deploy to Server yet, and created no deployment; deploy with an \
             application whose computePlatform is Lambda or ECS.",
        ),
        (
            Rejection::Busy { group: named("live"), deployment: id() },
            "DeploymentLimitExceededException: The Deployment Group 'live' already has an active Deployment \
             'd-75I7MBT7C'",
        ),
        (
            Rejection::AliasBusy {
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
            Rejection::InUse { what: "Application shop".to_owned(), deployment: id() },
            "InvalidOperationException: Application shop has an active deployment, d-75I7MBT7C, and was not deleted. \
             Wait until the deployment has ended, or stop it, and delete again.",
        ),
        (
            Rejection::NoDeployment(id()),
            "DeploymentDoesNotExistException: The deployment d-75I7MBT7C could not be found",
        ),
        (
            Rejection::NotStarted(id()),
            "DeploymentNotStartedException: The deployment d-75I7MBT7C has not started: its AppSpec, which names its \
             target, is still to be read. Try again in a moment.",
        ),
        (
            Rejection::MalformedTarget {
                asked: "tutorial-bluegreen-cluster".to_owned(),
                platform: ComputePlatform::Ecs,
            },
            "InvalidDeploymentTargetIdException: Invalid id tutorial-bluegreen-cluster for ECS deployment, valid Id should \
             be in format <cluster-name>:<service-name>",
        ),
        (
            Rejection::MalformedTarget { asked: "orders".to_owned(), platform: ComputePlatform::Lambda },
            "InvalidDeploymentTargetIdException: Invalid id orders for Lambda deployment, valid Id should be in format \
             <function-name>:<alias-name>",
        ),
        (
            Rejection::NoTarget { deployment: id(), asked: "orders:live".to_owned(), own: None },
            "DeploymentTargetDoesNotExistException: The deployment d-75I7MBT7C has no target: its AppSpec is not \
             valid, or could not be read. See errorInformation and deploymentStatusMessages of GetDeployment.",
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
            "DeploymentTargetListSizeExceededException: targetIds names 2 targets, but deployment d-75I7MBT7C has one \
             target.",
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
            Rejection::NoWait { deployment: id(), platform: ComputePlatform::Lambda, wait: Gate::Ready },
            "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C goes to Lambda and has no \
             READY_WAIT to end. To end the deployment, use StopDeployment.",
        ),
        (
            Rejection::NotWaiting { deployment: id(), wait: Gate::Ready },
            "DeploymentIsNotInReadyStateException: The deployment d-75I7MBT7C does not wait to be continued, and nothing \
             was changed. It does while its status is Ready: when its replacement is ready, if deploymentReadyOption of \
             its group says STOP_DEPLOYMENT.",
        ),
        (
            Rejection::NotWaiting { deployment: id(), wait: Gate::Termination },
            "UnsupportedActionForDeploymentTypeException: The deployment d-75I7MBT7C is not in its TERMINATION_WAIT, and \
             nothing was changed. That begins when all traffic has moved, and instanceTerminationWaitTimeStarted of \
             GetDeployment is true from then on.",
        ),
        (
            Rejection::ServiceInUse { group: named("live"), deployment: id() },
            "InvalidECSServiceException: Deployment group live has an active deployment, d-75I7MBT7C, to its ECS \
             service, and was not changed. Wait until the deployment has ended, or stop it, and update again.",
        ),
        (
            Rejection::TooFine { config: named("Steps.0.25@1m") },
            "InvalidDeploymentConfigNameException: The deployment configuration Steps.0.25@1m has steps of hundredths of \
             a percent, but the weights of a load balancer are in tenths of a percent. Choose one whose steps are, such \
             as Steps.0.5@5m.",
        ),
        (
            Rejection::NoInstances { deployment: id(), platform: ComputePlatform::Lambda },
            "InvalidComputePlatformException: The deployment d-75I7MBT7C goes to Lambda and has no instances. Use \
             GetDeploymentTarget, BatchGetDeploymentTargets or ListDeploymentTargets.",
        ),
        (
            Rejection::NotRegistered(named("box")),
            "InstanceNotRegisteredException: No on-premises instance is registered with the name: box",
        ),
        (
            Rejection::InstanceExists(named("box")),
            "InstanceNameAlreadyRegisteredException: An on-premises instance is already registered with the name: box. \
             Deregister it first, or choose another name.",
        ),
        (
            Rejection::IdentityTaken {
                identity: Identity::User(named("arn:aws:iam::111122223333:user/box")),
                by: named("crate"),
            },
            "IamUserArnAlreadyRegisteredException: arn:aws:iam::111122223333:user/box is already registered with the \
             on-premises instance crate. Deregister that, or use an ARN of this instance's own.",
        ),
        (
            Rejection::IdentityTaken {
                identity: Identity::Session(named("arn:aws:sts::111122223333:assumed-role/deployer/box")),
                by: named("crate"),
            },
            "IamSessionArnAlreadyRegisteredException: arn:aws:sts::111122223333:assumed-role/deployer/box is already \
             registered with the on-premises instance crate. Deregister that, or use an ARN of this instance's own.",
        ),
        (
            Rejection::TooManyInstanceTags { instance: named("box"), tags: 11, most: 10 },
            "TagLimitExceededException: The on-premises instance box would have 11 tags; it may have 10. Remove some \
             first. No instance was tagged.",
        ),
        (
            Rejection::NoGitHubToken("mine".to_owned()),
            "GitHubAccountTokenDoesNotExistException: No GitHub account connection found for name: mine",
        ),
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
            Rejection::ConfigInUse(named("slow")),
            "DeploymentConfigInUseException: The deployment configuration slow is in use by a deployment group, and \
             was not deleted. Give the groups that name it another one first.",
        ),
        (
            Rejection::BuiltInConfig(named("Steps.10@5m")),
            "InvalidOperationException: The deployment configuration Steps.10@5m is predefined, and cannot be deleted.",
        ),
        (
            Rejection::NothingToTag(Resource::Application(named("shop"))),
            "InvalidArnException: ResourceArn: there is no application shop.",
        ),
        (
            Rejection::TooManyTags { resource: Resource::Group(named("shop"), named("live")), tags: 51, most: 50 },
            "InvalidTagsToAddException: There would be 51 tags on deployment group live of application shop; there \
             may be 50. Remove some first. None was added.",
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
