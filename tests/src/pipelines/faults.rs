//! Actions that fail before there is a deployment, each with words that say what is wrong with which parameter.

use serde_json::{Value, json};
use spillway_domain::access::permission::{Authorization, Denial, Question};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::access::Access;
use spillway_testkit::{FleetStory, Plot, Story, World};

use super::{Action, BUILD, DEFINITION, SERVICE, lambda, run, service, world, world_of_service};

#[test]
fn what_is_wrong_with_what_an_action_brings_fails_it_and_deploys_nothing() {
    let with = |mut parameters: Value, member: &str, value: Value| {
        parameters[member] = value;
        parameters
    };
    let image = ("imageDetail.json", r#"{"image":"web"}"#);
    let (appspec, definition) = (("appspec.yaml", SERVICE), ("taskdef.json", DEFINITION));
    for (parameters, build, words) in [
        (
            with(service(), "artifact", json!("Bild")),
            vec![appspec, definition],
            "InvalidInputException: artifact names 'Bild', which is no input artifact of the action. It has BuildOutput, \
             Image.",
        ),
        (
            with(service(), "appSpecPath", json!("a.yaml")),
            vec![appspec, definition],
            "InvalidInputException: Artifact BuildOutput has no file a.yaml. Put it there, or give its path in the archive \
             as appSpecPath.",
        ),
        (
            service(),
            vec![appspec],
            "InvalidInputException: Artifact BuildOutput has no file taskdef.json. Put it there, or give its path in the \
             archive as taskDefinitionPath.",
        ),
        (
            with(service(), "taskDefinitionArtifact", json!("Tasks")),
            vec![appspec],
            "InvalidInputException: taskDefinitionArtifact names 'Tasks', which is no input artifact of the action. It has \
             BuildOutput, Image.",
        ),
        (
            with(service(), "images", json!({ "IMAGE2_NAME": "Image" })),
            vec![appspec, definition],
            "InvalidInputException: The task definition taskdef.json has no <IMAGE2_NAME>, which images names. Put it in the \
             place of an image.",
        ),
        (
            with(service(), "images", json!({ "IMAGE1_NAME": "BuildOutput" })),
            vec![appspec, definition],
            "InvalidInputException: Artifact BuildOutput has no file imageDetail.json. Give images the artifact of a build, \
             or of a source action, that writes it.",
        ),
        (
            with(service(), "images", json!({ "IMAGE1_NAME": "BuildOutput" })),
            vec![appspec, definition, image],
            "InvalidInputException: imageDetail.json in artifact BuildOutput names no image. It is JSON whose ImageURI is \
             the image's URI.",
        ),
        (
            service(),
            vec![appspec, ("taskdef.json", "[\"<IMAGE1_NAME>\"]")],
            "InvalidInputException: The task definition taskdef.json is not a JSON object: invalid type: sequence, expected \
             a map at line 1 column 0.",
        ),
        (
            service(),
            vec![("appspec.yaml", "version: 0.0")],
            "InvalidInputException: images is given, and the AppSpec appspec.yaml has no <TASK_DEFINITION>. Put it in the \
             place of the task definition's ARN, or leave images out.",
        ),
        (
            with(service(), "fileExistsBehavior", json!("RETAIN")),
            vec![("appspec.yaml", SERVICE), definition],
            "InvalidFileExistsBehaviorException: For ECS deployment, fileExistsBehavior can not be specified; leave it out.",
        ),
    ] {
        let world = world_of_service();
        world.put_artifact(BUILD, &build);
        let mut action = Action::new(&world, parameters);
        assert_eq!(action.failure(), format!("ConfigurationError: {words}"));
        assert!(world.records().is_empty());
    }
}

#[test]
fn parameters_of_another_platform_and_names_that_are_not_there_fail_an_action() {
    let world = world(&Story::new("Steps.10@1m"));
    for (member, value, words) in [
        (
            "taskDefinitionPath",
            json!("taskdef.json"),
            "InvalidInputException: taskDefinitionPath has no meaning for a deployment to Lambda. Leave it out.",
        ),
        (
            "deploymentGroupName",
            json!("nothing"),
            "DeploymentGroupDoesNotExistException: No Deployment Group found for name: nothing",
        ),
        (
            "deploymentConfigName",
            json!("nothing"),
            "DeploymentConfigDoesNotExistException: No Deployment Configuration found for name: nothing",
        ),
    ] {
        let mut parameters = lambda();
        parameters[member] = value;
        assert_eq!(Action::new(&world, parameters).failure(), format!("ConfigurationError: {words}"));
    }
    let fleet = World::new();
    FleetStory::new("CodeDeployDefault.OneAtATime", 1).set(&fleet);
    let parameters = json!({ "applicationName": "shop", "deploymentGroupName": "web", "appSpecPath": "appspec.yml" });
    assert_eq!(
        Action::new(&fleet, parameters).failure(),
        "ConfigurationError: InvalidInputException: appSpecPath has no meaning for a deployment to Server. Leave it out."
    );
    assert!(world.records().is_empty() && fleet.records().is_empty());
}

#[test]
fn an_artifact_that_is_not_there_or_may_not_be_read_fails_an_action() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    assert_eq!(
        Action::new(&world, lambda()).failure(),
        "ConfigurationError: No deployment was created. s3:GetObject of \
         s3://shop-pipeline-artifacts/shop/BuildOutpu/pi5IJ3a failed: NoSuchKey: there is no such key."
    );
    world.fail_artifacts(Some(Problem::new(ProblemKind::Denied, "s3:GetObject failed: AccessDenied: Access Denied.")));
    assert_eq!(
        Action::new(&world, lambda()).failure(),
        "PermissionError: No deployment was created. s3:GetObject failed: AccessDenied: Access Denied."
    );
}

#[test]
fn an_appspec_that_is_not_valid_fails_its_deployment_and_so_the_action() {
    let world = world(&Story::new("Steps.10@1m"));
    world.put_artifact(BUILD, &[("appspec.yaml", "version: 0.0")]);
    let mut action = Action::new(&world, lambda());
    action.next();
    run(&world);
    let message = action.failure();
    assert!(message.starts_with("JobFailed: Deployment d-"), "{message}");
    assert!(message.contains(" has ended Failed. "), "{message}");
}

/// Policies that permit nothing.
struct Closed;

impl Access for Closed {
    fn has_policies(&self) -> bool {
        true
    }

    async fn ask(&self, question: &Question) -> Result<Authorization, Problem> {
        Ok(Authorization::Denied(Denial { permission: question.permissions[0].clone(), is_forbidden: false }))
    }
}

#[test]
fn policies_decide_what_pipelines_may_deploy_to_before_anything_is_read() {
    let world = world(&Story::new("Steps.10@1m"));
    let mut action = Action::guarded_by(&world, Closed, lambda());
    assert_eq!(
        action.failure(),
        "PermissionError: AccessDeniedException: User: \
         arn:aws:sts::111122223333:assumed-role/run-pipeline-job/spillway-run-pipeline-job is not authorized to perform: \
         codedeploy:CreateDeployment on resource: arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/orders \
         because no identity-based policy allows the codedeploy:CreateDeployment action"
    );
    assert!(world.records().is_empty() && world.artifacts_read_with().is_empty());
}
