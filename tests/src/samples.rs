//! Every file of `events/` is a real payload: it parses into the request of its function's use case.

use std::fs;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spillway_domain::AlarmName;
use spillway_engine::{AlarmEvent, Decide, Shift, Subject, Task};
use spillway_tests::template::root;
use spillway_wire::{Operation, operations as wire};

#[test]
fn every_sample_parses_into_the_request_of_its_use_case() {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        if let Err(fault) = parse(file.split('.').next().unwrap(), &text) {
            faults.push(format!("events/{file}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn parse(function: &str, text: &str) -> Result<(), String> {
    match function {
        "api" => api(text),
        "decide" => read::<Decide>(text).map(drop),
        "run-hook" | "bake" => read::<Task>(text).map(drop),
        "shift-alias" => read::<Shift>(text).map(drop),
        "announce" => read::<Subject>(text).map(drop),
        "watch-alarms" => alarm(text).map(drop),
        "sweep" => read::<Value>(text).map(drop),
        other => Err(format!("there is no function {other}, or it is new: say here what it takes")),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn alarm(text: &str) -> Result<AlarmEvent, String> {
    let detail = &read::<Value>(text)?["detail"];
    let alarm: AlarmName = serde_json::from_value(detail["alarmName"].clone()).map_err(|error| error.to_string())?;
    let at: Timestamp =
        serde_json::from_value(detail["state"]["timestamp"].clone()).map_err(|error| error.to_string())?;
    Ok(AlarmEvent { alarm, at })
}

fn api(text: &str) -> Result<(), String> {
    let request: LambdaFunctionUrlRequest = read(text)?;
    let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let operation = Operation::of_request(header("x-amz-target"), header("content-type"));
    let operation = operation.map_err(|exception| exception.to_string())?;
    let body = request.body.clone().unwrap_or_default();
    let body = if request.is_base64_encoded {
        BASE64_STANDARD.decode(body).map_err(|error| error.to_string())?
    } else {
        body.into_bytes()
    };
    request_of(operation, &body)
}

/// Parses the body as the request of that operation.
fn request_of(operation: Operation, body: &[u8]) -> Result<(), String> {
    let parsed = match operation {
        Operation::BatchGetDeploymentTargets => wire::batch_get_deployment_targets::parse(body).map(drop),
        Operation::CreateApplication => wire::create_application::parse(body).map(drop),
        Operation::CreateDeployment => wire::create_deployment::parse(body).map(drop),
        Operation::CreateDeploymentConfig => wire::create_deployment_config::parse(body).map(drop),
        Operation::CreateDeploymentGroup => wire::create_deployment_group::parse(body).map(drop),
        Operation::DeleteApplication => wire::delete_application::parse(body).map(drop),
        Operation::DeleteDeploymentGroup => wire::delete_deployment_group::parse(body).map(drop),
        Operation::GetApplication => wire::get_application::parse(body).map(drop),
        Operation::GetDeployment => wire::get_deployment::parse(body).map(drop),
        Operation::GetDeploymentConfig => wire::get_deployment_config::parse(body).map(drop),
        Operation::GetDeploymentGroup => wire::get_deployment_group::parse(body).map(drop),
        Operation::GetDeploymentTarget => wire::get_deployment_target::parse(body).map(drop),
        Operation::ListApplications => wire::list_applications::parse(body).map(drop),
        Operation::ListDeploymentConfigs => wire::list_deployment_configs::parse(body).map(drop),
        Operation::ListDeploymentGroups => wire::list_deployment_groups::parse(body).map(drop),
        Operation::ListDeploymentTargets => wire::list_deployment_targets::parse(body).map(drop),
        Operation::ListDeployments => wire::list_deployments::parse(body).map(drop),
        Operation::PutLifecycleEventHookExecutionStatus => {
            wire::put_lifecycle_event_hook_execution_status::parse(body).map(drop)
        }
        Operation::StopDeployment => wire::stop_deployment::parse(body).map(drop),
        Operation::UpdateDeploymentGroup => wire::update_deployment_group::parse(body).map(drop),
    };
    parsed.map_err(|exception| exception.to_string())
}
