use serde_json::{Value, json};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::revision::{
    APPSPEC_BYTES, BundleType, NewRevision, RevisionKind, RevisionLocation, sha256,
};
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::rejection::DeploymentRejection;

use super::*;
use crate::testing::{context, named};

const CREATE: Operation = Operation::CreateDeployment;
const APPSPEC: &str = r#"{"version":0.0,"Resources":[{"f":{"Type":"AWS::Lambda::Function","Properties":
    {"Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":"2"}}}]}"#;

fn read(request: &Value) -> NewDeployment {
    CreateDeployment::parse(request.to_string().as_bytes(), &context()).unwrap()
}

#[test]
fn a_deployment_has_a_revision_that_is_read_when_its_platform_is_known() {
    for (kind, member, revision) in
        [("AppSpecContent", "appSpecContent", RevisionKind::AppSpecContent), ("String", "string", RevisionKind::String)]
    {
        let sum = sha256(APPSPEC);
        for sum in [Value::Null, json!(sum), json!(sum.to_uppercase())] {
            let location = json!({ "revisionType": kind, member: { "content": APPSPEC, "sha256": sum } });
            let deployment = read(&with(CREATE, "revision", location));
            assert_eq!(deployment.revision, Some(NewRevision::text(revision, APPSPEC.to_owned())));
            assert_eq!(deployment.target, None);
        }
    }
}

#[test]
fn a_deployment_may_override_its_group() {
    let mut request = good(CREATE);
    request["deploymentConfigName"] = json!("Steps.50@1h");
    request["description"] = json!("é".repeat(512));
    request["autoRollbackConfiguration"] = json!({ "enabled": false });
    request["overrideAlarmConfiguration"] = json!({ "enabled": false });
    request["ignoreApplicationStopFailures"] = json!(false);
    request["updateOutdatedInstancesOnly"] = json!(false);
    request["fileExistsBehavior"] = json!("OVERWRITE");
    let deployment = read(&request);
    assert_eq!(deployment.config, Some(named("Steps.50@1h")));
    assert_eq!(deployment.description, Some("é".repeat(512)));
    assert_eq!(deployment.rollback.map(|rollback| rollback.enabled), Some(false));
    assert_eq!(deployment.alarms, Some(AlarmConfiguration::default()));
    let plain = read(&good(CREATE));
    assert_eq!((plain.config, plain.description, plain.rollback, plain.alarms), (None, None, None, None));
}

#[test]
fn alarms_are_switched_off_only_by_saying_so() {
    let given = |block: Value| read(&with(CREATE, "overrideAlarmConfiguration", block)).alarms;
    for nothing in [json!({}), json!({ "enabled": null, "alarms": null })] {
        assert_eq!(given(nothing), None, "the group's alarms count");
    }
    let off = json!({ "enabled": false, "alarms": [{ "name": "errors" }] });
    assert_eq!(given(off).map(|alarms| alarms.enabled), Some(false));
    assert_eq!(given(json!({ "enabled": true, "alarms": [{ "name": "errors" }] })).map(|on| on.enabled), Some(true));
    for silent in [json!({ "alarms": [{ "name": "errors" }] }), json!({ "ignorePollAlarmFailure": true })] {
        assert_eq!(
            refused(CREATE, "overrideAlarmConfiguration", silent),
            "InvalidAlarmConfigException: overrideAlarmConfiguration.enabled is required and was not given: true watches \
             these alarms in place of the deployment group's, and false watches none."
        );
    }
}

#[test]
fn the_type_of_a_bundle_may_stand_in_any_case() {
    for (given, bundle) in [("yaml", "YAML"), ("Json", "JSON"), ("YAML", "YAML"), ("ZIP", "zip")] {
        let location = json!({ "bucket": "b", "key": "k", "bundleType": given });
        let revision = json!({ "revisionType": "S3", "s3Location": location });
        let body = json!({ "applicationName": "shop", "revision": revision }).to_string();
        let (_, location) = GetApplicationRevision::parse(body.as_bytes(), &context()).unwrap();
        let RevisionLocation::S3(object) = location else { panic!("{location:?}") };
        assert_eq!(object.bundle.map(BundleType::as_str), Some(bundle));
    }
}

#[test]
fn revisions_have_their_rules() {
    let text = || json!({ "content": "version: 0.0" });
    let cases = [
        (
            json!({}),
            "revision.revisionType is required and was not given. Give AppSpecContent, and the AppSpec as \
             appSpecContent.content.",
        ),
        (
            json!({ "revisionType": "Zip" }),
            "revision.revisionType 'Zip' is not valid. Valid values are [S3, GitHub, String, AppSpecContent]",
        ),
        (
            json!({ "revisionType": "AppSpecContent" }),
            "revision.appSpecContent is required for revisionType AppSpecContent and was not given.",
        ),
        (
            json!({ "revisionType": "String", "appSpecContent": text() }),
            "revision.appSpecContent does not belong to revisionType String; give revision.string and nothing else.",
        ),
        (
            json!({ "revisionType": "AppSpecContent", "appSpecContent": text(), "s3Location": {} }),
            "revision.s3Location does not belong to revisionType AppSpecContent; give revision.appSpecContent and nothing \
             else.",
        ),
        (
            json!({ "revisionType": "AppSpecContent", "appSpecContent": {} }),
            "revision.appSpecContent.content is required and was not given: it is the whole AppSpec as one text.",
        ),
        (
            json!({ "revisionType": "String", "string": { "content": "" } }),
            "revision.string.content is required and was not given: it is the whole AppSpec as one text.",
        ),
        (
            json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": "abc", "sha256": "BA78" } }),
            "revision.appSpecContent.sha256 is 'BA78', but the SHA-256 of the content is \
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad. Leave it out, or give the sum of exactly \
             these bytes.",
        ),
        (
            json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": "x".repeat(102_401) } }),
            "revision.appSpecContent.content has 102401 bytes; an AppSpec may have 102400.",
        ),
        (json!({ "revisionType": "S3" }), "revision.s3Location is required for revisionType S3 and was not given."),
        (
            json!({ "revisionType": "S3", "s3Location": { "bucket": "b" } }),
            "revision.s3Location.key is required and was not given.",
        ),
        (
            json!({ "revisionType": "S3", "s3Location": { "bucket": "b", "key": "k", "bundleType": "rar" } }),
            "revision.s3Location.bundleType 'rar' is not valid. Valid values are [tar, tgz, zip, YAML, JSON]",
        ),
        (
            json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": "a/b" } }),
            "revision.gitHubLocation.commitId is required and was not given.",
        ),
        (
            json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": "a/../b", "commitId": "c" } }),
            "revision.gitHubLocation.repository 'a/../b' is not <owner>/<repository>, such as shop/web.",
        ),
        (
            json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": "a/..", "commitId": "c" } }),
            "revision.gitHubLocation.repository 'a/..' is not <owner>/<repository>, such as shop/web.",
        ),
        (
            json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": "a/b.js", "commitId": "main" } }),
            "revision.gitHubLocation.commitId 'main' is not the whole id of a commit: 40 hexadecimal digits, as `git \
             rev-parse` prints them. Branches and tags are not taken, since they may move during a deployment.",
        ),
        (
            json!({ "revisionType": "String", "string": { "sha256": "abc" } }),
            "revision.string.sha256 'abc' is not a SHA-256: 64 hexadecimal digits.",
        ),
    ];
    for (revision, words) in cases {
        assert_eq!(refused(CREATE, "revision", revision), format!("InvalidRevisionException: {words}"));
    }
    assert_eq!(
        refused(CREATE, "revision", Value::Null),
        "RevisionRequiredException: revision is required and was not given."
    );
}

#[test]
fn the_largest_appspec_passes_whatever_its_characters() {
    let content = "\u{1}".repeat(APPSPEC_BYTES);
    let request = with(CREATE, "revision.appSpecContent.content", json!(content));
    assert_eq!(read(&request).revision.and_then(|given| given.content), Some(content));
}

#[test]
fn a_restart_has_no_revision() {
    let restart = json!({ "applicationName": "shop", "deploymentGroupName": "live", "deploymentMode": "RESTART" });
    let deployment = read(&restart);
    assert_eq!((deployment.revision, deployment.target), (None, None));
    assert_eq!(
        refused(CREATE, "deploymentMode", json!("RESTART")),
        "InvalidRevisionException: deploymentMode RESTART deploys the group's last successful revision again; leave \
         revision out."
    );
    assert_eq!(
        refused(CREATE, "deploymentMode", json!("UNDO")),
        "InvalidInputException: deploymentMode 'UNDO' is not valid. Valid values are [RESTART]"
    );
}

#[test]
fn what_is_for_servers_is_refused() {
    let cases = [
        ("ignoreApplicationStopFailures", json!(true), "InvalidIgnoreApplicationStopFailuresValue"),
        ("updateOutdatedInstancesOnly", json!(true), "InvalidUpdateOutdatedInstancesOnlyValue"),
        ("targetInstances", json!({}), "InvalidTargetInstances"),
        ("fileExistsBehavior", json!("DISALLOW"), "InvalidFileExistsBehavior"),
    ];
    for (member, value, name) in cases {
        let given = read(&with(CREATE, member, value)).for_servers.unwrap();
        assert_eq!(
            Exception::from(DeploymentRejection::ForServers(given, ComputePlatform::Lambda)).to_string(),
            format!("{name}Exception: For LAMBDA deployment, {member} can not be specified; leave it out.")
        );
    }
    for (member, value) in [("ignoreApplicationStopFailures", false), ("updateOutdatedInstancesOnly", false)] {
        assert_eq!(read(&with(CREATE, member, json!(value))).for_servers, None);
    }
    assert_eq!(
        refused(CREATE, "fileExistsBehavior", json!("KEEP")),
        "InvalidFileExistsBehaviorException: fileExistsBehavior 'KEEP' is not valid. Valid values are [DISALLOW, \
         OVERWRITE, RETAIN]"
    );
    for (processes, words) in [
        (
            json!(["Launch"]),
            "[0] 'Launch' is not valid. Valid values are [Terminate, AZRebalance, InstanceRefresh, ScheduledActions]",
        ),
        (json!(["Terminate", "Terminate"]), "[1] 'Terminate' is listed twice; list it once."),
    ] {
        let options = json!({ "autoScalingGroupProcessesToSuspend": processes });
        assert_eq!(
            refused(CREATE, "ec2DeploymentOptions", options),
            format!(
                "InvalidAutoScalingGroupProcessToSuspendException: \
                 ec2DeploymentOptions.autoScalingGroupProcessesToSuspend{words}"
            )
        );
    }
    assert_eq!(
        refused(CREATE, "description", json!("é".repeat(513))),
        "DescriptionTooLongException: description is longer than 512 characters; shorten it."
    );
}

#[test]
fn a_missing_name_is_said_before_a_bad_revision() {
    let mut request = with(CREATE, "revision", json!({}));
    request["deploymentGroupName"] = Value::Null;
    assert!(refusal(CREATE, &request).starts_with("DeploymentGroupNameRequiredException"));
}
