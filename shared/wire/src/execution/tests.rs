use spillway_domain::catalog::revision::{NewRevision, RevisionKind, RevisionLocation};

use super::*;

fn asked(input: &Value) -> Result<NewDeployment, Exception> {
    parse(input, &Quotas::default())
}

fn refusal(input: &Value) -> String {
    asked(input).unwrap_err().to_string()
}

/// The input with everything in it that must be, changed by `more`.
fn input(more: &Value) -> Value {
    let mut input = json!({ "application": "shop", "deploymentGroup": "orders", "appSpec": appspec() });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn appspec() -> Value {
    let properties = json!({ "Name": "orders", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2" });
    json!({ "version": 0.0, "Resources": [{ "it": { "Type": "AWS::Lambda::Function", "Properties": properties } }] })
}

#[test]
fn it_asks_for_what_create_deployment_asks_for() {
    let rollback = json!({ "enabled": true, "events": ["DEPLOYMENT_FAILURE"] });
    let alarms = json!({ "enabled": true, "alarms": [{ "name": "errors" }] });
    let more = json!({
        "configuration": "Steps.10@5m", "description": "the seventh", "autoRollbackConfiguration": rollback,
        "overrideAlarmConfiguration": alarms, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:aws:states:…",
    });
    let by_api = json!({
        "applicationName": "shop", "deploymentGroupName": "orders", "deploymentConfigName": "Steps.10@5m",
        "description": "the seventh", "autoRollbackConfiguration": rollback, "overrideAlarmConfiguration": alarms,
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": appspec().to_string() } },
    });
    let by_api = CreateDeployment::parse_within(by_api.to_string().as_bytes(), &Quotas::default());
    assert_eq!(asked(&input(&more)), by_api);
    let text = NewRevision::text(RevisionKind::AppSpecContent, appspec().to_string());
    assert_eq!(by_api.unwrap().revision, Some(text));
}

#[test]
fn an_appspec_is_a_text_or_what_it_says() {
    let text = "version: 0.0";
    let given = asked(&input(&json!({ "appSpec": text }))).unwrap().revision;
    assert_eq!(given, Some(NewRevision::text(RevisionKind::AppSpecContent, text.to_owned())));
    let words = "InvalidRevisionException: appSpec is neither an object nor a text. Give the AppSpec itself, or its \
                 YAML or JSON.";
    for neither in [json!(1), json!(true), json!([])] {
        assert_eq!(refusal(&input(&json!({ "appSpec": neither }))), words);
    }
}

#[test]
fn a_revision_may_be_anywhere() {
    let location = json!({ "bucket": "releases", "key": "orders.yaml", "bundleType": "YAML" });
    let revision = json!({ "revisionType": "S3", "s3Location": location });
    let found = asked(&input(&json!({ "appSpec": null, "revision": revision }))).unwrap().revision.unwrap();
    assert!(matches!(found.location, RevisionLocation::S3(_)));
    let again = asked(&input(&json!({ "appSpec": null, "deploymentMode": "RESTART" }))).unwrap();
    assert_eq!(again.revision, None);
    assert_eq!(
        refusal(&input(&json!({ "revision": revision }))),
        "InvalidRevisionException: Both appSpec and revision were given; an AppSpec is a revision. Give one of them."
    );
    assert_eq!(
        refusal(&input(&json!({ "appSpec": null }))),
        "RevisionRequiredException: Neither appSpec nor revision was given. Give one of them."
    );
}

#[test]
fn what_means_nothing_is_told() {
    for typo in ["deploymentgroup", "applicationName", "id"] {
        assert_eq!(
            refusal(&input(&json!({ typo: "x" }))),
            format!(
                "InvalidInputException: The input of the execution has '{typo}', which means nothing. It may have \
                 application, deploymentGroup, appSpec, revision, configuration, description, deploymentMode, \
                 autoRollbackConfiguration, overrideAlarmConfiguration."
            )
        );
    }
    for other in [json!(null), json!([]), json!("d-75I7MBT7C")] {
        assert_eq!(
            refusal(&other),
            "InvalidInputException: The input of the execution is not an object. Give deploymentId to go on with a \
             deployment that is there, or application, deploymentGroup and appSpec to make one."
        );
    }
}

#[test]
fn members_are_called_as_they_were_given() {
    let cases = [
        (
            json!({ "application": null }),
            "ApplicationNameRequiredException: application is required and was not given.",
        ),
        (
            json!({ "deploymentGroup": "a b" }),
            "InvalidDeploymentGroupNameException: deploymentGroup: deployment group name 'a b' is not valid: 1 to 100 \
             letters, digits or any of . _ + = , @ -",
        ),
        (
            json!({ "configuration": 7 }),
            "SerializationException: configuration: invalid type: integer `7`, expected a string.",
        ),
        (
            json!({ "autoRollbackConfiguration": { "enabled": "yes" } }),
            "SerializationException: autoRollbackConfiguration.enabled: invalid type: string \"yes\", expected a \
             boolean.",
        ),
    ];
    for (more, words) in cases {
        assert_eq!(refusal(&input(&more)), words);
    }
}

#[test]
fn the_answer_is_an_id_or_how_to_end() {
    assert_eq!(created(&crate::testing::deployment()), json!({ "deploymentId": "d-75I7MBT7C" }));
    let exception = Exception::new("DeploymentLimitExceededException", "busy");
    assert_eq!(refused(&exception), json!({ "error": "DeploymentLimitExceededException", "cause": "busy" }));
}
