//! What the table keeps of deployments to single instances, and of those that follow others.

use spillway_domain::catalog::group::DeploymentGroup;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleAction, LifecycleHook, Transition};
use spillway_engine::ports::deployments::{Change, Creation};

use super::deployments::{Store, created, end, ended, open, state};
use super::table as real;
use super::{at, both_keep, deployment, fresh, named};

both_keep! {
    a_deployment_to_one_instance_leaves_the_slot_as_it_is
    a_deployment_to_one_instance_ends_without_its_group
    one_that_follows_a_success_takes_the_slot_and_the_group_has_the_revision
    a_group_is_found_by_its_id_under_every_name
}

/// A deployment to one instance.
fn launch(group: &DeploymentGroup) -> Deployment {
    let mut launch = deployment(group, at(5));
    let hook = LifecycleHook { group: named("web"), name: "launch".to_owned(), transition: Transition::Launching };
    launch.spec.lifecycle_action = Some(LifecycleAction { hook, instance: named("i-1"), token: fresh("token") });
    launch
}

async fn a_deployment_to_one_instance_leaves_the_slot_as_it_is(store: &impl Store) {
    let group = open(store).await;
    let free = state(store, &group).await;
    let (first, second) = (launch(&group), launch(&group));
    for launch in [&first, &first, &second] {
        assert_eq!(store.create(launch, None).await.unwrap(), Creation::Created);
        assert_eq!(state(store, &group).await, free);
    }
    assert_eq!(store.load(&first.id).await.unwrap(), Some(first.clone()));
    let own = created(store, &group, at(6)).await;
    let taken = state(store, &group).await;
    assert_eq!(taken.active, Some(own.id.clone()));
    assert_eq!(store.create(&launch(&group), None).await.unwrap(), Creation::Created);
    end(store, &first, Status::Failed).await;
    end(store, &second, Status::Succeeded).await;
    assert_eq!(state(store, &group).await, taken);
}

async fn a_deployment_to_one_instance_ends_without_its_group(store: &impl Store) {
    let group = open(store).await;
    let open = launch(&group);
    assert_eq!(store.create(&open, None).await.unwrap(), Creation::Created);
    assert_eq!(store.delete_group(&group).await.unwrap(), None);
    assert_eq!(store.create(&launch(&group), None).await.unwrap(), Creation::NoGroup);
    let over = end(store, &open, Status::Succeeded).await;
    assert_eq!(store.load(&open.id).await.unwrap(), Some(over));
}

async fn one_that_follows_a_success_takes_the_slot_and_the_group_has_the_revision(store: &impl Store) {
    let group = open(store).await;
    let record = created(store, &group, at(1)).await;
    let over = ended(&record, Status::Succeeded);
    let mut successor = deployment(&group, at(2));
    successor.spec.follows = Some(record.id.clone());
    store.save(Change { closes: true, successor: Some(&successor), ..Change::quiet(&over) }).await.unwrap();
    let found = state(store, &group).await;
    assert_eq!(found.active, Some(successor.id.clone()));
    assert_eq!(found.last_attempted.map(|last| last.id), Some(successor.id));
    assert_eq!(found.last_successful.map(|last| last.id), Some(record.id));
    assert_eq!(found.target_revision, Some(record.spec.revision.clone()));
}

async fn a_group_is_found_by_its_id_under_every_name(store: &impl Store) {
    let group = open(store).await;
    let owner = group.hook_owner();
    let (application, found) = store.group_by_id(&owner).await.unwrap().unwrap();
    assert_eq!((application.id, found.group), (group.application_id.clone(), group.clone()));
    let renamed = DeploymentGroup { name: named("renamed"), ..group.clone() };
    store.replace_group(&group, &renamed).await.unwrap();
    assert_eq!(store.group_by_id(&owner).await.unwrap().map(|(_, found)| found.group), Some(renamed.clone()));
    for unknown in [
        HookOwner { deployment_group_id: fresh("id"), ..owner.clone() },
        HookOwner { application: fresh("home"), ..owner.clone() },
    ] {
        assert_eq!(store.group_by_id(&unknown).await.unwrap().map(|(_, found)| found.group), None);
    }
    store.delete_group(&renamed).await.unwrap();
    assert_eq!(store.group_by_id(&owner).await.unwrap().map(|(_, found)| found.group), None);
}
