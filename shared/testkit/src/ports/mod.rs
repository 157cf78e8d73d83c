//! The ports of the engine, on the world.

pub(crate) mod autoscaling;
pub(crate) mod balancers;
mod catalog;
mod customer;
mod deployments;
pub(crate) mod hosts;
mod instances;
mod listeners;
pub(crate) mod pipelines;
mod revisions;
mod services;
mod stacks;

pub(crate) use customer::alias_key;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::record::{Deployment, NotificationKind};
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;
use spillway_engine::ports::customer::{HostNotices, Notices};
use spillway_engine::ports::executions::{ExecutionState, Executions, Wakes};

use crate::World;

/// How many items a page has.
const PAGE: usize = 100;

impl Wakes for World {
    async fn wake(&self, token: &str) -> Result<(), Problem> {
        self.call(|world| {
            world.woken.insert(token.to_owned());
            Ok(())
        })
        .await
    }
}

impl Executions for World {
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem> {
        self.call(|world| {
            if !world.known.contains_key(name) {
                world.known.insert(name.to_owned(), true);
                world.started.push_back((name.to_owned(), id.clone()));
            }
            Ok(())
        })
        .await
    }

    async fn state(&self, name: &str) -> Result<ExecutionState, Problem> {
        self.call(|world| {
            Ok(match world.known.get(name) {
                None => ExecutionState::Missing,
                Some(true) => ExecutionState::Running,
                Some(false) => ExecutionState::Ended,
            })
        })
        .await
    }

    async fn stop(&self, name: &str) -> Result<(), Problem> {
        self.call(|world| {
            if let Some(runs) = world.known.get_mut(name) {
                *runs = false;
                world.stopped.push_back(name.to_owned());
            }
            Ok(())
        })
        .await
    }
}

impl Notices for World {
    async fn tell(&self, CountedDeployment { deployment, .. }: &CountedDeployment) -> Vec<String> {
        let told = self.call(|world| {
            let what = match deployment.notification().0 {
                NotificationKind::Start => "start",
                NotificationKind::Ready => "ready",
                NotificationKind::End => "end",
            };
            world.told.push((deployment.id.clone(), what));
            if world.diary.is_some() {
                world.write_diary("news", &format!("{} {what}", deployment.id));
            }
            Ok(world.talkative.then(|| world.at_length("sns:Publish failed: NotFound.")))
        });
        match told.await {
            Ok(untold) => untold.into_iter().collect(),
            Err(problem) => vec![problem.words],
        }
    }
}

impl HostNotices for World {
    async fn tell_of_host(&self, deployment: &Deployment, work: &HostWork, state: InstanceState) -> Vec<String> {
        let told = self.call(|world| {
            world.told_hosts.push((deployment.id.clone(), work.host.id.clone(), state));
            Ok(world.talkative.then(|| world.at_length("sns:Publish of hosts failed: NotFound.")))
        });
        match told.await {
            Ok(untold) => untold.into_iter().collect(),
            Err(problem) => vec![problem.words],
        }
    }
}

/// The page of `all` that begins after the first item that `is_last` holds for.
fn page<T: ToString>(all: Vec<T>, is_last: Option<impl Fn(&T) -> bool>) -> Page<T> {
    page_of(PAGE, all, is_last)
}

/// The same of a page of so many.
fn page_of<T: ToString>(most: usize, all: Vec<T>, is_last: Option<impl Fn(&T) -> bool>) -> Page<T> {
    let begin = is_last.and_then(|is_last| all.iter().position(is_last)).map_or(0, |index| index + 1);
    let more = all.len() > begin + most;
    let items: Vec<T> = all.into_iter().skip(begin).take(most).collect();
    let next = items.last().filter(|_| more).map(ToString::to_string);
    Page { items, next }
}
