//! The customer's listeners and target groups.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{ListenerArn, TargetGroupName};
use spillway_domain::ecs::listener::{Forward, Listener};
use spillway_domain::ecs::service::TargetGroup;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::Listeners;

use crate::World;
use crate::service::Service;
use crate::world::Inner;

impl Inner {
    /// The listeners of services, and those that are no service's.
    pub(crate) fn all_listeners(&mut self) -> impl Iterator<Item = &mut Listener> {
        self.services.values_mut().flat_map(|service| &mut service.listeners).chain(&mut self.listeners)
    }

    fn listener(&mut self, arn: &ListenerArn) -> Result<&mut Listener, Problem> {
        self.refuse()?;
        let found = self.all_listeners().find(|own| own.arn == arn.as_str());
        found.ok_or_else(|| missing(format!("elasticloadbalancing:DescribeListeners of {arn} finds none.")))
    }

    /// Writes down where a listener forwards to from now on, and looks at what that does to its service.
    fn note_route(&mut self, arn: &ListenerArn, forward: &str) {
        let place = |service: &Service| service.listeners.iter().position(|own| own.arn == arn.as_str());
        let found = self.services.values().find_map(|service| Some((service, place(service)?)));
        let (what, share) = match found {
            Some((service, 0)) => ("listener", service.share()),
            Some(_) => ("test listener", None),
            None => ("listener", None),
        };
        self.rerouted.extend(share);
        self.write_diary("ModifyListener", &format!("{what}: {forward}"));
        self.look_for_darkness("ModifyListener");
    }
}

fn missing(words: String) -> Problem {
    Problem::new(ProblemKind::Missing, words)
}

impl Listeners for World {
    async fn target_groups(
        &self,
        _session: &RoleSession,
        names: &[TargetGroupName],
    ) -> Result<Vec<TargetGroup>, Problem> {
        self.call(|world| {
            world.refuse()?;
            let found = |name: &TargetGroupName| {
                let found = world.target_groups.iter().find(|group| group.name == name.as_str()).cloned();
                found.ok_or_else(|| missing(format!("elasticloadbalancing:DescribeTargetGroups of {name} finds none.")))
            };
            names.iter().map(found).collect()
        })
        .await
    }

    async fn read(&self, _session: &RoleSession, listener: &ListenerArn) -> Result<Listener, Problem> {
        self.call(|world| world.listener(listener).cloned()).await
    }

    async fn route(
        &self,
        _session: &RoleSession,
        listener: &ListenerArn,
        forward: &Forward,
        groups: &[(String, u32)],
    ) -> Result<(), Problem> {
        self.call(|world| {
            let is_there = |group: &str| world.target_groups.iter().any(|own| own.arn == group);
            let gone = groups.iter().map(|(group, _)| group).find(|group| !is_there(group));
            let has = |service: &Service| service.listeners.iter().any(|own| own.arn == listener.as_str());
            let locked = world.services.values().any(|service| service.rules_locked && has(service));
            if let Some(rule) = forward.rule.as_ref().filter(|_| locked) {
                let words = format!("elasticloadbalancing:ModifyRule of {rule} failed: AccessDenied.");
                return Err(Problem::new(ProblemKind::Denied, words));
            }
            let own = world.listener(listener)?.forwards.iter_mut().find(|own| own.rule == forward.rule);
            let Some(own) = own.filter(|own| is_still_ours(own, forward, groups)) else {
                let what = forward.rule.as_deref().unwrap_or(listener.as_str());
                let words = format!("ELB: {what} does not forward to the pair any more.");
                return Err(Problem::new(ProblemKind::Stale, words));
            };
            if let Some(gone) = gone {
                return Err(missing(format!("elasticloadbalancing:ModifyListener: there is no target group {gone}.")));
            }
            own.groups = groups.to_vec();
            let words = own.to_string();
            world.note_route(listener, &words);
            Ok(())
        })
        .await
    }
}

/// Whether it forwards to what was seen, or to one of those that it is to forward to.
fn is_still_ours(now: &Forward, seen: &Forward, wanted: &[(String, u32)]) -> bool {
    names(&now.groups) == names(&seen.groups)
        || now.groups.iter().any(|(group, _)| wanted.iter().any(|(wanted, _)| wanted == group))
}

fn names(groups: &[(String, u32)]) -> Vec<&str> {
    let mut names: Vec<_> = groups.iter().map(|(group, _)| group.as_str()).collect();
    names.sort_unstable();
    names
}
