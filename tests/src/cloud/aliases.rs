//! Aliases, versions and AppSpecs that are not as they should be.

use super::stage::ALIAS;
use super::{Order, Shop, in_cloud};

#[test]
fn a_broken_appspec_is_accepted_and_fails_with_every_violation() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "broken").await;
        let broken = "version: 0.0\nResources:\n  - it:\n      Type: AWS::Lambda::Function\n      Properties: {Name: x, Alias: live, CurrentVersion: 1}\nHooks:\n  - AfterAllow: y\n";
        let request = shop.request_of("CodeDeployDefault.LambdaAllAtOnce", broken);
        let id = request.send().await.unwrap().deployment_id.unwrap();
        let ended = shop.end(&id).await;
        let (code, words) = ended.error();
        assert_eq!((ended.status(), code), ("Failed", "INVALID_REVISION"));
        assert!(words.contains("TargetVersion") && words.contains("AfterAllow"), "{words}");
        assert_eq!(shop.routing().await, "1");
    });
}

#[test]
fn an_alias_that_was_left_between_the_two_versions_is_deployed() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "left-over").await;
        shop.write_alias("1", Some(("2", 0.3))).await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(shop.routing().await, "2");
    });
}

#[test]
fn an_alias_that_does_not_start_where_the_appspec_says_is_left_as_it_is() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "elsewhere").await;
        let starts = [
            (None, "points at version 3, not at the AppSpec's CurrentVersion 1"),
            (Some(("1", 0.3)), "sends 30 % to version 1 and 70 % to version 3"),
        ];
        for (additional, expected) in starts {
            shop.write_alias("3", additional).await;
            let before = shop.alias().await;
            let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
            let (code, words) = ended.error();
            assert_eq!((ended.status(), code), ("Failed", "INVALID_LAMBDA_CONFIGURATION"));
            assert!(words.contains(expected), "{words}");
            assert_eq!(shop.alias().await, before);
        }
    });
}

#[test]
fn a_function_or_an_alias_that_does_not_exist_is_named() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "misnamed").await;
        let right = Order::new("CodeDeployDefault.LambdaAllAtOnce").appspec(&shop.name);
        let alias = format!("\"{ALIAS}\"");
        for appspec in [right.replace("misnamed", "function-of-nobody"), right.replace(&alias, "\"alias-of-nobody\"")] {
            let request = shop.request_of("CodeDeployDefault.LambdaAllAtOnce", &appspec);
            let id = request.send().await.unwrap().deployment_id.unwrap();
            let ended = shop.end(&id).await;
            let (code, words) = ended.error();
            assert_eq!((ended.status(), code), ("Failed", "INVALID_LAMBDA_FUNCTION"));
            assert!(words.contains("-of-nobody"), "{words}");
        }
        assert_eq!(shop.routing().await, "1");
    });
}

#[test]
fn a_target_version_that_was_deleted_moves_no_traffic() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "deleted").await;
        cloud.lambda.delete_function().function_name("deleted").qualifier("2").send().await.unwrap();
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        let (code, words) = ended.error();
        assert_eq!((ended.status(), code), ("Failed", "INVALID_LAMBDA_FUNCTION"));
        assert!(words.contains("version 2 of function deleted"), "{words}");
        assert_eq!(shop.routing().await, "1");
    });
}

#[test]
fn somebody_elses_write_in_mid_shift_is_left_as_it_is() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "taken").await;
        let id = shop.deploy(&Order::new("Steps.10@2s")).await;
        shop.until_routing("1, 2 at 0.1").await;
        shop.write_alias("3", None).await;
        let written = shop.alias().await;
        let ended = shop.end(&id).await;
        let (code, words) = ended.error();
        assert_eq!((ended.status(), code), ("Failed", "INVALID_LAMBDA_CONFIGURATION"));
        assert!(words.contains("drifted during the deployment") && words.contains("100 % to version 3"), "{words}");
        assert!(ended.rollback.is_none());
        assert_eq!(shop.alias().await, written);
    });
}
