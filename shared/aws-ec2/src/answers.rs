//! What the operations are answered with.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::server::traffic::Membership;
use spillway_engine::ports::hosts::FoundInstance;

/// A page of what was described.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// An instance, as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) tags: Vec<Tag>,
    /// The name of its instance profile.
    pub(crate) profile: Option<String>,
    zone: Option<String>,
    owner: String,
}

impl Described {
    /// With the roles of its profile, and its Auto Scaling group.
    pub(crate) fn complete(
        self,
        roles: Vec<String>,
        members: &BTreeMap<String, AutoScalingGroupName>,
    ) -> Option<FoundInstance> {
        let own = || {
            let tag = self.tags.iter().find(|tag| tag.key == "aws:autoscaling:groupName")?;
            tag.value.parse().ok()
        };
        let auto_scaling_group = members.get(&self.id).cloned().or_else(own);
        let zone = self.zone.clone();
        let region = zone.as_deref().map(region_of).unwrap_or_default();
        Some(FoundInstance {
            id: self.id.parse().ok()?,
            arn: format!("arn:{}:ec2:{region}:{}:instance/{}", partition_of(region), self.owner, self.id),
            zone,
            auto_scaling_group,
            roles,
        })
    }
}

/// The Region of a zone: `us-east-1a` is in `us-east-1`, and so is the local zone `us-east-1-bos-1a`.
fn region_of(zone: &str) -> &str {
    let end = zone
        .char_indices()
        .find(|(index, c)| c.is_ascii_digit() && *index > 0)
        .map_or(zone.len(), |(index, _)| index + 1);
    &zone[..end]
}

fn partition_of(region: &str) -> &'static str {
    const ELSEWHERE: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
    ];
    ELSEWHERE.iter().find(|(begin, _)| region.starts_with(begin)).map_or("aws", |(_, partition)| partition)
}

/// DescribeInstances.
pub(crate) fn instances(text: &str) -> Result<Page<Described>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let mut found = Vec::new();
    for reservation in items(root, "reservationSet") {
        let owner = text_of(reservation, "ownerId").unwrap_or_default();
        for instance in items(reservation, "instancesSet") {
            let Some(id) = text_of(instance, "instanceId") else {
                return Err("an instance has no instanceId".to_owned());
            };
            let tag = |item: Node<'_, '_>| {
                let value = text_of(item, "value").unwrap_or_default();
                Some(Tag { key: text_of(item, "key")?, value })
            };
            let profile = child(instance, "iamInstanceProfile").and_then(|profile| text_of(profile, "arn"));
            found.push(Described {
                id,
                state: child(instance, "instanceState").and_then(|state| text_of(state, "name")).unwrap_or_default(),
                tags: items(instance, "tagSet").filter_map(tag).collect(),
                profile: profile.and_then(|arn| arn.rsplit('/').next().map(str::to_owned)),
                zone: child(instance, "placement").and_then(|placement| text_of(placement, "availabilityZone")),
                owner: owner.clone(),
            });
        }
    }
    Ok(Page { items: found, next: text_of(root, "nextToken") })
}

/// DescribeAutoScalingGroups: the names of groups, each with the ids of its instances.
pub(crate) fn groups(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let result = child(document.root_element(), "DescribeAutoScalingGroupsResult");
    let result = result.ok_or("it has no DescribeAutoScalingGroupsResult")?;
    let group = |group: Node<'_, '_>| {
        let ids = members(group, "Instances").filter_map(|instance| text_of(instance, "InstanceId"));
        Some((text_of(group, "AutoScalingGroupName")?, ids.collect()))
    };
    Ok(members(result, "AutoScalingGroups").filter_map(group).collect())
}

/// GetInstanceProfile: the names of the roles.
pub(crate) fn role_names(text: &str) -> Result<Vec<String>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let profile = child(document.root_element(), "GetInstanceProfileResult");
    let profile = profile.and_then(|result| child(result, "InstanceProfile"));
    let profile = profile.ok_or("it has no InstanceProfile")?;
    Ok(members(profile, "Roles").filter_map(|role| text_of(role, "RoleName")).collect())
}

/// DescribeTargetGroups: the ARNs, by the names.
pub(crate) fn target_groups(text: &str) -> Result<BTreeMap<String, String>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let result = child(document.root_element(), "DescribeTargetGroupsResult");
    let result = result.ok_or("it has no DescribeTargetGroupsResult")?;
    let group = |group: Node<'_, '_>| Some((text_of(group, "TargetGroupName")?, text_of(group, "TargetGroupArn")?));
    Ok(members(result, "TargetGroups").filter_map(group).collect())
}

/// A target of a target group, or an instance of a classic load balancer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) id: String,
    /// The port of a target.
    pub(crate) port: Option<String>,
    pub(crate) membership: Membership,
}

/// DescribeTargetHealth: the targets that are registered.
pub(crate) fn targets(text: &str) -> Result<Vec<Target>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let result = child(document.root_element(), "DescribeTargetHealthResult");
    let result = result.ok_or("it has no DescribeTargetHealthResult")?;
    let target = |described: Node<'_, '_>| {
        let (target, health) = (child(described, "Target")?, child(described, "TargetHealth")?);
        let (state, reason) = (text_of(health, "State")?, text_of(health, "Reason").unwrap_or_default());
        let membership = match (state.as_str(), reason.as_str()) {
            (_, "Target.NotRegistered") => return None,
            // Of a group without health checks.
            ("healthy", _) | ("unavailable", "Target.HealthCheckDisabled") => Membership::Healthy,
            ("draining" | "unhealthy.draining", _) => Membership::Draining,
            _ => Membership::Unhealthy(in_words(&state, &reason, text_of(health, "Description"))),
        };
        Some(Target { id: text_of(target, "Id")?, port: text_of(target, "Port"), membership })
    };
    Ok(members(result, "TargetHealthDescriptions").filter_map(target).collect())
}

/// DescribeInstanceHealth: the instances of a classic load balancer.
pub(crate) fn balanced_instances(text: &str) -> Result<Vec<Target>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let result = child(document.root_element(), "DescribeInstanceHealthResult");
    let result = result.ok_or("it has no DescribeInstanceHealthResult")?;
    let target = |instance: Node<'_, '_>| {
        let (state, description) = (text_of(instance, "State")?, text_of(instance, "Description"));
        // A classic load balancer tells only in this way that an instance drains.
        let drains = description.as_ref().is_some_and(|words| words.contains("deregistration currently in progress"));
        let membership = match state.as_str() {
            _ if drains => Membership::Draining,
            "InService" => Membership::Healthy,
            _ => {
                let reason = text_of(instance, "ReasonCode").filter(|reason| reason != "N/A").unwrap_or_default();
                Membership::Unhealthy(in_words(&state, &reason, description))
            }
        };
        Some(Target { id: text_of(instance, "InstanceId")?, port: None, membership })
    };
    Ok(members(result, "InstanceStates").filter_map(target).collect())
}

/// `unhealthy (Target.Timeout: Request timed out)`.
fn in_words(state: &str, reason: &str, description: Option<String>) -> String {
    match (reason, description) {
        ("", None) => state.to_owned(),
        ("", Some(description)) => format!("{state} ({description})"),
        (reason, None) => format!("{state} ({reason})"),
        (reason, Some(description)) => format!("{state} ({reason}: {description})"),
    }
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The text of a child, unless that is empty.
fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name)?.text().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The items of a list of EC2's.
fn items<'a, 'input>(node: Node<'a, 'input>, list: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    of_list(node, list, "item")
}

/// The members of a list of the other services'.
fn members<'a, 'input>(node: Node<'a, 'input>, list: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    of_list(node, list, "member")
}

fn of_list<'a, 'input>(
    node: Node<'a, 'input>,
    list: &str,
    item: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    child(node, list).into_iter().flat_map(|list| list.children()).filter(move |child| child.tag_name().name() == item)
}
