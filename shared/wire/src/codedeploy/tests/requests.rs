use serde_json::{Value, json};
use spillway_domain::catalog::application::NewApplication;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::record::Status;
use spillway_domain::deployment::target::TargetStatus;

use super::*;
use crate::testing::named;

#[test]
fn what_is_required_is_asked_for() {
    use Operation::*;
    let cases = [
        (CreateApplication, "applicationName", "ApplicationNameRequired"),
        (GetApplication, "applicationName", "ApplicationNameRequired"),
        (DeleteApplication, "applicationName", "ApplicationNameRequired"),
        (CreateDeploymentConfig, "deploymentConfigName", "DeploymentConfigNameRequired"),
        (GetDeploymentConfig, "deploymentConfigName", "DeploymentConfigNameRequired"),
        (CreateDeploymentGroup, "applicationName", "ApplicationNameRequired"),
        (CreateDeploymentGroup, "deploymentGroupName", "DeploymentGroupNameRequired"),
        (CreateDeploymentGroup, "serviceRoleArn", "RoleRequired"),
        (GetDeploymentGroup, "applicationName", "ApplicationNameRequired"),
        (GetDeploymentGroup, "deploymentGroupName", "DeploymentGroupNameRequired"),
        (DeleteDeploymentGroup, "applicationName", "ApplicationNameRequired"),
        (DeleteDeploymentGroup, "deploymentGroupName", "DeploymentGroupNameRequired"),
        (UpdateDeploymentGroup, "applicationName", "ApplicationNameRequired"),
        (UpdateDeploymentGroup, "currentDeploymentGroupName", "DeploymentGroupNameRequired"),
        (ListDeploymentGroups, "applicationName", "ApplicationNameRequired"),
        (CreateDeployment, "applicationName", "ApplicationNameRequired"),
        (CreateDeployment, "deploymentGroupName", "DeploymentGroupNameRequired"),
        (CreateDeployment, "revision", "RevisionRequired"),
        (GetDeployment, "deploymentId", "DeploymentIdRequired"),
        (StopDeployment, "deploymentId", "DeploymentIdRequired"),
        (GetDeploymentTarget, "deploymentId", "DeploymentIdRequired"),
        (GetDeploymentTarget, "targetId", "DeploymentTargetIdRequired"),
        (BatchGetDeploymentTargets, "deploymentId", "DeploymentIdRequired"),
        (ListDeploymentTargets, "deploymentId", "DeploymentIdRequired"),
        (PutLifecycleEventHookExecutionStatus, "deploymentId", "DeploymentIdRequired"),
        (PutLifecycleEventHookExecutionStatus, "lifecycleEventHookExecutionId", "InvalidLifecycleEventHookExecutionId"),
    ];
    for (operation, member, name) in cases {
        let found = refused(operation, member, Value::Null);
        // CodeDeploy's own words, which clients match.
        let own = if member == "deploymentGroupName" { "Deployment Group name is missing: " } else { "" };
        assert_eq!(found, format!("{name}Exception: {own}{member} is required and was not given."));
    }
    assert_eq!(
        refused(BatchGetDeploymentTargets, "targetIds", json!([])),
        "DeploymentTargetIdRequiredException: targetIds is required and was not given, or names no target."
    );
}

#[test]
fn names_that_are_not_well_formed_are_refused_with_their_rule() {
    use Operation::*;
    let long = "a".repeat(101);
    let rule = "1 to 100 letters, digits or any of . _ + = , @ -";
    let cases = [
        (CreateApplication, "applicationName", "InvalidApplicationName", "application name"),
        (GetApplication, "applicationName", "InvalidApplicationName", "application name"),
        (ListDeploymentGroups, "applicationName", "InvalidApplicationName", "application name"),
        (CreateDeployment, "deploymentGroupName", "InvalidDeploymentGroupName", "deployment group name"),
        (UpdateDeploymentGroup, "currentDeploymentGroupName", "InvalidDeploymentGroupName", "deployment group name"),
        (UpdateDeploymentGroup, "newDeploymentGroupName", "InvalidDeploymentGroupName", "deployment group name"),
        (UpdateDeploymentGroup, "deploymentConfigName", "InvalidDeploymentConfigName", "deployment configuration name"),
        (
            CreateDeploymentConfig,
            "deploymentConfigName",
            "InvalidDeploymentConfigName",
            "deployment configuration name",
        ),
        (GetDeploymentConfig, "deploymentConfigName", "InvalidDeploymentConfigName", "deployment configuration name"),
    ];
    for (operation, member, name, what) in cases {
        for bad in ["", " ", "a b", "a/b", "ä", "a\n", &long] {
            assert_eq!(
                refused(operation, member, json!(bad)),
                format!("{name}Exception: {member}: {what} '{bad}' is not valid: {rule}")
            );
        }
    }
    for bad in ["", "d-1", "d-75i7mbt7c", "arn:aws:codedeploy"] {
        assert_eq!(
            refused(GetDeployment, "deploymentId", json!(bad)),
            format!(
                "InvalidDeploymentIdException: Specified DeploymentId is not in the valid format: {bad} (deploymentId: d- \
                 and nine capital letters or digits, such as d-75I7MBT7C)"
            )
        );
        assert_eq!(
            refused(BatchGetDeployments, "deploymentIds", json!(["d-75I7MBT7C", bad])),
            format!(
                "InvalidDeploymentIdException: Specified DeploymentId is not in the valid format: {bad} \
                 (deploymentIds[1]: d- and nine capital letters or digits, such as d-75I7MBT7C)"
            )
        );
    }
}

#[test]
fn an_application_has_a_platform_and_tags() {
    let body = json!({
        "applicationName": "shop", "computePlatform": "ECS",
        "tags": [{ "Key": "team", "Value": "a" }, { "Key": "empty" }],
    });
    let parsed = CreateApplication::parse(body.to_string().as_bytes(), &context()).unwrap();
    assert_eq!(parsed.platform, ComputePlatform::Ecs);
    assert_eq!(
        parsed.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect::<Vec<_>>(),
        [("team", "a"), ("empty", "")]
    );
    assert_eq!(
        CreateApplication::parse(br#"{"applicationName":"shop"}"#, &context()),
        Ok(NewApplication { name: named("shop"), platform: ComputePlatform::Server, tags: Vec::new() })
    );
    let platform = |given: &str| refused(Operation::CreateApplication, "computePlatform", json!(given));
    for given in ["", "lambda", "Kubernetes"] {
        assert_eq!(
            platform(given),
            format!(
                "InvalidComputePlatformException: ComputePlatform '{given}' is not valid. Valid values are [Server, \
                 Lambda, ECS]"
            )
        );
    }
}

#[test]
fn tags_have_their_rules() {
    let many: Vec<Value> = (0..51).map(|n| json!({ "Key": n.to_string() })).collect();
    let cases = [
        (json!([{ "Value": "a" }]), "tags[0]: Key is required and was not given."),
        (json!([{ "Key": "" }]), "tags[0]: Key is required and was not given."),
        (json!([{ "Key": "aws:x" }]), "tags[0]: Key 'aws:x' begins with aws:, which is reserved; choose another."),
        (json!([{ "Key": "a" }, { "Key": "a" }]), "tags[1]: Key 'a' is given twice; give it once."),
        (json!([{ "Key": "a", "Value": "v".repeat(257) }]), "tags[0]: the Value of 'a' is longer than 256 characters."),
        (json!(many), "tags: there may be 50 tags; 51 were given."),
    ];
    for operation in [Operation::CreateApplication, Operation::CreateDeploymentGroup] {
        for (tags, words) in &cases {
            assert_eq!(refused(operation, "tags", tags.clone()), format!("InvalidTagsToAddException: {words}"));
        }
        let key = refused(operation, "tags", json!([{ "Key": "k".repeat(129) }]));
        assert!(key.ends_with("...' is longer than 128 characters."), "{key}");
    }
}

#[test]
fn a_verdict_is_succeeded_or_failed() {
    const PUT: Operation = Operation::PutLifecycleEventHookExecutionStatus;
    for (status, succeeded) in [("Succeeded", true), ("Failed", false)] {
        let body = with(PUT, "status", json!(status)).to_string();
        let answer = PutLifecycleEventHookExecutionStatus::parse(body.as_bytes(), &context()).unwrap();
        assert_eq!(answer.succeeded, succeeded);
        assert!(answer.execution.as_str().starts_with("d-75I7MBT7C.BeforeAllowTraffic."), "{answer:?}");
    }
    for status in ["", "Pending", "InProgress", "Skipped", "Unknown", "succeeded"] {
        assert_eq!(
            refused(PUT, "status", json!(status)),
            format!(
                "InvalidLifecycleEventHookExecutionStatusException: status '{status}' is not a verdict; give Succeeded \
                 or Failed."
            )
        );
    }
    assert!(refused(PUT, "status", Value::Null).starts_with("InvalidLifecycleEventHookExecutionStatusException"));
    for id in ["", "a b", &"x".repeat(1025)] {
        assert!(
            refused(PUT, "lifecycleEventHookExecutionId", json!(id))
                .starts_with("InvalidLifecycleEventHookExecutionIdException: lifecycleEventHookExecutionId: lifecycle")
        );
    }
}

#[test]
fn a_stop_says_whether_to_roll_back_or_leaves_it() {
    for (given, expected) in [("true", Some(true)), ("false", Some(false)), ("null", None)] {
        let body = format!(r#"{{"deploymentId":"d-75I7MBT7C","autoRollbackEnabled":{given}}}"#);
        assert_eq!(StopDeployment::parse(body.as_bytes(), &context()), Ok((named("d-75I7MBT7C"), expected)));
    }
}

#[test]
fn targets_are_asked_for_by_id_and_status() {
    let long = "x".repeat(513);
    for bad in ["", " ", "a b", "ä", &long] {
        assert_eq!(
            refused(Operation::GetDeploymentTarget, "targetId", json!(bad)),
            "InvalidDeploymentTargetIdException: targetId is not valid: the target of a Lambda deployment is \
             <function>:<alias>, such as orders:live, and that of an ECS deployment is <cluster>:<service>, such as \
             prod:web."
        );
        let words = refused(Operation::BatchGetDeploymentTargets, "targetIds", json!(["a:b", bad]));
        assert!(words.starts_with("InvalidDeploymentTargetIdException: targetIds[1] is not valid"), "{words}");
    }
    let list = |filters: Value| {
        let body = json!({ "deploymentId": "d-75I7MBT7C", "targetFilters": filters }).to_string();
        ListDeploymentTargets::parse(body.as_bytes(), &context()).map(|(_, filter, _)| filter.statuses)
    };
    assert_eq!(list(json!({})), Ok(None));
    assert_eq!(list(json!({ "TargetStatus": [], "ServerInstanceLabel": [] })), Ok(None));
    assert_eq!(
        list(json!({ "TargetStatus": ["Ready", "Unknown", "Failed"] })),
        Ok(Some(vec![TargetStatus::Ready, TargetStatus::Unknown, TargetStatus::Failed]))
    );
    for (filters, words) in [
        (
            json!({ "TargetStatus": ["Done"] }),
            "InvalidInstanceStatusException: targetFilters.TargetStatus: 'Done' is not a status. Valid values are \
             [Pending, InProgress, Succeeded, Failed, Skipped, Unknown, Ready]",
        ),
        (
            json!({ "ServerInstanceLabel": ["Blue", "Red"] }),
            "InvalidInstanceTypeException: targetFilters.ServerInstanceLabel: 'Red' is not a type. Valid values are \
             [Blue, Green]",
        ),
        (
            json!({ "Color": ["Blue"] }),
            "InvalidTargetFilterNameException: targetFilters: 'Color' is not a filter. Valid values are [TargetStatus, \
             ServerInstanceLabel]",
        ),
    ] {
        assert_eq!(list(filters).unwrap_err().to_string(), words);
    }
}

#[test]
fn deployments_are_listed_by_group_status_and_time() {
    let list =
        |request: Value| ListDeployments::parse(request.to_string().as_bytes(), &context()).map(|(filter, _)| filter);
    let all = list(json!({})).unwrap();
    assert_eq!((all.group, all.statuses, all.from, all.to), (None, Vec::new(), None, None));
    let some = list(json!({
        "applicationName": "shop", "deploymentGroupName": "live",
        "includeOnlyStatuses": ["Queued", "Failed", "Ready", "Failed"],
        "createTimeRange": { "start": 1446744188.595, "end": 1446744189 },
    }))
    .unwrap();
    assert_eq!(some.group, Some((named("shop"), named("live"))));
    assert_eq!(some.statuses, [Status::Failed, Status::Ready]);
    assert_eq!(some.from.map(|at| at.to_string()).as_deref(), Some("2015-11-05T17:23:08.595Z"));
    assert_eq!(some.to.map(|at| at.to_string()).as_deref(), Some("2015-11-05T17:23:09Z"));
    for nothing in [json!({ "externalId": "stack" }), json!({ "includeOnlyStatuses": ["Queued", "Baking"] })] {
        assert_eq!(list(nothing).unwrap().from, Some(jiff::Timestamp::MAX));
    }
    for (request, words) in [
        (
            json!({ "applicationName": "shop" }),
            "DeploymentGroupNameRequiredException: Deployment Group name is missing: deploymentGroupName is required and was \
             not given.",
        ),
        (
            json!({ "deploymentGroupName": "live" }),
            "ApplicationNameRequiredException: applicationName is required and was not given.",
        ),
        (
            json!({ "includeOnlyStatuses": ["Created", "Done"] }),
            "InvalidDeploymentStatusException: includeOnlyStatuses: 'Done' is not a status. Valid values are [Created, \
             Queued, InProgress, Baking, Succeeded, Failed, Stopped, Ready]",
        ),
        (
            json!({ "createTimeRange": { "start": 2, "end": 1.5 } }),
            "InvalidTimeRangeException: createTimeRange: start is after end; give the earlier moment as start.",
        ),
        (
            json!({ "createTimeRange": { "end": 1e300 } }),
            "InvalidTimeRangeException: createTimeRange.end: 1e300 is not a moment; give seconds since 1970.",
        ),
    ] {
        let found = list(request.clone()).map_err(|exception| exception.to_string());
        assert_eq!(found, Err(words.to_owned()), "{request}");
    }
}
