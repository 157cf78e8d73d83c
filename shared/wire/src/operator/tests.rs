use serde_json::{Value, json};
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::view::{LedgerView, SummaryView};

use super::http::{Asked, read};
use super::ledger::GetDeploymentLedger;
use super::operation::{OperatorOperation, TARGET_PREFIX};
use super::rollback::RollBackDeploymentGroup;
use super::summary::ListDeploymentSummaries;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::operation::Operation;
use crate::testing::{at, context, deployment};

fn asked(target: &str, content_type: &str) -> Result<Asked, Exception> {
    let request = json!({
        "headers": { "x-amz-target": target, "content-type": content_type }, "rawPath": "/",
        "requestContext": { "timeEpoch": 0, "http": { "method": "POST" } }, "body": "{}", "isBase64Encoded": false,
    });
    read(&serde_json::from_value(request).unwrap(), 1024).map(|(asked, _)| asked)
}

#[test]
fn an_operation_of_either_api_is_named_in_the_target_header() {
    for operation in OperatorOperation::ALL {
        let found = asked(&format!("{TARGET_PREFIX}{operation}"), "application/x-amz-json-1.1");
        assert_eq!(found, Ok(Asked::Operator(operation)));
    }
    let found = asked("CodeDeploy_20141006.GetDeployment", "application/json");
    assert_eq!(found, Ok(Asked::CodeDeploy(Operation::GetDeployment)));
}

#[test]
fn what_is_no_operation_is_refused_with_what_there_is() {
    let refusal = |target: &str, kind: &str| asked(target, kind).unwrap_err().to_string();
    assert_eq!(
        refusal(&format!("{TARGET_PREFIX}GetDeployment"), "application/json"),
        "UnknownOperationException: This version of Spillway has no operation 'GetDeployment'. It has \
         GetDeploymentLedger, ListDeploymentSummaries, RollBackDeploymentGroup; a newer one of the operator's command may \
         know more, so update Spillway's stack."
    );
    assert!(
        refusal(&format!("{TARGET_PREFIX}GetDeploymentLedger"), "text/plain").starts_with("SerializationException")
    );
    assert!(
        refusal("Spillway_20260101.GetDeploymentLedger", "application/json").contains("is not one of CodeDeploy's")
    );
}

fn parse_ledger(body: Value) -> Result<u64, String> {
    let parsed = GetDeploymentLedger::parse(body.to_string().as_bytes(), &context());
    parsed.map(|(_, after)| after).map_err(|exception| exception.to_string())
}

fn entry(generation: u64) -> LedgerEntry {
    LedgerEntry {
        at: at(1_500),
        generation,
        seen: "alias: version 1".to_owned(),
        decided: "Bake".to_owned(),
        why: "Step 1 of 2.".to_owned(),
        waits_for: Some("25 % to bake".to_owned()),
        until: Some(at(2_000)),
    }
}

#[test]
fn a_ledger_has_pages_that_belong_to_their_deployment() {
    let id = "d-75I7MBT7C";
    assert_eq!(parse_ledger(json!({ "deploymentId": id })), Ok(0));
    assert_eq!(parse_ledger(json!({ "deploymentId": id, "afterGeneration": 7 })), Ok(7));
    let view = LedgerView {
        deployment: deployment().into(),
        entries: vec![entry(3), entry(4)],
        has_more: true,
        ask_again_seconds: Some(2),
    };
    let answer = GetDeploymentLedger::render(&(id.parse().unwrap(), 0), &view, &context());
    assert_eq!(
        answer["entries"][0],
        json!({
            "time": 1_786_000_001.5, "generation": 3, "seen": "alias: version 1", "decided": "Bake",
            "why": "Step 1 of 2.", "waitsFor": "25 % to bake", "until": 1_786_000_002.0,
        })
    );
    assert_eq!(answer["askAgainSeconds"], 2);
    assert_eq!(answer["deployment"]["lifecycleEvents"][1]["lifecycleEventName"], "AllowTraffic");
    let token = &answer["nextToken"];
    assert_eq!(parse_ledger(json!({ "deploymentId": id, "nextToken": token })), Ok(4));
    let foreign = parse_ledger(json!({ "deploymentId": "d-AAAAAAAAA", "nextToken": token })).unwrap_err();
    assert!(foreign.starts_with("InvalidNextTokenException: The nextToken is not one that GetDeploymentLedger"));
    assert_eq!(
        parse_ledger(json!({ "deploymentId": id, "nextToken": token, "afterGeneration": 1 })),
        Err("InvalidInputException: afterGeneration and nextToken both say where the page begins; give one of them."
            .to_owned())
    );
    for (body, name) in [
        (json!({}), "DeploymentIdRequiredException"),
        (json!({ "deploymentId": "d-1" }), "InvalidDeploymentIdException"),
        (json!({ "deploymentId": id, "afterGeneration": -1 }), "SerializationException"),
    ] {
        assert!(parse_ledger(body.clone()).unwrap_err().starts_with(name), "{body}");
    }
}

#[test]
fn a_deployment_in_few_words_says_what_it_deploys_and_how_it_is() {
    let view = SummaryView {
        page: Page { items: vec![deployment().into()], next: Some("key".to_owned()) },
        ask_again_seconds: 5,
    };
    let parse = |body: Value| ListDeploymentSummaries::parse(body.to_string().as_bytes(), &context());
    let request = parse(json!({})).unwrap();
    let answer = ListDeploymentSummaries::render(&request, &view, &context());
    assert_eq!(
        answer["deployments"][0],
        json!({
            "deploymentId": deployment().id.as_str(), "applicationName": "shop", "deploymentGroupName": "live",
            "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes", "computePlatform": "Lambda",
            "status": "Created", "deploys": "version 2 over 1", "generation": 1, "createTime": 1_786_000_000.123,
            "lastUpdatedAt": 1_786_000_000.123, "words": "Waits for its execution.",
            "target": "orders:live", "trafficPercent": 0.0,
        })
    );
    assert_eq!(answer["askAgainSeconds"], 5);
    let next = parse(json!({ "nextToken": answer["nextToken"], "maxResults": 3 })).unwrap();
    assert_eq!((next.1.as_deref(), next.0.deployments.most), (Some("key"), Some(3)));
}

#[test]
fn a_list_that_cannot_be_made_is_refused_with_the_member() {
    let refusal =
        |body: Value| ListDeploymentSummaries::parse(body.to_string().as_bytes(), &context()).unwrap_err().to_string();
    for (body, words) in [
        (json!({ "applicationName": "shop" }), "DeploymentGroupNameRequiredException"),
        (json!({ "deploymentGroupName": "live" }), "ApplicationNameRequiredException"),
        (json!({ "maxResults": 0 }), "InvalidInputException: maxResults is 0; it may be from 1 to 100."),
        (json!({ "includeOnlyStatuses": ["Done"] }), "InvalidDeploymentStatusException"),
        (json!({ "activeOnly": true, "includeOnlyStatuses": ["Failed"] }), "InvalidInputException: activeOnly lists"),
        (json!({ "nextToken": "x" }), "InvalidNextTokenException"),
    ] {
        let said = refusal(body.clone());
        assert!(said.starts_with(words), "{body}: {said}");
    }
}

#[test]
fn going_back_names_its_group_and_may_name_where_to() {
    let parse = |body: Value| RollBackDeploymentGroup::parse(body.to_string().as_bytes(), &context());
    let group = json!({ "applicationName": "shop", "deploymentGroupName": "live" });
    assert_eq!(parse(group).unwrap().to, None);
    let named = json!({ "applicationName": "shop", "deploymentGroupName": "live", "deploymentId": "d-75I7MBT7C" });
    assert_eq!(parse(named).unwrap().to, Some("d-75I7MBT7C".parse().unwrap()));
    assert_eq!(parse(json!({ "applicationName": "shop" })).unwrap_err().name, "DeploymentGroupNameRequiredException");
}
