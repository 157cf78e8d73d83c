//! Deployments that are started from a state machine of the user's: the one in the guide.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};
use spillway_tests::template::guide_machine;

use super::programs::written;
use super::stage::Order;
use super::{Cloud, Shop, in_cloud, refusal, until};

/// What is deployed here.
const CONFIG: &str = "Steps.10@3s";

/// The state machine of a user who deploys to one shop.
struct Machine<'c> {
    cloud: &'c Cloud,
    arn: String,
}

impl Machine<'_> {
    /// As the guide has it, with other names and, where `more` has them, other members of the input.
    async fn of<'c>(shop: &Shop, cloud: &'c Cloud, more: &Value) -> Machine<'c> {
        let mut definition = guide_machine();
        definition["States"]["Later"]["Seconds"] = json!(1);
        let parameters = &mut definition["States"]["Deploy"]["Parameters"];
        parameters["StateMachineArn"] = json!(cloud.endpoints().state_machine_arn);
        let input = parameters["Input"].as_object_mut().unwrap();
        input.extend([("application", &shop.name), ("deploymentGroup", &shop.name)].map(|(k, v)| (k.into(), json!(v))));
        input.insert("configuration".to_owned(), json!(CONFIG));
        input.extend(more.as_object().unwrap().clone());
        let request = cloud.executions.create_state_machine().name(format!("release-{}", uuid::Uuid::new_v4()));
        let request = request.role_arn(&cloud.endpoints().service_role_arn).definition(definition.to_string());
        Machine { cloud, arn: request.send().await.unwrap().state_machine_arn }
    }

    /// Starts an execution, and answers with its ARN.
    async fn start(&self, appspec: &str, description: &str) -> String {
        let appspec: Value = serde_json::from_str(appspec).unwrap();
        let input = json!({ "appSpec": appspec, "description": description }).to_string();
        let request = self.cloud.executions.start_execution().state_machine_arn(&self.arn);
        request.input(input).send().await.unwrap().execution_arn
    }

    async fn end(&self, execution: &str) -> DescribeExecutionOutput {
        until("the end of the execution", async || {
            let found = self.cloud.executions.describe_execution().execution_arn(execution).send().await.unwrap();
            (found.status != ExecutionStatus::Running).then_some(found)
        })
        .await
    }

    /// The names of the states that an execution has entered.
    async fn states(&self, execution: &str) -> Vec<String> {
        let request = self.cloud.executions.get_execution_history().execution_arn(execution);
        let events: Vec<_> = request.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        let entered = events.iter().filter_map(|event| event.state_entered_event_details());
        entered.map(|entered| entered.name().to_owned()).collect()
    }
}

#[test]
fn a_state_of_the_users_deploys_and_ends_with_the_deployment() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "by-state").await;
        let machine = Machine::of(&shop, cloud, &json!({})).await;
        let order = Order::new(CONFIG).before("hook-succeeds");
        let execution = machine.start(&order.appspec(&shop.name), "release 7").await;

        shop.until_routing("1, 2 at 0.1").await;
        let (code, words) = refusal(shop.request(&order).send().await);
        assert_eq!(code, "DeploymentLimitExceededException");
        let ended = machine.end(&execution).await;
        assert_eq!(ended.status, ExecutionStatus::Succeeded, "{ended:?}");
        let output: Value = serde_json::from_str(ended.output().unwrap()).unwrap();
        let id = output["deploymentId"].as_str().unwrap();
        assert!(words.ends_with(&format!("already has an active Deployment '{id}'")), "{words}");
        assert_eq!(shop.routing().await, "2");
        shop.is_free(id).await;

        let output = cloud.aws(&["deploy", "get-deployment", "--deployment-id", id]).await;
        let told: Value = serde_json::from_str(&written("aws deploy get-deployment", &output)).unwrap();
        let info = &told["deploymentInfo"];
        for (member, value) in [
            ("status", "Succeeded"),
            ("creator", "user"),
            ("description", "release 7"),
            ("deploymentConfigName", CONFIG),
            ("applicationName", &shop.name),
        ] {
            assert_eq!(info[member], value, "{info:#}");
        }
        let request = cloud.codedeploy.list_deployments().application_name(&shop.name);
        let listed = request.deployment_group_name(&shop.name).send().await.unwrap();
        assert_eq!(listed.deployments(), [id], "one deployment was made");
    });
}

#[test]
fn a_state_of_the_users_is_told_why_nothing_was_deployed() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "by-state-no").await;
        let machine = Machine::of(&shop, cloud, &json!({"autoRollbackConfiguration": {"enabled": false}})).await;
        let order = Order::new(CONFIG).before("hook-fails");
        let execution = machine.start(&order.appspec(&shop.name), "release 8").await;
        let ended = machine.end(&execution).await;
        assert_eq!((ended.status, ended.error.as_deref()), (ExecutionStatus::Failed, Some("HOOK_EXECUTION_FAILURE")));
        let request = cloud.codedeploy.list_deployments().application_name(&shop.name);
        let listed = request.deployment_group_name(&shop.name).send().await.unwrap();
        let [id] = listed.deployments() else { panic!("{listed:?}") };
        let info = shop.info(id).await;
        let message = info.error_information().unwrap().message().unwrap();
        assert_eq!(ended.cause.unwrap(), format!("Deployment {id}: {message}"));
        assert_eq!(shop.routing().await, "1");
        shop.is_free(id).await;
    });
}

#[test]
fn a_state_of_the_users_is_refused_by_the_name_of_the_exception() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "by-state-later").await;
        let machine = Machine::of(&shop, cloud, &json!({})).await;
        let id = shop.deploy(&Order::new(CONFIG)).await;
        let then = Order { from: "2", to: "3", ..Order::new(CONFIG) };
        let execution = machine.start(&then.appspec(&shop.name), "release 9").await;
        let ended = machine.end(&execution).await;
        assert_eq!(ended.status, ExecutionStatus::Succeeded, "{ended:?}");
        assert_eq!(shop.info(&id).await.status().unwrap().as_str(), "Succeeded");
        assert_eq!(shop.routing().await, "3");
        let states = machine.states(&execution).await;
        assert!(states.iter().any(|state| state == "Later"), "{states:?}");

        let typo = Machine::of(&shop, cloud, &json!({"deploymentgroup": "live"})).await;
        let ended = typo.end(&typo.start("{}", "release 10").await).await;
        assert_eq!((ended.status, ended.error.as_deref()), (ExecutionStatus::Failed, Some("InvalidInputException")));
        let words = ended.cause.unwrap();
        assert!(words.contains("'deploymentgroup', which means nothing"), "{words}");
    });
}

#[test]
fn an_execution_for_nothing_fails_at_once_and_says_why() {
    in_cloud(async |cloud| {
        for (input, error, words) in [
            (r#"{"deploymentId":"d-AAAAAAAAA"}"#, "Missing", "There is no deployment d-AAAAAAAAA."),
            (r#"{"deploymentId":"x"}"#, "BadInput", "The payload is not what this function takes"),
            (r#"{"deploymentId":5}"#, "BadInput", "invalid type: integer `5`"),
            (r#""x""#, "InvalidInputException", "The input of the execution is not an object."),
            ("5", "InvalidInputException", "The input of the execution is not an object."),
            ("{}", "ApplicationNameRequiredException", ""),
        ] {
            let begun = std::time::Instant::now();
            let request = cloud.executions.start_execution().state_machine_arn(&cloud.endpoints().state_machine_arn);
            let arn = request.input(input).send().await.unwrap().execution_arn;
            let ended = until("the end of the execution", async || {
                let found = cloud.executions.describe_execution().execution_arn(&arn).send().await.unwrap();
                (found.status != ExecutionStatus::Running).then_some(found)
            })
            .await;
            let cause = ended.cause.unwrap_or_default();
            assert_eq!(
                (ended.status, ended.error.as_deref()),
                (ExecutionStatus::Failed, Some(error)),
                "{input}: {cause}"
            );
            assert!(cause.contains(words), "{input}: {cause}");
            // The retries that Decide had for these took minutes.
            assert!(begun.elapsed() < std::time::Duration::from_secs(45), "{input}: {:?}", begun.elapsed());
        }
    });
}
