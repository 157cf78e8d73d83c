//! The service role of a group: whom it trusts, what it is called, and what it may do.

mod function;
mod name;
mod rights;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::name::name;
use self::rights::policies;
use self::trust::Trust;
use crate::alias::Alias;
use crate::fault::Faults;
use crate::fragment::{Members, attribute, kind, possible};
use crate::lambda::{GROUP, OfLambda, leads};
use crate::reference::named;
use crate::rewrite::Home;

const ROLE: &str = "AWS::IAM::Role";

/// The roles that trust CodeDeploy for a group of Lambda's, as they have to be: they trust Spillway's functions, and
/// may do with the aliases and their hooks what there is to do. One that a group of another kind has trusts CodeDeploy
/// as well.
pub(crate) fn roles(
    resources: &Members,
    aliases: &[Alias<'_>],
    of_lambda: &OfLambda<'_>,
    home: &Home,
    faults: &mut Faults,
) -> BTreeMap<String, Value> {
    let mut changed = BTreeMap::new();
    // What a role depends on grows with what it may do.
    let mut grown = resources.clone();
    for (id, groups) in groups_by_role(resources, of_lambda) {
        let mut role = resources[id].clone();
        let trust = Trust {
            function_roles: &home.function_roles,
            codedeploy_too: resources.iter().any(|(group, resource)| {
                let stays = resource["Type"] == GROUP && !of_lambda.contains_key(group.as_str());
                stays && named(&resource["Properties"]["ServiceRoleArn"]).contains(id)
            }),
        };
        let document = role.pointer_mut("/Properties/AssumeRolePolicyDocument");
        if !document.is_some_and(|document| trust.renew(document)) {
            continue;
        }
        let of_role = aliases.iter().filter(|alias| groups.iter().any(|group| leads(resources, alias, group)));
        let policies = policies(&grown, id, &of_role.collect::<Vec<_>>());
        let own = role["Properties"].as_object_mut();
        if let Err(what) = policies.and_then(|policies| own.map_or(Ok(()), |own| change(own, policies, home))) {
            faults.resource(id, what);
        }
        grown.insert(id.to_owned(), role.clone());
        changed.insert(id.to_owned(), role);
    }
    changed
}

/// The roles of the template that groups of Lambda's have.
fn groups_by_role<'a>(resources: &'a Members, of_lambda: &OfLambda<'a>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut found = BTreeMap::<&str, BTreeSet<&str>>::new();
    for group in of_lambda.keys().filter(|id| kind(resources, id) == GROUP) {
        let arns = possible(&resources[*group]["Properties"]["ServiceRoleArn"]).into_iter().filter_map(attribute);
        for (role, _) in arns.filter(|(role, name)| *name == "Arn" && kind(resources, role) == ROLE) {
            found.entry(role).or_default().insert(group);
        }
    }
    found
}

fn change(properties: &mut Members, policies: Vec<Value>, home: &Home) -> Result<(), String> {
    name(properties, &home.service_role_names)?;
    if !policies.is_empty() {
        let own = properties.entry("Policies").or_insert_with(|| json!([])).as_array_mut();
        own.ok_or("Property 'Policies' should be a list, since Spillway adds to it.")?.extend(policies);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
