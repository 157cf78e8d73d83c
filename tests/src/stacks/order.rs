//! CloudFormation as far as the order counts in which it makes, changes and deletes what a template has, with an IAM
//! that looks at every right at the moment at which it is used.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

const PLACE: &str = "aws:lambda:eu-west-1:111122223333";

/// An account.
#[derive(Default)]
pub struct Account {
    /// The id of its stack for each function, by its ARN.
    functions: BTreeMap<String, String>,
    /// The versions of aliases, by their ARNs.
    pub aliases: BTreeMap<String, String>,
    /// The policies of roles by their names.
    pub roles: BTreeMap<String, BTreeMap<String, Value>>,
    /// The role of each deployment group.
    groups: BTreeMap<String, String>,
    /// What was denied.
    pub denied: Vec<String>,
    made: usize,
}

/// A stack.
#[derive(Default)]
pub struct Stack {
    name: String,
    resources: BTreeMap<String, Made>,
    conditions: BTreeMap<String, bool>,
}

/// A resource as it was made.
#[derive(Debug, Clone)]
struct Made {
    id: String,
    kind: String,
    name: String,
    properties: Value,
    attributes: Map<String, Value>,
    depends_on: BTreeSet<String>,
    is_retained: bool,
}

impl Stack {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Creates or updates the stack. When a resource fails, everything is undone.
    pub fn deploy(&mut self, account: &mut Account, template: &Value) -> Result<(), String> {
        self.conditions = conditions(template);
        let resources = template["Resources"].as_object().unwrap();
        let there = |id: &&String| resources[*id]["Condition"].as_str().is_none_or(|name| self.conditions[name]);
        let ids: Vec<String> = resources.keys().filter(there).cloned().collect();
        let depends_on = |id: &str| -> BTreeSet<String> {
            ids.iter().filter(|other| crate::rewriting::mentions(&resources[id], other)).cloned().collect()
        };
        let before = self.resources.clone();
        let mut over = Vec::new();
        let mut left = ids.clone();
        while !left.is_empty() {
            let at = left.iter().position(|id| depends_on(id).iter().all(|on| !left.contains(on))).expect("no circle");
            let id = left.remove(at);
            if let Err(why) = self.make(account, &id, &resources[&id], depends_on(&id), &mut over) {
                self.roll_back(account, before);
                return Err(why);
            }
        }
        over.extend(before.into_values().filter(|made| !ids.contains(&made.id)));
        self.resources.retain(|id, _| ids.contains(id));
        clean_up(account, over);
        Ok(())
    }

    pub fn delete(&mut self, account: &mut Account) {
        clean_up(account, std::mem::take(&mut self.resources).into_values().collect());
    }

    fn make(
        &mut self,
        account: &mut Account,
        id: &str,
        resource: &Value,
        depends_on: BTreeSet<String>,
        over: &mut Vec<Made>,
    ) -> Result<(), String> {
        let old = self.resources.get(id).cloned();
        let mut made = Made {
            id: id.to_owned(),
            kind: resource["Type"].as_str().unwrap().to_owned(),
            name: old.as_ref().map(|old| old.name.clone()).unwrap_or_default(),
            properties: self.resolved(&resource["Properties"]),
            attributes: Map::new(),
            depends_on,
            is_retained: resource["DeletionPolicy"] == "Retain",
        };
        if let Some(old) = &old {
            assert_eq!(old.kind, made.kind, "CloudFormation changes the type of none");
            made.attributes = old.attributes.clone();
        }
        if old.as_ref().is_none_or(|old| old.properties != made.properties) {
            account.make(&self.name, &mut made, old.as_ref())?;
        }
        over.extend(old.filter(|old| old.name != made.name));
        self.resources.insert(id.to_owned(), made);
        Ok(())
    }

    /// What changed is changed back, the last first, and what is new goes.
    fn roll_back(&mut self, account: &mut Account, before: BTreeMap<String, Made>) {
        let failed = std::mem::replace(&mut self.resources, before);
        let is_new = |made: &Made| self.resources.get(&made.id).is_none_or(|old| old.name != made.name);
        let (new, changed): (Vec<Made>, Vec<Made>) = failed.into_values().partition(is_new);
        for made in deletable_first(changed) {
            let mut old = self.resources[&made.id].clone();
            if old.properties != made.properties {
                account.make(&self.name, &mut old, Some(&made)).expect("what was there can be there again");
            }
        }
        clean_up(account, new);
    }

    /// A value with its intrinsic functions carried out.
    fn resolved(&self, value: &Value) -> Value {
        let intrinsic =
            value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
        let text = |value: &Value| self.resolved(value).as_str().map(str::to_owned).unwrap_or_default();
        match (intrinsic.map(|(name, argument)| (name.as_str(), argument)), value) {
            (Some(("Ref", id)), _) => self.reference(id.as_str().unwrap()),
            (Some(("Fn::GetAtt", parts)), _) => {
                self.resources[parts[0].as_str().unwrap()].attributes[parts[1].as_str().unwrap()].clone()
            }
            (Some(("Fn::If", parts)), _) => {
                self.resolved(&parts[if self.conditions[parts[0].as_str().unwrap()] { 1 } else { 2 }])
            }
            (Some(("Fn::Join", parts)), _) => {
                let words: Vec<String> = parts[1].as_array().unwrap().iter().map(text).collect();
                words.join(parts[0].as_str().unwrap()).into()
            }
            (Some(("Fn::Sub", parts)), _) => {
                let own = parts.get(1).and_then(Value::as_object).cloned().unwrap_or_default();
                let mut all = parts.as_str().or_else(|| parts[0].as_str()).unwrap().to_owned();
                while let Some((before, rest)) = all.split_once("${") {
                    let (name, after) = rest.split_once('}').unwrap();
                    let value = match (own.get(name), name.split_once('.')) {
                        (Some(value), _) => text(value),
                        (None, Some((id, attribute))) => text(&json!({"Fn::GetAtt": [id, attribute]})),
                        (None, None) => text(&json!({"Ref": name})),
                    };
                    all = format!("{before}{value}{after}");
                }
                all.into()
            }
            (_, Value::Object(members)) => {
                let members = members.iter().map(|(name, value)| (name.clone(), self.resolved(value)));
                members.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
            }
            (_, Value::Array(items)) => {
                items.iter().map(|item| self.resolved(item)).filter(|item| !item.is_null()).collect()
            }
            (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => value.clone(),
        }
    }

    fn reference(&self, id: &str) -> Value {
        match id {
            "AWS::NoValue" => Value::Null,
            "AWS::StackName" => self.name.as_str().into(),
            "AWS::StackId" => stack_id(&self.name).into(),
            "AWS::Partition" => "aws".into(),
            "AWS::Region" => "eu-west-1".into(),
            "AWS::AccountId" => "111122223333".into(),
            _ => self.resources[id].name.as_str().into(),
        }
    }
}

fn stack_id(name: &str) -> String {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/1")
}

/// All that a template says of conditions that are no parameters: here, each is a boolean.
fn conditions(template: &Value) -> BTreeMap<String, bool> {
    let all = template["Conditions"].as_object().into_iter().flatten();
    all.map(|(name, value)| (name.clone(), value.as_bool().unwrap())).collect()
}

/// What depends on others comes before them.
fn deletable_first(mut left: Vec<Made>) -> Vec<Made> {
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let is_free = |made: &Made| !left.iter().any(|other| other.depends_on.contains(&made.id));
        let at = left.iter().position(is_free).expect("no circle");
        sorted.push(left.remove(at));
    }
    sorted
}

fn clean_up(account: &mut Account, over: Vec<Made>) {
    for made in deletable_first(over) {
        if !made.is_retained {
            account.delete(&made);
        }
    }
}

impl Account {
    /// Makes a resource, or changes the old one.
    fn make(&mut self, stack: &str, made: &mut Made, old: Option<&Made>) -> Result<(), String> {
        let properties = made.properties.clone();
        let property = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
        let same = |name: &str| old.is_some_and(|old| old.properties[name] == properties[name]);
        match made.kind.as_str() {
            "AWS::Lambda::Function" => {
                if !same("FunctionName") || !same("PackageType") {
                    let generated = self.generated(stack, &made.id);
                    made.name = made.properties["FunctionName"].as_str().map_or(generated, str::to_owned);
                    let arn = format!("arn:{PLACE}:function:{}", made.name);
                    self.functions.insert(arn.clone(), stack_id(stack));
                    made.attributes.insert("Arn".to_owned(), arn.into());
                }
            }
            "AWS::IAM::Role" => {
                if old.is_none() {
                    made.name = self.generated(stack, &made.id);
                    made.attributes.insert("Arn".to_owned(), made.name.as_str().into());
                }
                let inline = made.properties["Policies"].as_array().into_iter().flatten();
                let inline = inline.map(|one| (one["PolicyName"].to_string(), one["PolicyDocument"].clone()));
                let policies = self.roles.entry(made.name.clone()).or_default();
                policies.retain(|name, _| !name.starts_with('"'));
                policies.extend(inline);
            }
            "AWS::IAM::RolePolicy" => {
                let (role, name) = (property("RoleName"), property("PolicyName"));
                made.name = format!("{name}|{role}");
                self.roles.get_mut(&role).unwrap().insert(name, made.properties["PolicyDocument"].clone());
            }
            "AWS::Lambda::Alias" => {
                made.name = alias_arn(&made.properties);
                let version = property("FunctionVersion");
                if self.aliases.insert(made.name.clone(), version).is_some()
                    && old.is_none_or(|old| old.name != made.name)
                {
                    return Err(format!("{} exists already", made.name));
                }
            }
            "Custom::SpillwayDeploymentGroup" => {
                made.name = made.id.clone();
                self.groups.insert(made.id.clone(), property("ServiceRoleArn"));
            }
            "Custom::SpillwayAlias" => {
                made.name = alias_arn(&made.properties);
                let is_there = self.aliases.contains_key(&made.name);
                let own = old.is_some_and(|old| old.name == made.name);
                if is_there && !own && made.properties["Adopt"] != true {
                    return Err(format!("{} exists already", made.name));
                }
                let role = self.groups[&property("DeploymentGroupName")].clone();
                let change = if is_there { "lambda:UpdateAlias" } else { "lambda:CreateAlias" };
                let function = made.name.rsplit_once(':').unwrap().0;
                self.may(&role, "lambda:GetAlias", function);
                self.may(&role, change, function);
                for hook in ["BeforeAllowTrafficHook", "AfterAllowTrafficHook"] {
                    let hook = property(hook);
                    if !hook.is_empty() {
                        self.may(&role, "lambda:InvokeFunction", &function_arn(&hook));
                    }
                }
                match self.aliases.get(&made.name).filter(|_| !own) {
                    Some(found) => made.attributes.insert("AdoptedAt".to_owned(), found.as_str().into()),
                    None => made.attributes.remove("AdoptedAt"),
                };
                let version = property("FunctionVersion");
                made.attributes.insert("FunctionVersion".to_owned(), version.as_str().into());
                made.attributes.insert("DeploymentId".to_owned(), format!("d-{version}").into());
                self.aliases.insert(made.name.clone(), version);
            }
            "Test::Fails" => return Err("It fails.".to_owned()),
            _ => made.name = made.id.clone(),
        }
        Ok(())
    }

    fn delete(&mut self, made: &Made) {
        match made.kind.as_str() {
            "AWS::Lambda::Function" => {
                let arn = made.attributes["Arn"].as_str().unwrap();
                self.functions.remove(arn);
                self.aliases.retain(|alias, _| alias.rsplit_once(':').unwrap().0 != arn);
            }
            "AWS::IAM::Role" => drop(self.roles.remove(&made.name)),
            "AWS::IAM::RolePolicy" => {
                let (name, role) = made.name.split_once('|').unwrap();
                self.roles.get_mut(role).unwrap().remove(name);
            }
            "AWS::Lambda::Alias" => drop(self.aliases.remove(&made.name)),
            "Custom::SpillwayDeploymentGroup" => drop(self.groups.remove(&made.id)),
            "Custom::SpillwayAlias" => {
                let role = self.groups[made.properties["DeploymentGroupName"].as_str().unwrap()].clone();
                let function = made.name.rsplit_once(':').unwrap().0;
                if let Some(version) = made.attributes.get("AdoptedAt").and_then(Value::as_str) {
                    self.may(&role, "lambda:UpdateAlias", function);
                    self.aliases.insert(made.name.clone(), version.to_owned());
                } else {
                    self.may(&role, "lambda:DeleteAlias", function);
                    self.aliases.remove(&made.name);
                }
            }
            _ => {}
        }
    }

    /// As CloudFormation shortens what it puts together.
    fn generated(&mut self, stack: &str, id: &str) -> String {
        self.made += 1;
        let begin = format!("{stack}-{id}");
        let cut = if begin.len() > 51 { format!("{}{}", &begin[..25], &begin[begin.len() - 25..]) } else { begin };
        format!("{cut}-{:012}", self.made)
    }

    /// Whether a role may do something with a function; it is noted if it may not.
    pub fn may(&mut self, role: &str, action: &str, function: &str) -> bool {
        let statements = self.roles.get(role).into_iter().flat_map(BTreeMap::values);
        let mut statements = statements.flat_map(|document| document["Statement"].as_array().unwrap());
        let takes_in = |pattern: &Value| match pattern.as_str().unwrap().strip_suffix('*') {
            Some(begin) => function.starts_with(begin),
            None => pattern == function,
        };
        let owner = self.functions.get(function);
        let allowed = statements.any(|statement| {
            let resources =
                statement["Resource"].as_array().cloned().unwrap_or_else(|| vec![statement["Resource"].clone()]);
            let tag = statement["Condition"]["StringEquals"]["aws:ResourceTag/aws:cloudformation:stack-id"].as_str();
            statement["Action"].as_array().unwrap().iter().any(|one| one == action)
                && resources.iter().any(takes_in)
                && tag.is_none_or(|stack| owner.is_some_and(|own| own == stack))
        });
        if !allowed {
            self.denied.push(format!("{action} on {function}"));
        }
        allowed
    }
}

fn function_arn(function: &str) -> String {
    if function.starts_with("arn:") { function.to_owned() } else { format!("arn:{PLACE}:function:{function}") }
}

fn alias_arn(properties: &Value) -> String {
    format!("{}:{}", function_arn(properties["FunctionName"].as_str().unwrap()), properties["Name"].as_str().unwrap())
}
