//! Twenty deployments at once; and the same while the functions' processes are killed.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::process::Command;
use std::time::Duration;

use aws_sdk_codedeploy::types::DeploymentInfo;
use futures_util::future::{join, join_all};
use futures_util::stream::{self, StreamExt};

use super::{Cloud, Order, PATIENCE, Shop, block_on, in_cloud, refusal};

const CROWD: usize = 20;
/// For how long functions are killed.
const KILLS_LAST: Duration = Duration::from_secs(8);

async fn open_shops(cloud: &'static Cloud, name: &str) -> Vec<Shop> {
    let shops = (0..CROWD).map(|n| async move { Shop::open(cloud, &format!("{name}-{n}")).await });
    stream::iter(shops).buffered(4).collect().await
}

#[test]
fn twenty_deployments_of_different_groups_at_once_succeed() {
    in_cloud(async |cloud| {
        let shops = open_shops(cloud, "crowd").await;
        let order = Order::new("Steps.10@1s,50@1s");
        let ended = join_all(shops.iter().map(|shop| shop.deploy_to_the_end(&order))).await;
        for (shop, ended) in shops.iter().zip(ended) {
            assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
            assert_eq!(shop.routing().await, "2");
        }
    });
}

/// In a cloud of its own, because other tests would miss the functions that are killed here.
#[test]
fn functions_killed_at_random_lose_nothing() {
    // The shops live as long as the process does.
    let cloud: &'static Cloud = block_on(async { Box::leak(Box::new(Cloud::start().await.unwrap())) });
    block_on(async {
        let shops = open_shops(cloud, "killed").await;
        let order = Order::new("Steps.10@2s,50@2s").before("hook-succeeds");
        let deploy = async |shop: &Shop| shop.deploy_whatever_happens(&order).await;
        let (ids, killed) = join(join_all(shops.iter().map(deploy)), kill_functions(cloud)).await;
        eprintln!("killed {killed} functions");
        assert!(killed > 10, "only {killed} functions were there to be killed");
        for (shop, id) in shops.iter().zip(ids) {
            let info = shop.swept_to_the_end(&id).await;
            let rollback = info.rollback_info().and_then(|info| info.rollback_deployment_id());
            if let Some(rollback) = rollback {
                shop.swept_to_the_end(rollback).await;
            }
            let version = if info.status().unwrap().as_str() == "Succeeded" { "2" } else { "1" };
            assert_eq!(shop.routing().await, version, "{info:#?}");
            shop.is_free(&id).await;
        }
    });
}

impl Shop {
    /// The id of a new deployment, also when the answer that told it was lost.
    async fn deploy_whatever_happens(&self, order: &Order<'_>) -> String {
        loop {
            match self.request(order).send().await {
                Ok(made) => return made.deployment_id.unwrap(),
                refused => {
                    let (code, words) = refusal(refused);
                    if code == "DeploymentLimitExceededException" {
                        return words.rsplit('\'').nth(1).unwrap().to_owned();
                    }
                }
            }
        }
    }

    /// The deployment when it has ended. Until then the sweep is done more often than every minute.
    async fn swept_to_the_end(&self, id: &str) -> DeploymentInfo {
        let began = std::time::Instant::now();
        let sweep = self.cloud.function("sweep").await;
        loop {
            let info = self.info(id).await;
            if info.complete_time().is_some() && self.item("active", id).await.is_none() {
                return info;
            }
            assert!(began.elapsed() < 2 * PATIENCE, "{id} does not end: {info:#?}");
            self.cloud.invoke(&sweep, include_str!("../../../events/sweep.json")).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Kills the processes of functions, one after the other, and answers how many.
async fn kill_functions(cloud: &Cloud) -> usize {
    let began = std::time::Instant::now();
    let mut killed = 0;
    while began.elapsed() < KILLS_LAST {
        let functions = bootstraps(cloud.local.process_id());
        if !functions.is_empty() {
            let victim = functions[RandomState::new().hash_one(killed) as usize % functions.len()];
            Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap();
            killed += 1;
        }
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    killed
}

/// The children of a process that run the binary of a function.
fn bootstraps(parent: u32) -> Vec<u32> {
    super::processes::children(parent)
        .into_iter()
        .filter(|child| {
            fs::read(format!("/proc/{child}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).trim_end_matches('\0').ends_with("/bootstrap"))
        })
        .collect()
}
