//! CodeDeploy's API: what its operations do is in [`operations`].

mod operations;
mod trail;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use operations::{Refusal, carry_out};
use serde_json::Value;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::problem::Problem;
use spillway_engine::{Access, Anyone, Catalog, Deployments, Executions, Instances, Revisions, Wakes};
use spillway_kit::{Invocation, fresh_secret};
use spillway_wire::{Exception, bounds, http};
use tokio::sync::OnceCell;
use trail::{caller, log};

/// Everything that the operations read and write.
pub trait Store: Catalog + Deployments + Instances + Revisions {}
impl<T: Catalog + Deployments + Instances + Revisions> Store for T {}

/// What the use cases work with.
pub struct Backend<'a, S, E, W, A = Anyone> {
    store: &'a S,
    executions: &'a E,
    wakes: &'a W,
    access: A,
    quotas: Quotas,
    secret: OnceCell<String>,
}

impl<'a, S: Store, E: Executions, W: Wakes> Backend<'a, S, E, W> {
    /// A backend with these ports and quotas, which does for every caller what it asks for.
    pub fn new(store: &'a S, executions: &'a E, wakes: &'a W, quotas: Quotas) -> Self {
        Self { store, executions, wakes, access: Anyone, quotas, secret: OnceCell::new() }
    }

    /// The same, which does what the policies of `access` permit.
    pub fn guarded_by<A: Access>(self, access: A) -> Backend<'a, S, E, W, A> {
        let Self { store, executions, wakes, quotas, secret, .. } = self;
        Backend { store, executions, wakes, access, quotas, secret }
    }
}

impl<S: Store, E: Executions, W: Wakes, A: Access> Backend<'_, S, E, W, A> {
    /// What page tokens are sealed with: drawn at random once for the installation, and read once by each instance.
    async fn secret(&self) -> Result<&str, Problem> {
        let secret = async || self.store.secret(&fresh_secret()).await;
        self.secret.get_or_try_init(secret).await.map(String::as_str)
    }
}

/// Every request has an answer; only what is no request at all is an error of the function.
pub async fn answer(
    backend: &Backend<'_, impl Store, impl Executions, impl Wakes, impl Access>,
    request: &Request,
    invocation: &Invocation,
) -> Value {
    let answer = match http::read(request, bounds::BODY_BYTES) {
        Ok((operation, body)) => {
            let caller = caller(request);
            let answer = carry_out(backend, operation, &body, caller.as_ref(), invocation).await;
            if !operation.is_read() {
                log(operation, &body, caller.as_ref(), &answer);
            }
            answer
        }
        Err(exception) => Err(Refusal::Exception(exception)),
    };
    let answer = answer.map_err(|refusal| match refusal {
        Refusal::Exception(exception) => exception,
        Refusal::Problem(problem) => {
            tracing::error!(target: "spillway", kind = problem.kind.name(), "{problem}");
            Exception::internal(&invocation.request_id)
        }
    });
    if let Err(exception) = &answer {
        tracing::info!(target: "spillway", "{exception}");
    }
    http::respond(&answer, &invocation.request_id)
}
