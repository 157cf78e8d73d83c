//! Hooks that are real functions.

use aws_sdk_codedeploy::types::{Diagnostics, LifecycleEventStatus};
use aws_sdk_dynamodb::types::AttributeValue;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_lab::local::sdk_config;
use spillway_wire::codedeploy::token::Seal;

use super::{Cloud, Order, Shop, in_cloud, refusal, until};

#[test]
fn a_hook_that_says_no_moves_no_traffic() {
    let why = refused_by("says-no", "hook-fails");
    assert_eq!(why, ("ScriptFailed".to_owned(), "version 2 lost 3 of 7 test orders".to_owned()));
}

#[test]
fn a_hook_that_throws_is_quoted_at_once() {
    let (code, words) = refused_by("throws", "hook-throws");
    assert!(code == "ScriptFailed" && words.contains("no table for throws"), "{code}: {words}");
}

#[test]
fn a_hook_that_times_out_ends_it_at_once() {
    let (code, words) = refused_by("times-out", "hook-hangs");
    assert!(code == "ScriptTimedOut" && words.contains("Task timed out after 1"), "{code}: {words}");
}

#[test]
fn a_hook_that_does_not_exist_ends_it_at_once() {
    let (code, words) = refused_by("no-hook", "hook-of-nobody");
    assert!(code == "ScriptMissing" && words.contains("hook-of-nobody"), "{code}: {words}");
}

/// Deploys with that hook before the shift, and answers with the diagnostics.
fn refused_by(name: &str, hook: &str) -> (String, String) {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, name).await;
        let before = shop.alias().await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s").before(hook)).await;
        assert_eq!(ended.status(), "Failed");
        assert_eq!(ended.error().0, "HOOK_EXECUTION_FAILURE");
        assert_eq!(shop.routing().await, "1");
        if ended.rollback.is_none() {
            assert_eq!(shop.alias().await, before, "nobody wrote the alias");
        }
        let (script, code, words) = diagnostics(&shop, ended.id(), 0).await;
        assert_eq!(script, hook);
        (code, words)
    })
}

async fn diagnostics(shop: &Shop, id: &str, event: usize) -> (String, String, String) {
    let events = shop.events(id).await;
    let why: &Diagnostics = events[event].diagnostics().expect("an event that failed says why");
    let words = |words: Option<&str>| words.unwrap_or_default().to_owned();
    let code = why.error_code().unwrap().as_str().to_owned();
    (words(why.script_name()), code, words(why.message()))
}

#[test]
fn a_hook_that_says_no_after_the_shift_takes_all_traffic_back() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "says-no-late").await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.50@1s").after("hook-fails")).await;
        assert_eq!((ended.status(), ended.error().0), ("Failed", "HOOK_EXECUTION_FAILURE"));
        assert_eq!(shop.routing().await, "1");
        let (rollback, words) = ended.rolled_back_by();
        assert_eq!(words, format!("Deployment {rollback} is triggered to roll back deployment {}.", ended.id()));
        assert_eq!(diagnostics(&shop, ended.id(), 2).await.2, "version 2 lost 3 of 7 test orders");
    });
}

#[test]
fn a_hook_named_by_arn_answers_by_calling_back() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "by-arn").await;
        let account = &cloud.endpoints().account_id;
        let hook = format!("arn:aws:lambda:us-east-1:{account}:function:hook-calls-back");
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s").before(&hook)).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(shop.routing().await, "2");
    });
}

#[test]
fn the_first_verdict_counts_and_late_second_and_foreign_ones_are_refused() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "verdicts").await;
        let id = shop.deploy(&Order::new("Steps.10@1s").before("hook-is-silent").after("hook-is-silent")).await;
        asked(&shop, &id, 0).await;

        let foreign = "InvalidLifecycleEventHookExecutionIdException";
        let other = shop.deploy_elsewhere().await;
        assert_eq!(answer(cloud, &id, "nonsense", "Succeeded").await.unwrap_err().0, foreign);
        let before = format!("{id}.BeforeAllowTraffic");
        assert_eq!(answer(cloud, &id, &before, "Succeeded").await.unwrap_err().0, foreign, "as ids once were");
        let of_other = cloud.execution_id(&other, EventName::BeforeAllowTraffic).await;
        assert_eq!(answer(cloud, &id, &of_other, "Succeeded").await.unwrap_err().0, foreign);
        let after = cloud.execution_id(&id, EventName::AfterAllowTraffic).await;
        let early = answer(cloud, &id, &after, "Succeeded").await.unwrap_err().0;
        assert_eq!(early, foreign, "an event whose hook was not asked");

        let first = cloud.execution_id(&id, EventName::BeforeAllowTraffic).await;
        answer(cloud, &id, &first, "Succeeded").await.unwrap();
        let completed = "LifecycleEventAlreadyCompletedException";
        assert_eq!(answer(cloud, &id, &first, "Failed").await.unwrap_err().0, completed, "a second verdict");

        asked(&shop, &id, 2).await;
        answer(cloud, &id, &after, "Succeeded").await.unwrap();
        assert_eq!(shop.end(&id).await.status(), "Succeeded");
        let late = answer(cloud, &id, &after, "Failed").await.unwrap_err().0;
        assert_eq!(late, completed, "a late verdict");
        let nobody = cloud.execution_id("d-NOBODYHAS", EventName::BeforeAllowTraffic).await;
        let nobody = answer(cloud, "d-NOBODYHAS", &nobody, "Succeeded").await.unwrap_err().0;
        assert_eq!(nobody, "DeploymentDoesNotExistException");
    });
}

impl Cloud {
    /// The id under which the hook of an event is asked.
    async fn execution_id(&self, deployment: &str, event: EventName) -> String {
        Seal::new(&self.secret().await).execution_id(&deployment.parse().unwrap(), event)
    }

    /// The secret of the installation.
    pub(super) async fn secret(&self) -> String {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self.dynamodb.get_item().table_name(&self.endpoints().table);
        let request = request.key("pk", text("installation")).key("sk", text("secret"));
        let item = request.send().await.unwrap().item.expect("it is drawn by now");
        item["secret"].as_s().unwrap().clone()
    }
}

impl Shop {
    /// The id of a deployment of another group, which has ended.
    async fn deploy_elsewhere(&self) -> String {
        let other = Self::open(self.cloud, &format!("{}-elsewhere", self.name)).await;
        let order = Order::new("CodeDeployDefault.LambdaAllAtOnce");
        other.deploy_to_the_end(&order).await.info.deployment_id.unwrap()
    }
}

#[test]
fn the_url_for_hooks_takes_their_verdicts_and_tells_nothing_else() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "own-url").await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s").after("hook-calls-back")).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        let at_url = aws_sdk_codedeploy::Client::new(&sdk_config(&cloud.endpoints().answer_hook));
        let (code, words) = refusal(at_url.get_deployment().deployment_id(ended.id()).send().await);
        assert_eq!(code, "AccessDeniedException");
        assert!(words.contains("for Lambda FunctionName, FunctionAlias, CurrentVersion, TargetVersion"), "{words}");
        let (code, _) = refusal(at_url.stop_deployment().deployment_id(ended.id()).send().await);
        assert_eq!(code, "AccessDeniedException");
    });
}

/// Waits until the hook of an event was asked and has returned without a verdict.
async fn asked(shop: &Shop, id: &str, event: usize) {
    until("the hook to be asked", async || {
        let events = shop.events(id).await;
        let begun = events[event].status() == Some(&LifecycleEventStatus::InProgress);
        let info = shop.info(id).await;
        (begun && info.deployment_status_messages().iter().any(|words| words.contains("call back"))).then_some(())
    })
    .await;
}

/// The answer of a hook; the exception and its words when it is refused.
async fn answer(cloud: &Cloud, id: &str, execution: &str, status: &str) -> Result<(), (String, String)> {
    let request = cloud.codedeploy.put_lifecycle_event_hook_execution_status().deployment_id(id);
    let request = request.lifecycle_event_hook_execution_id(execution).status(status.into());
    match request.send().await {
        Ok(_) => Ok(()),
        refused => Err(refusal(refused)),
    }
}
