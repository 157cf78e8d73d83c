//! What the operations are answered with.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::catalog::tags::Tag;
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
