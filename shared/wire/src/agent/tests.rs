//! The protocol as CodeDeploy's agents spell it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::specification::{S3Revision, Specification, SpecifiedRevision};
use super::*;

/// Reads a message and writes it, which gives the same.
#[track_caller]
fn read<T: Serialize + DeserializeOwned>(message: Value) -> T {
    let read: T = serde_json::from_value(message.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), message);
    read
}

#[test]
fn every_operation_is_found_by_its_target() {
    for operation in AgentOperation::ALL {
        assert_eq!(AgentOperation::from_target(&operation.target()), Some(operation));
    }
    assert_eq!(AgentOperation::PollHostCommand.target(), "CodeDeployCommandService_v20141006.PollHostCommand");
    for foreign in ["CodeDeploy_20141006.PollHostCommand", "CodeDeployCommandService_v20141006.Poll", ""] {
        assert_eq!(AgentOperation::from_target(foreign), None);
    }
}

#[test]
fn a_conversation_is_read_and_written_as_codedeploys_agents_do() {
    let host = "arn:aws:iam::111122223333:user/host-1";
    let poll: PollHostCommandInput = read(json!({ "HostIdentifier": host }));
    assert_eq!(poll.host_identifier, host);
    let polled: PollHostCommandOutput = read(json!({
        "HostCommand": {
            "HostCommandIdentifier": "c-1", "HostIdentifier": host, "DeploymentExecutionId": "a/b/c/d",
            "CommandName": "Install", "Nonce": 3,
        },
        "PollAgainAfterSeconds": 0.5,
    }));
    let command = polled.host_command.unwrap();
    assert_eq!((command.command_name.as_deref(), command.nonce), (Some("Install"), Some(3)));
    let _: GetDeploymentSpecificationInput =
        read(json!({ "DeploymentExecutionId": "a/b/c/d", "HostIdentifier": host }));
    let got: GetDeploymentSpecificationOutput = read(json!({
        "DeploymentSystem": "CodeDeploy",
        "DeploymentSpecification": { "GenericEnvelope": { "Format": "TEXT/JSON", "Payload": "{}" } },
    }));
    let envelope = got.deployment_specification.unwrap().generic_envelope.unwrap();
    assert_eq!(envelope, Envelope::of_specification("{}".to_owned()));
    let diagnostics = json!({ "Format": "JSON", "Payload": "{\"IsCommandNoop\":false}" });
    let acknowledged: PutHostCommandAcknowledgementInput =
        read(json!({ "HostCommandIdentifier": "c-1", "Diagnostics": diagnostics }));
    let is_noop = serde_json::to_string(&AcknowledgementDiagnostics { is_command_noop: false }).unwrap();
    assert_eq!(acknowledged.diagnostics, Some(Envelope::of_diagnostics(is_noop)));
    let status: CommandStatusOutput = read(json!({ "CommandStatus": "InProgress" }));
    assert_eq!(status.command_status, Some(CommandStatus::InProgress));
    let _: PostHostCommandUpdateInput =
        read(json!({ "HostCommandIdentifier": "c-1", "EstimatedCompletionTime": 1.5, "Diagnostics": diagnostics }));
    let _: PutHostCommandCompleteInput =
        read(json!({ "HostCommandIdentifier": "c-1", "CommandStatus": "Failed", "Diagnostics": diagnostics }));
    let _: PutHostCommandCompleteOutput =
        read(json!({ "HostCommand": { "CommandName": "Install" }, "PollAgainAfterSeconds": 30.0 }));
    let _: Diagnostics = read(json!({ "error_code": 4, "script_name": "a.sh", "message": "m", "log": "l" }));
    let _: AgentException = read(json!({ "__type": "ClientException", "message": "m" }));
}

#[test]
fn what_is_absent_null_or_a_whole_number_is_read_too() {
    let nothing: [PollHostCommandOutput; 2] =
        [json!({}), json!({ "HostCommand": null, "PollAgainAfterSeconds": null })]
            .map(|message| serde_json::from_value(message).unwrap());
    assert_eq!(nothing, [PollHostCommandOutput::default(), PollHostCommandOutput::default()]);
    let later: PutHostCommandCompleteOutput = serde_json::from_value(json!({ "PollAgainAfterSeconds": 30 })).unwrap();
    assert_eq!(later.poll_again_after_seconds, Some(30.0));
}

#[test]
fn a_specification_has_codedeploys_members() {
    let specification: Specification = read(json!({
        "DeploymentId": "d-1", "DeploymentGroupId": "g", "DeploymentGroupName": "prod", "ApplicationId": "a",
        "ApplicationName": "shop", "DeploymentCreator": "user", "DeploymentType": "IN_PLACE",
        "AppSpecFilename": "appspec.yml",
        "AgentActionOverrides": { "AgentOverrides": { "FileExistsBehavior": "DISALLOW" } },
        "AllPossibleLifecycleEvents": ["AfterInstall"],
        "Revision": { "RevisionType": "S3", "S3Revision": {
            "Bucket": "b", "Key": "k.zip", "BundleType": "zip", "Version": "1", "ETag": "2" } },
    }));
    let Some(SpecifiedRevision { s3_revision: Some(S3Revision { etag, .. }), .. }) = specification.revision else {
        panic!("the revision is not read");
    };
    assert_eq!(etag.as_deref(), Some("2"));
}
