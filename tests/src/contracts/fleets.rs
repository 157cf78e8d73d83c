//! EC2 instances and Auto Scaling groups.

use spillway_aws_core::{Roles, SdkConfig};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{AutoScalingGroupName, TagSelection};
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::host::HostId;
use spillway_engine::ports::hosts::{Fleets, FoundInstance, Terminations};
use spillway_lab::host::query::{AUTO_SCALING, EC2, Query, element};
use spillway_testkit::World;

use super::{both_keep, fresh, kind, named, session};
use crate::cloud::Cloud;

/// Who has instances.
pub(super) trait Customer: Fleets + Terminations {
    /// Runs an instance with these tags.
    async fn run(&self, tags: &[Tag]) -> HostId;
    /// Makes an Auto Scaling group with one instance.
    async fn scale(&self, group: &AutoScalingGroupName);
    /// Stops an instance.
    async fn stop(&self, instance: &HostId);
}

impl Customer for World {
    async fn run(&self, tags: &[Tag]) -> HostId {
        self.run_instance(tags, None)
    }

    async fn scale(&self, group: &AutoScalingGroupName) {
        self.run_instance(&[], Some(group));
    }

    /// The world has no states of instances: a stopped one is there.
    async fn stop(&self, _: &HostId) {}
}

/// A customer of the emulated AWS.
pub(super) struct Real {
    url: String,
    fleets: spillway_aws_ec2::Fleets,
}

pub(super) async fn real(cloud: &'static Cloud) -> Real {
    let config: SdkConfig = super::reached(cloud).await;
    let fleets = spillway_aws_ec2::Fleets::new(&config, &Roles::new(&config));
    Real { url: cloud.endpoints().containers.clone(), fleets }
}

impl Real {
    async fn ec2(&self, fields: &[(&str, &str)]) -> String {
        Query::new(&self.url, EC2).unwrap().ask(fields).await.unwrap()
    }
}

impl Customer for Real {
    async fn run(&self, tags: &[Tag]) -> HostId {
        let mut fields = Vec::from([
            ("Action".to_owned(), "RunInstances".to_owned()),
            ("ImageId".to_owned(), "ami-12c6146b".to_owned()),
            ("MinCount".to_owned(), "1".to_owned()),
            ("MaxCount".to_owned(), "1".to_owned()),
        ]);
        if !tags.is_empty() {
            fields.push(("TagSpecification.1.ResourceType".to_owned(), "instance".to_owned()));
        }
        for (number, tag) in (1..).zip(tags) {
            fields.push((format!("TagSpecification.1.Tag.{number}.Key"), tag.key.clone()));
            fields.push((format!("TagSpecification.1.Tag.{number}.Value"), tag.value.clone()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.ec2(&fields).await;
        named(&element(&answer, "instanceId").expect(&answer))
    }

    async fn scale(&self, group: &AutoScalingGroupName) {
        let query = Query::new(&self.url, AUTO_SCALING).unwrap();
        let name = group.as_str();
        let configuration = [
            ("Action", "CreateLaunchConfiguration"),
            ("LaunchConfigurationName", name),
            ("ImageId", "ami-12c6146b"),
            ("InstanceType", "t3.micro"),
        ];
        let answer = query.ask(&configuration).await.unwrap();
        assert!(!answer.contains("<Error>"), "{answer}");
        let create = [
            ("Action", "CreateAutoScalingGroup"),
            ("AutoScalingGroupName", name),
            ("LaunchConfigurationName", name),
            ("MinSize", "1"),
            ("MaxSize", "1"),
            ("AvailabilityZones.member.1", "us-east-1a"),
        ];
        let answer = query.ask(&create).await.unwrap();
        assert!(!answer.contains("<Error>"), "{answer}");
    }

    async fn stop(&self, instance: &HostId) {
        self.ec2(&[("Action", "StopInstances"), ("InstanceId.1", instance.as_str())]).await;
    }
}

impl Fleets for Real {
    async fn find(
        &self,
        session: &RoleSession,
        tags: &TagSelection,
        groups: &[AutoScalingGroupName],
    ) -> Result<Vec<FoundInstance>, Problem> {
        self.fleets.find(session, tags, groups).await
    }

    async fn instance(&self, session: &RoleSession, id: &HostId) -> Result<Option<FoundInstance>, Problem> {
        self.fleets.instance(session, id).await
    }

    async fn terminated(&self, session: &RoleSession, ids: &[HostId]) -> Result<Vec<HostId>, Problem> {
        self.fleets.terminated(session, ids).await
    }
}

impl Terminations for Real {
    async fn terminate(&self, session: &RoleSession, ids: &[HostId]) -> Result<(), Problem> {
        self.fleets.terminate(session, ids).await
    }

    async fn empty(&self, session: &RoleSession, group: &AutoScalingGroupName) -> Result<(), Problem> {
        self.fleets.empty(session, group).await
    }
}

both_keep! {
    instances_are_found_by_their_tags
    no_character_of_a_tag_is_a_wildcard
    a_stopped_instance_is_found_and_a_terminated_one_is_not
    the_members_of_groups_are_found_with_their_group
    a_group_that_is_not_there_is_missing
    instances_that_are_gone_are_told_from_those_that_are_there
    one_instance_is_found_by_its_id_until_it_is_terminated
    instances_are_terminated_together_and_once_more
    an_auto_scaling_group_that_is_emptied_has_no_instance_and_launches_none
}

async fn terminate(customer: &impl Customer, instances: &[&HostId]) {
    let ids: Vec<HostId> = instances.iter().copied().cloned().collect();
    customer.terminate(&session(), &ids).await.unwrap();
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

fn with(filter: TagFilter) -> TagSelection {
    TagSelection { filters: vec![filter], set: Vec::new() }
}

async fn ids(customer: &impl Customer, tags: &TagSelection) -> Vec<HostId> {
    let mut found: Vec<HostId> =
        customer.find(&session(), tags, &[]).await.unwrap().into_iter().map(|instance| instance.id).collect();
    found.sort();
    found
}

fn sorted(hosts: [&HostId; 2]) -> Vec<HostId> {
    let mut hosts = hosts.map(Clone::clone).to_vec();
    hosts.sort();
    hosts
}

async fn instances_are_found_by_their_tags(customer: &impl Customer) {
    let (role, stage, value) = (fresh("role"), fresh("stage"), fresh("value"));
    let web = customer.run(&[tag(&role, &value), tag(&stage, "live")]).await;
    let test = customer.run(&[tag(&role, &value), tag(&stage, "test")]).await;
    customer.run(&[tag(&role, "other")]).await;
    let both = TagFilter::KeyAndValue(tag(&role, &value));
    assert_eq!(ids(customer, &with(both.clone())).await, sorted([&web, &test]));
    assert_eq!(ids(customer, &with(TagFilter::Key(stage.clone()))).await, sorted([&web, &test]));
    assert_eq!(ids(customer, &with(TagFilter::Value(value))).await, sorted([&web, &test]));
    let live = TagFilter::KeyAndValue(tag(&stage, "live"));
    let set = TagSelection { filters: Vec::new(), set: vec![vec![both], vec![live]] };
    assert_eq!(ids(customer, &set).await, [web]);
}

async fn no_character_of_a_tag_is_a_wildcard(customer: &impl Customer) {
    let key = fresh("role");
    let starred = customer.run(&[tag(&format!("{key}*"), "a")]).await;
    customer.run(&[tag(&format!("{key}-longer"), "a")]).await;
    assert_eq!(ids(customer, &with(TagFilter::Key(format!("{key}*")))).await, [starred]);
}

async fn a_stopped_instance_is_found_and_a_terminated_one_is_not(customer: &impl Customer) {
    let key = fresh("role");
    let (stopped, terminated) = (customer.run(&[tag(&key, "a")]).await, customer.run(&[tag(&key, "b")]).await);
    customer.stop(&stopped).await;
    terminate(customer, &[&terminated]).await;
    assert_eq!(ids(customer, &with(TagFilter::Key(key))).await, [stopped]);
}

async fn the_members_of_groups_are_found_with_their_group(customer: &impl Customer) {
    let (one, other): (AutoScalingGroupName, AutoScalingGroupName) = (named(&fresh("one")), named(&fresh("other")));
    customer.scale(&one).await;
    customer.scale(&other).await;
    let nothing = TagSelection { filters: Vec::new(), set: Vec::new() };
    let found = customer.find(&session(), &nothing, &[one.clone(), other.clone()]).await.unwrap();
    let mut groups: Vec<_> = found.iter().filter_map(|instance| instance.auto_scaling_group.clone()).collect();
    groups.sort();
    let mut wanted = vec![one, other];
    wanted.sort();
    assert_eq!(groups, wanted);
}

async fn a_group_that_is_not_there_is_missing(customer: &impl Customer) {
    let nothing = TagSelection { filters: Vec::new(), set: Vec::new() };
    let found = customer.find(&session(), &nothing, &[named(&fresh("none"))]).await;
    assert_eq!(kind(found), ProblemKind::Missing);
}

async fn instances_that_are_gone_are_told_from_those_that_are_there(customer: &impl Customer) {
    let (there, gone) = (customer.run(&[]).await, customer.run(&[]).await);
    let unknown: HostId = named("i-0123456789abcdef0");
    terminate(customer, &[&gone]).await;
    let asked = [there, gone.clone(), unknown.clone()];
    assert_eq!(customer.terminated(&session(), &asked).await.unwrap(), [gone, unknown]);
}

async fn one_instance_is_found_by_its_id_until_it_is_terminated(customer: &impl Customer) {
    let id = customer.run(&[]).await;
    let found = customer.instance(&session(), &id).await.unwrap().expect("it is there");
    assert_eq!(found.id, id);
    assert!(found.arn.ends_with(&format!(":instance/{id}")), "{}", found.arn);
    terminate(customer, &[&id]).await;
    assert_eq!(customer.instance(&session(), &id).await.unwrap(), None);
    assert_eq!(customer.instance(&session(), &named("i-0123456789abcdef0")).await.unwrap(), None);
}

async fn instances_are_terminated_together_and_once_more(customer: &impl Customer) {
    let (one, other, kept) = (customer.run(&[]).await, customer.run(&[]).await, customer.run(&[]).await);
    terminate(customer, &[&one, &other]).await;
    terminate(customer, &[&one]).await;
    terminate(customer, &[]).await;
    let asked = [one.clone(), other.clone(), kept];
    assert_eq!(customer.terminated(&session(), &asked).await.unwrap(), [one, other]);
}

async fn an_auto_scaling_group_that_is_emptied_has_no_instance_and_launches_none(customer: &impl Customer) {
    let group: AutoScalingGroupName = named(&fresh("blue"));
    customer.scale(&group).await;
    let members =
        async || customer.find(&session(), &TagSelection::default(), std::slice::from_ref(&group)).await.unwrap();
    let [member] = &members().await[..] else { panic!("it has one instance") };
    customer.empty(&session(), &group).await.unwrap();
    customer.empty(&session(), &group).await.unwrap();
    assert!(members().await.is_empty());
    let id = std::slice::from_ref(&member.id);
    assert_eq!(customer.terminated(&session(), id).await.unwrap(), id);
    customer.empty(&session(), &named(&fresh("none"))).await.unwrap();
}
