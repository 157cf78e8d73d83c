//! Who may do what, in Cedar's language: [`Policies`] are read against the schema of this folder, and decide.

mod entities;

use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet, Request, Schema, ValidationMode, Validator};
use spillway_domain::access::caller::Caller;
use spillway_domain::access::permission::{Authorization, Denial, Permission, Question};

/// The schema that policies are validated against.
pub const SCHEMA: &str = include_str!("../spillway.cedarschema");

static READ: LazyLock<Schema> =
    LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).expect("the schema of this crate is valid").0);

/// A set of policies that fits the schema.
#[derive(Debug)]
pub struct Policies(PolicySet);

impl FromStr for Policies {
    type Err = String;

    /// Reads policies, or says everything that is wrong with them.
    fn from_str(text: &str) -> Result<Self, String> {
        let policies = PolicySet::from_str(text).map_err(|errors| listed(errors.iter().map(ToString::to_string)))?;
        let checked = Validator::new(READ.clone()).validate(&policies, ValidationMode::Strict);
        if checked.validation_passed() {
            return Ok(Self(policies));
        }
        Err(listed(checked.validation_errors().map(ToString::to_string)))
    }
}

impl Policies {
    /// Whether the caller may do all that is asked for; else the first that it may not do.
    pub fn decide(&self, question: &Question) -> Result<Authorization, String> {
        for permission in &question.permissions {
            if let Some(is_forbidden) = self.refusal(&question.caller, permission)? {
                return Ok(Authorization::Denied(Denial { permission: permission.clone(), is_forbidden }));
            }
        }
        Ok(Authorization::Allowed)
    }

    /// `None` where the caller may do it; else whether a policy forbids it. A policy that cannot be evaluated would be
    /// passed over by Cedar, even one that forbids, so it is an error here.
    fn refusal(&self, caller: &Caller, permission: &Permission) -> Result<Option<bool>, String> {
        let (principal, of_caller) = entities::of_caller(caller)?;
        let action = entities::action(&permission.action);
        let (resource, of_resource) = entities::of_resource(&permission.resource)?;
        let request = Request::new(principal, action, resource, Context::empty(), Some(&READ));
        let request = request.map_err(|error| error.to_string())?;
        // A role that is passed may be the caller's own, which is then one entity.
        let mut all = of_caller;
        all.extend(of_resource.into_iter().filter(|(uid, _)| !all.contains_key(uid)).collect::<Vec<_>>());
        let entities = Entities::from_entities(all.into_values(), Some(&READ)).map_err(|error| error.to_string())?;
        let response = Authorizer::new().is_authorized(&request, &self.0, &entities);
        let errors = listed(response.diagnostics().errors().map(ToString::to_string));
        match response.decision() {
            _ if !errors.is_empty() => Err(errors),
            Decision::Allow => Ok(None),
            Decision::Deny => Ok(Some(response.diagnostics().reason().next().is_some())),
        }
    }
}

/// How much is said of what is wrong.
const LONGEST_WORDS: usize = 2_000;

fn listed(errors: impl Iterator<Item = String>) -> String {
    let all = errors.map(|error| error.trim_end_matches('.').to_owned()).collect::<Vec<_>>().join("; ");
    all.chars().take(LONGEST_WORDS).collect()
}

#[cfg(test)]
mod tests;
