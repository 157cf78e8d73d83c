//! What somebody from outside puts into the world, changes there and deletes.

use std::collections::BTreeMap;

use spillway_domain::catalog::environment::{AutoScalingGroupName, ListenerArn};
use spillway_domain::catalog::tags::Tag;
use spillway_domain::deployment::spec::Target;
use spillway_domain::ecs::listener::{Forward, Listener};
use spillway_domain::ecs::service::TargetGroup;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AlarmName, Version};
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleAction, LifecycleHook, Transition};
use spillway_domain::stack::resource::AliasSettings;
use spillway_engine::ports::hosts::FoundInstance;

use crate::ports::hosts::Ec2Instance;
use crate::service::{Service, ServiceEvent, TaskPlan, target_group};
use crate::world::Inner;
use crate::{Alias, HookPlan, World};

/// How long everything is that a talkative world says: as much as Lambda hands on.
const AT_LENGTH: usize = 6_000_000;

impl World {
    /// Has AWS, hooks, alarms, topics and containers say everything at the greatest length.
    pub fn with_long_words(self) -> Self {
        self.inner.borrow_mut().talkative = true;
        self
    }

    /// With a table that measures its items, which hold so many bytes: DynamoDB's hold 400 KB.
    pub fn with_items_of(self, bytes: usize) -> Self {
        self.inner.borrow_mut().item_bytes = Some(bytes);
        self
    }

    /// Puts an alias there, or in place of what is there, as somebody from outside would.
    pub fn put_alias(&self, function: &str, name: &str, routing: AliasRouting, versions: &[Version]) {
        let key = format!("{function}:{name}");
        let mut inner = self.inner.borrow_mut();
        let revision = inner.aliases.get(&key).map_or(1, |alias| alias.revision + 1);
        let versions = versions.iter().copied().collect();
        inner.write_diary("outside", &format!("alias {key}: {routing}"));
        inner.aliases.insert(key, Alias { routing, revision, versions, settings: AliasSettings::default() });
    }

    /// Deletes an alias, as somebody from outside would.
    pub fn delete_alias(&self, function: &str, name: &str) {
        let mut inner = self.inner.borrow_mut();
        if let Some(alias) = inner.aliases.remove(&format!("{function}:{name}")) {
            inner.functions.entry(function.to_owned()).or_default().extend(alias.versions);
        }
    }

    /// Takes the right to look for versions of functions from the service role.
    pub fn forbid_finding_versions(&self) {
        self.inner.borrow_mut().hides_versions = true;
    }

    /// Has the revision at that key say another function.
    pub fn point_revision_at(&self, key: &str, function: &str) {
        let mut inner = self.inner.borrow_mut();
        for ((_, own), text) in &mut inner.objects {
            if own == key
                && let Ok(Target::Lambda(target)) = serde_json::from_str(text)
            {
                let function = function.parse().expect("functions of stories have valid names");
                let target = Target::Lambda(LambdaTarget { function, ..target });
                *text = serde_json::to_string(&target).expect("a target is JSON");
            }
        }
    }

    /// Puts a function there, with these versions and without an alias.
    pub fn put_function(&self, name: &str, versions: &[Version]) {
        self.inner.borrow_mut().functions.insert(name.to_owned(), versions.iter().copied().collect());
    }

    /// Deletes a version of a function as soon as no alias sends traffic to it any more.
    pub fn delete_version_when_left(&self, function: &str, version: Version) {
        self.inner.borrow_mut().tidied.insert((function.to_owned(), version));
    }

    /// Puts a hook function there.
    pub fn put_hook(&self, name: &str, plan: HookPlan) {
        let name = name.parse().expect("hooks of stories have valid names");
        self.inner.borrow_mut().hooks.insert(name, plan);
    }

    /// Puts an alarm there, red or quiet.
    pub fn put_alarm(&self, name: &AlarmName, red: bool) {
        let mut inner = self.inner.borrow_mut();
        inner.alarms.insert(name.clone());
        if red {
            inner.red.insert(name.clone());
        } else {
            inner.red.remove(name);
        }
    }

    /// Deletes an application and makes another one of its name, as somebody from outside would.
    pub fn replace_application(&self, name: &str, id: &str) {
        let mut inner = self.inner.borrow_mut();
        if let Some(application) = inner.applications.get_mut(name) {
            let old = std::mem::replace(&mut application.id, id.to_owned());
            let tags = inner.tags.remove(&old).unwrap_or_default();
            inner.tags.insert(id.to_owned(), tags);
        }
    }

    /// Puts a task definition there, of tasks of which this becomes.
    pub fn put_definition(&self, name: &str, plan: TaskPlan) {
        self.inner.borrow_mut().definitions.insert(name.to_owned(), plan);
    }

    /// Puts a service there, by cluster and name.
    pub fn put_service(&self, key: &str, service: Service) {
        self.inner.borrow_mut().services.insert(key.to_owned(), service);
    }

    /// Has something happen to a service, if it is there.
    pub fn change_service(&self, key: &str, event: &ServiceEvent) {
        self.inner.borrow_mut().change_service(event, key);
    }

    /// Deletes a service.
    pub fn delete_service(&self, key: &str) {
        self.inner.borrow_mut().services.remove(key);
    }

    /// Makes a target group of that name.
    pub fn put_target_group(&self, name: &str) -> TargetGroup {
        let group = target_group(name);
        self.inner.borrow_mut().target_groups.push(group.clone());
        group
    }

    /// Runs an EC2 instance with these tags, in an Auto Scaling group where one is given.
    pub fn run_instance(&self, tags: &[Tag], group: Option<&AutoScalingGroupName>) -> HostId {
        let mut inner = self.inner.borrow_mut();
        let id: HostId = format!("i-run-{}", inner.fleet.len()).parse().expect("it is a host id");
        let found = FoundInstance {
            arn: format!("arn:aws:ec2:us-east-1:111122223333:instance/{id}"),
            id: id.clone(),
            zone: None,
            auto_scaling_group: group.cloned(),
            roles: Vec::new(),
        };
        inner.fleet.push(Ec2Instance { found, tags: tags.to_vec(), is_terminated: false });
        id
    }

    /// Takes the rights of every role away, or gives them back.
    pub fn deny(&self, denied: bool) {
        self.inner.borrow_mut().denied = denied;
    }

    /// Makes an Auto Scaling group.
    pub fn make_auto_scaling_group(&self, group: &AutoScalingGroupName) {
        self.inner.borrow_mut().auto_scaling.groups.insert(group.clone());
    }

    /// Launches an instance in an Auto Scaling group that has one hook at most. Answers with how the instance waits there,
    /// where it does.
    pub fn launch_instance(&self, group: &AutoScalingGroupName) -> Option<(HookOwner, LifecycleAction)> {
        let id = self.run_instance(&[], Some(group));
        let mut inner = self.inner.borrow_mut();
        inner.wait_at_hooks(group, Transition::Launching, &id);
        inner.auto_scaling.notices.pop()
    }

    /// The instances whose wait was ended, and how, by their names.
    pub fn answers_to_auto_scaling(&self) -> Vec<String> {
        let inner = self.inner.borrow();
        let ended = inner.auto_scaling.waits.values().filter_map(|wait| Some((&wait.instance, wait.answer?)));
        let mut ended: Vec<String> = ended.map(|(instance, answer)| format!("{instance} {answer:?}")).collect();
        ended.sort();
        ended
    }

    /// The instances that have reached a hook and for which nobody has answered.
    pub fn unanswered_waits(&self) -> Vec<HostId> {
        let inner = self.inner.borrow();
        let open = inner.auto_scaling.waits.values().filter(|wait| wait.answer.is_none());
        open.map(|wait| wait.instance.clone()).collect()
    }

    /// The lifecycle hooks that Auto Scaling groups have.
    pub fn lifecycle_hooks(&self) -> Vec<LifecycleHook> {
        self.inner.borrow().auto_scaling.hooks.keys().cloned().collect()
    }

    /// Makes a load balancer for hosts.
    pub fn put_balancer(&self, name: &str) {
        self.inner.borrow_mut().balancers.insert(name.to_owned(), BTreeMap::new());
    }

    /// Deletes a target group, to which no listener forwards.
    pub fn delete_target_group(&self, arn: &str) {
        self.inner.borrow_mut().target_groups.retain(|group| group.arn != arn);
    }

    /// Puts a listener there that is no service's.
    pub fn put_listener(&self, listener: Listener) {
        self.inner.borrow_mut().listeners.push(listener);
    }

    /// Has the default action of a listener, or a rule of it, forward to the group; a rule that is not there is made.
    pub fn put_forward(&self, listener: &ListenerArn, rule: Option<&str>, group: &TargetGroup) {
        let mut inner = self.inner.borrow_mut();
        let Some(listener) = inner.all_listeners().find(|own| own.arn == listener.as_str()) else { return };
        listener.forwards.retain(|forward| forward.rule.as_deref() != rule);
        let groups = vec![(group.arn.clone(), 1)];
        listener.forwards.push(Forward { rule: rule.map(str::to_owned), groups });
    }

    /// Deletes a rule of a listener.
    pub fn delete_rule(&self, rule: &str) {
        let mut inner = self.inner.borrow_mut();
        inner.all_listeners().for_each(|own| own.forwards.retain(|forward| forward.rule.as_deref() != Some(rule)));
    }
}

impl Inner {
    /// Those words, as long as this world makes them.
    pub(crate) fn at_length(&self, words: &str) -> String {
        if self.talkative { format!("{words} {}", "x".repeat(AT_LENGTH)) } else { words.to_owned() }
    }
}
