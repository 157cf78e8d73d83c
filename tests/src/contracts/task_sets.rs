//! ECS services and their task sets.

mod memory;
mod real;

use real::real;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::ecs::listener::Groups;
use spillway_domain::ecs::service::{Attachment, Controller, TaskSet, TaskSetStatus};
use spillway_domain::ecs::target::{AwsvpcConfiguration, CapacityProvider, EcsTarget};
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::{NewTaskSet, ServiceSeen, TaskSets};

use super::{both_keep, fresh_id, kind, named, session};
use crate::cloud::front::short;

/// How often is looked for what takes time.
const MOST_LOOKS: u32 = 600;

/// Somebody who has ECS services.
trait Customer: TaskSets {
    /// Makes a task definition with container `web`, which listens at 8080 and 8081, and container `admin`, at 9000.
    async fn define(&self, fate: Fate) -> String {
        self.define_in(&short("web"), fate).await
    }
    /// Makes another revision of the family, or its first.
    async fn define_in(&self, family: &str, fate: Fate) -> String;
    /// Makes a service of so many tasks with the EXTERNAL controller, whose primary task set runs the definition on
    /// Fargate 1.4.0. It is behind the first target group of a pair with `web` at 8080, and behind another one with
    /// `admin`; and it is steady.
    async fn open(&self, definition: &str, desired: u32) -> Shop;
    async fn resize(&self, shop: &Shop, desired: u32);
    /// Deletes the second target group of the pair, to which no listener forwards any more.
    async fn delete_replacement_group(&self, shop: &Shop);
    /// Makes a target group to which no listener forwards yet; its ARN.
    async fn put_target_group(&self) -> String;
    async fn delete_service(&self, shop: &Shop);
    /// Lets a moment pass.
    async fn wait(&self);
}

/// What becomes of tasks.
enum Fate {
    Run,
    /// They stop again and again, for this reason.
    Die(&'static str),
    /// They find no place, for this reason.
    FindNoPlace(&'static str),
}

/// A service with its target groups.
struct Shop {
    service: EcsService,
    groups: Groups,
    /// The target group that does not matter.
    admin: String,
    /// The id of the primary task set.
    primary: String,
    network: AwsvpcConfiguration,
}

both_keep! {
    a_service_is_seen_with_its_task_sets
    what_does_not_exist_is_missing
    the_latest_revision_of_a_family_is_found
    a_service_that_is_deleted_is_missing_or_not_active
    a_new_task_set_has_what_the_running_one_has_but_the_target_group
    a_new_task_set_has_what_its_target_says
    a_new_task_set_takes_time_and_gets_steady
    however_often_a_task_set_is_asked_for_there_is_one
    a_service_of_more_tasks_is_not_steady_until_they_run
    the_task_set_that_is_promoted_is_primary_and_no_other
    a_deleted_task_set_drains_and_is_gone
    a_deployment_whose_task_set_is_being_deleted_gets_another
    tasks_that_die_say_why_and_those_that_run_do_not
    no_task_set_is_made_behind_a_target_group_that_is_gone
    a_target_group_that_is_in_no_load_balancer_yet_may_be_the_next_time
    no_task_set_is_made_like_one_that_is_gone
}

fn target(definition: &str) -> EcsTarget {
    EcsTarget {
        task_definition: definition.to_owned(),
        container: "web".to_owned(),
        port: 8081,
        platform_version: None,
        network: None,
        capacity_providers: Vec::new(),
        hooks: Default::default(),
    }
}

/// A service of tasks that run.
async fn open(customer: &impl Customer, desired: u32) -> (Shop, String) {
    let definition = customer.define(Fate::Run).await;
    (customer.open(&definition, desired).await, definition)
}

async fn read(customer: &impl Customer, shop: &Shop) -> ServiceSeen {
    customer.read(&session(), &shop.service).await.unwrap()
}

/// Asks for a task set like the primary one.
async fn create(customer: &impl Customer, shop: &Shop, id: &DeploymentId, target: &EcsTarget) -> Result<(), Problem> {
    let new = NewTaskSet { deployment: id, like: &shop.primary, target, groups: &shop.groups };
    customer.create(&session(), &shop.service, &new).await
}

/// The task sets that were made for the deployment.
async fn made_for(customer: &impl Customer, shop: &Shop, id: &DeploymentId) -> Vec<TaskSet> {
    let all = read(customer, shop).await.task_sets.into_iter();
    all.filter(|set| set.external_id.as_deref() == Some(id.as_str())).collect()
}

/// Makes a task set and shows it.
async fn made(customer: &impl Customer, shop: &Shop, target: &EcsTarget) -> TaskSet {
    let id = fresh_id();
    create(customer, shop, &id, target).await.unwrap();
    made_for(customer, shop, &id).await.pop().expect("it was made")
}

async fn find(customer: &impl Customer, shop: &Shop, id: &str) -> Option<TaskSet> {
    read(customer, shop).await.task_sets.into_iter().find(|set| set.id == id)
}

/// What the look finds, as soon as it finds something.
async fn until<T>(customer: &impl Customer, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..MOST_LOOKS {
        if let Some(found) = look().await {
            return found;
        }
        customer.wait().await;
    }
    panic!("it does not come")
}

async fn steady(customer: &impl Customer, shop: &Shop, id: &str) -> TaskSet {
    until(customer, async || find(customer, shop, id).await.filter(|set| set.steady)).await
}

fn attached(target_group: &str, container: &str, port: u16) -> Attachment {
    Attachment { target_group: target_group.to_owned(), container: container.to_owned(), port }
}

async fn a_service_is_seen_with_its_task_sets(customer: &impl Customer) {
    let (shop, definition) = open(customer, 2).await;
    let seen = read(customer, &shop).await;
    assert!(seen.active);
    assert_eq!(seen.controller, Controller::External);
    let primary = TaskSet {
        id: shop.primary.clone(),
        status: TaskSetStatus::Primary,
        external_id: None,
        attachments: vec![attached(&shop.admin, "admin", 9000), attached(&shop.groups.original, "web", 8080)],
        target: EcsTarget {
            container: "admin".to_owned(),
            port: 9000,
            platform_version: Some("1.4.0".to_owned()),
            network: Some(shop.network.clone()),
            ..target(&definition)
        },
        steady: true,
        desired: 2,
        pending: 0,
        running: 2,
    };
    assert_eq!(seen.task_sets, [primary]);
    let by_arn = EcsService { service: named(&seen.arn), ..shop.service.clone() };
    assert_eq!(customer.read(&session(), &by_arn).await, Ok(seen));
}

async fn what_does_not_exist_is_missing(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let no_service = EcsService { service: named("of-nobody"), ..shop.service.clone() };
    let no_cluster = EcsService { cluster: named("of-nobody"), ..shop.service.clone() };
    let target = target(&definition);
    for absent in [no_service, no_cluster] {
        let problem = customer.read(&session(), &absent).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Missing, "{problem}");
        for name in [absent.service.as_str(), absent.cluster.as_str()] {
            assert!(problem.words.contains(name), "{problem}");
        }
        let new = NewTaskSet { deployment: &fresh_id(), like: &shop.primary, target: &target, groups: &shop.groups };
        assert_eq!(kind(customer.create(&session(), &absent, &new).await), ProblemKind::Missing);
        assert_eq!(kind(customer.promote(&session(), &absent, &shop.primary).await), ProblemKind::Missing);
    }
    assert_eq!(kind(customer.promote(&session(), &shop.service, "ecs-svc/0").await), ProblemKind::Missing);
}

async fn the_latest_revision_of_a_family_is_found(customer: &impl Customer) {
    let family = short("web");
    let latest = async || customer.latest(&session(), &family).await;
    assert_eq!(kind(latest().await), ProblemKind::Missing);
    for _ in 0..2 {
        let made = customer.define_in(&family, Fate::Run).await;
        assert_eq!(latest().await, Ok(made));
    }
}

async fn a_service_that_is_deleted_is_missing_or_not_active(customer: &impl Customer) {
    let (shop, _) = open(customer, 1).await;
    customer.delete_service(&shop).await;
    match customer.read(&session(), &shop.service).await {
        Ok(seen) => assert!(!seen.active),
        Err(problem) => assert_eq!(problem.kind, ProblemKind::Missing, "{problem}"),
    }
}

async fn a_new_task_set_has_what_the_running_one_has_but_the_target_group(customer: &impl Customer) {
    let (shop, _) = open(customer, 3).await;
    let definition = customer.define(Fate::Run).await;
    let primary = find(customer, &shop, &shop.primary).await.unwrap();
    let made = made(customer, &shop, &target(&definition)).await;
    assert_eq!(made.target, EcsTarget { task_definition: definition, ..primary.target.clone() });
    let web = attached(&shop.groups.replacement, "web", 8081);
    assert_eq!(made.attachments, [attached(&shop.admin, "admin", 9000), web]);
    assert_eq!((made.status, made.desired), (TaskSetStatus::Active, 3));
    assert_eq!(find(customer, &shop, &shop.primary).await, Some(primary));
}

async fn a_new_task_set_has_what_its_target_says(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let own = EcsTarget {
        container: "admin".to_owned(),
        port: 9000,
        platform_version: Some("1.3.0".to_owned()),
        network: Some(AwsvpcConfiguration { subnets: shop.network.subnets[..1].to_vec(), ..shop.network.clone() }),
        capacity_providers: vec![
            CapacityProvider { name: "FARGATE".to_owned(), base: 1, weight: 1 },
            CapacityProvider { name: "FARGATE_SPOT".to_owned(), base: 0, weight: 3 },
        ],
        ..target(&definition)
    };
    let made = made(customer, &shop, &own).await;
    assert_eq!(made.target_behind(&shop.groups.replacement), own);
    let way_back = EcsTarget { capacity_providers: Vec::new(), ..own.clone() };
    let id = fresh_id();
    let new = NewTaskSet { deployment: &id, like: &made.id, target: &way_back, groups: &shop.groups };
    customer.create(&session(), &shop.service, &new).await.unwrap();
    assert_eq!(made_for(customer, &shop, &id).await[0].target_behind(&shop.groups.replacement), own);
}

async fn a_new_task_set_takes_time_and_gets_steady(customer: &impl Customer) {
    let (shop, definition) = open(customer, 2).await;
    let made = made(customer, &shop, &target(&definition)).await;
    assert!(!made.steady, "{made:?}");
    let steady = steady(customer, &shop, &made.id).await;
    assert_eq!((steady.desired, steady.pending, steady.running), (2, 0, 2));
}

async fn however_often_a_task_set_is_asked_for_there_is_one(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let (id, target) = (fresh_id(), target(&definition));
    let ask = || create(customer, &shop, &id, &target);
    let (one, other) = futures_util::future::join(ask(), ask()).await;
    one.unwrap();
    other.unwrap();
    ask().await.unwrap();
    assert_eq!(made_for(customer, &shop, &id).await.len(), 1);
    create(customer, &shop, &fresh_id(), &target).await.unwrap();
    assert_eq!(read(customer, &shop).await.task_sets.len(), 3, "another deployment has its own");
}

async fn a_service_of_more_tasks_is_not_steady_until_they_run(customer: &impl Customer) {
    let (shop, _) = open(customer, 1).await;
    customer.resize(&shop, 4).await;
    let primary = find(customer, &shop, &shop.primary).await.unwrap();
    assert_eq!((primary.desired, primary.steady), (4, false));
    assert_eq!(steady(customer, &shop, &shop.primary).await.running, 4);
}

async fn the_task_set_that_is_promoted_is_primary_and_no_other(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let made = made(customer, &shop, &target(&definition)).await;
    for primary in [&made.id, &made.id, &shop.primary] {
        customer.promote(&session(), &shop.service, primary).await.unwrap();
        for set in read(customer, &shop).await.task_sets {
            let expected = if set.id == *primary { TaskSetStatus::Primary } else { TaskSetStatus::Active };
            assert_eq!(set.status, expected, "{}", set.id);
        }
    }
}

async fn a_deleted_task_set_drains_and_is_gone(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let made = made(customer, &shop, &target(&definition)).await;
    steady(customer, &shop, &made.id).await;
    let delete = async || customer.delete(&session(), &shop.service, &made.id).await;
    delete().await.unwrap();
    assert!(find(customer, &shop, &made.id).await.is_none_or(|set| !set.is_live()));
    until(customer, async || find(customer, &shop, &made.id).await.is_none().then_some(())).await;
    delete().await.unwrap();
    let primary = find(customer, &shop, &shop.primary).await.unwrap();
    assert_eq!((primary.status, primary.steady), (TaskSetStatus::Primary, true));
}

async fn a_deployment_whose_task_set_is_being_deleted_gets_another(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let id = fresh_id();
    let live = async || -> Vec<String> {
        create(customer, &shop, &id, &target(&definition)).await.unwrap();
        let all = made_for(customer, &shop, &id).await.into_iter();
        all.filter(TaskSet::is_live).map(|set| set.id).collect()
    };
    let first = live().await;
    customer.delete(&session(), &shop.service, &first[0]).await.unwrap();
    let second = live().await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
}

async fn tasks_that_die_say_why_and_those_that_run_do_not(customer: &impl Customer) {
    const WHY: &str = "Essential container in task exited";
    let (shop, _) = open(customer, 1).await;
    let definition = customer.define(Fate::Die(WHY)).await;
    let made = made(customer, &shop, &target(&definition)).await;
    let deaths = async |id: &str| customer.deaths(&session(), &shop.service, id).await.unwrap();
    let died = until(customer, async || Some(deaths(&made.id).await).filter(|died| died.len() >= 2)).await;
    assert!(died.iter().all(|words| words.starts_with(WHY) && words.contains("web: exit code 1")), "{died:?}");
    assert!(!find(customer, &shop, &made.id).await.unwrap().steady);
    assert!(deaths(&shop.primary).await.is_empty());
}

async fn no_task_set_is_made_behind_a_target_group_that_is_gone(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    customer.delete_replacement_group(&shop).await;
    let id = fresh_id();
    let problem = create(customer, &shop, &id, &target(&definition)).await.unwrap_err();
    assert!(matches!(problem.kind, ProblemKind::Refused | ProblemKind::Missing), "{:?} {problem}", problem.kind);
    assert!(problem.words.contains(&shop.groups.replacement), "{problem}");
    assert!(made_for(customer, &shop, &id).await.is_empty());
}

async fn a_target_group_that_is_in_no_load_balancer_yet_may_be_the_next_time(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let groups = Groups { replacement: customer.put_target_group().await, ..shop.groups.clone() };
    let (id, target) = (fresh_id(), target(&definition));
    let new = NewTaskSet { deployment: &id, like: &shop.primary, target: &target, groups: &groups };
    let problem = customer.create(&session(), &shop.service, &new).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    assert!(problem.words.contains(&groups.replacement), "{problem}");
    assert!(made_for(customer, &shop, &id).await.is_empty());
}

async fn no_task_set_is_made_like_one_that_is_gone(customer: &impl Customer) {
    let (shop, definition) = open(customer, 1).await;
    let new =
        NewTaskSet { deployment: &fresh_id(), like: "ecs-svc/0", target: &target(&definition), groups: &shop.groups };
    assert_eq!(kind(customer.create(&session(), &shop.service, &new).await), ProblemKind::Missing);
}
