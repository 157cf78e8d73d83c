//! The use case: a template in, the template as Spillway carries it out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::alias::{Alias, aliases};
use crate::chain::Chain;
use crate::config::check;
use crate::fault::Faults;
use crate::fragment::Members;
use crate::hook::{hooks, point_hooks};
use crate::reference::{Renames, rename_in_section};
use crate::role::{Detail, Roles, roles, service_role_arn};
use crate::settings::{Adoption, Settings};
use crate::takeover::{GROUP, TakenOver, taken_over, unclear};

/// The Spillway that a template is deployed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The ARN of the function behind the custom resources.
    pub service_token: String,
    /// Where hooks give their verdicts by CodeDeploy's API, if they may.
    pub answer_hook_url: Option<String>,
    /// A pattern of the roles of Spillway's functions, which service roles have to trust.
    pub function_roles: String,
    /// A pattern of the service roles that Spillway's functions may assume, with their paths.
    pub service_role_names: String,
}

/// CloudFormation never changes the type of a logical id, so that whatever is replaced gets a new one.
const SUFFIX: &str = "Spillway";
const LONGEST_ID: usize = 255;
/// CloudFormation takes no more.
const MOST_RESOURCES: usize = 500;

/// The template with custom resources of Spillway's for everything of Lambda's, and of servers if it says so, that
/// CodeDeploy would carry out, and nothing else changed. What refers to it refers to what took its place. A template that is rewritten already stays as it is.
pub fn rewrite(mut fragment: Value, home: &Home) -> Result<Value, Faults> {
    let mut faults = Faults::default();
    let settings = Settings::of(&fragment, &mut faults);
    let Some(resources) = fragment["Resources"].as_object() else {
        faults.template("'Resources' section is required");
        faults.none()?;
        return Ok(fragment);
    };
    let aliases = aliases(resources, &mut faults);
    let taken_over = taken_over(resources, &aliases, settings.servers);
    check(resources, &taken_over, &mut faults);
    unclear(resources, &aliases, &mut faults);
    let old = Old { resources, aliases: &aliases, taken_over: &taken_over, settings: &settings, home };
    let chain = Chain::of(resources, &aliases, &settings);
    let mut found = Faults::default();
    let mut new = old.replaced(&chain, Detail::ByArn, &mut found);
    if old.count(&new) > MOST_RESOURCES {
        found = Faults::default();
        new = old.replaced(&chain, Detail::ByTag, &mut found);
    }
    faults.extend(found);
    for (id, of) in &new.origins {
        if id.len() > LONGEST_ID {
            faults.resource(of, format!("Its new id [{id}] is longer than {LONGEST_ID} characters."));
        } else if resources.contains_key(id) || fragment["Parameters"].get(id).is_some() {
            faults.resource(of, format!("Its new id [{id}] is that of something else, which needs another one."));
        }
    }
    let (count, before) = (old.count(&new), resources.len());
    if count > MOST_RESOURCES && count > before {
        let advice = old.advice(count, &chain);
        faults.template(format!(
            "It would have {count} resources, {} more than now, {} of them to wait for deployments, and CloudFormation \
             takes {MOST_RESOURCES}: {advice}move some of them to a nested stack.",
            count - before,
            chain.len()
        ));
    }
    faults.none()?;

    let mut all: Members = resources.iter().filter(|(id, _)| !new.renames.contains_key(*id)).map(owned).collect();
    if let Some(url) = &home.answer_hook_url {
        point_hooks(&mut all, &hooks(&aliases), url);
    }
    all.extend(new.roles.changed);
    all.extend(new.kept);
    all.extend(new.resources);
    let mut section = Value::Object(all);
    rename_in_section(&mut section, &new.renames);
    if let Value::Object(resources) = &mut section {
        chain.hold(resources, new_id);
    }
    fragment["Resources"] = section;
    for section in ["Outputs", "Rules"] {
        if let Some(section) = fragment.get_mut(section) {
            rename_in_section(section, &new.renames);
        }
    }
    for policy in new.roles.policies {
        if let Some(condition) = policy.condition {
            fragment["Conditions"][policy.id] = condition;
        }
    }
    Ok(fragment)
}

/// What a resource is called that takes the place of another.
fn new_id(old: &str) -> String {
    format!("{old}{SUFFIX}")
}

/// A template as it was.
struct Old<'a> {
    resources: &'a Members,
    aliases: &'a [Alias<'a>],
    taken_over: &'a TakenOver<'a>,
    settings: &'a Settings,
    home: &'a Home,
}

impl Old<'_> {
    /// What takes the place of what is taken over.
    fn replaced(&self, chain: &Chain<'_>, detail: Detail, faults: &mut Faults) -> New {
        let mut new = New {
            roles: roles(self.resources, self.aliases, self.taken_over, self.home, detail, faults),
            ..New::default()
        };
        for alias in self.aliases {
            let policies = new.roles.policies.iter().filter(|policy| policy.aliases.iter().any(|id| id == alias.id));
            let policies = policies.map(|policy| policy.id.clone()).collect();
            let replaced = alias.replaced(&self.home.service_token, chain.follows(alias), self.settings, policies);
            if self.settings.adopts == Adoption::OfThisStack {
                new.kept.insert(alias.id.to_owned(), alias.kept(&new_id(alias.id)));
            }
            new.replace(alias.id, replaced);
        }
        for policy in new.roles.policies.clone() {
            new.add(policy.id, &policy.origin, policy.resource);
        }
        if let Some(origin) = chain.origin() {
            for (id, wait) in chain.ids().into_iter().zip(chain.resources(new_id, &self.home.service_token)) {
                new.add(id, origin, wait);
            }
        }
        for (id, taken) in self.taken_over {
            match self.codedeploy(id, taken.kind) {
                Some(resource) => new.replace(id, resource),
                None => faults.resource(id, "Attribute 'Properties' should be a map."),
            }
        }
        new
    }

    /// Its properties stay, and what it is referred to by.
    fn codedeploy(&self, id: &str, kind: &str) -> Option<Value> {
        let mut resource = self.resources[id].clone();
        let is_group = resource["Type"] == GROUP;
        resource["Type"] = kind.into();
        if resource["Properties"].is_null() {
            resource["Properties"] = Value::Object(Map::new());
        }
        let properties = resource["Properties"].as_object_mut()?;
        properties.insert("ServiceToken".to_owned(), self.home.service_token.as_str().into());
        if let Some(arn) = properties.get_mut("ServiceRoleArn").filter(|_| is_group) {
            *arn = service_role_arn(self.resources, arn);
        }
        Some(resource)
    }

    /// How many resources the template has with what is new.
    fn count(&self, new: &New) -> usize {
        self.resources.len() - new.renames.len() + new.kept.len() + new.resources.len()
    }

    /// What brings a template with so many resources below the limit.
    fn advice(&self, count: usize, chain: &Chain<'_>) -> String {
        let fits_with = |links: usize| count - chain.len() + links <= MOST_RESOURCES;
        let shortest = Settings { longest_shift_minutes: 1, ..self.settings.clone() };
        let mut advice = String::new();
        if fits_with(Chain::of(self.resources, self.aliases, &shortest).len()) {
            advice += "say by 'LongestDeploymentMinutes' in 'Metadata.Spillway' how long shifts take at most, or ";
        }
        if chain.len() > 0 && fits_with(0) {
            advice += "say 'WaitForCompletion: false' in 'Metadata.Spillway', with which the stack does not wait, or ";
        }
        advice
    }
}

/// What takes the place of something.
#[derive(Default)]
struct New {
    roles: Roles,
    /// The aliases that stay beside what takes their place.
    kept: BTreeMap<String, Value>,
    /// By their ids.
    resources: BTreeMap<String, Value>,
    /// The old id for each new one.
    origins: BTreeMap<String, String>,
    renames: Renames,
}

impl New {
    fn replace(&mut self, old: &str, resource: Value) {
        self.renames.insert(old.to_owned(), new_id(old));
        self.add(new_id(old), old, resource);
    }

    fn add(&mut self, id: String, origin: &str, resource: Value) {
        self.origins.insert(id.clone(), origin.to_owned());
        self.resources.insert(id, resource);
    }
}

fn owned((id, resource): (&String, &Value)) -> (String, Value) {
    (id.clone(), resource.clone())
}

#[cfg(test)]
mod tests;
