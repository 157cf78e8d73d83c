//! On-premises instances.

use spillway_domain::catalog::instance::{Identity, Instance, InstanceFilter, InstanceName, NewInstance, TagFilter};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::instances::{Instances, Registration};

use super::table as real;
use super::{at, both_keep, fresh, kind, named};

both_keep! {
    an_instance_is_registered_once
    an_identity_belongs_to_one_registered_instance
    a_registration_whose_answer_was_lost_is_a_registration
    a_name_that_was_deregistered_can_be_registered_again
    all_instances_of_a_change_are_written_or_none
    a_change_counts_over_the_generation_before_only
    instances_are_found_in_the_order_in_which_they_are_asked_for
    instances_are_listed_by_name_in_pages
    a_list_of_instances_keeps_to_its_filter
}

/// An instance that nobody has registered.
fn instance(name: &str) -> Instance {
    let identity = Identity::User(named(&format!("arn:aws:iam::111122223333:user/{}", fresh("user"))));
    Instance::new(&NewInstance { name: named(name), identity }, fresh("id"), at(1))
}

async fn registered(store: &impl Instances, name: &str) -> Instance {
    let instance = instance(name);
    assert_eq!(store.register_instance(&instance).await.unwrap(), Registration::Registered);
    instance
}

async fn find(store: &impl Instances, name: &InstanceName) -> Option<Instance> {
    store.instances(std::slice::from_ref(name)).await.unwrap().pop()
}

async fn deregistered(store: &impl Instances, instance: &Instance) -> Instance {
    let mut gone = instance.clone();
    gone.deregister(at(2));
    store.replace_instances(std::slice::from_ref(&gone)).await.unwrap();
    gone
}

fn tagged(instance: &Instance, key: &str, value: &str) -> Instance {
    let mut tagged = instance.clone();
    assert!(tagged.add_tags(&[Tag { key: key.to_owned(), value: value.to_owned() }]));
    tagged
}

async fn an_instance_is_registered_once(store: &impl Instances) {
    let own = registered(store, &fresh("box")).await;
    let other = instance(own.name.as_str());
    assert_eq!(store.register_instance(&other).await.unwrap(), Registration::NameTaken);
    assert_eq!(find(store, &own.name).await, Some(own));
    // What was refused has not taken its identity either.
    let third = Instance { identity: other.identity, ..instance(&fresh("box")) };
    assert_eq!(store.register_instance(&third).await.unwrap(), Registration::Registered);
}

async fn an_identity_belongs_to_one_registered_instance(store: &impl Instances) {
    let own = registered(store, &fresh("box")).await;
    let other = Instance { identity: own.identity.clone(), ..instance(&fresh("box")) };
    assert_eq!(store.register_instance(&other).await.unwrap(), Registration::IdentityTaken(own.name.clone()));
    assert_eq!(find(store, &other.name).await, None);
    let mut longer = own.clone();
    for n in 0..2 {
        longer = tagged(&longer, "n", &n.to_string());
        store.replace_instances(std::slice::from_ref(&longer)).await.unwrap();
        assert_eq!(store.register_instance(&other).await.unwrap(), Registration::IdentityTaken(own.name.clone()));
    }
    deregistered(store, &longer).await;
    assert_eq!(store.register_instance(&other).await.unwrap(), Registration::Registered);
}

async fn a_registration_whose_answer_was_lost_is_a_registration(store: &impl Instances) {
    let own = registered(store, &fresh("box")).await;
    assert_eq!(store.register_instance(&own).await.unwrap(), Registration::Registered);
    assert_eq!(find(store, &own.name).await, Some(own));
}

async fn a_name_that_was_deregistered_can_be_registered_again(store: &impl Instances) {
    let own = registered(store, &fresh("box")).await;
    let gone = deregistered(store, &own).await;
    assert_eq!(find(store, &own.name).await, Some(gone.clone()));
    let again = Instance { identity: own.identity.clone(), ..instance(own.name.as_str()) };
    assert_eq!(store.register_instance(&again).await.unwrap(), Registration::Registered);
    assert_eq!(find(store, &own.name).await, Some(again.clone()));
    // Whoever still has the one before saves nothing, though the generation would fit.
    let late = tagged(&own, "late", "");
    assert_eq!(late.generation, again.generation + 1);
    assert_eq!(kind(store.replace_instances(&[late]).await), ProblemKind::Stale);
    assert_eq!(find(store, &own.name).await, Some(again));
}

async fn all_instances_of_a_change_are_written_or_none(store: &impl Instances) {
    let mut all = Vec::new();
    for _ in 0..30 {
        all.push(registered(store, &fresh("box")).await);
    }
    let changed: Vec<Instance> = all.iter().map(|own| tagged(own, "Name", "a")).collect();
    store.replace_instances(&changed).await.unwrap();
    let names: Vec<InstanceName> = all.iter().map(|own| own.name.clone()).collect();
    assert_eq!(store.instances(&names).await.unwrap(), changed);
    let mut next: Vec<Instance> = changed.iter().map(|own| tagged(own, "Name", "b")).collect();
    next[17].generation += 1;
    assert_eq!(kind(store.replace_instances(&next).await), ProblemKind::Stale);
    assert_eq!(store.instances(&names).await.unwrap(), changed);
}

async fn a_change_counts_over_the_generation_before_only(store: &impl Instances) {
    let own = registered(store, &fresh("box")).await;
    let (one, other) = (tagged(&own, "Name", "a"), tagged(&own, "Stage", "b"));
    store.replace_instances(std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(kind(store.replace_instances(&[other]).await), ProblemKind::Stale);
    assert_eq!(kind(store.replace_instances(&[tagged(&instance(&fresh("box")), "a", "")]).await), ProblemKind::Stale);
    assert_eq!(find(store, &own.name).await, Some(one));
}

async fn instances_are_found_in_the_order_in_which_they_are_asked_for(store: &impl Instances) {
    let (one, other) = (registered(store, &fresh("a")).await, registered(store, &fresh("b")).await);
    let names = [other.name.clone(), named(&fresh("nobody")), one.name.clone()];
    assert_eq!(store.instances(&names).await.unwrap(), [other, one]);
    assert_eq!(store.instances(&names[1..2]).await.unwrap(), []);
}

/// All pages of a list.
async fn all(store: &impl Instances, filter: &InstanceFilter) -> Vec<InstanceName> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let Page { items, next } = store.list_instances(filter, after.as_deref()).await.unwrap();
        assert!(items.len() <= 100, "a page has at most 100 items");
        all.extend(items);
        match next {
            None => return all,
            next => after = next,
        }
    }
}

async fn instances_are_listed_by_name_in_pages(store: &impl Instances) {
    let mut own = Vec::new();
    for n in 0..103 {
        own.push(registered(store, &fresh(&format!("page-{n:03}"))).await.name);
    }
    own.sort();
    let first = store.list_instances(&InstanceFilter::default(), None).await.unwrap();
    assert_eq!(first.items.len(), 100);
    assert_eq!(first.next.as_deref(), Some(first.items[99].as_str()));
    let all = all(store, &InstanceFilter::default()).await;
    assert!(all.is_sorted());
    let found: Vec<_> = all.into_iter().filter(|name| own.contains(name)).collect();
    assert_eq!(found, own);
}

async fn a_list_of_instances_keeps_to_its_filter(store: &impl Instances) {
    let value = fresh("value");
    let mut own = Vec::new();
    for n in 0..6 {
        let plain = registered(store, &fresh(&format!("filter-{n}"))).await;
        let tagged = tagged(&plain, "Value", &value);
        store.replace_instances(std::slice::from_ref(&tagged)).await.unwrap();
        own.push(if n % 2 == 0 { deregistered(store, &tagged).await } else { tagged });
    }
    let found = async |registered: Option<bool>, tags: &[TagFilter]| {
        let names = all(store, &InstanceFilter { registered, tags: tags.to_vec() }).await;
        names.iter().map(|name| own.iter().position(|own| own.name == *name).unwrap()).collect::<Vec<_>>()
    };
    let mine = TagFilter::Value(value.clone());
    assert_eq!(found(None, std::slice::from_ref(&mine)).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(found(Some(true), std::slice::from_ref(&mine)).await, [1, 3, 5]);
    assert_eq!(found(Some(false), std::slice::from_ref(&mine)).await, [0, 2, 4]);
    assert_eq!(found(None, &[mine, TagFilter::Key("Name".to_owned())]).await, Vec::<usize>::new());
}
