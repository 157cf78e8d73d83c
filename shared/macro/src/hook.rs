//! The hooks that a template defines: where they reach CodeDeploy's API.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::alias::Alias;
use crate::fragment::{Members, intrinsic, kind};
use crate::reference::named;

/// By this, every SDK finds CodeDeploy.
const VARIABLE: &str = "AWS_ENDPOINT_URL_CODEDEPLOY";

/// Has the hook functions of these aliases give their verdicts at `url`. Whatever a template says itself of the variable
/// counts, and an environment that an intrinsic function makes is left as it is.
pub(crate) fn point_hooks(resources: &mut Members, hooks: &BTreeSet<String>, url: &str) {
    for hook in hooks {
        if kind(resources, hook) != "AWS::Lambda::Function" {
            continue;
        }
        let properties = resources.get_mut(hook).map(|resource| &mut resource["Properties"]);
        let variables = properties.and_then(|properties| members(properties, "Environment"));
        let Some(variables) = variables.and_then(|environment| members(environment, "Variables")) else { continue };
        if let Some(variables) = variables.as_object_mut() {
            variables.entry(VARIABLE).or_insert_with(|| url.into());
        }
    }
}

/// The logical ids that the hooks of aliases name.
pub(crate) fn hooks(aliases: &[Alias<'_>]) -> BTreeSet<String> {
    aliases.iter().flat_map(Alias::hooks).flat_map(named).map(str::to_owned).collect()
}

/// A member that is an object, made where there is none; nothing where it, or what has it, is something else.
fn members<'a>(of: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let member = of.as_object_mut()?.entry(name).or_insert_with(|| Value::Object(Members::new()));
    let is_plain = member.is_object() && !intrinsic(member).is_some_and(|(name, _)| is_function(name));
    is_plain.then_some(member)
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::alias::aliases;
    use crate::fault::Faults;

    fn pointed(hook: Value, function: Value) -> Value {
        let policy =
            json!({ "ApplicationName": "shop", "DeploymentGroupName": "live", "BeforeAllowTrafficHook": hook });
        let alias = json!({ "Type": "AWS::Lambda::Alias", "Properties": {},
            "UpdatePolicy": { "CodeDeployLambdaAliasUpdate": policy } });
        let mut resources = json!({ "Live": alias, "Pre": function, "Other": { "Type": "AWS::Lambda::Function",
            "Properties": {} } });
        let resources = resources.as_object_mut().unwrap();
        let copy = resources.clone();
        let found = hooks(&aliases(&copy, &mut Faults::default()));
        point_hooks(resources, &found, "https://answer");
        let once = resources.clone();
        point_hooks(resources, &found, "https://elsewhere");
        assert_eq!(*resources, once, "twice is once");
        assert_eq!(resources["Other"]["Properties"], json!({}), "no hook");
        resources["Pre"]["Properties"]["Environment"].clone()
    }

    #[test]
    fn a_hook_of_the_template_learns_where_to_answer_unless_the_template_says_so_itself() {
        let function = |properties: Value| json!({ "Type": "AWS::Lambda::Function", "Properties": properties });
        let told = json!({ "Variables": { VARIABLE: "https://answer" } });
        for hook in [json!({ "Ref": "Pre" }), json!({ "Fn::If": ["C", { "Ref": "Pre" }, { "Ref": "AWS::NoValue" }] })] {
            assert_eq!(pointed(hook, function(json!({}))), told);
        }
        let pre = || json!({ "Ref": "Pre" });
        let more = json!({ "Environment": { "Variables": { "TABLE": { "Ref": "Table" } } } });
        let both = json!({ "Variables": { "TABLE": { "Ref": "Table" }, VARIABLE: "https://answer" } });
        assert_eq!(pointed(pre(), function(more)), both);
        for own in [
            json!({ "Variables": { VARIABLE: "http://own" } }),
            json!({ "Variables": { "Fn::If": ["C", {}, {}] } }),
            json!({ "Fn::If": ["C", {}, {}] }),
        ] {
            assert_eq!(pointed(pre(), function(json!({ "Environment": own.clone() }))), own);
        }
        assert_eq!(pointed(json!("a-hook-from-elsewhere"), function(json!({}))), Value::Null);
        assert_eq!(pointed(pre(), json!({ "Type": "Custom::Thing", "Properties": {} })), Value::Null);
    }
}
