//! The use case: a template in, the template as Spillway carries it out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::alias::{Alias, aliases};
use crate::chain::{ids, links, resources as chain};
use crate::fault::Faults;
use crate::fragment::Members;
use crate::hook::{hooks, point_hooks};
use crate::lambda::of_lambda;
use crate::reference::{Renames, rename_in_section};
use crate::role::roles;
use crate::settings::Settings;

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

/// The template with custom resources of Spillway's for everything of Lambda's that CodeDeploy would carry out, and
/// nothing else changed. What refers to it refers to what took its place. A template that is rewritten already stays as it is.
pub fn rewrite(mut fragment: Value, home: &Home) -> Result<Value, Faults> {
    let mut faults = Faults::default();
    let settings = Settings::of(&fragment, &mut faults);
    let Some(resources) = fragment["Resources"].as_object() else {
        faults.template("'Resources' section is required");
        faults.none()?;
        return Ok(fragment);
    };
    let mut new = New::default();
    let aliases = aliases(resources, &mut faults);
    for alias in &aliases {
        new.alias(alias, links(resources, alias, &settings), &settings, home);
    }
    let of_lambda = of_lambda(resources, &aliases);
    for (id, kind) in &of_lambda {
        new.codedeploy(id, kind, &resources[*id], home, &mut faults);
    }
    let roles = roles(resources, &aliases, &of_lambda, home, &mut faults);
    for (id, of) in &new.origins {
        if id.len() > LONGEST_ID {
            faults.resource(of, format!("Its new id [{id}] is longer than {LONGEST_ID} characters."));
        } else if resources.contains_key(id) || fragment["Parameters"].get(id).is_some() {
            faults.resource(of, format!("Its new id [{id}] is that of something else, which needs another one."));
        }
    }
    let (count, before) = (resources.len() - new.renames.len() + new.resources.len(), resources.len());
    if count > MOST_RESOURCES && count > before {
        faults.template(format!(
            "It would have {count} resources, {} of them to wait for deployments, and CloudFormation takes \
             {MOST_RESOURCES}: say by 'LongestDeploymentMinutes' in 'Metadata.Spillway' how long shifts take at most, \
             or say 'WaitForCompletion: false' there, with which the stack does not wait.",
            count - before
        ));
    }
    faults.none()?;

    let mut all: Members = resources.iter().filter(|(id, _)| !new.renames.contains_key(*id)).map(owned).collect();
    if let Some(url) = &home.answer_hook_url {
        point_hooks(&mut all, &hooks(&aliases), url);
    }
    all.extend(roles);
    all.extend(new.resources);
    fragment["Resources"] = Value::Object(all);
    for section in ["Resources", "Outputs", "Rules"] {
        if let Some(section) = fragment.get_mut(section) {
            rename_in_section(section, &new.renames);
        }
    }
    Ok(fragment)
}

/// What takes the place of something.
#[derive(Default)]
struct New {
    /// By their ids.
    resources: BTreeMap<String, Value>,
    /// The old id for each new one.
    origins: BTreeMap<String, String>,
    renames: Renames,
}

impl New {
    fn alias(&mut self, alias: &Alias<'_>, links: u64, settings: &Settings, home: &Home) {
        let id = format!("{}{SUFFIX}", alias.id);
        let ids = ids(&id, links);
        let waits = chain(&id, &ids, alias.condition(), &home.service_token);
        for (wait, resource) in ids.into_iter().zip(waits) {
            self.add(wait, alias.id, resource);
        }
        self.replace(alias.id, id, alias.replaced(&home.service_token, links > 0, settings));
    }

    /// Its properties stay, and what it is referred to by.
    fn codedeploy(&mut self, id: &str, kind: &str, resource: &Value, home: &Home, faults: &mut Faults) {
        let mut resource = resource.clone();
        resource["Type"] = kind.into();
        let properties = &mut resource["Properties"];
        if properties.is_null() {
            *properties = Value::Object(Members::new());
        }
        match properties.as_object_mut() {
            Some(properties) => drop(properties.insert("ServiceToken".to_owned(), home.service_token.as_str().into())),
            None => faults.resource(id, "Attribute 'Properties' should be a map."),
        }
        self.replace(id, format!("{id}{SUFFIX}"), resource);
    }

    fn replace(&mut self, old: &str, new: String, resource: Value) {
        self.renames.insert(old.to_owned(), new.clone());
        self.add(new, old, resource);
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
