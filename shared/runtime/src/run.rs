//! The loop around a use case: invocation in, answer or error out.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spillway_domain::arn::Arn;
use spillway_domain::problem::Problem;
use tracing::Instrument;

use crate::{Miswired, now, telemetry};

/// One invocation of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of it.
    pub request_id: String,
    /// The function, as it was invoked.
    pub function_arn: String,
    /// When it began.
    pub now: Timestamp,
    /// When Lambda ends it.
    pub deadline: Timestamp,
}

impl Invocation {
    /// Partition, Region and account of the function.
    pub fn home(&self) -> [&str; 3] {
        // Outside of Lambda the ARN may be any text.
        Arn::parse(&self.function_arn).map_or([""; 3], |arn| [arn.partition(), arn.region(), arn.account()])
    }
}

/// Runs a function for as long as Lambda keeps it: every invocation goes through `door`. A problem becomes the
/// function's error under the name of its kind, which is what the state machine sees.
pub async fn run<I, O, F>(door: F) -> Result<(), Failure>
where
    I: DeserializeOwned,
    O: Serialize,
    F: AsyncFn(I, Invocation) -> Result<O, Problem>,
{
    telemetry::begin();
    let door = &door;
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let span = tracing::info_span!(target: "spillway", "invocation", requestId = event.context.request_id);
        Box::pin(invoke(door, event)).instrument(span) // boxed, because use cases are large and the runtime moves them
    });
    Runtime::new(service).run().await.map_err(Failure)
}

async fn invoke<I, O, F>(door: &F, event: LambdaEvent<Value>) -> Result<O, Diagnostic>
where
    I: DeserializeOwned,
    F: AsyncFn(I, Invocation) -> Result<O, Problem>,
{
    let (payload, context) = event.into_parts();
    let deadline = i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let invocation = Invocation {
        request_id: context.request_id,
        function_arn: context.invoked_function_arn,
        now: now(),
        deadline: deadline.unwrap_or(Timestamp::MAX),
    };
    let answer = match serde_json::from_value(payload) {
        Err(error) => Err(bad_input(&error)),
        Ok(input) => door(input, invocation).await.map_err(|problem| Diagnostic {
            error_type: problem.kind.name().to_owned(),
            error_message: chain(&problem),
        }),
    };
    if let Err(error) = &answer {
        tracing::error!(target: "spillway", errorType = error.error_type, "{}", error.error_message);
    }
    answer
}

fn bad_input(error: &serde_json::Error) -> Diagnostic {
    Diagnostic {
        error_type: "BadInput".to_owned(),
        error_message: format!(
            "The payload is not what this function takes: {error}. The folder events/ has a sample of it."
        ),
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// Why a function cannot start, or cannot go on.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Failure(Box<dyn Error + Send + Sync>);

/// What Rust prints when `main` ends with an error.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(&*self.0))
    }
}

impl From<Miswired> for Failure {
    fn from(error: Miswired) -> Self {
        Self(error.into())
    }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use spillway_domain::problem::ProblemKind;

    use super::*;

    async fn answer(payload: Value, kind: Option<ProblemKind>) -> Result<String, Diagnostic> {
        let door = async |name: String, _: Invocation| match kind {
            None => Ok(format!("hello {name}")),
            Some(kind) => Err(Problem::new(kind, "There is no such alias.")),
        };
        invoke(&door, LambdaEvent::new(payload, Context::default())).await
    }

    #[tokio::test]
    async fn a_problem_is_an_error_under_the_name_of_its_kind() {
        let error = answer("you".into(), Some(ProblemKind::Missing)).await.unwrap_err();
        assert_eq!(error.error_type, "Missing");
        assert_eq!(error.error_message, "There is no such alias.");
        assert_eq!(answer("you".into(), None).await.unwrap(), "hello you");
    }

    #[test]
    fn a_function_knows_where_it_is() {
        let at = |arn: &str| Invocation {
            request_id: String::new(),
            function_arn: arn.to_owned(),
            now: Timestamp::UNIX_EPOCH,
            deadline: Timestamp::MAX,
        };
        let arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:api:live";
        assert_eq!(at(arn).home(), ["aws-cn", "cn-north-1", "123456789012"]);
        assert_eq!(at("api").home(), ["", "", ""]);
    }

    #[tokio::test]
    async fn a_function_knows_when_lambda_ends_it() {
        let mut context = Context::default();
        context.deadline = 1_700_000_060_000;
        let door = async |_: Value, invocation: Invocation| Ok(invocation.deadline.as_second());
        assert_eq!(invoke(&door, LambdaEvent::new(Value::Null, context)).await.unwrap(), 1_700_000_060);
    }

    #[tokio::test]
    async fn a_payload_of_another_shape_is_refused_with_a_reason() {
        let error = answer(7.into(), None).await.unwrap_err();
        assert_eq!(error.error_type, "BadInput");
        assert!(error.error_message.contains("invalid type: integer `7`"), "{}", error.error_message);
    }
}
