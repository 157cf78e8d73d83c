//! What the functions behind function URLs share: why a request is not carried out, the secret of the installation, and
//! the answer that every request gets.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use serde_json::Value;
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::problem::Problem;
use spillway_engine::operations::Error;
use spillway_engine::ports::catalog::Secrets;
use spillway_runtime::{Invocation, fresh_secret};
use spillway_wire::codedeploy::context::Context;
use spillway_wire::codedeploy::exception::Exception;
use spillway_wire::codedeploy::http;
use spillway_wire::codedeploy::token::Seal;
use spillway_wire::place::Place;
use tokio::sync::OnceCell;

/// Why a request is not carried out.
pub enum Refusal {
    /// The caller gets this answer.
    Exception(Exception),
    /// The log gets the reason, and the caller an internal failure.
    Problem(Problem),
}

impl From<Exception> for Refusal {
    fn from(exception: Exception) -> Self {
        Self::Exception(exception)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Exception(rejection.into()),
            Error::Problem(problem) => Self::Problem(problem),
        }
    }
}

/// The secret of the installation: drawn at random once, and read once by each instance of a function.
#[derive(Default)]
pub struct Secret(OnceCell<String>);

impl Secret {
    /// The context of a request: where it is answered, by which quotas, for which caller, and what seals its tokens.
    pub async fn context(
        &self,
        store: &impl Secrets,
        quotas: Quotas,
        caller: Option<&Caller>,
        invocation: &Invocation,
    ) -> Result<Context, Problem> {
        let secret = self.0.get_or_try_init(async || store.secret(&fresh_secret()).await).await?;
        let [partition, region, account] = invocation.home().map(str::to_owned);
        let place = Place { partition, region, account };
        Ok(Context { place, quotas, seal: Seal::new(secret), caller: caller.cloned() })
    }
}

/// Who signed the request, as Lambda has verified it. In the local cloud there is none, since its emulator verifies nothing.
pub fn caller(request: &Request) -> Option<Caller> {
    let iam = request.request_context.authorizer.as_ref()?.iam.as_ref()?;
    let arn = iam.user_arn.as_deref()?;
    match arn.parse() {
        Ok(caller) => Some(caller),
        Err(bad) => {
            tracing::warn!(target: "spillway", "{bad}; the caller counts as unknown");
            None
        }
    }
}

/// Every request has an answer.
pub fn respond(answer: Result<Value, Refusal>, invocation: &Invocation) -> Value {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_whoever_lambda_says_and_unknown_where_it_says_nothing() {
        let mut request: Request = serde_json::from_str(include_str!("../../../events/api.json")).unwrap();
        let known = caller(&request).unwrap();
        assert_eq!(known.as_str(), "arn:aws:sts::123456789012:assumed-role/build/build");
        let iam = |request: &mut Request, arn: &str| {
            let authorizer = request.request_context.authorizer.as_mut().unwrap();
            authorizer.iam.as_mut().unwrap().user_arn = Some(arn.to_owned());
        };
        iam(&mut request, "arn:aws:iam::123456789012:role/build");
        assert_eq!(caller(&request), None);
        request.request_context.authorizer = None;
        assert_eq!(caller(&request), None);
    }
}
