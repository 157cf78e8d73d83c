use serde_json::json;
use spillway_domain::access::caller::Caller;
use spillway_domain::access::permission::Denial;

use super::*;
use crate::testing::context;

/// Every operation, and what it acts on.
const TABLE: [(&str, &str); 47] = [
    ("AddTagsToOnPremisesInstances", "instance:one instance:two"),
    ("BatchGetApplicationRevisions", "application:shop"),
    ("BatchGetApplications", "application:shop application:billing"),
    ("BatchGetDeploymentGroups", "group:shop/orders group:shop/carts"),
    ("BatchGetDeploymentInstances", "deployment:d-75I7MBT7C"),
    ("BatchGetDeploymentTargets", "deployment:d-75I7MBT7C"),
    ("BatchGetDeployments", "deployment:d-75I7MBT7C deployment:d-AAAAAAAAA"),
    ("BatchGetOnPremisesInstances", "instance:one instance:two"),
    ("ContinueDeployment", "deployment:d-75I7MBT7C"),
    ("CreateApplication", "application:shop"),
    ("CreateDeployment", "group:shop/orders"),
    ("CreateDeploymentConfig", "config:slow"),
    ("CreateDeploymentGroup", "group:shop/orders iam:PassRole on role/spillway-shop"),
    ("DeleteApplication", "application:shop"),
    ("DeleteDeploymentConfig", "config:slow"),
    ("DeleteDeploymentGroup", "group:shop/orders"),
    ("DeleteGitHubAccountToken", "*"),
    ("DeleteResourcesByExternalId", "*"),
    ("DeregisterOnPremisesInstance", "instance:one"),
    ("GetApplication", "application:shop"),
    ("GetApplicationRevision", "application:shop"),
    ("GetDeployment", "deployment:d-75I7MBT7C"),
    ("GetDeploymentConfig", "config:slow"),
    ("GetDeploymentGroup", "group:shop/orders"),
    ("GetDeploymentInstance", "deployment:d-75I7MBT7C"),
    ("GetDeploymentTarget", "deployment:d-75I7MBT7C"),
    ("GetOnPremisesInstance", "instance:one"),
    ("ListApplicationRevisions", "application:shop"),
    ("ListApplications", "*"),
    ("ListDeploymentConfigs", "*"),
    ("ListDeploymentGroups", "application:shop"),
    ("ListDeploymentInstances", "deployment:d-75I7MBT7C"),
    ("ListDeploymentTargets", "deployment:d-75I7MBT7C"),
    ("ListDeployments", "group:shop/orders"),
    ("ListGitHubAccountTokenNames", "*"),
    ("ListOnPremisesInstances", "*"),
    ("ListTagsForResource", "group:shop/tagged"),
    ("PutLifecycleEventHookExecutionStatus", "deployment:d-75I7MBT7C"),
    ("RegisterApplicationRevision", "application:shop"),
    ("RegisterOnPremisesInstance", "instance:one"),
    ("RemoveTagsFromOnPremisesInstances", "instance:one instance:two"),
    ("SkipWaitTimeForInstanceTermination", "deployment:d-75I7MBT7C"),
    ("StopDeployment", "deployment:d-75I7MBT7C"),
    ("TagResource", "group:shop/tagged"),
    ("UntagResource", "group:shop/tagged"),
    ("UpdateApplication", "application:shop application:renamed"),
    ("UpdateDeploymentGroup", "group:shop/current group:shop/renamed iam:PassRole on role/spillway-shop"),
];

/// A body with every member that names something.
fn everything() -> Value {
    json!({
        "applicationName": "shop", "applicationNames": ["shop", "billing"], "newApplicationName": "renamed",
        "deploymentGroupName": "orders", "deploymentGroupNames": ["orders", "carts"],
        "currentDeploymentGroupName": "current", "newDeploymentGroupName": "renamed",
        "deploymentId": "d-75I7MBT7C", "deploymentIds": ["d-75I7MBT7C", "d-AAAAAAAAA"],
        "deploymentConfigName": "slow", "instanceName": "one", "instanceNames": ["one", "two"],
        "ResourceArn": context().place.arn("codedeploy", "deploymentgroup:shop/tagged"),
        "serviceRoleArn": "arn:aws:iam::111122223333:role/spillway-shop",
    })
}

fn needed(operation: Operation, body: &Value) -> String {
    needed_for(Asked::CodeDeploy(operation), &format!("codedeploy:{operation}"), body)
}

fn needed_for(asked: Asked, action: &str, body: &Value) -> String {
    let words = permissions(asked, body.to_string().as_bytes(), &context()).into_iter().map(|permission| {
        let resource = match permission.resource {
            Protected::Installation => "*".to_owned(),
            Protected::Application(name) => format!("application:{name}"),
            Protected::Group(application, name) => format!("group:{application}/{name}"),
            Protected::Deployment { id, group: None } => format!("deployment:{id}"),
            Protected::Deployment { group: Some(_), .. } => panic!("its group was not looked for"),
            Protected::Config(name) => format!("config:{name}"),
            Protected::Instance(name) => format!("instance:{name}"),
            Protected::Role(arn) => arn.as_str().rsplit(':').next().unwrap().to_owned(),
        };
        let own = permission.action == action;
        if own { resource } else { format!("{} on {resource}", permission.action) }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_operation_acts_on_what_its_request_names() {
    for operation in Operation::ALL {
        let row = TABLE.iter().find(|(name, _)| *name == operation.name()).unwrap();
        assert_eq!(needed(*operation, &everything()), row.1, "{operation}");
    }
}

#[test]
fn what_names_nothing_acts_on_the_whole_installation() {
    for operation in Operation::ALL {
        assert_eq!(needed(*operation, &json!({})), "*", "{operation}");
        assert!(needed(*operation, &json!({ "applicationName": 7 })).starts_with('*'), "{operation}");
    }
    let bad = json!({ "applicationName": "shop", "deploymentGroupName": "no name!", "deploymentId": "d-1" });
    assert_eq!(needed(Operation::CreateDeployment, &bad), "*");
    assert_eq!(needed(Operation::StopDeployment, &bad), "*");
    let mixed = json!({ "applicationNames": ["shop", 7, "no name!"] });
    assert_eq!(needed(Operation::BatchGetApplications, &mixed), "application:shop * *");
    assert_eq!(needed(Operation::BatchGetApplications, &json!({ "applicationNames": [] })), "*");
}

#[test]
fn a_group_that_keeps_its_name_and_role_needs_nothing_for_them() {
    let change = json!({ "applicationName": "shop", "currentDeploymentGroupName": "orders" });
    assert_eq!(needed(Operation::UpdateDeploymentGroup, &change), "group:shop/orders");
}

#[test]
fn every_operation_of_our_own_acts_on_what_its_request_names() {
    let needed = |operation: OperatorOperation, body: &Value| {
        needed_for(Asked::Operator(operation), &operator_action(operation), body)
    };
    let table = [
        (OperatorOperation::GetDeploymentLedger, "deployment:d-75I7MBT7C", "*"),
        (OperatorOperation::ListDeploymentSummaries, "group:shop/orders", "*"),
        (
            OperatorOperation::RollBackDeploymentGroup,
            "group:shop/orders codedeploy:CreateDeployment on group:shop/orders",
            "*",
        ),
    ];
    assert_eq!(table.map(|(operation, ..)| operation), OperatorOperation::ALL);
    for (operation, of_everything, of_nothing) in table {
        assert_eq!(needed(operation, &everything()), of_everything, "{operation}");
        assert_eq!(needed(operation, &json!({})), of_nothing, "{operation}");
    }
}

#[test]
fn a_listing_acts_on_the_narrowest_that_it_names() {
    assert_eq!(needed(Operation::ListDeployments, &json!({ "applicationName": "shop" })), "application:shop");
}

#[test]
fn a_refusal_reads_as_one_of_aws() {
    let place = context().place;
    let caller: Caller = "arn:aws:sts::111122223333:assumed-role/build/alice".parse().unwrap();
    let words = |caller: Option<&Caller>, resource: Protected, action: &str, is_forbidden: bool| {
        let permission = Permission { action: action.to_owned(), resource };
        let exception = denied(caller, &Denial { permission, is_forbidden }, &place);
        assert_eq!((exception.name, exception.status()), ("AccessDeniedException", 400));
        exception.message
    };
    let group = || Protected::Group("shop".parse().unwrap(), "orders".parse().unwrap());
    let arn = place.arn("codedeploy", "deploymentgroup:shop/orders");
    assert_eq!(
        words(Some(&caller), group(), "codedeploy:CreateDeployment", false),
        format!(
            "User: arn:aws:sts::111122223333:assumed-role/build/alice is not authorized to perform: \
             codedeploy:CreateDeployment on resource: {arn} because no identity-based policy allows the \
             codedeploy:CreateDeployment action"
        )
    );
    assert_eq!(
        words(None, group(), "codedeploy:StopDeployment", true),
        format!(
            "User: anonymous is not authorized to perform: codedeploy:StopDeployment on resource: {arn} with an explicit \
             deny in an identity-based policy"
        )
    );
    let role = Protected::Role("arn:aws:iam::111122223333:role/spillway-shop".parse().unwrap());
    assert!(words(None, role, "iam:PassRole", false).contains("on resource: arn:aws:iam::111122223333:role/spillway-"));
}
