//! What to do next, by how a deployment is and why it ended.

use jiff::SignedDuration;

use crate::model::Summary;
use crate::terminal::Terminal;

/// How long before the start of a deployment the log of its function is worth reading.
const BEFORE: SignedDuration = SignedDuration::from_mins(1);

/// The next steps, as commands where there is one.
pub fn steps(deployment: &Summary, terminal: &Terminal<'_>) -> Vec<String> {
    let (id, group) = (&deployment.deployment_id, deployment.group());
    let Some(error) = deployment.error_information.as_ref() else {
        return match deployment.status.as_str() {
            "Succeeded" => {
                let original = deployment.rolls_back.iter();
                original.map(|id| format!("spillway explain {id}    # what it rolled back")).collect()
            }
            "Ready" => vec![
                format!("spillway continue {id}    # its traffic begins to move"),
                format!("spillway stop {id}    # its replacement is deleted"),
            ],
            _ => vec![format!("spillway watch {id}"), format!("spillway stop {id}    # its traffic goes back")],
        };
    };
    let mut steps: Vec<String> = own(deployment, &error.code, terminal).into_iter().collect();
    steps.push(format!("spillway retry {id}    # once the cause is gone"));
    steps.extend(deployment.rolled_back_by.as_ref().map(|id| format!("spillway explain {id}    # the rollback")));
    steps.push(format!("spillway history {group}"));
    steps
}

/// What is to be done about an error code.
fn own(deployment: &Summary, code: &str, terminal: &Terminal<'_>) -> Option<String> {
    let since = deployment.start_time.unwrap_or(deployment.create_time).0.checked_sub(BEFORE);
    let since = since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let log = deployment.target.as_deref().and_then(|target| target.split_once(':'));
    let log = log.filter(|_| deployment.compute_platform == "Lambda");
    let log = log.map(|(function, _)| format!("aws logs tail /aws/lambda/{function} --since {since}"));
    let until = terminal.moment(deployment.create_time.0);
    match code {
        "ALARM_ACTIVE" => log.or_else(|| Some(format!("Look at what the alarms measure from {until} on."))),
        "HOOK_EXECUTION_FAILURE" => Some("Correct what the hook has found, or the hook.".to_owned()),
        "HEALTH_CONSTRAINTS" => Some(format!(
            "aws deploy list-deployment-targets --deployment-id {} --target-filters TargetStatus=Failed    # all failed hosts",
            deployment.deployment_id
        )),
        "IAM_ROLE_PERMISSIONS" | "IAM_ROLE_MISSING" | "AUTO_SCALING_IAM_ROLE_PERMISSIONS" => {
            Some("Give the service role of the group what the message names.".to_owned())
        }
        "INVALID_REVISION" => Some("Correct the AppSpec where the message says, and deploy it.".to_owned()),
        "REVISION_MISSING" => Some("Upload the revision, or correct its location, and deploy it.".to_owned()),
        _ => None,
    }
}
