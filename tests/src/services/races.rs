//! A halt that comes between a look and the write that follows it, or with that write.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{EcsService, ListenerArn, TargetGroupName};
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::ecs::listener::{Forward, Listener};
use spillway_domain::ecs::service::{TargetGroup, TaskSetStatus};
use spillway_domain::ecs::stage::EcsStage;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ecs::promote_task_set::promote_task_set;
use spillway_engine::ecs::shift_listener::{Balancing, shift_listener};
use spillway_engine::operations::deployment::stop_deployment;
use spillway_engine::ports::deployments::{Creation, Deployments};
use spillway_engine::ports::services::{Listeners, NewTaskSet, ServiceSeen, TaskSets};
use spillway_testkit::{Plot, Runner, ServiceStory, World};
use spillway_tests::template::machine;

/// A customer in whose world the deployment is stopped as soon as something was looked at, or written.
struct Stopped<'w> {
    world: &'w World,
    id: DeploymentId,
    after: After,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    ALook,
    AWrite,
    /// And ECS does not know its service any more.
    ItsServiceIsGone,
}

impl Stopped<'_> {
    async fn stop(&self, after: After) {
        if after == self.after {
            // The second time, it is halted already.
            stop_deployment(self.world, self.world, &self.id, Some(false), None, || self.world.now()).await.ok();
        }
    }
}

impl Listeners for Stopped<'_> {
    async fn target_groups(
        &self,
        session: &RoleSession,
        names: &[TargetGroupName],
    ) -> Result<Vec<TargetGroup>, Problem> {
        self.world.target_groups(session, names).await
    }

    async fn read(&self, session: &RoleSession, listener: &ListenerArn) -> Result<Listener, Problem> {
        let read = Listeners::read(self.world, session, listener).await;
        self.stop(After::ALook).await;
        read
    }

    async fn route(
        &self,
        session: &RoleSession,
        listener: &ListenerArn,
        forward: &Forward,
        groups: &[(String, u32)],
    ) -> Result<(), Problem> {
        let written = self.world.route(session, listener, forward, groups).await;
        self.stop(After::AWrite).await;
        written
    }
}

impl TaskSets for Stopped<'_> {
    async fn read(&self, session: &RoleSession, service: &EcsService) -> Result<ServiceSeen, Problem> {
        if self.after == After::ItsServiceIsGone {
            return Err(Problem::new(ProblemKind::Missing, "There is no such service."));
        }
        let read = TaskSets::read(self.world, session, service).await;
        self.stop(After::ALook).await;
        read
    }

    async fn latest(&self, session: &RoleSession, family: &str) -> Result<String, Problem> {
        self.world.latest(session, family).await
    }

    async fn deaths(
        &self,
        session: &RoleSession,
        service: &EcsService,
        task_set: &str,
    ) -> Result<Vec<String>, Problem> {
        self.world.deaths(session, service, task_set).await
    }

    async fn create(&self, session: &RoleSession, service: &EcsService, new: &NewTaskSet<'_>) -> Result<(), Problem> {
        TaskSets::create(self.world, session, service, new).await
    }

    async fn promote(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        let written = self.world.promote(session, service, task_set).await;
        self.stop(After::AWrite).await;
        written
    }

    async fn delete(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        self.world.delete(session, service, task_set).await
    }
}

/// A world in which a deployment has come to that step of its shift, and nothing of the step has been done yet.
fn in_step(step: usize) -> (World, DeploymentId) {
    let story = ServiceStory::new("Steps.10@2m");
    let played = World::new().with_history();
    Runner::new(&played, machine()).play(&story);
    let in_step = |record: &&spillway_domain::deployment::record::Deployment| {
        record.stage == Stage::Ecs(EcsStage::AllowTraffic { step })
    };
    let record = played.history().iter().find(in_step).unwrap().clone();
    let world = World::new().with_diary();
    story.set(&world);
    assert_eq!(pollster::block_on(Deployments::create(&world, &record, None)).unwrap(), Creation::Created);
    (world, record.id)
}

/// Moves the listeners as the record says, while it is stopped; where the traffic is then, and all that was written.
fn shifted(after: After) -> (Option<Percent>, String) {
    let (world, id) = in_step(0);
    let customer = Stopped { world: &world, id: id.clone(), after };
    let subject = DeploymentRef { deployment_id: id };
    pollster::block_on(shift_listener(
        &world,
        &Balancing { listeners: &customer, task_sets: &world },
        &subject,
        world.now(),
    ))
    .unwrap();
    (world.service(ServiceStory::SERVICE).unwrap().share(), world.diary())
}

/// The same with the task set that stands for the service.
fn promoted(after: After) -> (String, String) {
    let (world, id) = in_step(1);
    let record = world.record(&id).unwrap();
    let (service, _) = record.service().unwrap();
    let (Target::Ecs(target), Some(progress)) = (&record.spec.target, &record.ecs) else { panic!("a service's") };
    let new = NewTaskSet { deployment: &id, like: &progress.original, target, groups: &progress.groups };
    pollster::block_on(TaskSets::create(&world, &record.session(), service, &new)).unwrap();
    let customer = Stopped { world: &world, id: id.clone(), after };
    let subject = DeploymentRef { deployment_id: id };
    pollster::block_on(promote_task_set(&world, &customer, &subject)).unwrap();
    let service = world.service(ServiceStory::SERVICE).unwrap();
    let primary = service.live().find(|set| set.status == TaskSetStatus::Primary).unwrap().id.clone();
    (primary, world.diary())
}

#[test]
fn no_traffic_moves_forward_after_a_halt_that_came_while_the_listeners_were_read() {
    let (share, diary) = shifted(After::ALook);
    assert_eq!(share, Some(Percent::ZERO), "{diary}");
    assert!(!diary.contains("web-green 100"), "{diary}");
}

#[test]
fn traffic_that_has_moved_while_a_halt_came_goes_home_at_once() {
    let (share, diary) = shifted(After::AWrite);
    assert_eq!(share, Some(Percent::ZERO), "{diary}");
    assert!(diary.contains("web-green 100"), "{diary}");
}

#[test]
fn no_replacement_becomes_primary_after_a_halt_that_came_while_the_service_was_read() {
    let (primary, diary) = promoted(After::ALook);
    assert_eq!(primary, "ecs-svc/1", "{diary}");
    assert!(!diary.contains("UpdatePrimary"), "{diary}");
}

#[test]
fn a_replacement_that_became_primary_while_a_halt_came_gives_way_at_once() {
    let (primary, diary) = promoted(After::AWrite);
    assert_eq!(primary, "ecs-svc/1", "{diary}");
    assert!(diary.contains("UpdatePrimary"), "{diary}");
}

#[test]
fn no_traffic_goes_home_to_a_service_that_is_gone() {
    let (world, id) = in_step(0);
    let subject = DeploymentRef { deployment_id: id.clone() };
    pollster::block_on(shift_listener(
        &world,
        &Balancing { listeners: &world, task_sets: &world },
        &subject,
        world.now(),
    ))
    .unwrap();
    let customer = Stopped { world: &world, id, after: After::ItsServiceIsGone };
    pollster::block_on(customer.stop(After::ItsServiceIsGone));
    let problem = pollster::block_on(shift_listener(
        &world,
        &Balancing { listeners: &world, task_sets: &customer },
        &subject,
        world.now(),
    ))
    .unwrap_err();
    assert_eq!(problem.to_string(), "Task set ecs-svc/1 is gone, so that no traffic goes back to it.");
    let service = world.service(ServiceStory::SERVICE).unwrap();
    assert_eq!(service.share(), Some(Percent::from_whole(10)), "{}", world.diary());
}
