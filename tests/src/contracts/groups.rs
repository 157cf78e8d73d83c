//! Deployment groups.

use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::catalog::{Catalog, GroupWrite, Tagged};
use spillway_engine::ports::deployments::{Creation, Deployments};

use super::catalog::every;
use super::table as real;
use super::{application, at, both_keep, deployment, find, fresh, group, kind, named, opened, put};

trait Store: Deployments + Catalog {}
impl<T: Deployments + Catalog> Store for T {}

both_keep! {
    a_group_is_there_once_in_its_application
    a_group_is_made_only_in_an_application
    an_application_has_at_most_so_many_groups
    groups_are_listed_by_name_and_application
    a_list_of_groups_has_pages
    groups_are_found_by_their_names_in_that_order
    a_group_is_replaced_only_over_its_old_state
    a_group_that_is_renamed_keeps_its_state_and_takes_no_others_name
    a_group_that_comes_later_sees_nothing_of_one_that_had_its_name
    a_group_of_a_renamed_application_can_be_renamed
    a_group_with_an_active_deployment_is_not_deleted
    a_group_of_the_same_name_that_came_later_is_not_deleted
    a_group_whose_settings_were_changed_meanwhile_is_deleted_all_the_same
    a_running_deployment_ends_in_its_group_whatever_was_renamed
    of_two_who_change_the_tags_of_a_group_neither_loses_any
}

async fn a_group_is_there_once_in_its_application(store: &impl Store) {
    let (one, other) = (opened(store).await, opened(store).await);
    let live = group(&one, "live");
    assert_eq!(find(store, &one.name, &live.name).await, None);
    put(store, &live).await;
    assert_eq!(store.create_group(&group(&one, "live"), &[], 1000).await.unwrap(), GroupWrite::NameTaken);
    put(store, &group(&other, "live")).await;
    let (found, groups) = store.groups_named(&one.name, std::slice::from_ref(&live.name)).await.unwrap().unwrap();
    assert_eq!((found, groups), (one, vec![StoredGroup { group: live, state: Default::default(), tags: Vec::new() }]));
}

async fn a_group_is_made_only_in_an_application(store: &impl Store) {
    let nowhere = group(&application(), "live");
    assert_eq!(store.create_group(&nowhere, &[], 1000).await.unwrap(), GroupWrite::NoApplication);
    let mut foreign = group(&opened(store).await, "live");
    foreign.application_id = fresh("id");
    assert_eq!(store.create_group(&foreign, &[], 1000).await.unwrap(), GroupWrite::NoApplication);
    assert_eq!(find(store, &named(&foreign.lock.home), &foreign.name).await, None);
}

async fn an_application_has_at_most_so_many_groups(store: &impl Store) {
    let application = opened(store).await;
    let [one, two, three] = ["one", "two", "three"].map(|name| group(&application, name));
    for group in [&one, &two] {
        assert_eq!(store.create_group(group, &[], 2).await.unwrap(), GroupWrite::Done);
    }
    assert_eq!(store.create_group(&three, &[], 2).await.unwrap(), GroupWrite::Full);
    assert_eq!(store.create_group(&two, &[], 2).await.unwrap(), GroupWrite::NameTaken);
    assert_eq!(store.delete_group(&one).await.unwrap(), None);
    assert_eq!(store.create_group(&three, &[], 2).await.unwrap(), GroupWrite::Done);
}

async fn groups_are_listed_by_name_and_application(store: &impl Store) {
    let (one, other) = (opened(store).await, opened(store).await);
    for name in ["b", "a", "C", "a.1", "a-1"] {
        put(store, &group(&one, name)).await;
    }
    put(store, &group(&other, "d")).await;
    let found = store.groups(&one.name, None).await.unwrap().unwrap();
    assert_eq!(found.items.iter().map(ToString::to_string).collect::<Vec<_>>(), ["C", "a", "a-1", "a.1", "b"]);
    assert_eq!(found.next, None);
    assert_eq!(store.groups(&application().name, None).await.unwrap(), None);
}

async fn a_list_of_groups_has_pages(store: &impl Store) {
    let application = opened(store).await;
    let mut names = Vec::new();
    for n in 0..201 {
        let group = group(&application, &format!("group-{n:03}"));
        put(store, &group).await;
        names.push(group.name);
    }
    let page = async |after: Option<String>| store.groups(&application.name, after.as_deref()).await.unwrap().unwrap();
    let first = page(None).await;
    assert_eq!((first.items.as_slice(), first.next.is_some()), (&names[..100], true));
    assert_eq!(every(page).await, names);
    // More than DynamoDB gives at once.
    let (_, found) = store.groups_named(&application.name, &names[..100]).await.unwrap().unwrap();
    assert_eq!(found.into_iter().map(|stored| stored.group.name).collect::<Vec<_>>(), names[..100]);
}

async fn groups_are_found_by_their_names_in_that_order(store: &impl Store) {
    let application = opened(store).await;
    let [one, two] = ["one", "two"].map(|name| group(&application, name));
    put(store, &one).await;
    put(store, &two).await;
    let asked = [named("two"), named("none"), named("one")];
    let (_, found) = store.groups_named(&application.name, &asked).await.unwrap().unwrap();
    assert_eq!(found.into_iter().map(|stored| stored.group).collect::<Vec<_>>(), [two, one]);
}

async fn a_group_is_replaced_only_over_its_old_state(store: &impl Store) {
    let application = opened(store).await;
    let old = group(&application, "live");
    put(store, &old).await;
    let new = DeploymentGroup { config: named("Steps.10@1m"), ..old.clone() };
    assert_eq!(store.replace_group(&old, &new).await.unwrap(), GroupWrite::Done);
    assert_eq!(kind(store.replace_group(&old, &new).await), ProblemKind::Stale);
    assert_eq!(find(store, &application.name, &old.name).await.unwrap().group, new);
    assert_eq!(store.delete_group(&new).await.unwrap(), None);
    assert_eq!(kind(store.replace_group(&new, &old).await), ProblemKind::Stale);
}

async fn a_group_that_is_renamed_keeps_its_state_and_takes_no_others_name(store: &impl Store) {
    let application = opened(store).await;
    let (old, taken) = (group(&application, "old"), group(&application, "taken"));
    let tags = [Tag { key: "team".to_owned(), value: "red".to_owned() }];
    assert_eq!(store.create_group(&old, &tags, 1000).await.unwrap(), GroupWrite::Done);
    put(store, &taken).await;
    let active = deployment(&old, at(1));
    assert_eq!(store.create(&active, None).await.unwrap(), Creation::Created);
    let named = |name: &str| DeploymentGroup { name: named(name), ..old.clone() };
    assert_eq!(store.replace_group(&old, &named("taken")).await.unwrap(), GroupWrite::NameTaken);
    assert_eq!(store.replace_group(&old, &named("new")).await.unwrap(), GroupWrite::Done);
    assert_eq!(find(store, &application.name, &old.name).await, None);
    let found = find(store, &application.name, &named("new").name).await.unwrap();
    assert_eq!((found.group, found.state.active, found.tags), (named("new"), Some(active.id), tags.to_vec()));
    assert_eq!(find(store, &application.name, &taken.name).await.unwrap().group, taken);
    assert_eq!(kind(store.replace_group(&old, &named("newer")).await), ProblemKind::Stale);
}

async fn a_group_that_comes_later_sees_nothing_of_one_that_had_its_name(store: &impl Store) {
    let application = opened(store).await;
    let first = group(&application, "live");
    put(store, &first).await;
    let active = deployment(&first, at(1));
    assert_eq!(store.create(&active, None).await.unwrap(), Creation::Created);
    let renamed = DeploymentGroup { name: named("renamed"), ..first.clone() };
    assert_eq!(store.replace_group(&first, &renamed).await.unwrap(), GroupWrite::Done);
    put(store, &group(&application, "live")).await;
    let later = find(store, &application.name, &first.name).await.unwrap();
    assert_ne!(later.group.id, first.id);
    assert_eq!(later.state, Default::default());
    let own = deployment(&later.group, at(2));
    assert_eq!(store.create(&own, None).await.unwrap(), Creation::Created);
    let both = [first.name.clone(), renamed.name.clone()];
    let (_, found) = store.groups_named(&application.name, &both).await.unwrap().unwrap();
    let found: Vec<_> = found.into_iter().map(|stored| stored.state.active.unwrap()).collect();
    assert_eq!(found, [own.id, active.id]);
}

async fn a_group_of_a_renamed_application_can_be_renamed(store: &impl Store) {
    let application = opened(store).await;
    let live = group(&application, "live");
    put(store, &live).await;
    let new = super::application().name;
    assert!(store.rename_application(&application, &new).await.unwrap());
    let renamed = DeploymentGroup { name: named("new"), ..live.clone() };
    assert_eq!(store.replace_group(&live, &renamed).await.unwrap(), GroupWrite::Done);
    assert_eq!(find(store, &new, &renamed.name).await.unwrap().group, renamed);
    assert_eq!(store.delete_group(&renamed).await.unwrap(), None);
    assert_eq!(find(store, &new, &renamed.name).await, None);
}

async fn a_group_with_an_active_deployment_is_not_deleted(store: &impl Store) {
    let application = opened(store).await;
    let live = group(&application, "live");
    put(store, &live).await;
    let active = deployment(&live, at(1));
    assert_eq!(store.create(&active, None).await.unwrap(), Creation::Created);
    assert_eq!(store.delete_group(&live).await.unwrap(), Some(active.id));
    assert_eq!(find(store, &application.name, &live.name).await.unwrap().group, live);
}

async fn a_group_of_the_same_name_that_came_later_is_not_deleted(store: &impl Store) {
    let application = opened(store).await;
    let (gone, later) = (group(&application, "live"), group(&application, "live"));
    put(store, &gone).await;
    for _ in 0..2 {
        assert_eq!(store.delete_group(&gone).await.unwrap(), None);
        assert_eq!(find(store, &application.name, &gone.name).await, None);
    }
    put(store, &later).await;
    assert_eq!(store.delete_group(&gone).await.unwrap(), None);
    assert_eq!(find(store, &application.name, &later.name).await.unwrap().group, later);
    assert_eq!(store.create(&deployment(&later, at(1)), None).await.unwrap(), Creation::Created);
}

async fn a_group_whose_settings_were_changed_meanwhile_is_deleted_all_the_same(store: &impl Store) {
    let application = opened(store).await;
    let old = group(&application, "live");
    put(store, &old).await;
    let new = DeploymentGroup { config: named("Steps.10@1m"), ..old.clone() };
    assert_eq!(store.replace_group(&old, &new).await.unwrap(), GroupWrite::Done);
    assert_eq!(store.delete_group(&old).await.unwrap(), None);
    assert_eq!(find(store, &application.name, &old.name).await, None);
    assert!(store.delete_application(&application).await.unwrap());
}

async fn a_running_deployment_ends_in_its_group_whatever_was_renamed(store: &impl Store) {
    let application = opened(store).await;
    let live = group(&application, "live");
    put(store, &live).await;
    let record = deployment(&live, at(1));
    assert_eq!(store.create(&record, None).await.unwrap(), Creation::Created);
    let new = super::application().name;
    assert!(store.rename_application(&application, &new).await.unwrap());
    let renamed = DeploymentGroup { name: named("new"), ..live.clone() };
    assert_eq!(store.replace_group(&live, &renamed).await.unwrap(), GroupWrite::Done);
    let ended = super::deployments::ended(&record, spillway_domain::deployment::record::Status::Succeeded);
    store
        .save(spillway_engine::ports::deployments::Change {
            closes: true,
            ..spillway_engine::ports::deployments::Change::quiet(&ended)
        })
        .await
        .unwrap();
    let state = find(store, &new, &renamed.name).await.unwrap().state;
    assert_eq!((state.active, state.last_successful.unwrap().id), (None, record.id));
}

async fn of_two_who_change_the_tags_of_a_group_neither_loses_any(store: &impl Store) {
    let application = opened(store).await;
    let live = group(&application, "live");
    put(store, &live).await;
    let tag = |key: &str| Tag { key: key.to_owned(), value: String::new() };
    let (one, both) = ([tag("a")], [tag("a"), tag("b")]);
    assert!(store.replace_tags(Tagged::Group(&live), &[], &one).await.unwrap());
    assert!(!store.replace_tags(Tagged::Group(&live), &[], &both).await.unwrap());
    assert!(store.replace_tags(Tagged::Group(&live), &one, &both).await.unwrap());
    assert_eq!(find(store, &application.name, &live.name).await.unwrap().tags, both);
    assert_eq!(store.delete_group(&live).await.unwrap(), None);
    assert!(!store.replace_tags(Tagged::Group(&live), &both, &one).await.unwrap());
}
