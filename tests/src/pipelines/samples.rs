//! The actions of the guide and of the examples.

use serde_json::{Value, json};
use spillway_appspec::resource;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::spec::Target;
use spillway_domain::pipeline::JobParameters;
use spillway_tests::template::block;
use spillway_wire::execution;
use spillway_wire::pipeline::event::PipelineEvent;

use super::file;

/// What an action with these user parameters asks for.
fn asked(parameters: &str) -> JobParameters {
    let mut event: Value = serde_json::from_str(&file("events/run-pipeline-job.json")).unwrap();
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] = json!(parameters);
    let event: PipelineEvent = serde_json::from_value(event).unwrap();
    event.read(&Quotas::default(), None).unwrap().parameters
}

#[test]
fn the_actions_of_the_guide_ask_for_what_is_understood() {
    const GUIDE: &str = "docs/guides/codepipeline.md";
    let action: Value = serde_saphyr::from_str(&block(GUIDE, "Provider: Lambda")).unwrap();
    let asked = asked(action["Configuration"]["UserParameters"].as_str().unwrap());
    assert_eq!((asked.deployment.application.as_str(), asked.deployment.group.as_str()), ("shop", "orders"));
    let input = serde_json::from_str(&block(GUIDE, r#""revisionType": "S3","#)).unwrap();
    assert_eq!(execution::parse(&input, &Quotas::default()).unwrap().group.as_str(), "web");
}

#[test]
fn the_pipeline_of_the_examples_asks_for_what_is_understood_in_either_way() {
    let template: Value = serde_saphyr::from_str(&file("examples/pipeline/template.yaml")).unwrap();
    let deploy = &template["Resources"]["Pipeline"]["Properties"]["Stages"][1]["Actions"][0];
    let parameters = deploy[1]["Configuration"]["UserParameters"].as_str().unwrap();
    let parameters = parameters.replace("${Application}", "shop").replace("${DeploymentGroup}", "orders");
    let asked = asked(&parameters);
    assert_eq!((asked.deployment.application.as_str(), asked.appspec_path()), ("shop", "appspec.yaml"));
    let target = resource::read(&file("examples/pipeline/source/appspec.yaml"), ComputePlatform::Lambda);
    assert!(matches!(target, Target::Lambda(_)), "{target:?}");
    assert_eq!(deploy[2]["Configuration"]["Input"], "deploy.json");
    let input = serde_json::from_str(&file("examples/pipeline/source/deploy.json")).unwrap();
    assert_eq!(execution::parse(&input, &Quotas::default()).unwrap().group.as_str(), "orders");
}
