//! Which of CodeDeploy's resources Spillway takes over: Lambda's, and those of servers where the template says so. Those
//! of ECS stay CodeDeploy's.

use std::collections::BTreeMap;

use serde_json::Value;
use spillway_domain::catalog::config::ComputePlatform;

use crate::alias::Alias;
use crate::fault::Faults;
use crate::fragment::{Conditions, Members, intrinsic, is_no_value, leaves, possible};
use crate::reference::{named, same, spelled};

/// The type of a deployment group.
pub(crate) const GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";
/// The type of a deployment configuration.
pub(crate) const CONFIG: &str = "AWS::CodeDeploy::DeploymentConfig";
const APPLICATION: &str = "AWS::CodeDeploy::Application";

/// What Spillway takes over, by its id.
pub(crate) type TakenOver<'a> = BTreeMap<&'a str, Taken>;

/// A resource that is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The type of what takes its place.
    pub kind: &'static str,
    /// The platform that it is for.
    pub platform: ComputePlatform,
}

/// What is Lambda's, and what is of servers if that is taken over.
pub(crate) fn taken_over<'a>(resources: &'a Members, aliases: &[Alias<'_>], servers: bool) -> TakenOver<'a> {
    let mut taken = of_lambda(resources, aliases);
    if servers {
        let of_servers = of_servers(resources, &taken);
        taken.extend(of_servers);
    }
    taken
}

/// What says that it is Lambda's, and what an alias leads to. A platform that an intrinsic function tells says nothing.
fn of_lambda<'a>(resources: &'a Members, aliases: &[Alias<'_>]) -> TakenOver<'a> {
    let [mut applications, mut configs, mut groups] = [APPLICATION, CONFIG, GROUP].map(|kind| of_kind(resources, kind));
    let of_alias = |group: &Resource<'_>| aliases.iter().any(|alias| leads(resources, alias, group.id));

    applications.retain(|application| {
        application.says("Lambda")
            || aliases.iter().any(|alias| application.is_meant_by(alias.application()))
            || groups.iter().any(|group| of_alias(group) && application.is_of(group))
    });
    groups.retain(|group| of_alias(group) || applications.iter().any(|application| application.is_of(group)));
    configs.retain(|config| config.says("Lambda") || groups.iter().any(|group| config.is_of(group)));
    as_taken(applications, configs, groups, ComputePlatform::Lambda)
}

/// What says that it is of servers or says nothing, which CloudFormation takes for the same, and the groups that select
/// hosts.
fn of_servers<'a>(resources: &'a Members, of_lambda: &TakenOver<'a>) -> TakenOver<'a> {
    let others = |kind| {
        let mut found = of_kind(resources, kind);
        found.retain(|one| !of_lambda.contains_key(one.id));
        found
    };
    let [mut applications, mut configs, mut groups] = [APPLICATION, CONFIG, GROUP].map(others);
    let is_of_servers = |one: &Resource<'_>| one.says("Server") || one.properties["ComputePlatform"].is_null();
    applications.retain(is_of_servers);
    groups.retain(|group| group.selects_hosts() || applications.iter().any(|application| application.is_of(group)));
    configs.retain(is_of_servers);
    as_taken(applications, configs, groups, ComputePlatform::Server)
}

fn as_taken<'a>(
    applications: Vec<Resource<'a>>,
    configs: Vec<Resource<'a>>,
    groups: Vec<Resource<'a>>,
    platform: ComputePlatform,
) -> TakenOver<'a> {
    let taken = [
        (applications, "Custom::SpillwayApplication"),
        (configs, "Custom::SpillwayDeploymentConfig"),
        (groups, "Custom::SpillwayDeploymentGroup"),
    ];
    let as_one =
        |(found, kind): (Vec<Resource<'a>>, _)| found.into_iter().map(move |one| (one.id, Taken { kind, platform }));
    taken.into_iter().flat_map(as_one).collect()
}

/// The conditions, one set for each way, under which a group is that of an alias: by reference, or by its name in the
/// same application.
pub(crate) fn ways<'a>(resources: &Members, alias: &'a Alias<'_>, group: &str) -> Vec<Conditions<'a>> {
    let Some(group) = of_kind(resources, GROUP).into_iter().find(|one| one.id == group) else { return Vec::new() };
    let of_application = is_in(resources, &group, alias.application());
    let means = |leaf: &Value| named(leaf).contains(group.id) || of_application && group.is_called(leaf);
    leaves(alias.group()).into_iter().filter(|(_, leaf)| means(leaf)).map(|(conditions, _)| conditions).collect()
}

/// Whether a group is that of an alias, under whatever conditions.
fn leads(resources: &Members, alias: &Alias<'_>, group: &str) -> bool {
    !ways(resources, alias, group).is_empty()
}

/// Whether a group is one of the application that a value names.
fn is_in(resources: &Members, group: &Resource<'_>, application: &Value) -> bool {
    let of_one = |one: &Resource<'_>| one.is_meant_by(application) && one.is_of(group);
    same(&group.properties["ApplicationName"], application) || of_kind(resources, APPLICATION).iter().any(of_one)
}

/// An alias may be deployed by a group that the template does not have. Where the template has groups of its
/// application, and its own is named in a way that can be compared with nothing, nobody can tell.
pub(crate) fn unclear(resources: &Members, aliases: &[Alias<'_>], faults: &mut Faults) {
    let groups = of_kind(resources, GROUP);
    for alias in aliases {
        let of_application: Vec<&Resource<'_>> =
            groups.iter().filter(|group| is_in(resources, group, alias.application())).collect();
        let is_unclear = |leaf: &Value| {
            let elsewhere = intrinsic(leaf).is_some_and(|(name, _)| name == "Fn::ImportValue");
            let known = of_application.iter().any(|group| named(leaf).contains(group.id) || group.is_called(leaf));
            spelled(leaf).is_none() && !elsewhere && !known
        };
        if !of_application.is_empty() && leaves(alias.group()).iter().any(|(_, leaf)| is_unclear(leaf)) {
            let ids = of_application.iter().map(|group| group.id).collect::<Vec<_>>().join(", ");
            faults.resource(
                alias.id,
                format!(
                    "Its 'DeploymentGroupName' does not tell which group it is, and the template has groups of the \
                     same application, whose roles need rights for it: name the group by '!Ref' ({ids})."
                ),
            );
        }
    }
}

fn of_kind<'a>(resources: &'a Members, kind: &'static str) -> Vec<Resource<'a>> {
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    of_kind.map(|(id, resource)| Resource { id, properties: &resource["Properties"], kind }).collect()
}

/// A resource of CodeDeploy's.
struct Resource<'a> {
    id: &'a str,
    properties: &'a Value,
    kind: &'static str,
}

impl Resource<'_> {
    fn says(&self, platform: &str) -> bool {
        self.properties["ComputePlatform"] == platform
    }

    fn selects_hosts(&self) -> bool {
        let selections =
            ["AutoScalingGroups", "Ec2TagFilters", "Ec2TagSet", "OnPremisesInstanceTagFilters", "OnPremisesTagSet"];
        selections.iter().any(|selection| !self.properties[*selection].is_null())
    }

    fn is_of(&self, group: &Resource<'_>) -> bool {
        self.is_meant_by(&group.properties[self.name()])
    }

    /// The property that has its name, here and where it is named.
    fn name(&self) -> &'static str {
        match self.kind {
            APPLICATION => "ApplicationName",
            CONFIG => "DeploymentConfigName",
            _ => "DeploymentGroupName",
        }
    }

    fn is_meant_by(&self, value: &Value) -> bool {
        named(value).contains(self.id) || self.is_called(value)
    }

    /// Whether a value is its name as the resource itself has it.
    fn is_called(&self, value: &Value) -> bool {
        let names = possible(&self.properties[self.name()]);
        let is_name = |value: &Value| names.iter().any(|name| same(name, value));
        possible(value).into_iter().any(|value| !value.is_null() && !is_no_value(value) && is_name(value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::alias::aliases;
    use crate::fault::Faults;

    fn application(properties: Value) -> Value {
        json!({"Type": APPLICATION, "Properties": properties})
    }

    fn group(application: Value, config: &str) -> Value {
        json!({"Type": GROUP, "Properties": {
            "ApplicationName": application, "DeploymentConfigName": {"Ref": config}, "DeploymentGroupName": "orders"}})
    }

    fn alias(application: Value, group: Value) -> Value {
        json!({"Type": "AWS::Lambda::Alias", "Properties": {}, "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {
            "ApplicationName": application, "DeploymentGroupName": group}}})
    }

    fn found(resources: Value) -> String {
        found_with(&resources, false)
    }

    fn found_with(resources: &Value, servers: bool) -> String {
        let resources = resources.as_object().unwrap();
        let aliases = aliases(resources, &mut Faults::default());
        taken_over(resources, &aliases, servers).into_keys().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_of_servers_is_taken_over_where_that_is_said() {
        let config = |platform: Value| json!({"Type": CONFIG, "Properties": platform});
        let selecting = |member: &str| json!({"Type": GROUP, "Properties": {"ApplicationName": {"Fn::ImportValue": "App"}, member: [{"Key": "a"}]}});
        let resources = json!({
            "App": application(json!({"ComputePlatform": "Lambda"})),
            "Group": group(json!({"Ref": "App"}), "Fast"),
            "Fast": config(json!({"ComputePlatform": "Lambda"})),
            "Fleet": application(json!({"ComputePlatform": "Server", "ApplicationName": "fleet"})),
            "Plain": json!({"Type": APPLICATION}),
            "Hosts": group(json!("fleet"), "Half"),
            "OfPlain": group(json!({"Ref": "Plain"}), "Half"),
            "ByTags": selecting("Ec2TagFilters"),
            "ByGroups": selecting("AutoScalingGroups"),
            "Half": config(json!({"ComputePlatform": "Server"})),
            "Third": config(json!({})),
            "Tasks": application(json!({"ComputePlatform": "ECS"})),
            "Task": group(json!({"Ref": "Tasks"}), "Slow"),
            "Any": application(json!({"ComputePlatform": {"Ref": "Platform"}})),
            "Elsewhere": group(json!("elsewhere"), "Slow"),
        });
        assert_eq!(found_with(&resources, false), "App Fast Group");
        assert_eq!(found_with(&resources, true), "App ByGroups ByTags Fast Fleet Group Half Hosts OfPlain Plain Third");
        let all = taken_over(resources.as_object().unwrap(), &[], true);
        let platforms = ["App", "Group", "Hosts", "Half"].map(|id| all[id].platform);
        let (lambda, server) = (ComputePlatform::Lambda, ComputePlatform::Server);
        assert_eq!(platforms, [lambda, lambda, server, server]);
    }

    #[test]
    fn what_says_lambda_is_lambdas_with_what_is_of_it() {
        let config = |platform: Value| json!({"Type": CONFIG, "Properties": platform});
        let resources = json!({
            "App": application(json!({"ComputePlatform": "Lambda", "ApplicationName": "shop"})),
            "Group": group(json!({"Ref": "App"}), "Config"),
            "Named": group(json!("shop"), "Fast"),
            "Config": config(json!({"ComputePlatform": "Lambda"})),
            "Fast": config(json!({})),
            "Alone": config(json!({"ComputePlatform": "Lambda"})),
            "Fleet": application(json!({"ComputePlatform": "Server"})),
            "Hosts": group(json!({"Ref": "Fleet"}), "Half"),
            "Half": config(json!({"ComputePlatform": "Server"})),
            "Plain": json!({"Type": APPLICATION}),
            "Tasks": application(json!({"ComputePlatform": "ECS"})),
            "Task": group(json!({"Fn::Sub": "${Tasks}"}), "Slow"),
            "Slow": config(json!({"ComputePlatform": "ECS"})),
            "Any": application(json!({"ComputePlatform": {"Ref": "Platform"}})),
            "OfAny": group(json!({"Ref": "Any"}), "Maybe"),
            "Maybe": config(json!({"ComputePlatform": {"Ref": "Platform"}})),
            "Elsewhere": group(json!("elsewhere"), "None"),
        });
        assert_eq!(found(resources), "Alone App Config Fast Group Named");
    }

    #[test]
    fn what_an_alias_leads_to_is_lambdas() {
        let any = || application(json!({"ComputePlatform": {"Ref": "Platform"}, "ApplicationName": "shop"}));
        let group = || group(json!({"Ref": "App"}), "Config");
        for (application, of) in [
            (json!({"Ref": "App"}), json!("elsewhere")),
            (json!("shop"), json!("elsewhere")),
            (json!("elsewhere"), json!({"Ref": "Group"})),
            (json!("elsewhere"), json!({"Fn::If": ["C", {"Ref": "Group"}, "elsewhere"]})),
        ] {
            let resources = |alias: Value| {
                let config = json!({"Type": CONFIG, "Properties": {"ComputePlatform": {"Ref": "Platform"}}});
                json!({"App": any(), "Group": group(), "Config": config, "Other": any(), "Live": alias})
            };
            let all = if application == "shop" { "App Config Group Other" } else { "App Config Group" };
            assert_eq!(found(resources(alias(application.clone(), of.clone()))), all, "{application} {of}");
            let plain = json!({"Type": "AWS::Lambda::Alias", "Properties": {}});
            assert_eq!(found(resources(plain)), "");
        }
    }

    #[test]
    fn a_group_of_the_same_name_is_meant_only_in_the_same_application() {
        let fleet = application(json!({"ApplicationName": "fleet"}));
        let live = |application: &str| alias(json!(application), json!("orders"));
        let resources = |own: Value, of: &str| json!({"Fleet": fleet, "Group": group(own, "C"), "Live": live(of)});
        assert_eq!(found(resources(json!({"Ref": "Fleet"}), "shop")), "");
        assert_eq!(found(resources(json!({"Ref": "Fleet"}), "fleet")), "Fleet Group");
        assert_eq!(found(resources(json!("shop"), "shop")), "Group");
    }
}
