//! `EC2DeploymentOptions`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::environment::AutoScalingProcess::{
    self, AzRebalance, InstanceRefresh, ScheduledActions, Terminate,
};

use super::closed_set;
use crate::Exception;

/// As they are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    auto_scaling_group_processes_to_suspend: Option<Vec<String>>,
}

/// What is given, checked.
pub(crate) fn parse(given: Input) -> Result<Vec<AutoScalingProcess>, Exception> {
    let mut processes = Vec::new();
    for (n, given) in given.auto_scaling_group_processes_to_suspend.unwrap_or_default().iter().enumerate() {
        let invalid = |words: String| {
            let member = format!("ec2DeploymentOptions.autoScalingGroupProcessesToSuspend[{n}]");
            Exception::new("InvalidAutoScalingGroupProcessToSuspendException", format!("{member} {words}"))
        };
        let all = [Terminate, AzRebalance, InstanceRefresh, ScheduledActions];
        let process = closed_set::find(given, all, text).map_err(invalid)?;
        if processes.contains(&process) {
            return Err(invalid(format!("'{given}' is listed twice; list it once.")));
        }
        processes.push(process);
    }
    Ok(processes)
}

/// As they are shown, if there are any.
pub(crate) fn render(processes: &[AutoScalingProcess]) -> Option<Value> {
    let names: Vec<&str> = processes.iter().map(|process| text(*process)).collect();
    (!names.is_empty()).then(|| json!({ "autoScalingGroupProcessesToSuspend": names }))
}

/// As the API spells it.
fn text(process: AutoScalingProcess) -> &'static str {
    match process {
        Terminate => "Terminate",
        AzRebalance => "AZRebalance",
        InstanceRefresh => "InstanceRefresh",
        ScheduledActions => "ScheduledActions",
    }
}
