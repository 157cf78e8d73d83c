//! What is being deployed, or one deployment. It is one call.

use serde_json::{Value, json};

use crate::arguments::Output;
use crate::card;
use crate::commands::{Session, is_deployment};
use crate::failure::Failure;
use crate::model::{Ledger, Summaries, Summary};

/// Later than any generation: the ledger is not wanted.
const NO_ENTRIES: u64 = u64::MAX;

/// Shows a deployment, the last one of a group, or all that are active.
pub async fn show(session: &mut Session<'_>, what: Option<&str>) -> Result<(), Failure> {
    let (operation, body) = match what {
        Some(id) if is_deployment(id) => {
            ("GetDeploymentLedger", json!({ "deploymentId": id, "afterGeneration": NO_ENTRIES }))
        }
        Some(group) => {
            let mut body = session.group(group).await?.members();
            body["maxResults"] = json!(1);
            ("ListDeploymentSummaries", body)
        }
        None => ("ListDeploymentSummaries", json!({ "activeOnly": true })),
    };
    let answer: Value = session.client.operator(operation, &body).await?;
    if session.output == Output::Json {
        return session.say_json(&answer);
    }
    let deployments = deployments(answer)?;
    if deployments.is_empty() && session.output == Output::Table {
        let group = what.map(|group| format!(" to {group}")).unwrap_or_default();
        return session.say(format!("Nothing is being deployed{group}. `spillway list` shows the last deployments."));
    }
    for (index, deployment) in deployments.iter().enumerate() {
        if session.output == Output::Text {
            session.say(line(deployment))?;
            continue;
        }
        if index > 0 {
            session.say("")?;
        }
        for line in card::lines(deployment, &session.terminal) {
            session.say(line)?;
        }
    }
    Ok(())
}

/// The deployments of either answer.
fn deployments(answer: Value) -> Result<Vec<Summary>, Failure> {
    let is_ledger = answer["deployment"].is_object();
    let read = if is_ledger {
        serde_json::from_value::<Ledger>(answer).map(|ledger| vec![ledger.deployment])
    } else {
        serde_json::from_value::<Summaries>(answer).map(|found| found.deployments)
    };
    read.map_err(|error| Failure::Unreachable(error.into()))
}

/// A deployment as a line of fields.
pub fn line(deployment: &Summary) -> String {
    let share = deployment.traffic_percent.map(|share| share.to_string()).unwrap_or_default();
    let fields = [
        deployment.deployment_id.as_str(),
        &deployment.status,
        &deployment.group(),
        &deployment.deploys,
        &share,
        &deployment.words,
    ];
    fields.map(|field| field.replace(['\t', '\n'], " ")).join("\t")
}
