//! The service role of a group: whom it trusts, and what it may do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::alias::Alias;
use crate::fault::Faults;
use crate::fragment::{Members, attribute, branches, intrinsic, kind, possible, reference};
use crate::reference::{depends, named};

const ROLE: &str = "AWS::IAM::Role";
const GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";
const POLICY: &str = "spillway-alias";
/// Parameter ServiceRoleNames of Spillway lets its functions assume roles that begin like this.
const PATH: &str = "/spillway-service/";
/// More functions than this are not named one by one: what is written into a role is limited.
const MOST_FUNCTIONS: usize = 30;
const ACTIONS: [&str; 7] = [
    "lambda:GetAlias",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:DeleteAlias",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:DeleteProvisionedConcurrencyConfig",
];

/// The roles that trust CodeDeploy for a group of the template, as they have to be: they trust Spillway's functions
/// instead, and may do with the aliases what CloudFormation did before.
pub(crate) fn roles(
    resources: &Members,
    aliases: &[Alias<'_>],
    function_roles: &str,
    faults: &mut Faults,
) -> BTreeMap<String, Value> {
    let mut changed = BTreeMap::new();
    for (id, groups) in groups_by_role(resources) {
        let mut role = resources[id].clone();
        let Some(document) = role.pointer_mut("/Properties/AssumeRolePolicyDocument") else { continue };
        if !trust_spillway(document, function_roles) {
            continue;
        }
        let properties = &mut role["Properties"];
        if properties.get("RoleName").or_else(|| properties.get("Path")).is_none() {
            properties["Path"] = PATH.into();
        }
        let of_role = aliases.iter().filter(|alias| !named(alias.group()).is_disjoint(&groups));
        let policies = policies(resources, id, &of_role.collect::<Vec<_>>());
        if !policies.is_empty() {
            let own = properties.as_object_mut().map(|own| own.entry("Policies").or_insert_with(|| json!([])));
            match own.and_then(Value::as_array_mut) {
                Some(own) => own.extend(policies),
                None => faults.resource(id, "Property 'Policies' should be a list, since Spillway adds to it."),
            }
        }
        changed.insert(id.to_owned(), role);
    }
    changed
}

/// The roles of the template that groups of the template have.
fn groups_by_role(resources: &Members) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (group, resource) in resources.iter().filter(|(_, resource)| resource["Type"] == GROUP) {
        let arns = possible(&resource["Properties"]["ServiceRoleArn"]).into_iter().filter_map(attribute);
        for (role, _) in arns.filter(|(role, name)| *name == "Arn" && kind(resources, role) == ROLE) {
            found.entry(role).or_default().insert(group);
        }
    }
    found
}

/// Makes every statement that trusts CodeDeploy trust Spillway's functions, and says whether there was one.
fn trust_spillway(document: &mut Value, function_roles: &str) -> bool {
    let Some(statement) = document.get_mut("Statement") else { return false };
    let old = items(statement);
    let new: Vec<Value> = old.iter().flat_map(|statement| renewed(statement, function_roles)).collect();
    let changes = new != old;
    if changes {
        *statement = Value::Array(new);
    }
    changes
}

/// What policies let stand alone where a list may stand.
fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// A statement as it has to be: what it says of others, and what it says of CodeDeploy said of Spillway's functions.
fn renewed(statement: &Value, function_roles: &str) -> Vec<Value> {
    let services = items(&statement["Principal"]["Service"]);
    let (codedeploy, others): (Vec<_>, Vec<_>) = services.into_iter().partition(is_codedeploy);
    if codedeploy.is_empty() || statement["Effect"] != "Allow" {
        return vec![statement.clone()];
    }
    let mut rest = statement.clone();
    if let Some(principal) = rest["Principal"].as_object_mut() {
        principal.remove("Service");
        if !others.is_empty() {
            principal.insert("Service".to_owned(), others.into());
        }
    }
    let mut own = json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": function_roles}},
    });
    if rest["Principal"] != json!({}) {
        return vec![rest, own];
    }
    if let Some(sid) = rest.get("Sid") {
        own["Sid"] = sid.clone();
    }
    vec![own]
}

/// Whether a principal is CodeDeploy, of whatever Region and however it is put together.
fn is_codedeploy(service: &Value) -> bool {
    if let Some(both) = branches(service) {
        return both.into_iter().any(is_codedeploy);
    }
    let begin = match (service, intrinsic(service)) {
        (Value::String(text), _) | (_, Some(("Fn::Sub", Value::String(text)))) => text.clone(),
        (_, Some(("Fn::Sub", Value::Array(parts)))) => parts.first().and_then(Value::as_str).unwrap_or_default().into(),
        (_, Some(("Fn::Join", Value::Array(parts)))) => {
            let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
            word(parts.get(1).and_then(|words| words.get(0))) + &word(parts.first())
        }
        // As CDK looks it up in the mapping that it writes where it does not know the Region.
        (_, Some(("Fn::FindInMap", Value::Array(keys)))) if keys.last() == Some(&json!("codedeploy")) => return true,
        _ => return false,
    };
    begin.starts_with("codedeploy.")
}

/// One policy for the functions that are there whenever the role is, and one for each other condition.
fn policies(resources: &Members, role: &str, aliases: &[&Alias<'_>]) -> Vec<Value> {
    let functions = aliases.iter().map(|alias| function(resources, role, alias)).collect::<Option<BTreeSet<_>>>();
    let Some(functions) = functions.filter(|functions| functions.len() <= MOST_FUNCTIONS) else {
        let any = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*";
        return vec![policy(POLICY, vec![json!({"Fn::Sub": any})])];
    };
    let mut by_condition = BTreeMap::<Option<&str>, Vec<Value>>::new();
    for id in functions {
        let condition = resources[id].get("Condition").filter(|own| resources[role].get("Condition") != Some(*own));
        let arn = json!({"Fn::GetAtt": [id, "Arn"]});
        let qualified = json!({"Fn::Join": ["", [arn, ":*"]]});
        by_condition.entry(condition.and_then(Value::as_str)).or_default().extend([arn, qualified]);
    }
    let policies = by_condition.into_iter().map(|(condition, arns)| match condition {
        None => policy(POLICY, arns),
        Some(name) => {
            json!({"Fn::If": [name, policy(&format!("{POLICY}-{name}"), arns), {"Ref": "AWS::NoValue"}]})
        }
    });
    policies.collect()
}

/// The function of the template that an alias is of, if the role can name it without waiting for itself.
fn function<'a>(resources: &'a Members, role: &str, alias: &'a Alias<'_>) -> Option<&'a str> {
    let name = alias.function();
    let id = reference(name).or_else(|| attribute(name).filter(|(_, of)| *of == "Arn").map(|(id, _)| id))?;
    let is_function = ["AWS::Lambda::Function", "AWS::Serverless::Function"].contains(&kind(resources, id));
    (is_function && !depends(resources, id, role)).then_some(id)
}

fn policy(name: &str, arns: Vec<Value>) -> Value {
    let statement = json!({"Effect": "Allow", "Action": ACTIONS, "Resource": arns});
    json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
}

#[cfg(test)]
mod tests;
