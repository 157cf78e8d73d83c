//! What a role may do: with the aliases whose groups have it, and with their hooks.
//!
//! Rights are resources of their own, one for each alias, which the alias depends on: CloudFormation makes them before
//! the alias and deletes them after it, whatever happens to the function, to the alias and to the role's other aliases.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::function::{ANY, Function, function};
use crate::alias::Alias;
use crate::fragment::{Conditions, Members, choice, intrinsic, map_leaves};
use crate::reference::{filled, named};

/// IAM takes no more characters in all inline policies of a role.
const MOST_CHARACTERS: usize = 10_240;
/// Of the name of a policy, which has that of a function at its end.
const MOST_OF_AN_ID: usize = 50;
/// Of a text that is known only when the stack is deployed, such as a name.
const UNKNOWN: &str = "----------------------------------------------------------------";
const ARN: &str = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:";
const ALIAS_ACTIONS: [&str; 7] = [
    "lambda:GetAlias",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:DeleteAlias",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:DeleteProvisionedConcurrencyConfig",
];
const HOOK_ACTIONS: [&str; 1] = ["lambda:InvokeFunction"];

/// How functions of the template are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Each by its ARN.
    ByArn,
    /// All at once, by the tag that CloudFormation gives to everything of a stack. It takes no room, and is the same
    /// whatever functions come and go.
    ByTag,
}

/// The rights of a role, as a resource that aliases depend on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    /// Its logical id.
    pub id: String,
    /// The id of what it is there for.
    pub origin: String,
    /// The aliases that depend on it, by their ids.
    pub aliases: Vec<String>,
    pub resource: Value,
    /// What its condition says, where the template has no condition that says it.
    pub condition: Option<Value>,
}

/// An alias, and the conditions, besides its own, under which a role shifts it.
pub(super) struct Charge<'a> {
    pub(super) alias: &'a Alias<'a>,
    pub(super) conditions: Conditions<'a>,
    /// What the policy for it is called.
    pub(super) id: String,
}

/// The policies that let a role shift aliases and invoke their hooks. They name functions one by one as long as IAM has
/// room for that.
pub(super) fn policies(
    resources: &Members,
    role: &str,
    charges: &[Charge<'_>],
    detail: Detail,
) -> Result<Vec<Policy>, String> {
    let each = |detail| charges.iter().filter_map(|charge| own(resources, role, charge, detail)).collect::<Vec<_>>();
    let by_arn = each(Detail::ByArn);
    let room = MOST_CHARACTERS.saturating_sub(others(resources, role));
    if by_arn.is_empty() || detail == Detail::ByArn && size(&by_arn) <= room {
        return Ok(by_arn);
    }
    let mut by_tag = each(Detail::ByTag);
    by_tag.extend(of_stack(resources, role, charges));
    let size = size(&by_tag);
    if size > MOST_CHARACTERS {
        return Err(format!(
            "The policies that Spillway has to add to it have about {size} characters, and IAM takes \
             {MOST_CHARACTERS}: give some of its groups another role."
        ));
    }
    Ok(by_tag)
}

/// What a role may do for one alias. Where functions of the template are named by their tag, only what is none of them.
fn own(resources: &Members, role: &str, charge: &Charge<'_>, detail: Detail) -> Option<Policy> {
    let Charge { alias, conditions, id } = charge;
    let found = |value: &Value| {
        function(resources, value)
            .filter(|function| detail == Detail::ByArn || !matches!(function, Function::OfTemplate(_)))
    };
    let statement = |actions: &[&str], value: &Value| {
        map_leaves(value, &|leaf| {
            found(leaf).map(|function| json!({"Effect": "Allow", "Action": actions, "Resource": function.arns()}))
        })
    };
    let mut statements: Vec<Value> = statement(&ALIAS_ACTIONS, alias.function()).into_iter().collect();
    for invoking in alias.hooks().filter_map(|hook| statement(&HOOK_ACTIONS, hook)) {
        if !statements.contains(&invoking) {
            statements.push(invoking);
        }
    }
    if statements.is_empty() {
        return None;
    }
    // Another function has a policy of another name, so that CloudFormation replaces the old one, and deletes it when the
    // alias of the old function is gone, instead of changing it before.
    let function = map_leaves(alias.function(), &|leaf| function(resources, leaf).map(|function| function.name()));
    let name = json!({"Fn::Join": ["-", [name(alias.id), function]]});
    let (condition, made) = condition(alias, conditions, id);
    let resource = policy(role, name, statements, condition.map(Value::String));
    Some(Policy {
        id: id.clone(),
        origin: alias.id.to_owned(),
        aliases: vec![alias.id.to_owned()],
        resource,
        condition: made,
    })
}

/// What a role may do with all functions of its stack.
fn of_stack(resources: &Members, role: &str, charges: &[Charge<'_>]) -> Option<Policy> {
    let actions = [&ALIAS_ACTIONS[..], &HOOK_ACTIONS[..]].concat();
    let statement = json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": {"Fn::Sub": format!("{ANY}*")},
        "Condition": {"StringEquals": {"aws:ResourceTag/aws:cloudformation:stack-id": {"Ref": "AWS::StackId"}}},
    });
    let aliases: Vec<String> = charges.iter().map(|charge| charge.alias.id.to_owned()).collect();
    let condition = resources[role].get("Condition").cloned();
    let resource = policy(role, "spillway-functions-of-the-stack".into(), vec![statement], condition);
    let id = format!("{role}SpillwayPolicy");
    (!aliases.is_empty()).then(|| Policy { id, origin: role.to_owned(), aliases, resource, condition: None })
}

/// `AWS::IAM::RolePolicy`, and not `AWS::IAM::Policy`, which is never replaced.
fn policy(role: &str, name: Value, statements: Vec<Value>, condition: Option<Value>) -> Value {
    let mut resource = json!({
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "RoleName": {"Ref": role},
            "PolicyName": name,
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    });
    if let Some(condition) = condition {
        resource["Condition"] = condition;
    }
    resource
}

/// What the name of an alias's policy begins with: the same for no other alias.
fn name(alias: &str) -> String {
    let sum = spillway_domain::catalog::revision::sha256(alias);
    if alias.len() <= MOST_OF_AN_ID {
        format!("spillway-{alias}")
    } else {
        format!("spillway-{}-{}", &alias[..37], &sum[..12])
    }
}

/// The condition of an alias's policy by its name, and what it says if it has to be made.
fn condition(alias: &Alias<'_>, conditions: &Conditions<'_>, id: &str) -> (Option<String>, Option<Value>) {
    let own = alias.condition().and_then(Value::as_str).map(|name| (name, true));
    let mut all = BTreeMap::new();
    all.extend(own.into_iter().chain(conditions.iter().copied()));
    let said = |(name, holds): (&str, bool)| match holds {
        true => json!({"Condition": name}),
        false => json!({"Fn::Not": [{"Condition": name}]}),
    };
    let all: Vec<(&str, bool)> = all.into_iter().collect();
    match all[..] {
        [] => (None, None),
        [(name, true)] => (Some(name.to_owned()), None),
        [one] => (Some(id.to_owned()), Some(said(one))),
        _ => (Some(id.to_owned()), Some(json!({"Fn::And": all.into_iter().map(said).collect::<Vec<_>>()}))),
    }
}

fn size(policies: &[Policy]) -> usize {
    policies.iter().map(|policy| length(&policy.resource["Properties"]["PolicyDocument"])).sum()
}

/// About how many characters the template gives a role besides.
fn others(resources: &Members, role: &str) -> usize {
    let attached = resources.values().filter(|resource| {
        let properties = &resource["Properties"];
        match resource["Type"].as_str() {
            Some("AWS::IAM::Policy") => named(&properties["Roles"]).contains(role),
            Some("AWS::IAM::RolePolicy") => named(&properties["RoleName"]).contains(role),
            Some(_) | None => false,
        }
    });
    let attached = attached.map(|policy| length(&policy["Properties"]["PolicyDocument"]));
    length(&resources[role]["Properties"]["Policies"]) + attached.sum::<usize>()
}

/// About how many characters a value has at most when it is resolved.
fn length(value: &Value) -> usize {
    if let Some((_, both)) = choice(value) {
        return both.into_iter().map(length).max().unwrap_or_default();
    }
    match (intrinsic(value), value) {
        (Some(("Fn::GetAtt", _)), _) => ARN.len() + UNKNOWN.len() + 3,
        (Some(("Fn::Join", parts)), _) => length(&parts[1]),
        (Some(("Fn::Sub", parts)), _) => {
            let text = parts.as_str().or_else(|| parts[0].as_str()).unwrap_or_default();
            let known = |variable: &str| match variable {
                "AWS::Partition" => "aws-us-gov",
                "AWS::Region" => "ap-southeast-1",
                "AWS::AccountId" => "111122223333",
                _ => UNKNOWN,
            };
            filled(text, known).len() + 3
        }
        (Some((name, _)), _) if name == "Ref" || name.starts_with("Fn::") => UNKNOWN.len() + 3,
        (_, Value::Object(members)) => {
            members.iter().map(|(name, value)| name.len() + 4 + length(value)).sum::<usize>() + 2
        }
        (_, Value::Array(items)) => items.iter().map(length).sum::<usize>() + 2,
        (_, Value::String(text)) => text.len() + 3,
        (_, Value::Null | Value::Bool(_) | Value::Number(_)) => value.to_string().len() + 1,
    }
}
