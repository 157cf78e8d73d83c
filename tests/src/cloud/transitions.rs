//! What Step Functions bills: counted from the histories of real executions.

use futures_util::future::join;

use super::{Cloud, Order, Shop, in_cloud};

impl Shop {
    /// How many states the execution of a deployment has entered.
    pub async fn transitions(&self, id: &str) -> usize {
        let request = self.cloud.executions.get_execution_history().execution_arn(self.execution_arn(id));
        let events: Vec<_> = request.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        events.iter().filter(|event| event.state_entered_event_details().is_some()).count()
    }
}

#[test]
fn a_canary_with_two_hooks_succeeds_in_at_most_24_transitions() {
    in_cloud(async |cloud| {
        let shop = Shop::open(cloud, "canary").await;
        let order = Order::new("Steps.10@1s").before("hook-succeeds").after("hook-calls-back");
        let id = shop.deploy(&order).await;
        shop.until_routing("1, 2 at 0.1").await;
        let ended = shop.end(&id).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(shop.routing().await, "2");
        for event in shop.events(&id).await {
            assert_eq!(event.status().unwrap().as_str(), "Succeeded", "{event:#?}");
        }
        let transitions = shop.transitions(&id).await;
        assert!(transitions <= 24, "{transitions} state transitions");
    });
}

#[test]
fn each_further_step_takes_at_most_6_transitions() {
    in_cloud(async |cloud| {
        let count = async |name: &str, config: &str| transitions_of(cloud, name, config).await;
        let (one, four) =
            join(count("one-step", "Steps.20@1s"), count("four-steps", "Steps.20@1s,40@1s,60@1s,80@1s")).await;
        assert!(four - one <= 3 * 6, "{one} state transitions with one step, {four} with four");
    });
}

async fn transitions_of(cloud: &'static Cloud, name: &str, config: &str) -> usize {
    let shop = Shop::open(cloud, name).await;
    let ended = shop.deploy_to_the_end(&Order::new(config)).await;
    assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    assert_eq!(shop.routing().await, "2");
    shop.transitions(ended.id()).await
}
