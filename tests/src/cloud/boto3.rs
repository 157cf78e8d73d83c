//! boto3, unmodified. Each test is a script of this folder, and the cloud for it.

use super::copies::Aside;
use super::{Shop, in_cloud};

#[test]
fn boto3_deploys_waits_pages_and_raises_codedeploys_exceptions() {
    in_cloud(async |cloud| {
        Shop::open(cloud, "boto3").await;
        let role = &cloud.endpoints().service_role_arn;
        let said = cloud.run_script("clients.py", &["boto3", role]).await;
        assert_eq!(said.trim(), "well", "{said}");
    });
}

#[test]
fn boto3_calls_every_operation() {
    in_cloud(async |cloud| {
        Shop::open(cloud, "boto3-all").await;
        let arguments = ["boto3-all", &cloud.endpoints().service_role_arn, &cloud.secret().await];
        let said = cloud.run_script("every_operation.py", &arguments).await;
        assert_eq!(said.trim(), "well", "{said}");
    });
}

#[test]
fn boto3_provokes_every_exception_of_the_model_that_there_can_be() {
    in_cloud(async |cloud| {
        Shop::open(cloud, "refusals").await;
        let aside = Aside::open(cloud, "full", "Applications=1,GroupsPerApplication=1,DeploymentConfigs=1").await;
        let role = &cloud.endpoints().service_role_arn;
        let arguments = ["refusals", role, aside.proxy.url(), &aside.function, &cloud.secret().await];
        let said = cloud.run_script("refusals.py", &arguments).await;
        assert_eq!(said.trim(), "well", "{said}");
    });
}

#[test]
fn boto3_turns_every_page() {
    in_cloud(async |cloud| {
        let aside = Aside::open(cloud, "pages", "none").await;
        let said = cloud.run_script("pages.py", &[aside.proxy.url()]).await;
        assert_eq!(said.trim(), "well", "{said}");
    });
}
