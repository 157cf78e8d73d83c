//! What a role may do: with the aliases whose groups have it, and with their hooks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::function::{Brevity, Function, function, of_template};
use crate::alias::Alias;
use crate::fragment::{Members, choice, intrinsic, is_no_value, no_value};
use crate::reference::{filled, named};

const POLICY: &str = "spillway-alias";
/// IAM takes no more characters in all inline policies of a role.
const MOST_CHARACTERS: usize = 10_240;
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

/// The policies that let a role shift aliases and invoke their hooks: one for the functions that are there whenever the
/// role is, and one for each other condition. They name functions one by one as long as IAM has room for that.
pub(super) fn policies(resources: &Members, role: &str, aliases: &[&Alias<'_>]) -> Result<Vec<Value>, String> {
    let mut rights = Rights::default();
    for alias in aliases {
        let mut found = Found { resources, role, alias, conditions: Vec::new(), functions: Vec::new() };
        found.walk(alias.function());
        found.functions.drain(..).for_each(|(conditions, function)| rights.of(conditions).aliases.add(function));
        alias.hooks().for_each(|hook| found.walk(hook));
        found.functions.drain(..).for_each(|(conditions, function)| rights.of(conditions).hooks.add(function));
    }
    let others = others(resources, role);
    let by_brevity = [Brevity::None, Brevity::Prefixes, Brevity::Stack].map(|brevity| rights.policies(brevity));
    let [.., shortest] = &by_brevity;
    let own = length(&json!(shortest));
    if own > MOST_CHARACTERS {
        return Err(format!(
            "What Spillway has to add to its 'Policies' has about {own} characters, and IAM takes {MOST_CHARACTERS}: \
             give some of its groups another role."
        ));
    }
    let room = MOST_CHARACTERS.saturating_sub(others);
    let fitting = by_brevity.iter().find(|policies| length(&json!(policies)) <= room);
    Ok(fitting.unwrap_or(shortest).clone())
}

/// Conditions, and how each of them has to be.
type Conditions = Vec<(String, bool)>;

/// The functions of an alias.
struct Found<'a> {
    resources: &'a Members,
    role: &'a str,
    alias: &'a Alias<'a>,
    /// Those that hold where it is.
    conditions: Conditions,
    functions: Vec<(Conditions, Function)>,
}

impl Found<'_> {
    fn walk(&mut self, value: &Value) {
        if let Some((condition, both)) = choice(value) {
            let condition = condition.as_str().unwrap_or_default();
            for (branch, holds) in both.into_iter().zip([true, false]) {
                self.conditions.push((condition.to_owned(), holds));
                self.walk(branch);
                self.conditions.pop();
            }
            return;
        }
        let function = function(self.resources, self.role, value).filter(|_| !is_no_value(value));
        let Some(function) = function else { return };
        let id = of_template(self.resources, value);
        let there = match id {
            Some(id) => self.resources[id].get("Condition"),
            None => self.alias.condition().filter(|_| named(value).iter().any(|id| self.resources.contains_key(*id))),
        };
        let there = there.filter(|own| self.resources[self.role].get("Condition") != Some(*own));
        let there = there.and_then(Value::as_str).map(|name| (name.to_owned(), true));
        let mut conditions = self.conditions.clone();
        conditions.extend(there.filter(|there| !self.conditions.contains(there)));
        self.functions.push((conditions, function));
    }
}

/// What there is to do, under which conditions.
#[derive(Default)]
struct Rights(BTreeMap<Conditions, Both>);

#[derive(Default)]
struct Both {
    aliases: Functions,
    hooks: Functions,
}

/// Functions, each of them once.
#[derive(Default)]
struct Functions(Vec<Function>);

impl Functions {
    fn add(&mut self, function: Function) {
        if !self.0.contains(&function) {
            self.0.push(function);
        }
    }

    fn statement(&self, actions: &[&str], brevity: Brevity) -> Option<Value> {
        let mut arns = Vec::new();
        for arn in self.0.iter().flat_map(|function| function.arns(brevity)) {
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        (!arns.is_empty()).then(|| json!({"Effect": "Allow", "Action": actions, "Resource": arns}))
    }
}

impl Rights {
    fn of(&mut self, conditions: Conditions) -> &mut Both {
        self.0.entry(conditions).or_default()
    }

    fn policies(&self, brevity: Brevity) -> Vec<Value> {
        let policy = |(conditions, both): (&Conditions, &Both)| {
            let aliases = both.aliases.statement(&ALIAS_ACTIONS, brevity);
            let hooks = both.hooks.statement(&HOOK_ACTIONS, brevity);
            let statements: Vec<Value> = aliases.into_iter().chain(hooks).collect();
            let names = conditions.iter().map(|(name, holds)| format!("{}{name}", if *holds { "-" } else { "-not-" }));
            let policy = json!({"PolicyName": POLICY.to_owned() + &names.collect::<String>(),
                                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}});
            conditions.iter().rev().fold(policy, |policy, (name, holds)| {
                let [first, second] = if *holds { [policy, no_value()] } else { [no_value(), policy] };
                json!({"Fn::If": [name, first, second]})
            })
        };
        self.0.iter().map(policy).collect()
    }
}

/// About how many characters the template gives a role besides.
fn others(resources: &Members, role: &str) -> usize {
    let attached = resources.values().filter(|resource| {
        resource["Type"] == "AWS::IAM::Policy" && named(&resource["Properties"]["Roles"]).contains(role)
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
