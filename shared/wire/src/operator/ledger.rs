//! The ledger of a deployment: what was seen, decided and waited for, and why.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::view::LedgerView;
use spillway_domain::names::DeploymentId;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{DEPLOYMENT, read};
use crate::codedeploy::shapes::time;
use crate::codedeploy::target::deployment_target::render_event;
use crate::codedeploy::token;
use crate::operator::operation::OperatorOperation;
use crate::operator::summary;

/// Shows a deployment with a page of its ledger, oldest first.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentLedger {
    deployment_id: Option<String>,
    after_generation: Option<u64>,
    next_token: Option<String>,
}

impl GetDeploymentLedger {
    const OPERATION: OperatorOperation = OperatorOperation::GetDeploymentLedger;

    /// The deployment, and the generation after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, u64), Exception> {
        let input: Self = read(body)?;
        let deployment: DeploymentId = DEPLOYMENT.required(input.deployment_id)?;
        if input.after_generation.is_some() && input.next_token.is_some() {
            return Err(Exception::new(
                "InvalidInputException",
                "afterGeneration and nextToken both say where the page begins; give one of them.",
            ));
        }
        let after = token::read(&cx.seal, Self::OPERATION, deployment.as_str(), input.next_token.as_deref())?;
        let after = after.and_then(|key| key.parse().ok()).or(input.after_generation).unwrap_or_default();
        Ok((deployment, after))
    }

    /// The answer.
    pub fn render((id, _): &(DeploymentId, u64), view: &LedgerView, cx: &Context) -> Value {
        let mut shown = summary::render(&view.deployment);
        shown["lifecycleEvents"] = view.deployment.deployment.events.iter().map(render_event).collect();
        let mut answer = json!({
            "deployment": shown,
            "entries": view.entries.iter().map(render_entry).collect::<Vec<_>>(),
        });
        if view.has_more
            && let Some(last) = view.entries.last()
        {
            let key = last.generation.to_string();
            answer["nextToken"] = json!(token::write(&cx.seal, Self::OPERATION, id.as_str(), &key));
        }
        if let Some(seconds) = view.ask_again_seconds {
            answer["askAgainSeconds"] = json!(seconds);
        }
        answer
    }
}

fn render_entry(entry: &LedgerEntry) -> Value {
    let mut shown = json!({
        "time": time::render(entry.at),
        "generation": entry.generation,
        "seen": entry.seen,
        "decided": entry.decided,
        "why": entry.why,
    });
    if let Some(what) = &entry.waits_for {
        shown["waitsFor"] = json!(what);
    }
    if let Some(until) = entry.until {
        shown["until"] = time::render(until);
    }
    shown
}
