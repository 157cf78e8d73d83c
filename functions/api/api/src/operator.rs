//! Which of Spillway's own operations is which use case: one line each.

use serde_json::Value;
use spillway_domain::access::caller::Caller;
use spillway_door::Refusal;
use spillway_engine::operations::operator::ledger::show_ledger;
use spillway_engine::operations::operator::rollback::roll_back_group;
use spillway_engine::operations::operator::summary::summarize_deployments;
use spillway_engine::ports::access::Access;
use spillway_engine::ports::executions::Executions;
use spillway_runtime::{Invocation, fresh_deployment_id};
use spillway_wire::operator::http::Asked;
use spillway_wire::operator::ledger::GetDeploymentLedger;
use spillway_wire::operator::operation::OperatorOperation;
use spillway_wire::operator::rollback::RollBackDeploymentGroup;
use spillway_wire::operator::summary::ListDeploymentSummaries;

use crate::operations::admit;
use crate::{Backend, Store};

/// Carries out one operation, if the caller may have it: its request is parsed, its use case done, and the answer rendered.
pub(crate) async fn carry_out<H, W>(
    backend: &Backend<'_, impl Store, H, impl Executions, W, impl Access>,
    operation: OperatorOperation,
    body: &[u8],
    caller: Option<&Caller>,
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let cx = admit(backend, Asked::Operator(operation), body, caller, invocation).await?;
    let Backend { store, executions, ref quotas, .. } = *backend;
    let now = invocation.now;

    macro_rules! answer {
        ($operation:ty, $request:pat => $done:expr) => {{
            let request = <$operation>::parse(body, &cx)?;
            let done = {
                let $request = &request;
                $done.await?
            };
            <$operation>::render(&request, &done, &cx)
        }};
    }

    #[rustfmt::skip] // one line each
    let answer = match operation {
        OperatorOperation::GetDeploymentLedger => answer!(GetDeploymentLedger, (id, after) => show_ledger(store, id, *after, now)),
        OperatorOperation::ListDeploymentSummaries => answer!(ListDeploymentSummaries, (filter, after) => summarize_deployments(store, filter, after.as_deref(), now)),
        OperatorOperation::RollBackDeploymentGroup => answer!(RollBackDeploymentGroup, request => roll_back_group(store, executions, request, quotas, fresh_deployment_id(), now)),
    };
    Ok(answer)
}
