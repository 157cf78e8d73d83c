//! How long the shift of a deployment group may take, as far as its template tells.

use serde_json::Value;
use spillway_domain::catalog::config::{ComputePlatform, Strategy, default_config, find_built_in};
use spillway_domain::catalog::routing::Routing;
use spillway_domain::names::ConfigName;

use crate::fragment::{Members, intrinsic, kind, possible, reference};

/// The routing of a group, for every way that the conditions may turn out; `None` where one of them is not known.
pub(crate) fn routings(resources: &Members, group_name: &Value) -> Option<Vec<Routing>> {
    let groups = possible(group_name).into_iter().map(|name| {
        let id = reference(name).filter(|id| kind(resources, id) == "AWS::CodeDeploy::DeploymentGroup")?;
        match resources[id]["Properties"].get("DeploymentConfigName") {
            None => Some(vec![named(default_config(ComputePlatform::Lambda).as_str())?]),
            Some(names) => possible(names).into_iter().map(|name| routing(resources, name)).collect(),
        }
    });
    Some(groups.collect::<Option<Vec<_>>>()?.concat())
}

fn routing(resources: &Members, name: &Value) -> Option<Routing> {
    match reference(name) {
        Some(id) if kind(resources, id) == "AWS::CodeDeploy::DeploymentConfig" => made(&resources[id]["Properties"]),
        Some(_) => None,
        None => named(&text(name)?),
    }
}

/// The routing of a configuration that needs no making.
fn named(name: &str) -> Option<Routing> {
    if name == "AllAtOnce" {
        return Some(Routing::all_at_once());
    }
    let name: ConfigName = name.parse().ok()?;
    find_built_in(&name)?.1.routing()
}

/// The routing of a configuration that is a resource of the template.
fn made(properties: &Value) -> Option<Routing> {
    let routing = &properties["TrafficRoutingConfig"];
    let numbers = |block: &str, percentage: &str, minutes: &str| {
        Some((number(&routing[block][percentage])?, number(&routing[block][minutes])?))
    };
    let strategy = match routing["Type"].as_str()? {
        "AllAtOnce" => Strategy::AllAtOnce,
        "TimeBasedCanary" => {
            let (percentage, minutes) = numbers("TimeBasedCanary", "CanaryPercentage", "CanaryInterval")?;
            Strategy::TimeBasedCanary { percentage, minutes }
        }
        "TimeBasedLinear" => {
            let (percentage, minutes) = numbers("TimeBasedLinear", "LinearPercentage", "LinearInterval")?;
            Strategy::TimeBasedLinear { percentage, minutes }
        }
        _ => return None,
    };
    strategy.routing()
}

/// A number as it stands in a template, which may be a text; none that CodeDeploy would refuse.
fn number(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(number).ok().filter(|number| (1..=2880).contains(number))
}

/// A text, literal or put together of literals.
pub(crate) fn text(value: &Value) -> Option<String> {
    match intrinsic(value) {
        None => value.as_str().map(str::to_owned),
        Some(("Fn::Sub", Value::String(text))) if !text.contains("${") => Some(text.clone()),
        Some(("Fn::Sub", Value::Array(parts))) => {
            let [Value::String(text), Value::Object(own)] = parts.as_slice() else { return None };
            let filled = own.iter().try_fold(text.clone(), |text, (name, value)| {
                Some(text.replace(&format!("${{{name}}}"), value.as_str()?))
            });
            filled.filter(|text| !text.contains("${"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(config: Value) -> Option<Vec<String>> {
        let group = json!({"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {"DeploymentConfigName": config}});
        let made = |routing: Value| {
            let properties = json!({"TrafficRoutingConfig": routing});
            json!({"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": properties})
        };
        let resources = json!({
            "Group": group,
            "Bare": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {}},
            "Canary": made(json!({"Type": "TimeBasedCanary",
                                  "TimeBasedCanary": {"CanaryPercentage": 7, "CanaryInterval": "45"}})),
            "Linear": made(json!({"Type": "TimeBasedLinear",
                                  "TimeBasedLinear": {"LinearPercentage": 40, "LinearInterval": 60}})),
            "Once": made(json!({"Type": "AllAtOnce"})),
            "Odd": made(json!({"Type": "TimeBasedCanary",
                               "TimeBasedCanary": {"CanaryPercentage": {"Ref": "P"}, "CanaryInterval": 45}})),
            "Endless": made(json!({"Type": "TimeBasedLinear",
                                   "TimeBasedLinear": {"LinearPercentage": 0, "LinearInterval": 60}})),
        });
        let found = routings(resources.as_object().unwrap(), &json!({"Ref": "Group"}))?;
        Some(found.iter().map(Routing::to_string).collect())
    }

    #[test]
    fn what_the_template_tells_is_known() {
        let sub = |text: &str, name: &str| json!({"Fn::Sub": [text, {"ConfigName": name}]});
        let sam = sub("CodeDeployDefault.Lambda${ConfigName}", "Canary10Percent30Minutes");
        for (config, expected) in [
            (json!("CodeDeployDefault.LambdaCanary10Percent15Minutes"), vec!["Steps.10@15m"]),
            (json!("CodeDeployDefault.LambdaAllAtOnce"), vec!["AllAtOnce"]),
            (json!("AllAtOnce"), vec!["AllAtOnce"]),
            (json!("Steps.1@30s,50@2h"), vec!["Steps.1@30s,50@2h"]),
            (sam.clone(), vec!["Steps.10@30m"]),
            (json!({"Fn::Sub": "Steps.5@1m"}), vec!["Steps.5@1m"]),
            (json!({"Ref": "Canary"}), vec!["Steps.7@45m"]),
            (json!({"Ref": "Linear"}), vec!["Steps.40@1h,80@1h"]),
            (json!({"Ref": "Once"}), vec!["AllAtOnce"]),
            (
                json!({"Fn::If": ["A", {"Fn::If": ["B", "AllAtOnce", sam]}, {"Ref": "Canary"}]}),
                vec!["AllAtOnce", "Steps.10@30m", "Steps.7@45m"],
            ),
        ] {
            assert_eq!(told(config.clone()), Some(expected.into_iter().map(str::to_owned).collect()), "{config}");
        }
    }

    #[test]
    fn what_it_does_not_tell_is_not() {
        for config in [
            json!("ours"),
            json!("Steps.5"),
            json!("CodeDeployDefault.OneAtATime"),
            json!({"Ref": "Speed"}),
            json!({"Ref": "Odd"}),
            json!({"Ref": "Endless"}),
            json!({"Fn::ImportValue": "speed"}),
            json!({"Fn::Sub": "${Speed}"}),
            json!({"Fn::Sub": ["${Speed}", {"Speed": {"Ref": "P"}}]}),
            json!({"Fn::If": ["A", "AllAtOnce", {"Ref": "Speed"}]}),
        ] {
            assert_eq!(told(config.clone()), None, "{config}");
        }
    }

    #[test]
    fn a_group_is_found_by_its_reference() {
        let resources = json!({"Bare": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {}}});
        let found = |name: Value| routings(resources.as_object().unwrap(), &name);
        let once = Routing::all_at_once();
        assert_eq!(found(json!({"Ref": "Bare"})), Some(vec![once.clone()]));
        assert_eq!(found(json!({"Fn::If": ["A", {"Ref": "Bare"}, {"Ref": "Bare"}]})), Some(vec![once.clone(), once]));
        for elsewhere in [json!("orders"), json!({"Ref": "Other"}), json!({"Fn::If": ["A", {"Ref": "Bare"}, "x"]})] {
            assert_eq!(found(elsewhere), None);
        }
    }
}
