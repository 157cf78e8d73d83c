//! StopDeployment, and one active deployment at a time.

use super::{Ended, Order, Shop, in_cloud, refusal};

/// Stops a deployment in mid-shift.
fn stopped(name: &str, rollback: Option<bool>) -> Ended {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, name).await;
        let id = shop.deploy(&Order::new("Steps.25@1h")).await;
        shop.until_routing("1, 2 at 0.25").await;
        let stop = cloud.codedeploy.stop_deployment().deployment_id(&id).set_auto_rollback_enabled(rollback);
        let answer = stop.send().await.unwrap();
        assert!(["Pending", "Succeeded"].contains(&answer.status().unwrap().as_str()), "{answer:?}");
        let ended = shop.end(&id).await;
        assert_eq!((ended.status(), ended.error().0), ("Stopped", "MANUAL_STOP"));
        assert_eq!(shop.routing().await, "1", "no end leaves two versions");
        let again = refusal(cloud.codedeploy.stop_deployment().deployment_id(&id).send().await);
        assert_eq!(again.0, "DeploymentAlreadyCompletedException");
        ended
    })
}

#[test]
fn a_stop_with_rollback_makes_a_rollback_deployment() {
    let ended = stopped("stopped", Some(true));
    let (rollback, words) = ended.rolled_back_by();
    assert_eq!(words, format!("Deployment {rollback} is triggered to roll back deployment {}.", ended.id()));
}

#[test]
fn a_stop_without_rollback_goes_back_too_and_says_so() {
    let ended = stopped("stopped-only", Some(false));
    assert!(ended.rollback.is_none());
    assert!(ended.error().1.contains("All traffic is on version 1"), "{}", ended.error().1);
}

#[test]
fn a_group_has_one_active_deployment() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "one-at-a-time").await;
        let order = Order::new("Steps.10@1h").before("hook-is-silent");
        let id = shop.deploy(&order).await;
        let (code, words) = refusal(shop.request(&order).send().await);
        assert_eq!(code, "DeploymentLimitExceededException");
        assert_eq!(words, format!("The Deployment Group 'one-at-a-time' already has an active Deployment '{id}'"));
        let delete = cloud.codedeploy.delete_deployment_group().application_name(&shop.name);
        let (code, words) = refusal(delete.deployment_group_name(&shop.name).send().await);
        assert!(code == "InvalidOperationException" && words.contains(&id), "{code}: {words}");
        cloud.codedeploy.stop_deployment().deployment_id(&id).send().await.unwrap();
        assert_eq!(shop.end(&id).await.status(), "Stopped");
        let ended = shop.deploy_to_the_end(&Order::new("CodeDeployDefault.LambdaAllAtOnce")).await;
        assert_eq!(ended.status(), "Succeeded", "the slot is free again");
    });
}
