//! Applications, groups and configurations.

use spillway_domain::{ComputePlatform, DeploymentConfig, Page, ProblemKind, Routing, Strategy};
use spillway_engine::{Catalog, Creation, Deployments};

use super::table as real;
use super::{application, at, both_keep, deployment, fresh, group, kind, named};

trait Store: Deployments + Catalog {}
impl<T: Deployments + Catalog> Store for T {}

both_keep! {
    an_application_is_there_once
    an_application_of_the_same_name_that_came_later_is_not_deleted
    applications_are_listed_by_name_in_pages
    a_group_is_there_once_in_its_application
    groups_are_listed_by_name_and_application
    a_group_is_replaced_only_over_its_old_state
    a_group_that_is_renamed_keeps_its_state_and_takes_no_others_name
    a_group_with_an_active_deployment_is_not_deleted
    a_group_of_the_same_name_that_came_later_is_not_deleted
    a_configuration_is_there_once
}

async fn an_application_is_there_once(store: &impl Store) {
    let mine = application();
    assert_eq!(store.application(&mine.name).await.unwrap(), None);
    assert!(store.create_application(&mine, &[]).await.unwrap());
    let other = spillway_domain::Application { id: fresh("id"), ..mine.clone() };
    assert!(!store.create_application(&other, &[]).await.unwrap());
    assert_eq!(store.application(&mine.name).await.unwrap(), Some(mine.clone()));
    for _ in 0..2 {
        store.delete_application(&mine).await.unwrap();
        assert_eq!(store.application(&mine.name).await.unwrap(), None);
    }
}

async fn an_application_of_the_same_name_that_came_later_is_not_deleted(store: &impl Store) {
    let gone = application();
    let later = spillway_domain::Application { id: fresh("id"), ..gone.clone() };
    assert!(store.create_application(&later, &[]).await.unwrap());
    store.delete_application(&gone).await.unwrap();
    assert_eq!(store.application(&later.name).await.unwrap(), Some(later));
}

/// All pages of a list.
async fn every<T>(page: impl AsyncFn(Option<String>) -> Page<T>) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let Page { items, next } = page(after).await;
        assert!(items.len() <= 100, "a page has at most 100 items");
        all.extend(items);
        match next {
            None => return all,
            next => after = next,
        }
    }
}

async fn applications_are_listed_by_name_in_pages(store: &impl Store) {
    let mut mine: Vec<_> = (0..103).map(|_| application()).collect();
    for application in &mine {
        assert!(store.create_application(application, &[]).await.unwrap());
    }
    mine.sort_by(|a, b| a.name.cmp(&b.name));
    let all = every(async |after| store.applications(after.as_deref()).await.unwrap()).await;
    assert!(all.is_sorted() && all.len() >= 103, "in order, each once: {all:?}");
    let found: Vec<_> = all.iter().filter(|name| mine.iter().any(|own| own.name == **name)).collect();
    assert_eq!(found, mine.iter().map(|application| &application.name).collect::<Vec<_>>());
    // Others want a short list.
    for application in &mine {
        store.delete_application(application).await.unwrap();
    }
}

async fn a_group_is_there_once_in_its_application(store: &impl Store) {
    let (one, other) = (application(), application());
    let live = group(&one, "live");
    assert_eq!(store.group(&one.id, &live.name).await.unwrap(), None);
    assert!(store.create_group(&live, &[]).await.unwrap());
    assert!(!store.create_group(&group(&one, "live"), &[]).await.unwrap());
    assert!(store.create_group(&group(&other, "live"), &[]).await.unwrap());
    assert_eq!(store.group(&one.id, &live.name).await.unwrap(), Some(live.clone()));
    assert_eq!(store.group_state(&live.id).await.unwrap(), Default::default());
}

async fn groups_are_listed_by_name_and_application(store: &impl Store) {
    let (one, other) = (application(), application());
    for name in ["b", "a", "C", "a.1", "a-1"] {
        assert!(store.create_group(&group(&one, name), &[]).await.unwrap());
    }
    assert!(store.create_group(&group(&other, "d"), &[]).await.unwrap());
    let names = async |after: Option<String>| store.groups(&one.id, after.as_deref()).await.unwrap();
    let found: Vec<String> = every(names).await.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["C", "a", "a-1", "a.1", "b"]);
    let rest = names(Some("a-1".to_owned())).await.items;
    assert_eq!(rest, [named("a.1"), named("b")]);
}

async fn a_group_is_replaced_only_over_its_old_state(store: &impl Store) {
    let application = application();
    let old = group(&application, "live");
    assert!(store.create_group(&old, &[]).await.unwrap());
    let new = spillway_domain::DeploymentGroup { config: named("Steps.10@1m"), ..old.clone() };
    assert!(store.replace_group(&old, &new).await.unwrap());
    assert_eq!(kind(store.replace_group(&old, &new).await), ProblemKind::Stale);
    assert_eq!(store.group(&application.id, &old.name).await.unwrap(), Some(new.clone()));
    assert_eq!(store.delete_group(&new).await.unwrap(), None);
    assert_eq!(kind(store.replace_group(&new, &old).await), ProblemKind::Stale);
}

async fn a_group_that_is_renamed_keeps_its_state_and_takes_no_others_name(store: &impl Store) {
    let application = application();
    let (old, taken) = (group(&application, "old"), group(&application, "taken"));
    assert!(store.create_group(&old, &[]).await.unwrap());
    assert!(store.create_group(&taken, &[]).await.unwrap());
    let active = deployment(&old, at(1));
    assert_eq!(store.create(&active).await.unwrap(), Creation::Created);
    let named = |name: &str| spillway_domain::DeploymentGroup { name: named(name), ..old.clone() };
    assert!(!store.replace_group(&old, &named("taken")).await.unwrap());
    assert!(store.replace_group(&old, &named("new")).await.unwrap());
    assert_eq!(store.group(&application.id, &old.name).await.unwrap(), None);
    assert_eq!(store.group(&application.id, &named("new").name).await.unwrap(), Some(named("new")));
    assert_eq!(store.group(&application.id, &taken.name).await.unwrap(), Some(taken));
    assert_eq!(store.group_state(&old.id).await.unwrap().active, Some(active.id));
    assert_eq!(kind(store.replace_group(&old, &named("newer")).await), ProblemKind::Stale);
}

async fn a_group_with_an_active_deployment_is_not_deleted(store: &impl Store) {
    let application = application();
    let live = group(&application, "live");
    assert!(store.create_group(&live, &[]).await.unwrap());
    let active = deployment(&live, at(1));
    assert_eq!(store.create(&active).await.unwrap(), Creation::Created);
    assert_eq!(store.delete_group(&live).await.unwrap(), Some(active.id));
    assert_eq!(store.group(&application.id, &live.name).await.unwrap(), Some(live));
}

async fn a_group_of_the_same_name_that_came_later_is_not_deleted(store: &impl Store) {
    let application = application();
    let (gone, later) = (group(&application, "live"), group(&application, "live"));
    assert!(store.create_group(&gone, &[]).await.unwrap());
    for _ in 0..2 {
        assert_eq!(store.delete_group(&gone).await.unwrap(), None);
        assert_eq!(store.group(&application.id, &gone.name).await.unwrap(), None);
    }
    assert!(store.create_group(&later, &[]).await.unwrap());
    assert_eq!(store.delete_group(&gone).await.unwrap(), None);
    assert_eq!(store.group(&application.id, &later.name).await.unwrap(), Some(later.clone()));
    assert_eq!(store.create(&deployment(&later, at(1))).await.unwrap(), Creation::Created);
}

async fn a_configuration_is_there_once(store: &impl Store) {
    let config = DeploymentConfig {
        id: fresh("id"),
        name: named(&fresh("config")),
        platform: ComputePlatform::Lambda,
        strategy: Strategy::TimeBasedCanary { percentage: 10, minutes: 5 },
        created_at: Some(at(1)),
    };
    assert_eq!(store.config(&config.name).await.unwrap(), None);
    assert!(store.create_config(&config).await.unwrap());
    let other = DeploymentConfig { strategy: Strategy::Steps(Routing::all_at_once()), ..config.clone() };
    assert!(!store.create_config(&other).await.unwrap());
    assert_eq!(store.config(&config.name).await.unwrap(), Some(config.clone()));
    let all = every(async |after| store.configs(after.as_deref()).await.unwrap()).await;
    assert!(all.is_sorted() && all.contains(&config.name), "{all:?}");
    let long = format!("Steps.{}", (1..99).map(|n| format!("{n}@1s")).collect::<Vec<_>>().join(","));
    assert_eq!(store.config(&named(&long)).await.unwrap(), None, "nobody can have made it");
}
