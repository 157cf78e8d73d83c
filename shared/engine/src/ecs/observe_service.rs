//! Observe service: an ECS service with its task sets, target groups and listeners, as they are at this moment.

use futures_util::future::{OptionFuture, join3};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::ListenerArn;
use spillway_domain::ecs::listener::{Listener, ListenerKind};
use spillway_domain::ecs::service::ServiceState;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::words::excerpt;

use crate::ports::services::{Listeners, Observation, ServiceSeen, TaskSets};

/// Looks at all of it. Why tasks stopped is only asked while the replacement is not steady, and nothing fails for it:
/// a role may lack the right.
pub async fn observe_service(
    task_sets: &impl TaskSets,
    listeners: &impl Listeners,
    observation: &Observation,
) -> Result<ServiceState, Problem> {
    let Observation { session, service, pair, deployment_id, knows_groups, family } = observation;
    let groups = OptionFuture::from((!knows_groups).then(|| listeners.target_groups(session, &pair.groups)));
    let read = |listener| async move {
        match knows_groups {
            true => read_known(listeners, session, listener).await,
            false => listeners.read(session, listener).await,
        }
    };
    let test = OptionFuture::from(pair.test_listener.as_ref().map(read));
    let balancing = join3(groups, read(&pair.listener), test);
    let definition = OptionFuture::from(family.as_ref().map(|family| task_sets.latest(session, family)));
    let (seen, definition, (groups, listener, test_listener)) =
        join3(Box::pin(task_sets.read(session, service)), Box::pin(definition), Box::pin(balancing)).await;
    let seen = seen?;
    let mut state = ServiceState {
        said: None,
        deaths: Vec::new(),
        latest_definition: definition.transpose()?,
        arn: seen.arn.clone(),
        active: seen.active,
        controller: seen.controller,
        task_sets: seen.task_sets.clone(),
        target_groups: groups.transpose()?.unwrap_or_default(),
        listener: listener?,
        test_listener: test_listener.transpose()?,
    };
    let unsteady = state.made_for(deployment_id.as_str()).filter(|set| !set.steady).map(|set| set.id.clone());
    if let Some(id) = unsteady {
        state.said = said_of(&seen, &id);
        match task_sets.deaths(session, service, &id).await {
            Ok(deaths) => state.deaths = deaths.into_iter().map(excerpt).collect(),
            Err(problem) => {
                let said = state.said.map_or_else(String::new, |said| format!("{said} "));
                state.said = Some(format!("{said}Why its tasks stop cannot be read: {}", problem.words));
            }
        }
    }
    Ok(state)
}

/// A listener that was there when the deployment began. One that is gone forwards nothing.
pub(crate) async fn read_known(
    listeners: &impl Listeners,
    session: &RoleSession,
    listener: &ListenerArn,
) -> Result<Listener, Problem> {
    match listeners.read(session, listener).await {
        Err(problem) if problem.kind == ProblemKind::Missing => {
            Ok(Listener { arn: listener.to_string(), kind: ListenerKind::Application, forwards: Vec::new() })
        }
        read => read,
    }
}

/// The last that ECS said about a task set.
fn said_of(seen: &ServiceSeen, id: &str) -> Option<String> {
    seen.events.iter().find(|event| event.contains(id)).cloned().map(excerpt)
}
