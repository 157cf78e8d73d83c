//! An alias whose update CodeDeploy would carry out, and what takes its place.

use serde_json::{Value, json};

use crate::fault::Faults;
use crate::fragment::{Members, depend, intrinsic, is_no_value};
use crate::settings::{Adoption, Settings};

/// An `AWS::Lambda::Alias` with `UpdatePolicy.CodeDeployLambdaAliasUpdate`.
#[derive(Debug)]
pub(crate) struct Alias<'a> {
    pub(crate) id: &'a str,
    resource: &'a Members,
    properties: &'a Members,
    /// The members of the policy, which become properties.
    policy: &'a Members,
}

const POLICY: &str = "CodeDeployLambdaAliasUpdate";
const REQUIRED: [&str; 2] = ["ApplicationName", "DeploymentGroupName"];
const HOOKS: [&str; 2] = ["BeforeAllowTrafficHook", "AfterAllowTrafficHook"];

/// The aliases that CodeDeploy would carry out. One without an `UpdatePolicy` is not among them.
pub(crate) fn aliases<'a>(resources: &'a Members, faults: &mut Faults) -> Vec<Alias<'a>> {
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Lambda::Alias");
    let read = |(id, resource): (&'a String, &'a Value)| {
        let policy = resource.get("UpdatePolicy")?;
        read(id, resource.as_object()?, policy).map_err(|what| faults.resource(id, what)).ok()
    };
    of_kind.filter_map(read).collect()
}

fn read<'a>(id: &'a str, resource: &'a Members, policy: &'a Value) -> Result<Alias<'a>, String> {
    if [Some(policy), policy.get(POLICY)].into_iter().flatten().any(is_choice) {
        return Err(format!(
            "'UpdatePolicy' has an 'Fn::If', and Spillway has to know, when it reads the template, whether the alias \
             is deployed. Write '{POLICY}' without one, and choose the deployment configuration of its group by the \
             condition instead, such as CodeDeployDefault.LambdaAllAtOnce where no traffic shifts."
        ));
    }
    let no_policy = || format!("Attribute 'UpdatePolicy' should be a map with '{POLICY}', and no intrinsic function.");
    let policy =
        policy.get(POLICY).and_then(Value::as_object).filter(|_| policy.as_object().is_some_and(|p| p.len() == 1));
    let policy = policy.ok_or_else(no_policy)?;
    if let Some(missing) = REQUIRED.into_iter().find(|name| policy.get(*name).is_none_or(is_no_value)) {
        return Err(format!("'{POLICY}' is missing required Property '{missing}'."));
    }
    if let Some(other) = policy.keys().find(|name| ![REQUIRED, HOOKS].concat().contains(&name.as_str())) {
        return Err(format!("'{POLICY}' has no Property '{other}'."));
    }
    let properties = resource.get("Properties").and_then(Value::as_object);
    let properties = properties.ok_or("Attribute 'Properties' should be a map.")?;
    if properties.contains_key("RoutingConfig") {
        return Err("Property 'RoutingConfig' has to go: during a deployment Spillway sets the weights.".to_owned());
    }
    Ok(Alias { id, resource, properties, policy })
}

fn is_choice(value: &Value) -> bool {
    intrinsic(value).is_some_and(|(name, _)| name == "Fn::If")
}

impl Alias<'_> {
    /// The name of the application.
    pub(crate) fn application(&self) -> &Value {
        &self.policy["ApplicationName"]
    }

    /// The name of the deployment group.
    pub(crate) fn group(&self) -> &Value {
        &self.policy["DeploymentGroupName"]
    }

    /// The function that the alias is of.
    pub(crate) fn function(&self) -> &Value {
        self.properties.get("FunctionName").unwrap_or(&Value::Null)
    }

    /// The hooks that there may be.
    pub(crate) fn hooks(&self) -> impl Iterator<Item = &Value> {
        HOOKS.iter().filter_map(|name| self.policy.get(*name)).filter(|hook| !is_no_value(hook))
    }

    /// The condition under which there is an alias.
    pub(crate) fn condition(&self) -> Option<&Value> {
        self.resource.get("Condition")
    }

    /// What takes its place: the same properties and those of the policy.
    pub(crate) fn replaced(
        &self,
        service_token: &str,
        more_waiting: bool,
        settings: &Settings,
        depends_on: Vec<String>,
    ) -> Value {
        let mut properties = self.properties.clone();
        properties.extend(self.policy.clone());
        properties.insert("ServiceToken".to_owned(), service_token.into());
        // What is as by default is not said.
        for (name, said, value) in [
            ("MoreWaiting", more_waiting, true),
            ("WaitForCompletion", !settings.waits, false),
            ("Adopt", settings.adopts != Adoption::No, true),
        ] {
            if said {
                properties.insert(name.to_owned(), value.into());
            }
        }
        let mut resource = self.resource.clone();
        resource.remove("UpdatePolicy");
        resource.extend([
            ("Type".to_owned(), json!("Custom::SpillwayAlias")),
            ("Properties".to_owned(), Value::Object(properties)),
        ]);
        depend(&mut resource, depends_on);
        Value::Object(resource)
    }

    /// The alias as the stack has had it until now, beside what takes its place under that new id. CloudFormation would
    /// delete it if it were gone from the template; as it stands here, it only follows the version that the alias is on
    /// already, and is let go of, without being deleted, by the next template that has it no more.
    pub(crate) fn kept(&self, new_id: &str) -> Value {
        let mut properties = self.properties.clone();
        properties.insert("FunctionVersion".to_owned(), json!({"Fn::GetAtt": [new_id, "FunctionVersion"]}));
        let mut resource = self.resource.clone();
        resource.remove("UpdatePolicy");
        resource.extend([
            ("Properties".to_owned(), Value::Object(properties)),
            ("DeletionPolicy".to_owned(), json!("Retain")),
            ("UpdateReplacePolicy".to_owned(), json!("Retain")),
        ]);
        Value::Object(resource)
    }
}
