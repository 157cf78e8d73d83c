//! Applications and configurations. Groups are next door.

use futures_util::future::{join, join3};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::{ComputePlatform, DeploymentConfig, Strategy};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::routing::Routing;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::catalog::{Catalog, GroupWrite, Tagged};

use super::table as real;
use super::{application, at, both_keep, find, fresh, group, kind, named, opened, put};

both_keep! {
    an_application_is_there_once
    an_application_of_the_same_name_that_came_later_is_not_deleted
    applications_are_listed_by_name_in_pages
    applications_are_found_by_their_names_in_that_order
    an_application_that_is_renamed_is_the_same_under_another_name
    an_application_takes_no_others_name
    an_application_that_comes_later_sees_nothing_of_one_that_had_its_name
    an_application_with_groups_is_not_deleted
    of_two_who_change_the_tags_of_an_application_neither_loses_any
    a_configuration_is_there_once
    a_configuration_that_a_group_refers_to_is_not_deleted
    a_group_never_refers_to_a_configuration_that_is_gone
    of_a_group_and_the_end_of_its_application_only_one_comes_about
    of_a_group_and_the_end_of_its_configuration_only_one_comes_about
    of_several_that_take_the_same_name_one_gets_it
}

async fn an_application_is_there_once(store: &impl Catalog) {
    let mine = application();
    assert_eq!(store.application(&mine.name).await.unwrap(), None);
    assert_eq!(store.application_and_tags(&mine.name).await.unwrap(), None);
    assert!(store.create_application(&mine, &[]).await.unwrap());
    let other = Application { id: fresh("id"), ..mine.clone() };
    assert!(!store.create_application(&other, &[]).await.unwrap());
    assert_eq!(store.application(&mine.name).await.unwrap(), Some(mine.clone()));
    assert!(store.count_applications().await.unwrap() >= 1);
    for _ in 0..2 {
        assert!(store.delete_application(&mine).await.unwrap());
        assert_eq!(store.application(&mine.name).await.unwrap(), None);
    }
    assert!(store.create_application(&other, &[]).await.unwrap());
    assert_eq!(store.application(&mine.name).await.unwrap(), Some(other));
}

async fn an_application_of_the_same_name_that_came_later_is_not_deleted(store: &impl Catalog) {
    let gone = application();
    let later = Application { id: fresh("id"), ..gone.clone() };
    assert!(store.create_application(&later, &[]).await.unwrap());
    assert!(store.delete_application(&gone).await.unwrap());
    assert_eq!(store.application(&later.name).await.unwrap(), Some(later));
}

/// All pages of a list.
pub(super) async fn every<T>(page: impl AsyncFn(Option<String>) -> Page<T>) -> Vec<T> {
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

async fn applications_are_listed_by_name_in_pages(store: &impl Catalog) {
    let mut mine: Vec<_> = (0..103).map(|_| application()).collect();
    for application in &mine {
        assert!(store.create_application(application, &[]).await.unwrap());
    }
    mine.sort_by(|a, b| a.name.cmp(&b.name));
    let all = every(async |after| store.applications(after.as_deref()).await.unwrap()).await;
    assert!(all.is_sorted() && all.len() >= 103, "in order, each once: {all:?}");
    let found: Vec<_> = all.iter().filter(|name| mine.iter().any(|own| own.name == **name)).collect();
    assert_eq!(found, mine.iter().map(|application| &application.name).collect::<Vec<_>>());
    assert!(store.count_applications().await.unwrap() >= 103);
    // Others want a short list.
    for application in &mine {
        assert!(store.delete_application(application).await.unwrap());
    }
}

async fn applications_are_found_by_their_names_in_that_order(store: &impl Catalog) {
    let (one, other) = (opened(store).await, opened(store).await);
    let asked = [other.name.clone(), application().name, one.name.clone()];
    assert_eq!(store.applications_named(&asked).await.unwrap(), [other, one]);
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

async fn an_application_that_is_renamed_is_the_same_under_another_name(store: &impl Catalog) {
    let old = application();
    let tags = [tag("team", "red")];
    assert!(store.create_application(&old, &tags).await.unwrap());
    let live = group(&old, "live");
    put(store, &live).await;
    let new = Application { name: application().name, ..old.clone() };
    assert!(store.rename_application(&old, &new.name).await.unwrap());
    assert_eq!(store.application(&old.name).await.unwrap(), None);
    assert_eq!(store.groups_named(&old.name, &[]).await.unwrap(), None);
    assert_eq!(store.groups(&old.name, None).await.unwrap(), None);
    assert_eq!(store.application_and_tags(&new.name).await.unwrap(), Some((new.clone(), tags.to_vec())));
    assert_eq!(find(store, &new.name, &live.name).await.unwrap().group, live);
    let later = group(&new, "later");
    put(store, &later).await;
    let names = every(async |after| store.groups(&new.name, after.as_deref()).await.unwrap().unwrap()).await;
    assert_eq!(names, [later.name.clone(), live.name.clone()]);
    assert_eq!(kind(store.rename_application(&old, &application().name).await), ProblemKind::Stale);
    // And back again.
    assert!(store.rename_application(&new, &old.name).await.unwrap());
    assert_eq!(find(store, &old.name, &later.name).await.unwrap().group, later);
}

async fn an_application_takes_no_others_name(store: &impl Catalog) {
    let (mine, other) = (opened(store).await, opened(store).await);
    assert!(!store.rename_application(&mine, &other.name).await.unwrap());
    assert_eq!(store.application(&mine.name).await.unwrap(), Some(mine));
    assert_eq!(store.application(&other.name).await.unwrap(), Some(other));
}

async fn an_application_that_comes_later_sees_nothing_of_one_that_had_its_name(store: &impl Catalog) {
    let first = opened(store).await;
    let live = group(&first, "live");
    put(store, &live).await;
    let renamed = Application { name: application().name, ..first.clone() };
    assert!(store.rename_application(&first, &renamed.name).await.unwrap());
    let later = Application { id: fresh("id"), ..first.clone() };
    assert!(store.create_application(&later, &[tag("team", "blue")]).await.unwrap());
    let (later, tags) = store.application_and_tags(&later.name).await.unwrap().unwrap();
    assert_eq!(tags, [tag("team", "blue")]);
    assert_eq!(store.groups(&later.name, None).await.unwrap().unwrap().items, []);
    assert_eq!(find(store, &later.name, &live.name).await, None);
    let own = group(&later, "live");
    put(store, &own).await;
    assert_eq!(find(store, &later.name, &live.name).await.unwrap().group, own);
    assert_eq!(find(store, &renamed.name, &live.name).await.unwrap().group, live);
    assert_eq!(store.delete_group(&own).await.unwrap(), None);
    assert!(store.delete_application(&later).await.unwrap());
    assert_eq!(find(store, &renamed.name, &live.name).await.unwrap().group, live);
}

async fn an_application_with_groups_is_not_deleted(store: &impl Catalog) {
    let mine = opened(store).await;
    let live = group(&mine, "live");
    put(store, &live).await;
    assert!(!store.delete_application(&mine).await.unwrap());
    assert_eq!(store.application(&mine.name).await.unwrap(), Some(mine.clone()));
    assert_eq!(store.delete_group(&live).await.unwrap(), None);
    assert!(store.delete_application(&mine).await.unwrap());
    assert_eq!(store.create_group(&live, &[], 1000).await.unwrap(), GroupWrite::NoApplication);
}

async fn of_two_who_change_the_tags_of_an_application_neither_loses_any(store: &impl Catalog) {
    let mine = opened(store).await;
    let (one, both) = ([tag("a", "1")], [tag("a", "1"), tag("b", "")]);
    assert!(store.replace_tags(Tagged::Application(&mine), &[], &one).await.unwrap());
    assert!(!store.replace_tags(Tagged::Application(&mine), &[], &both).await.unwrap());
    assert!(store.replace_tags(Tagged::Application(&mine), &one, &both).await.unwrap());
    assert_eq!(store.application_and_tags(&mine.name).await.unwrap(), Some((mine.clone(), both.to_vec())));
    assert!(store.delete_application(&mine).await.unwrap());
    assert!(!store.replace_tags(Tagged::Application(&mine), &both, &one).await.unwrap());
}

fn config() -> DeploymentConfig {
    DeploymentConfig {
        id: fresh("id"),
        name: named(&fresh("config")),
        platform: ComputePlatform::Lambda,
        strategy: Strategy::TimeBasedCanary { percentage: 10, minutes: 5 },
        created_at: Some(at(1)),
    }
}

async fn a_configuration_is_there_once(store: &impl Catalog) {
    let config = config();
    assert_eq!(store.config(&config.name).await.unwrap(), None);
    assert!(store.create_config(&config).await.unwrap());
    let other = DeploymentConfig { strategy: Strategy::Steps(Routing::all_at_once()), ..config.clone() };
    assert!(!store.create_config(&other).await.unwrap());
    assert_eq!(store.config(&config.name).await.unwrap(), Some(config.clone()));
    assert!(store.count_configs().await.unwrap() >= 1);
    let all = every(async |after| store.configs(after.as_deref()).await.unwrap()).await;
    assert!(all.is_sorted() && all.contains(&config.name), "{all:?}");
    let long = format!("Steps.{}", (1..99).map(|n| format!("{n}@1s")).collect::<Vec<_>>().join(","));
    assert_eq!(store.config(&named(&long)).await.unwrap(), None, "nobody can have made it");
    for _ in 0..2 {
        assert!(store.delete_config(&config.name).await.unwrap());
        assert_eq!(store.config(&config.name).await.unwrap(), None);
    }
}

async fn a_configuration_that_a_group_refers_to_is_not_deleted(store: &impl Catalog) {
    let (first, second) = (config(), config());
    for config in [&first, &second] {
        assert!(store.create_config(config).await.unwrap());
    }
    let application = opened(store).await;
    let with = |name: &str, config: &DeploymentConfig| {
        let group = group(&application, name);
        spillway_domain::catalog::group::DeploymentGroup { config: config.name.clone(), ..group }
    };
    let (one, other) = (with("one", &first), with("other", &first));
    put(store, &one).await;
    put(store, &other).await;
    assert!(!store.delete_config(&first.name).await.unwrap());
    let changed = spillway_domain::catalog::group::DeploymentGroup { config: second.name.clone(), ..one.clone() };
    assert_eq!(store.replace_group(&one, &changed).await.unwrap(), GroupWrite::Done);
    let renamed = spillway_domain::catalog::group::DeploymentGroup { name: named("new"), ..changed.clone() };
    assert_eq!(store.replace_group(&changed, &renamed).await.unwrap(), GroupWrite::Done);
    assert!(!store.delete_config(&first.name).await.unwrap(), "the other group refers to it");
    assert!(!store.delete_config(&second.name).await.unwrap());
    assert_eq!(store.delete_group(&other).await.unwrap(), None);
    assert!(store.delete_config(&first.name).await.unwrap());
    let built_in = spillway_domain::catalog::group::DeploymentGroup { config: named("Steps.10@1m"), ..renamed.clone() };
    assert_eq!(store.replace_group(&renamed, &built_in).await.unwrap(), GroupWrite::Done);
    assert!(store.delete_config(&second.name).await.unwrap());
}

async fn a_group_never_refers_to_a_configuration_that_is_gone(store: &impl Catalog) {
    let gone = config();
    assert!(store.create_config(&gone).await.unwrap());
    assert!(store.delete_config(&gone.name).await.unwrap());
    let live = group(&opened(store).await, "live");
    let late = spillway_domain::catalog::group::DeploymentGroup { config: gone.name.clone(), ..live.clone() };
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::NoConfig);
    put(store, &live).await;
    assert_eq!(store.replace_group(&live, &late).await.unwrap(), GroupWrite::NoConfig);
    assert_eq!(find(store, &named(&live.lock.home), &live.name).await.unwrap().group, live);
    assert_eq!(store.config(&gone.name).await.unwrap(), None);
}

/// How often a race is run.
const RACES: usize = 10;

async fn of_a_group_and_the_end_of_its_application_only_one_comes_about(store: &impl Catalog) {
    for _ in 0..RACES {
        let application = opened(store).await;
        let live = group(&application, "live");
        let (made, deleted) = join(store.create_group(&live, &[], 1000), store.delete_application(&application)).await;
        let is_there = store.application(&application.name).await.unwrap().is_some();
        match (made.unwrap(), deleted.unwrap()) {
            (GroupWrite::Done, false) => {
                assert!(is_there);
                assert_eq!(find(store, &application.name, &live.name).await.unwrap().group, live);
            }
            (GroupWrite::NoApplication, true) => assert!(!is_there),
            other => panic!("{other:?}"),
        }
    }
}

async fn of_a_group_and_the_end_of_its_configuration_only_one_comes_about(store: &impl Catalog) {
    let application = opened(store).await;
    for n in 0..RACES {
        let config = config();
        assert!(store.create_config(&config).await.unwrap());
        let live = group(&application, &format!("live-{n}"));
        let live = spillway_domain::catalog::group::DeploymentGroup { config: config.name.clone(), ..live };
        let (made, deleted) = join(store.create_group(&live, &[], 1000), store.delete_config(&config.name)).await;
        let is_there = store.config(&config.name).await.unwrap().is_some();
        match (made.unwrap(), deleted.unwrap()) {
            (GroupWrite::Done, false) => assert!(is_there),
            (GroupWrite::NoConfig, true) => assert!(!is_there),
            other => panic!("{other:?}"),
        }
    }
}

async fn of_several_that_take_the_same_name_one_gets_it(store: &impl Catalog) {
    for _ in 0..RACES {
        let (one, other, third) = (opened(store).await, opened(store).await, application());
        let (renamed, too, created) = join3(
            store.rename_application(&one, &third.name),
            store.rename_application(&other, &third.name),
            store.create_application(&third, &[]),
        )
        .await;
        let got = [renamed.unwrap(), too.unwrap(), created.unwrap()];
        assert_eq!(got.iter().filter(|got| **got).count(), 1, "{got:?}");
        let id = store.application(&third.name).await.unwrap().unwrap().id;
        let ids = [&one.id, &other.id, &third.id];
        assert_eq!(ids.iter().position(|own| **own == id), got.iter().position(|got| *got));
    }
}
