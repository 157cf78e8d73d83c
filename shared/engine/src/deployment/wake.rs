//! Starting and waking executions for what is saved already. Both may fail: the sweep looks at every record whose wait
//! has ended or whose execution is not there, and does what is missing.

use spillway_domain::deployment::record::Deployment;

use crate::ports::executions::{Executions, Wakes};

/// Wakes the execution of a record that was changed. When that fails, the change stands, and the sweep wakes it.
pub(crate) async fn wake_or_leave(wakes: &impl Wakes, record: &Deployment) {
    let Some(parked) = &record.parked else { return };
    if let Err(problem) = wakes.wake(&parked.token).await {
        tracing::warn!(target: "spillway", id = %record.id, "its execution is left for the sweep to wake: {problem}");
    }
}

/// Starts the execution of a deployment that was written. When that fails, the deployment stands, and the sweep starts it.
pub(crate) async fn start_or_leave(executions: &impl Executions, record: &Deployment) {
    if let Err(problem) = executions.start(&record.execution_name(), &record.id).await {
        tracing::warn!(target: "spillway", id = %record.id, "its execution is left for the sweep to start: {problem}");
    }
}
