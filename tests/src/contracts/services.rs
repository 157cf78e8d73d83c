//! ECS services: no two groups are for the same.

use spillway_domain::catalog::environment::EcsService;
use spillway_domain::catalog::group::DeploymentGroup;
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::catalog::{Catalog, GroupWrite};
use spillway_engine::ports::deployments::{Creation, Deployments};

use super::table as real;
use super::{at, both_keep, deployment, find, fresh, group, kind, named, opened, put};

both_keep! {
    a_service_is_in_one_group
    a_service_may_be_given_by_name_or_by_arn
    a_group_that_changes_frees_its_service_and_takes_the_new_one
    a_group_keeps_its_service_while_a_deployment_to_it_is_active
    no_deployment_begins_to_a_service_that_its_group_has_given_up
    a_group_that_is_deleted_frees_the_service_it_has_by_then
    a_group_that_is_not_written_takes_no_service
}

fn service(name: &str) -> EcsService {
    EcsService { service: named(name), cluster: named("prod") }
}

/// The group, for a service of that name.
fn serving(group: &DeploymentGroup, name: &str) -> DeploymentGroup {
    let mut group = group.clone();
    group.environment.ecs_services = vec![service(name)];
    group
}

async fn a_service_is_in_one_group(store: &impl Catalog) {
    let (one, other) = (opened(store).await, opened(store).await);
    let name = fresh("web");
    put(store, &serving(&group(&one, "first"), &name)).await;
    for late in [serving(&group(&one, "second"), &name), serving(&group(&other, "first"), &name)] {
        assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
    }
    let plain = group(&other, "plain");
    put(store, &plain).await;
    assert_eq!(store.replace_group(&plain, &serving(&plain, &name)).await.unwrap(), GroupWrite::ServiceDrifted);
    assert_eq!(find(store, &other.name, &plain.name).await.unwrap().group, plain);
    // Of another cluster, it is another.
    let mut elsewhere = group(&other, "elsewhere");
    elsewhere.environment.ecs_services = vec![EcsService { service: named(&name), cluster: named("test") }];
    put(store, &elsewhere).await;
}

async fn a_service_may_be_given_by_name_or_by_arn(store: &impl Catalog) {
    let application = opened(store).await;
    let name = fresh("web");
    let by_name = serving(&group(&application, "first"), &name);
    put(store, &by_name).await;
    let mut by_arn = by_name.clone();
    by_arn.environment.ecs_services = vec![EcsService {
        service: named(&format!("arn:aws:ecs:us-east-1:111122223333:service/prod/{name}")),
        cluster: named("arn:aws:ecs:us-east-1:111122223333:cluster/prod"),
    }];
    let late = DeploymentGroup { environment: by_arn.environment.clone(), ..group(&application, "second") };
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
    assert_eq!(store.replace_group(&by_name, &by_arn).await.unwrap(), GroupWrite::Done);
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
}

async fn a_group_that_changes_frees_its_service_and_takes_the_new_one(store: &impl Catalog) {
    let application = opened(store).await;
    let (first, second) = (fresh("web"), fresh("web"));
    let old = serving(&group(&application, "live"), &first);
    put(store, &old).await;
    let new = DeploymentGroup { name: named("renamed"), ..serving(&old, &second) };
    assert_eq!(store.replace_group(&old, &new).await.unwrap(), GroupWrite::Done);
    let late = serving(&group(&application, "late"), &second);
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
    let late = serving(&late, &first);
    put(store, &late).await;
    assert_eq!(store.replace_group(&new, &serving(&new, &first)).await.unwrap(), GroupWrite::ServiceDrifted);
    let renamed = DeploymentGroup { name: named("again"), ..new.clone() };
    assert_eq!(store.replace_group(&new, &renamed).await.unwrap(), GroupWrite::Done, "its own is not in its way");
}

async fn a_group_keeps_its_service_while_a_deployment_to_it_is_active(store: &(impl Catalog + Deployments)) {
    let application = opened(store).await;
    let (first, second) = (fresh("web"), fresh("web"));
    let old = serving(&group(&application, "live"), &first);
    put(store, &old).await;
    let active = deployment(&old, at(1));
    assert_eq!(store.create(&active, None).await.unwrap(), Creation::Created);
    let elsewhere = serving(&old, &second);
    assert_eq!(store.replace_group(&old, &elsewhere).await.unwrap(), GroupWrite::Active(active.id));
    let late = serving(&group(&application, "late"), &first);
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
    let renamed = DeploymentGroup { name: named("renamed"), ..old.clone() };
    assert_eq!(store.replace_group(&old, &renamed).await.unwrap(), GroupWrite::Done, "its service stays");
}

async fn no_deployment_begins_to_a_service_that_its_group_has_given_up(store: &(impl Catalog + Deployments)) {
    let application = opened(store).await;
    let old = serving(&group(&application, "live"), &fresh("web"));
    put(store, &old).await;
    let new = serving(&old, &fresh("web"));
    assert_eq!(store.replace_group(&old, &new).await.unwrap(), GroupWrite::Done);
    // Whoever creates it has read the group before it was changed.
    let mut late = deployment(&old, at(1));
    late.spec.environment = old.environment.clone();
    assert_eq!(kind(store.create(&late, None).await), ProblemKind::Transient);
    late.spec.environment = new.environment.clone();
    assert_eq!(store.create(&late, None).await.unwrap(), Creation::Created);
}

async fn a_group_that_is_deleted_frees_the_service_it_has_by_then(store: &impl Catalog) {
    let application = opened(store).await;
    let (first, second) = (fresh("web"), fresh("web"));
    let old = serving(&group(&application, "live"), &first);
    put(store, &old).await;
    assert_eq!(store.replace_group(&old, &serving(&old, &second)).await.unwrap(), GroupWrite::Done);
    put(store, &serving(&group(&application, "heir"), &first)).await;
    // Whoever deletes has read the group before it was changed.
    assert_eq!(store.delete_group(&old).await.unwrap(), None);
    put(store, &serving(&group(&application, "next"), &second)).await;
    let late = serving(&group(&application, "late"), &first);
    assert_eq!(store.create_group(&late, &[], 1000).await.unwrap(), GroupWrite::ServiceDrifted);
}

async fn a_group_that_is_not_written_takes_no_service(store: &impl Catalog) {
    let application = opened(store).await;
    let (name, free) = (fresh("web"), fresh("web"));
    let live = serving(&group(&application, "live"), &name);
    put(store, &live).await;
    let same_name = serving(&group(&application, "live"), &free);
    assert_eq!(store.create_group(&same_name, &[], 1000).await.unwrap(), GroupWrite::NameTaken);
    assert_eq!(
        store.create_group(&serving(&group(&application, "full"), &free), &[], 1).await.unwrap(),
        GroupWrite::Full
    );
    let changed = DeploymentGroup { config: named("Steps.10@1m"), ..live.clone() };
    assert_eq!(store.replace_group(&live, &changed).await.unwrap(), GroupWrite::Done);
    let late = store.replace_group(&live, &serving(&live, &free)).await;
    assert_eq!(kind(late), ProblemKind::Stale);
    put(store, &serving(&group(&application, "next"), &free)).await;
}
