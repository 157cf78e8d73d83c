//! Deployments to ECS services, by the clients that people have.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_codedeploy::types::{DeploymentStatus, DeploymentWaitType, EcsTarget, EcsTaskSet, LifecycleEventStatus};
use aws_sdk_ecs::types::{DeploymentController, DeploymentControllerType, TaskSetField};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::json;
use spillway_tests::template::root;

use super::programs::{clients, written};
use super::site::{SERVICE, Site, appspec, waits};
use super::stage::{create_function, watching};
use super::{Cloud, Ended, in_cloud, refusal, until};

const AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";
/// Nothing to the replacement, not even tests.
const HOME: [i32; 3] = [0, 0, 0];
const ONLY_TESTS: [i32; 3] = [0, 0, 1000];
const EVERYTHING: [i32; 3] = [1000, 1000, 1000];

/// Makes a test of each scene. Every deployment keeps for half a minute what it may yet need, so that the first test
/// plays all scenes at once.
macro_rules! scenes {
    ($($scene:ident)*) => {
        mod played {
            $(
                #[test]
                fn $scene() {
                    super::look_at(stringify!($scene));
                }
            )*
        }

        fn all(cloud: &'static Cloud) -> Vec<(&'static str, LocalBoxFuture<'static, ()>)> {
            vec![$((stringify!($scene), $scene(cloud).boxed_local())),*]
        }
    };
}

scenes! {
    the_github_step_and_its_aws_ecs_deploy_run_to_success
    a_canary_is_tested_shifts_every_forward_and_replaces_the_task_set
    an_alarm_in_mid_shift_takes_the_traffic_back_and_the_replacement_goes
    a_deployment_waits_to_be_continued_twice
    a_stop_in_the_termination_wait_goes_back_to_the_original
    tasks_that_die_end_it_early_with_their_reason
    a_service_that_ecs_deploys_itself_gets_an_error_that_says_how_to_move_it
}

fn look_at(scene: &str) {
    static OUTCOMES: LazyLock<BTreeMap<&str, Result<(), String>>> = LazyLock::new(|| in_cloud(play_all));
    if let Err(words) = &OUTCOMES[scene] {
        panic!("{words}");
    }
}

async fn play_all(cloud: &'static Cloud) -> BTreeMap<&'static str, Result<(), String>> {
    let outcome = async |(name, scene): (_, LocalBoxFuture<'static, ()>)| {
        (name, AssertUnwindSafe(scene).catch_unwind().await.map_err(words))
    };
    join_all(all(cloud).into_iter().map(outcome)).await.into_iter().collect()
}

/// What a panic said.
fn words(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it said nothing").to_owned()
}

async fn the_github_step_and_its_aws_ecs_deploy_run_to_success(cloud: &'static Cloud) {
    let site = Site::build(cloud, "cli").await;
    site.serve().await;
    site.enroll("AppECS-cli-web", "DgpECS-cli-web", |group| group).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let container = json!({
        "name": "web", "image": "web:2", "memory": 64, "portMappings": [{ "containerPort": 80 }],
        "environment": [{ "name": "VERSION", "value": "2" }],
    });
    let definition = file("task.json", &json!({ "family": "cli", "containerDefinitions": [container] }).to_string());
    let appspec = file("appspec.json", &appspec("the command writes it here", &[]));
    // As the GitHub step does it.
    let mut script = cloud.client(root().join("examples/github/deploy-ecs/deploy.sh"));
    let aws = clients().await.program("aws");
    let path = format!("{}:{}", aws.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let files = [("TASK_DEFINITION", definition), ("APPSPEC", appspec), ("GITHUB_OUTPUT", file("output", ""))];
    script.env("PATH", path).envs([("CLUSTER", "cli"), ("SERVICE", SERVICE)]).envs(files);
    let told = written("deploy.sh", &script.output().await.unwrap());
    assert!(told.contains("Successfully deployed") && told.contains("task-definition/cli:2"), "{told}");
    let output = std::fs::read_to_string(folder.path().join("output")).unwrap();
    assert!(output.contains("codedeploy-deployment-id=d-") && output.contains("task-definition/cli:2"), "{output}");
    assert_eq!(site.task_sets().await.len(), 1);
    let include = site.ecs.describe_task_sets().cluster("cli").service(SERVICE).include(TaskSetField::Tags);
    let found = include.send().await.unwrap().task_sets.unwrap();
    let tags: Vec<_> = found[0].tags().iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())).collect();
    assert_eq!(tags, [("team", "web")], "the original's");
    assert_eq!(site.versions().await, ["2".to_owned()].into());
}

async fn a_canary_is_tested_shifts_every_forward_and_replaces_the_task_set(cloud: &'static Cloud) {
    let site = Site::open(cloud, "ecs-canary").await;
    let (original, untouched) = (site.primary().await, site.untouched().await);
    let containers = ("CONTAINERS", cloud.endpoints().containers.as_str());
    create_function(cloud, "hook-tries-version-2", include_str!("test_traffic.py"), 30, &[containers]).await;
    let hooks = [("AfterAllowTestTraffic", "hook-tries-version-2"), ("BeforeAllowTraffic", "hook-calls-back")];
    let id = site.deploy("Steps.12.5@30s", &site.define(&[("VERSION", "2")]).await, &hooks).await;
    site.until_shares([125, 125, 1000]).await;
    site.shop.until_info(&id, "the bake", |info| format!("{info:?}").contains("12.5 % to bake")).await;
    // The record takes the share over when its bake begins, a moment after the listeners have it.
    until("the target to show the shift", async || {
        let told = told(&site.target(&id).await);
        (told == ["Blue PRIMARY 2 tasks 87.5 %", "Green ACTIVE 2 tasks 12.5 %"]).then_some(())
    })
    .await;

    let ended = site.shop.end(&id).await;
    assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    let target = site.target(&id).await;
    let events = target.lifecycle_events();
    let succeeded = events.iter().filter(|event| event.status() == Some(&LifecycleEventStatus::Succeeded));
    assert_eq!((events.len(), succeeded.count()), (8, 8), "{events:#?}");
    assert_eq!(site.shares().await, EVERYTHING);
    assert_eq!(site.versions().await, ["2".to_owned()].into());
    assert_eq!(site.untouched().await, untouched);
    assert!(site.primary().await != original && site.task_sets().await.len() == 1, "the original is gone");
}

/// The task sets of a target in words.
fn told(target: &EcsTarget) -> Vec<String> {
    let words = |set: &EcsTaskSet| {
        let (label, status) = (set.task_set_label().unwrap().as_str(), set.status().unwrap());
        format!("{label} {status} {} tasks {} %", set.running_count(), set.traffic_weight())
    };
    target.task_sets_info().iter().map(words).collect()
}

async fn an_alarm_in_mid_shift_takes_the_traffic_back_and_the_replacement_goes(cloud: &'static Cloud) {
    cloud.put_alarm("ecs-red").await;
    let site = Site::open_with(cloud, "ecs-red", |group| group.alarm_configuration(watching("ecs-red"))).await;
    let before = site.task_sets().await;
    let id = site.deploy("Steps.10@1h", &site.define(&[("VERSION", "2")]).await, &[]).await;
    site.until_shares([100, 100, 1000]).await;
    site.shop.until_info(&id, "the bake", |info| format!("{info:?}").contains("10 % to bake")).await;
    cloud.set_alarm("ecs-red", StateValue::Alarm).await;
    site.until_shares(HOME).await;
    assert_eq!(site.task_sets().await.len(), 2, "nothing is deleted while a write may be under way");

    let ended = site.shop.end(&id).await;
    let (code, words) = ended.error();
    assert_eq!((ended.status(), code), ("Stopped", "ALARM_ACTIVE"), "{words}");
    assert!(words.contains("Activated alarms: ecs-red"), "{words}");
    went_home(&site, &ended, &before).await;
}

/// It was rolled back, and everything is as before.
async fn went_home(site: &Site, ended: &Ended, before: &[(String, String)]) {
    let (rollback, words) = ended.rolled_back_by();
    assert_eq!(words, format!("Deployment {rollback} is triggered to roll back deployment {}.", ended.id()));
    let rollback = ended.rollback.as_ref().unwrap();
    assert_eq!(rollback.status(), Some(&DeploymentStatus::Succeeded));
    assert_eq!(rollback.creator().unwrap().as_str(), "codeDeployRollback");
    assert_eq!((site.shares().await, site.task_sets().await), (HOME, before.to_vec()));
    assert_eq!(site.versions().await, ["1".to_owned()].into());
}

async fn a_deployment_waits_to_be_continued_twice(cloud: &'static Cloud) {
    let waiting = waits(Some(10), 10);
    let site = Site::open_with(cloud, "ecs-waits", |group| group.blue_green_deployment_configuration(waiting)).await;
    let original = site.primary().await;
    let id = site.deploy(AT_ONCE, &site.define(&[("VERSION", "2")]).await, &[]).await;
    let go_on = async |wait: DeploymentWaitType| {
        cloud.codedeploy.continue_deployment().deployment_id(&id).deployment_wait_type(wait).send().await
    };
    let early = refusal(go_on(DeploymentWaitType::ReadyWait).await);
    assert_eq!(early.0, "DeploymentIsNotInReadyStateException", "{}", early.1);
    site.shop.until_info(&id, "Ready", |info| info.status() == Some(&DeploymentStatus::Ready)).await;
    assert_eq!(site.shares().await, ONLY_TESTS);

    go_on(DeploymentWaitType::ReadyWait).await.unwrap();
    site.shop.until_info(&id, "the termination wait", |info| info.instance_termination_wait_time_started).await;
    assert_eq!(site.shares().await, EVERYTHING);
    assert_eq!(site.task_sets().await.len(), 2);
    assert_ne!(site.primary().await, original);

    go_on(DeploymentWaitType::TerminationWait).await.unwrap();
    let ended = site.shop.end(&id).await;
    assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    assert!(site.primary().await != original && site.task_sets().await.len() == 1, "the original is gone");
}

async fn a_stop_in_the_termination_wait_goes_back_to_the_original(cloud: &'static Cloud) {
    let waiting = waits(None, 10);
    let site = Site::open_with(cloud, "ecs-stopped", |group| group.blue_green_deployment_configuration(waiting)).await;
    let before = site.task_sets().await;
    let id = site.deploy(AT_ONCE, &site.define(&[("VERSION", "2")]).await, &[]).await;
    site.shop.until_info(&id, "the termination wait", |info| info.instance_termination_wait_time_started).await;
    assert_eq!(site.versions().await, ["2".to_owned()].into());
    let stop = cloud.codedeploy.stop_deployment().deployment_id(&id).auto_rollback_enabled(true);
    stop.send().await.unwrap();
    let ended = site.shop.end(&id).await;
    assert_eq!((ended.status(), ended.error().0), ("Stopped", "MANUAL_STOP"));
    went_home(&site, &ended, &before).await;
}

async fn tasks_that_die_end_it_early_with_their_reason(cloud: &'static Cloud) {
    let site = Site::open(cloud, "ecs-dying").await;
    let before = site.task_sets().await;
    let reason = "exec /web: no such file or directory";
    let id = site.deploy(AT_ONCE, &site.define(&[("DIES", reason)]).await, &[]).await;
    let ended = site.shop.end(&id).await;
    let (code, words) = ended.error();
    assert_eq!((ended.status(), code), ("Failed", "ECS_UPDATE_ERROR"), "{words}");
    assert!(words.contains(reason), "{words}");
    went_home(&site, &ended, &before).await;
}

async fn a_service_that_ecs_deploys_itself_gets_an_error_that_says_how_to_move_it(cloud: &'static Cloud) {
    let site = Site::build(cloud, "ecs-own").await;
    let definition = site.define(&[]).await;
    let controller = DeploymentController::builder().r#type(DeploymentControllerType::Ecs).build().unwrap();
    let request = site.ecs.create_service().cluster("ecs-own").service_name(SERVICE).deployment_controller(controller);
    request.task_definition(&definition).send().await.unwrap();
    site.enroll("ecs-own", "ecs-own", |group| group).await;
    let id = site.deploy(AT_ONCE, &definition, &[]).await;
    let ended = site.shop.end(&id).await;
    let (code, words) = ended.error();
    assert_eq!((ended.status(), code), ("Failed", "INVALID_ECS_SERVICE"), "{words}");
    let way_out = "--cluster ecs-own --service web --deployment-controller type=EXTERNAL";
    assert!(words.contains(way_out) && words.contains("Nothing was changed."), "{words}");
}
