//! What Step Functions bills, counted from the histories of real executions on the local cloud.

use crate::cloud::{Cloud, Order, Shop, in_cloud};
use crate::{Effort, Row};

const MOST_OF_CANARY: usize = 24;
const MOST_OF_STEP: usize = 6;
/// How many steps the longer of two linear shifts has more than the shorter.
const FURTHER_STEPS: usize = 3;

pub(crate) fn measure(_: Effort) -> Vec<Row> {
    in_cloud(async |cloud| {
        let canary = Order::new("Steps.10@1s").before("hook-succeeds").after("hook-calls-back");
        let canary = transitions_of(cloud, "bench-canary", &canary).await;
        let short = transitions_of(cloud, "bench-short", &Order::new("Steps.20@1s")).await;
        let long = transitions_of(cloud, "bench-long", &Order::new("Steps.20@1s,40@1s,60@1s,80@1s")).await;
        let step = (long - short).div_ceil(FURTHER_STEPS);
        let row = |what: &str, measured: usize, most: usize| Row {
            what: format!("state transitions: {what}"),
            measured: measured.to_string(),
            bar: format!("≤ {most}"),
            holds: measured <= most,
        };
        vec![row("canary with two hooks", canary, MOST_OF_CANARY), row("each further step", step, MOST_OF_STEP)]
    })
}

async fn transitions_of(cloud: &'static Cloud, name: &str, order: &Order<'_>) -> usize {
    let shop = Shop::open(cloud, name).await;
    let ended = shop.deploy_to_the_end(order).await;
    assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    shop.transitions(ended.id()).await
}
