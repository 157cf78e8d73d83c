//! The service role of a group: whom it trusts, what it is called, and what it may do.

mod function;
mod name;
mod rights;
mod trust;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::name::name;
use self::rights::{Charge, policies};
pub(crate) use self::rights::{Detail, Policy};
use self::trust::Trust;
use crate::alias::Alias;
use crate::fault::Faults;
use crate::fragment::{Conditions, Members, kind, leaves, map_leaves};
use crate::reference::{named, spelled};
use crate::rewrite::Home;
use crate::takeover::{GROUP, TakenOver, ways};

const ROLE: &str = "AWS::IAM::Role";

/// What becomes of the service roles of a template.
#[derive(Default)]
pub(crate) struct Roles {
    /// Those that change, as they have to be.
    pub changed: BTreeMap<String, Value>,
    /// What they may do.
    pub policies: Vec<Policy>,
}

/// The roles that trust CodeDeploy for a group that is taken over, as they have to be: they trust Spillway's functions, and
/// may do with the aliases and their hooks what there is to do. One that a group of another kind has trusts CodeDeploy
/// as well.
pub(crate) fn roles(
    resources: &Members,
    aliases: &[Alias<'_>],
    taken_over: &TakenOver<'_>,
    home: &Home,
    detail: Detail,
    faults: &mut Faults,
) -> Roles {
    let mut roles = Roles::default();
    let uses_by_role = uses_by_role(resources, taken_over);
    for (id, uses) in &uses_by_role {
        let id = *id;
        let mut role = resources[id].clone();
        let trust = Trust {
            function_roles: &home.function_roles,
            codedeploy_too: resources.iter().any(|(group, resource)| {
                let stays = resource["Type"] == GROUP && !taken_over.contains_key(group.as_str());
                stays && named(&resource["Properties"]["ServiceRoleArn"]).contains(id)
            }),
        };
        let document = role.pointer_mut("/Properties/AssumeRolePolicyDocument");
        if !document.is_some_and(|document| trust.renew(document)) {
            continue;
        }
        for unclear in uses.iter().filter(|(.., leaf)| arn_of(resources, leaf).is_none()) {
            faults.resource(
                unclear.0,
                format!(
                    "Its 'ServiceRoleArn' names the role [{id}] in a way from which its ARN cannot be told: write \
                     '!GetAtt {id}.Arn'."
                ),
            );
        }
        if let Some(own) = role["Properties"].as_object_mut()
            && let Err(what) = name(own, &home.service_role_names)
        {
            faults.resource(id, what);
        }
        let of_another = |alias: &Alias<'_>| {
            let mut others = uses_by_role.iter().filter(|(role, _)| **role != id);
            others.any(|(_, uses)| uses.iter().any(|(group, ..)| !ways(resources, alias, group).is_empty()))
        };
        let charges = charges(resources, aliases, uses).into_iter().map(|(alias, conditions)| {
            let role = if of_another(alias) { id } else { "" };
            Charge { alias, conditions, id: format!("{}{role}SpillwayPolicy", alias.id) }
        });
        match policies(resources, id, &charges.collect::<Vec<_>>(), detail) {
            Ok(policies) => roles.policies.extend(policies),
            Err(what) => faults.resource(id, what),
        }
        roles.changed.insert(id.to_owned(), role);
    }
    roles
}

/// A group that has a role: under which conditions, and how it names the role.
type Use<'a> = (&'a str, Conditions<'a>, &'a Value);

/// The roles of the template that groups which are taken over have.
fn uses_by_role<'a>(resources: &'a Members, taken_over: &TakenOver<'a>) -> BTreeMap<&'a str, Vec<Use<'a>>> {
    let mut found = BTreeMap::<&str, Vec<Use<'_>>>::new();
    for group in taken_over.keys().filter(|id| kind(resources, id) == GROUP) {
        for (conditions, leaf) in leaves(&resources[*group]["Properties"]["ServiceRoleArn"]) {
            for role in named(leaf).into_iter().filter(|id| kind(resources, id) == ROLE) {
                found.entry(role).or_default().push((group, conditions.clone(), leaf));
            }
        }
    }
    found
}

/// The aliases that a role shifts. Where an alias comes to it in several ways, it is under no conditions but its own.
fn charges<'a>(
    resources: &Members,
    aliases: &'a [Alias<'a>],
    uses: &[Use<'a>],
) -> Vec<(&'a Alias<'a>, Conditions<'a>)> {
    let ways_to = |alias: &'a Alias<'a>| {
        let with = |(group, conditions, _): &Use<'a>| {
            let both =
                |way: Conditions<'a>| way.into_iter().chain(conditions.iter().copied()).collect::<Conditions<'a>>();
            ways(resources, alias, group).into_iter().map(both).collect::<Vec<_>>()
        };
        uses.iter().flat_map(with).collect::<Vec<_>>()
    };
    let charge = |alias| {
        let mut ways = ways_to(alias);
        let first = ways.pop()?;
        Some((alias, if ways.is_empty() { first } else { Conditions::new() }))
    };
    aliases.iter().filter_map(charge).collect()
}

/// The role whose ARN a value is, however it is put together.
fn arn_of<'a>(resources: &Members, value: &'a Value) -> Option<&'a str> {
    let roles: Vec<&str> = named(value).into_iter().filter(|id| kind(resources, id) == ROLE).collect();
    let [role] = roles[..] else { return None };
    let arn = spelled(value)?;
    let by_name = || arn.starts_with("arn:") && arn.contains(":role/") && arn.ends_with(&format!("/${{{role}}}"));
    (arn == format!("${{{role}.Arn}}") || by_name()).then_some(role)
}

/// The value of `ServiceRoleArn` with roles of the template named by their ARNs. A text with the name of a role in it
/// would lack the path that the role gets.
pub(crate) fn service_role_arn(resources: &Members, value: &Value) -> Value {
    let by_arn = |leaf: &Value| match arn_of(resources, leaf) {
        Some(role) if leaf.get("Fn::GetAtt").is_none() => Some(json!({"Fn::GetAtt": [role, "Arn"]})),
        Some(_) | None => Some(leaf.clone()),
    };
    map_leaves(value, &by_arn).unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests;
