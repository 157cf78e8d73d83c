//! CodeDeploy's API: what its operations do is in [`operations`]. Spillway's own operations are in [`operator`].

mod operations;
mod operator;
mod trail;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use serde_json::Value;
use spillway_domain::catalog::quotas::Quotas;
use spillway_door::{Secret, caller, respond};
use spillway_engine::ports::access::{Access, Anyone};
use spillway_engine::ports::autoscaling::LifecycleHooks;
use spillway_engine::ports::catalog::{Catalog, Secrets};
use spillway_engine::ports::deployments::Deployments;
use spillway_engine::ports::executions::{Executions, Wakes};
use spillway_engine::ports::hosts::HostWorks;
use spillway_engine::ports::instances::Instances;
use spillway_engine::ports::revisions::Revisions;
use spillway_runtime::Invocation;
use spillway_wire::codedeploy::http::BODY_BYTES;
use spillway_wire::operator::http::{self, Asked};
use trail::log;

/// Everything that the operations read and write.
pub trait Store: Catalog + Secrets + Deployments + HostWorks + Instances + Revisions {}
impl<T: Catalog + Secrets + Deployments + HostWorks + Instances + Revisions> Store for T {}

/// What the use cases work with.
pub struct Backend<'a, S, H, E, W, A = Anyone> {
    store: &'a S,
    hooks: &'a H,
    executions: &'a E,
    wakes: &'a W,
    access: A,
    quotas: Quotas,
    secret: Secret,
}

impl<'a, S: Store, H: LifecycleHooks, E: Executions, W: Wakes> Backend<'a, S, H, E, W> {
    /// A backend with these ports and quotas, which does for every caller what it asks for.
    pub fn new(store: &'a S, hooks: &'a H, executions: &'a E, wakes: &'a W, quotas: Quotas) -> Self {
        Self { store, hooks, executions, wakes, access: Anyone, quotas, secret: Secret::default() }
    }

    /// The same, which does what the policies of `access` permit.
    pub fn guarded_by<A: Access>(self, access: A) -> Backend<'a, S, H, E, W, A> {
        let Self { store, hooks, executions, wakes, quotas, secret, .. } = self;
        Backend { store, hooks, executions, wakes, access, quotas, secret }
    }
}

/// Every request has an answer; only what is no request at all is an error of the function.
pub async fn answer(
    backend: &Backend<'_, impl Store, impl LifecycleHooks, impl Executions, impl Wakes, impl Access>,
    request: &Request,
    invocation: &Invocation,
) -> Value {
    let answer = match http::read(request, BODY_BYTES) {
        Ok((asked, body)) => {
            let caller = caller(request);
            let answer = match asked {
                Asked::CodeDeploy(operation) => {
                    operations::carry_out(backend, operation, &body, caller.as_ref(), invocation).await
                }
                Asked::Operator(operation) => {
                    operator::carry_out(backend, operation, &body, caller.as_ref(), invocation).await
                }
            };
            if !asked.is_read() {
                log(asked, &body, caller.as_ref(), &answer);
            }
            answer
        }
        Err(exception) => Err(exception.into()),
    };
    respond(answer, invocation)
}
