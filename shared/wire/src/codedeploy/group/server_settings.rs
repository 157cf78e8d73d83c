//! The settings of a group that mean something for servers only.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::environment::AutoScalingProcess::{
    self, AzRebalance, InstanceRefresh, ScheduledActions, Terminate,
};
use spillway_domain::catalog::environment::{AutoScalingGroupName, OutdatedInstances};
use spillway_domain::catalog::group::DeploymentGroup;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::server::lifecycle_action::{LifecycleHook, Transition};

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{count_given, one_of, plain_name};

/// The members of type `AutoScalingGroup` that are given, checked: they are given by name, and shown as objects.
pub(crate) fn parse_auto_scaling_groups(
    given: Vec<String>,
    quotas: &Quotas,
) -> Result<Vec<AutoScalingGroupName>, Exception> {
    let invalid = |words: String| Exception::new("InvalidAutoScalingGroupException", words);
    let most = quotas.auto_scaling_groups;
    if given.len() > most {
        return Err(invalid(format!("autoScalingGroups: there may be {most}; {}.", count_given(given.len()))));
    }
    let mut names: Vec<AutoScalingGroupName> = Vec::with_capacity(given.len());
    for (n, text) in given.into_iter().enumerate() {
        let name = plain_name(&text).map_err(|words| invalid(format!("autoScalingGroups[{n}]: {words}")))?;
        if names.contains(&name) {
            return Err(invalid(format!("autoScalingGroups[{n}]: '{name}' is listed twice; list it once.")));
        }
        names.push(name);
    }
    Ok(names)
}

/// As they are shown, each with the group's lifecycle hooks in it.
pub(crate) fn render_auto_scaling_groups(group: &DeploymentGroup) -> Value {
    let shown = |name: &AutoScalingGroupName| render_hooks_of(name, group.lifecycle_hooks().iter());
    Value::Array(group.environment.auto_scaling_groups.iter().map(shown).collect())
}

/// Lifecycle hooks, by their Auto Scaling groups.
pub(crate) fn render_hooks(hooks: &[LifecycleHook]) -> Value {
    let groups: BTreeSet<&AutoScalingGroupName> = hooks.iter().map(|hook| &hook.group).collect();
    Value::Array(groups.into_iter().map(|name| render_hooks_of(name, hooks.iter())).collect())
}

fn render_hooks_of<'a>(name: &AutoScalingGroupName, hooks: impl Iterator<Item = &'a LifecycleHook>) -> Value {
    let mut shown = json!({ "name": name.as_str() });
    for hook in hooks.filter(|hook| hook.group == *name) {
        let member = match hook.transition {
            Transition::Launching => "hook",
            Transition::Terminating => "terminationHook",
        };
        shown[member] = hook.name.as_str().into();
    }
    shown
}

/// The `OutdatedInstancesStrategy` that is given, checked.
pub(crate) fn parse_outdated_instances(given: &str) -> Result<OutdatedInstances, Exception> {
    one_of(given, [OutdatedInstances::Update, OutdatedInstances::Ignore], outdated_instances_text)
        .map_err(|words| Exception::new("InvalidInputException", format!("outdatedInstancesStrategy {words}")))
}

/// As the API spells it.
pub(crate) fn outdated_instances_text(strategy: OutdatedInstances) -> &'static str {
    match strategy {
        OutdatedInstances::Update => "UPDATE",
        OutdatedInstances::Ignore => "IGNORE",
    }
}

/// `EC2DeploymentOptions` as they are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OptionsInput {
    auto_scaling_group_processes_to_suspend: Option<Vec<String>>,
}

/// What is given of them, checked.
pub(crate) fn parse_options(given: OptionsInput) -> Result<Vec<AutoScalingProcess>, Exception> {
    let mut processes = Vec::new();
    for (n, given) in given.auto_scaling_group_processes_to_suspend.unwrap_or_default().iter().enumerate() {
        let invalid = |words: String| {
            let member = format!("ec2DeploymentOptions.autoScalingGroupProcessesToSuspend[{n}]");
            Exception::new("InvalidAutoScalingGroupProcessToSuspendException", format!("{member} {words}"))
        };
        let all = [Terminate, AzRebalance, InstanceRefresh, ScheduledActions];
        let process = one_of(given, all, process_text).map_err(invalid)?;
        if processes.contains(&process) {
            return Err(invalid(format!("'{given}' is listed twice; list it once.")));
        }
        processes.push(process);
    }
    Ok(processes)
}

/// As they are shown, if there are any.
pub(crate) fn render_options(processes: &[AutoScalingProcess]) -> Option<Value> {
    let names: Vec<&str> = processes.iter().map(|process| process_text(*process)).collect();
    (!names.is_empty()).then(|| json!({ "autoScalingGroupProcessesToSuspend": names }))
}

/// As the API spells it.
fn process_text(process: AutoScalingProcess) -> &'static str {
    match process {
        Terminate => "Terminate",
        AzRebalance => "AZRebalance",
        InstanceRefresh => "InstanceRefresh",
        ScheduledActions => "ScheduledActions",
    }
}
