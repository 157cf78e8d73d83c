use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::tags::{Resource, Tag};

use super::*;
use crate::testing::{at, context, named};

#[test]
fn what_is_required_is_asked_for() {
    use Operation::*;
    let cases = [
        (UpdateApplication, "applicationName", "ApplicationNameRequired", ""),
        (UpdateApplication, "newApplicationName", "ApplicationNameRequired", ""),
        (BatchGetApplications, "applicationNames", "ApplicationNameRequired", ", or is empty"),
        (BatchGetDeploymentGroups, "applicationName", "ApplicationNameRequired", ""),
        (BatchGetDeploymentGroups, "deploymentGroupNames", "DeploymentGroupNameRequired", ", or is empty"),
        (DeleteDeploymentConfig, "deploymentConfigName", "DeploymentConfigNameRequired", ""),
        (ListTagsForResource, "ResourceArn", "ResourceArnRequired", ""),
        (TagResource, "ResourceArn", "ResourceArnRequired", ""),
        (UntagResource, "ResourceArn", "ResourceArnRequired", ""),
        (TagResource, "Tags", "TagRequired", ", or is empty"),
        (UntagResource, "TagKeys", "TagRequired", ", or is empty"),
    ];
    for (operation, member, name, or) in cases {
        let found = refused(operation, member, Value::Null);
        assert_eq!(found, format!("{name}Exception: {member} is required and was not given{or}."));
        if !or.is_empty() {
            assert_eq!(refused(operation, member, json!([])), found);
        }
    }
}

#[test]
fn names_are_well_formed_and_not_too_many() {
    use Operation::*;
    assert_eq!(
        refused(UpdateApplication, "newApplicationName", json!("a b")),
        "InvalidApplicationNameException: newApplicationName: application name 'a b' is not valid: 1 to 100 letters, \
         digits or any of . _ + = , @ -"
    );
    assert!(refused(BatchGetApplications, "applicationNames", json!(["a", ""])).contains("applicationNames[1]: "));
    let many: Vec<String> = (0..101).map(|n| format!("n{n}")).collect();
    for (operation, member) in
        [(BatchGetApplications, "applicationNames"), (BatchGetDeploymentGroups, "deploymentGroupNames")]
    {
        assert_eq!(
            refused(operation, member, json!(many)),
            format!("BatchLimitExceededException: {member}: there may be 100 in a request; 101 were given.")
        );
    }
}

fn arn(rest: &str) -> String {
    format!("arn:aws:codedeploy:us-east-1:111122223333:{rest}")
}

#[test]
fn an_arn_names_an_application_or_a_group_of_here() {
    let read = |arn: &str| {
        let body = json!({ "ResourceArn": arn }).to_string();
        ListTagsForResource::parse(body.as_bytes(), &context()).map_err(|exception| exception.to_string())
    };
    assert_eq!(read(&arn("application:shop")), Ok(Resource::Application(named("shop"))));
    assert_eq!(read(&arn("deploymentgroup:shop/live")), Ok(Resource::Group(named("shop"), named("live"))));
    let foreign = [
        "",
        "shop",
        "arn:aws:codedeploy:eu-west-1:111122223333:application:shop",
        "arn:aws:codedeploy:us-east-1:444455556666:application:shop",
        "arn:aws-cn:codedeploy:us-east-1:111122223333:application:shop",
        "arn:aws:lambda:us-east-1:111122223333:function:shop",
    ];
    for foreign in foreign {
        assert_eq!(
            read(foreign).unwrap_err(),
            format!(
                "InvalidArnException: ResourceArn: '{foreign}' is not valid: the ARNs of this installation begin with \
                 arn:aws:codedeploy:us-east-1:111122223333:."
            )
        );
    }
    for bad in [
        "application:",
        "application:a b",
        "application:a/b",
        "deploymentgroup:shop",
        "deploymentgroup:a/b/c",
        "x:y",
        "",
    ] {
        assert!(read(&arn(bad)).unwrap_err().starts_with("InvalidArnException: ResourceArn: 'arn:aws:"), "{bad}");
    }
    assert!(read(&arn(&"a".repeat(1000))).unwrap_err().contains("is longer than 1011 characters"));
    for kind in ["deploymentconfig", "instance"] {
        assert_eq!(
            read(&arn(&format!("{kind}:mine"))).unwrap_err(),
            format!(
                "ArnNotSupportedException: ResourceArn: '{}' names a {kind}, which has no tags here. Applications and \
                 deployment groups have.",
                arn(&format!("{kind}:mine"))
            )
        );
    }
}

#[test]
fn tags_are_shown_capitalized_on_one_page() {
    let tags = [Tag { key: "team".to_owned(), value: "red".to_owned() }];
    let shown = ListTagsForResource::render(&Resource::Application(named("shop")), &tags, &context());
    assert_eq!(shown, json!({ "Tags": [{ "Key": "team", "Value": "red" }] }));
    let token = refused(Operation::ListTagsForResource, "NextToken", json!("x"));
    assert!(token.starts_with("InvalidNextTokenException: The NextToken is not one"), "{token}");
}

#[test]
fn groups_that_are_not_there_are_named() {
    let application = Application {
        id: "a-id".to_owned(),
        name: named("shop"),
        platform: ComputePlatform::Lambda,
        home: "shop".to_owned(),
        created_at: at(0),
    };
    let asked = (named("shop"), vec![named("a"), named("b")]);
    assert_eq!(
        BatchGetDeploymentGroups::render(&asked, &(application.clone(), Vec::new()), &context()),
        json!({ "deploymentGroupsInfo": [], "errorMessage": "No Deployment Group found for name: a, b" })
    );
    let unknown = (named("shop"), Vec::new());
    assert_eq!(
        BatchGetDeploymentGroups::render(&unknown, &(application.clone(), Vec::new()), &context())["errorMessage"],
        ""
    );
    let shown = BatchGetApplications::render(&[named("shop")], &[application], &context());
    assert_eq!(shown["applicationsInfo"][0]["applicationName"], "shop");
}
