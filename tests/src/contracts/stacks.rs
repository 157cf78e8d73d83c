//! What is noted for CloudFormation stacks.

use spillway_domain::problem::ProblemKind;
use spillway_domain::stack::resource::{DesiredResource, Moved, Ownership, StackRequest, StackResource};
use spillway_engine::ports::catalog::{Applications, Catalog, GroupWrite, Groups};
use spillway_engine::ports::deployments::Deployments;
use spillway_engine::ports::executions::Waiters;
use spillway_engine::ports::stacks::{Claims, ResponseUrls};

use super::table as real;
use super::{at, both_keep, deployment, fresh, fresh_id, group, named, opened, put, role};

both_keep! {
    a_claim_is_under_its_stack_its_resource_and_its_physical_id
    the_last_claim_counts
    a_claim_is_dropped_once_or_twice
    a_request_that_comes_late_claims_nothing
    all_claims_of_a_resource_are_found_and_nobody_elses
    nobody_claims_what_has_too_long_a_name
    whoever_waits_is_known_by_the_token
    waiting_twice_is_waiting_once
    those_who_wait_are_in_nobodys_way
    a_response_url_is_kept_until_it_is_forgotten
}

fn resource(logical_id: &str) -> StackResource {
    let stack = format!("arn:aws:cloudformation:us-east-1:111122223333:stack/{}", fresh("shop"));
    StackResource { stack, logical_id: logical_id.to_owned() }
}

fn application(name: &str) -> Ownership {
    Ownership::Application { name: named(name), id: "id".to_owned() }
}

fn alias() -> Ownership {
    Ownership::Alias {
        function: named("orders"),
        alias: named("live"),
        role: role(),
        application: named("shop"),
        group: named("orders"),
        moved: Some(Moved { from: named("1"), to: named("2"), instead_of: named("1") }),
        adopted: true,
    }
}

async fn a_claim_is_under_its_stack_its_resource_and_its_physical_id(store: &impl Claims) {
    let shop = resource("Orders");
    let other = StackResource { logical_id: "OrdersToo".to_owned(), ..shop.clone() };
    assert_eq!(store.ownership(&shop, "orders").await.unwrap(), None);
    store.put_claim(&shop, "orders", Some(&alias()), at(1)).await.unwrap();
    assert_eq!(store.ownership(&shop, "orders").await.unwrap(), Some(alias()));
    assert_eq!(store.ownership(&shop, "orders-2").await.unwrap(), None);
    assert_eq!(store.ownership(&other, "orders").await.unwrap(), None);
    assert_eq!(store.ownership(&resource("Orders"), "orders").await.unwrap(), None);
}

async fn the_last_claim_counts(store: &impl Claims) {
    let shop = resource("Shop");
    for ownership in [application("one"), application("two")] {
        store.put_claim(&shop, "shop", Some(&ownership), at(1)).await.unwrap();
        assert_eq!(store.ownership(&shop, "shop").await.unwrap(), Some(ownership));
    }
}

async fn a_claim_is_dropped_once_or_twice(store: &impl Claims) {
    let shop = resource("Shop");
    store.put_claim(&shop, "shop", Some(&application("shop")), at(1)).await.unwrap();
    store.put_claim(&shop, "other", Some(&application("other")), at(1)).await.unwrap();
    for _ in 0..2 {
        store.put_claim(&shop, "shop", None, at(2)).await.unwrap();
        assert_eq!(store.ownership(&shop, "shop").await.unwrap(), None);
    }
    assert_eq!(store.ownership(&shop, "other").await.unwrap(), Some(application("other")));
}

async fn a_request_that_comes_late_claims_nothing(store: &impl Claims) {
    let shop = resource("Shop");
    store.put_claim(&shop, "shop", Some(&application("new")), at(2)).await.unwrap();
    for (name, late) in [("shop", Some(&application("old"))), ("shop", None), ("other", Some(&application("old")))] {
        let problem = store.put_claim(&shop, name, late, at(1)).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Stale);
    }
    assert_eq!(store.claims(&shop).await.unwrap(), [("shop".to_owned(), application("new"))]);
    store.put_claim(&shop, "shop", None, at(3)).await.unwrap();
    let problem = store.put_claim(&shop, "shop", Some(&application("old")), at(2)).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Stale, "what is gone stays gone");
}

async fn all_claims_of_a_resource_are_found_and_nobody_elses(store: &impl Claims) {
    let shop = resource("Shop");
    let shops = StackResource { stack: shop.stack.clone(), logical_id: "Shops".to_owned() };
    for name in ["one", "two#2"] {
        store.put_claim(&shop, name, Some(&application("shop")), at(1)).await.unwrap();
    }
    store.put_claim(&shops, "three", Some(&application("shops")), at(1)).await.unwrap();
    let found = store.claims(&shop).await.unwrap();
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["one", "two#2"]);
}

async fn nobody_claims_what_has_too_long_a_name(store: &impl Claims) {
    let (shop, long) = (resource("Shop"), "x".repeat(1024));
    assert_eq!(store.ownership(&shop, &long).await.unwrap(), None);
    store.put_claim(&shop, &long, None, at(1)).await.unwrap();
}

async fn whoever_waits_is_known_by_the_token(store: &impl Waiters) {
    let (id, other) = (fresh_id(), fresh_id());
    assert_eq!(store.waiters(&id).await.unwrap(), [""; 0]);
    let mut tokens = ["x".repeat(1024), "short".to_owned()];
    for token in &tokens {
        store.add_waiter(&id, token, at(1_900_000_000)).await.unwrap();
    }
    let mut found = store.waiters(&id).await.unwrap();
    found.sort();
    tokens.sort();
    assert_eq!(found, tokens);
    assert_eq!(store.waiters(&other).await.unwrap(), [""; 0]);
}

async fn waiting_twice_is_waiting_once(store: &impl Waiters) {
    let id = fresh_id();
    for _ in 0..2 {
        store.add_waiter(&id, "token", at(1_900_000_000)).await.unwrap();
    }
    assert_eq!(store.waiters(&id).await.unwrap(), ["token"]);
}

async fn those_who_wait_are_in_nobodys_way(store: &(impl Catalog + Deployments + Waiters)) {
    let group = group(&opened(store).await, "live");
    put(store, &group).await;
    let deployment = deployment(&group, at(1));
    store.add_waiter(&deployment.id, "token", at(1_900_000_000)).await.unwrap();
    assert_eq!(store.load(&deployment.id).await.unwrap(), None);
    store.create(&deployment, None).await.unwrap();
    assert_eq!(store.load(&deployment.id).await.unwrap(), Some(deployment.clone()));
    assert_eq!(store.ledger(&deployment.id, 0, 100).await.unwrap(), []);
}

async fn a_response_url_is_kept_until_it_is_forgotten(store: &impl ResponseUrls) {
    let (name, other) = (fresh("request"), fresh("request"));
    assert_eq!(store.kept_url(&name).await.unwrap(), None);
    for _ in 0..2 {
        store.keep_url(&name, "https://there", at(1_900_000_000)).await.unwrap();
    }
    store.keep_url(&other, "https://elsewhere", at(1_900_000_000)).await.unwrap();
    assert_eq!(store.kept_url(&name).await.unwrap().as_deref(), Some("https://there"));
    for _ in 0..2 {
        store.forget_url(&name).await.unwrap();
        assert_eq!(store.kept_url(&name).await.unwrap(), None);
    }
    assert_eq!(store.kept_url(&other).await.unwrap().as_deref(), Some("https://elsewhere"));
}

mod aws_alone {
    use super::*;

    #[test]
    fn a_request_that_comes_late_writes_nothing_at_all() {
        crate::cloud::in_cloud(async |cloud| {
            let table = real(cloud).await;
            let shop = resource("Shop");
            let request = |asked_at| StackRequest {
                resource: shop.clone(),
                request_id: "request".to_owned(),
                physical_id: None,
                asked_at,
                answer_by: asked_at,
                desired: DesiredResource::Nothing { unnamed: false },
            };
            let (late, last) = (table.for_request(&request(at(1))), table.for_request(&request(at(2))));
            let application = opened(&late).await;
            last.put_claim(&shop, "shop", None, at(2)).await.unwrap();
            let group = group(&application, "live");
            let problem = late.create_group(&group, &[], 10).await.unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Stale);
            assert_eq!(late.delete_application(&application).await.unwrap_err().kind, ProblemKind::Stale);
            assert_eq!(late.put_claim(&shop, "shop", None, at(1)).await.unwrap_err().kind, ProblemKind::Stale);
            assert_eq!(last.create_group(&group, &[], 10).await.unwrap(), GroupWrite::Done);
        });
    }
}
