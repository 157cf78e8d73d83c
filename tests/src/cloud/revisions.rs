//! Revisions that lie in S3: read when the deployment begins, with the service role.

use aws_sdk_codedeploy::types::builders::S3LocationBuilder;
use aws_sdk_codedeploy::types::{BundleType, RevisionLocation, RevisionLocationType, S3Location};

use super::stage::Ended;
use super::{Order, Shop, in_cloud};

/// What is deployed here.
const CONFIG: &str = "CodeDeployDefault.LambdaAllAtOnce";

/// Deploys what lies in the bucket of the shop's name.
async fn deploy(shop: &Shop, location: S3LocationBuilder) -> Ended {
    let location = location.bucket(&shop.name).bundle_type(BundleType::Yaml).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::S3).s3_location(location).build();
    let id = shop.request(&Order::new(CONFIG)).revision(revision).send().await.unwrap().deployment_id.unwrap();
    shop.end(&id).await
}

/// An AppSpec in YAML that goes from version 1 to version 2.
fn yaml(shop: &Shop) -> String {
    format!(
        "version: 0.0\nResources:\n  - it:\n      Type: AWS::Lambda::Function\n      Properties:\n        Name: {}\n        \
         Alias: live\n        CurrentVersion: 1\n        TargetVersion: 2\n",
        shop.name
    )
}

#[test]
fn a_revision_in_s3_is_deployed() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "from-s3").await;
        cloud.s3.create_bucket().bucket(&shop.name).send().await.unwrap();
        let request = cloud.s3.put_object().bucket(&shop.name).key("CodeDeploy/orders.yaml");
        let put = request.body(yaml(&shop).into_bytes().into()).send().await.unwrap();
        let e_tag = put.e_tag.unwrap();
        assert!(e_tag.starts_with('"'), "S3 quotes it: {e_tag}");

        let location = S3Location::builder().key("CodeDeploy/orders.yaml").e_tag(&e_tag);
        let ended = deploy(&shop, location).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(shop.routing().await, "2");
        let shown = ended.info.revision().unwrap().s3_location().unwrap();
        assert_eq!((shown.bucket(), shown.key()), (Some(&*shop.name), Some("CodeDeploy/orders.yaml")));
    });
}

#[test]
fn a_revision_that_is_not_in_s3_fails() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "not-in-s3").await;
        cloud.s3.create_bucket().bucket(&shop.name).send().await.unwrap();
        let ended = deploy(&shop, S3Location::builder().key("CodeDeploy/orders.yaml")).await;
        assert_eq!(ended.status(), "Failed", "{:#?}", ended.info);
        let (code, words) = ended.error();
        assert_eq!(code, "REVISION_MISSING");
        assert!(words.contains("s3://not-in-s3/CodeDeploy/orders.yaml"), "{words}");
        assert_eq!(shop.routing().await, "1");
    });
}
