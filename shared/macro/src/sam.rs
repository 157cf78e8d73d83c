//! SAM's own form, before it is expanded.

use serde_json::Value;

use crate::fragment::Members;

/// Whether a template has a function of SAM's with a `DeploymentPreference`, which SAM has to expand before this crate
/// can see the alias and the group that it stands for. One that is switched off stands for an alias, too: it stays
/// Spillway's, so that it can be switched on again.
pub fn needs_sam(fragment: &Value) -> bool {
    let global = &fragment["Globals"]["Function"]["DeploymentPreference"];
    let resources = fragment["Resources"].as_object();
    resources.into_iter().flat_map(Members::values).any(|resource| {
        let own = &resource["Properties"]["DeploymentPreference"];
        resource["Type"] == "AWS::Serverless::Function" && !(own.is_null() && global.is_null())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_preference_needs_sam() {
        let function = |own: Value| json!({"Type": "AWS::Serverless::Function", "Properties": own});
        let template =
            |global: Value, resource: Value| json!({"Globals": {"Function": global}, "Resources": {"F": resource}});
        let preference = |preference: Value| json!({"DeploymentPreference": preference});
        let all_at_once = preference(json!({"Type": "AllAtOnce"}));
        let off = preference(json!({"Enabled": false}));
        for (global, resource, expected) in [
            (json!({}), function(json!({})), false),
            (json!({}), function(all_at_once.clone()), true),
            (json!({}), function(off.clone()), true),
            (all_at_once.clone(), function(json!({})), true),
            (off, function(json!({})), true),
            (all_at_once.clone(), json!({"Type": "AWS::Lambda::Function"}), false),
            (all_at_once.clone(), json!({"Type": "AWS::Serverless::StateMachine", "Properties": all_at_once}), false),
            (all_at_once, json!([]), false),
        ] {
            let template = template(global, resource);
            assert_eq!(needs_sam(&template), expected, "{template}");
        }
        assert!(!needs_sam(&json!("text")));
    }
}
