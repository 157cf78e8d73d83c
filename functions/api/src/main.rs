//! Api: answers CodeDeploy's API. What the operations do is in [`operations`]; here is the HTTP around them.

mod operations;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use operations::{Backend, Refusal, carry_out};
use serde_json::{Value, json};
use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::{Executions, Tasks};
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::{CONTENT_TYPE, Exception, Operation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws().await;
    let backend = Backend {
        table: Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?),
        executions: Executions::new(&config, setting::<String>("STATE_MACHINE_ARN")?),
        tasks: Tasks::new(&config),
    };
    run(async |request: Request, invocation: Invocation| Ok(answer(&backend, &request, &invocation).await)).await
}

/// Every request has an answer; only what is no request at all is an error of the function.
async fn answer(backend: &Backend, request: &Request, invocation: &Invocation) -> Value {
    let answer = match read(request) {
        Ok((operation, body)) => carry_out(backend, operation, &body, invocation).await,
        Err(exception) => Err(Refusal::Exception(exception)),
    };
    let answer = answer.map_err(|refusal| match refusal {
        Refusal::Exception(exception) => exception,
        Refusal::Problem(problem) => {
            tracing::error!(target: "spillway", kind = problem.kind.name(), "{problem}");
            Exception::internal(&invocation.request_id)
        }
    });
    match answer {
        Ok(body) => respond(200, &body.to_string(), invocation),
        Err(exception) => {
            tracing::info!(target: "spillway", "{exception}");
            respond(exception.status(), &String::from_utf8_lossy(&exception.body()), invocation)
        }
    }
}

fn read(request: &Request) -> Result<(Operation, Vec<u8>), Exception> {
    let method = request.request_context.http.method.as_deref().unwrap_or("POST");
    let path = request.raw_path.as_deref().unwrap_or("/");
    if method != "POST" || !matches!(path, "" | "/") {
        let words = format!(
            "{method} {path} is nothing here. Spillway answers CodeDeploy's API: POST / with the operation in the \
             header X-Amz-Target."
        );
        return Err(Exception::new("UnknownOperationException", words));
    }
    let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let operation = Operation::of_request(header("x-amz-target"), header("content-type"))?;
    let body = request.body.as_deref().unwrap_or_default();
    if !request.is_base64_encoded {
        return Ok((operation, body.as_bytes().to_vec()));
    }
    match BASE64_STANDARD.decode(body) {
        Ok(body) => Ok((operation, body)),
        Err(error) => {
            let words = format!("The body of {operation} is not the base64 that its event says it is: {error}.");
            Err(Exception::new("SerializationException", words))
        }
    }
}

fn respond(status: u16, body: &str, invocation: &Invocation) -> Value {
    json!({
        "statusCode": status,
        "headers": { "content-type": CONTENT_TYPE, "x-amzn-RequestId": invocation.request_id },
        "body": body,
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: &str) -> Request {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_samples_are_operations() {
        let (operation, body) = read(&sample(include_str!("../../../events/api.json"))).unwrap();
        assert_eq!(operation, Operation::CreateDeployment);
        assert!(spillway_wire::operations::create_deployment::parse(&body).is_ok());
        let (operation, body) = read(&sample(include_str!("../../../events/api.get-deployment.json"))).unwrap();
        assert_eq!(operation, Operation::GetDeployment);
        assert!(spillway_wire::operations::get_deployment::parse(&body).is_ok());
    }

    #[test]
    fn what_is_no_operation_is_told_what_to_do() {
        let refusal = |change: fn(&mut Request)| {
            let mut request = sample(include_str!("../../../events/api.get-deployment.json"));
            change(&mut request);
            read(&request).unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|request| request.request_context.http.method = Some("GET".to_owned())),
            "UnknownOperationException: GET / is nothing here. Spillway answers CodeDeploy's API: POST / with the \
             operation in the header X-Amz-Target."
        );
        assert!(refusal(|request| request.raw_path = Some("/health".to_owned())).contains("POST /health is nothing"));
        assert!(refusal(|request| request.headers.clear()).contains("X-Amz-Target is missing"));
        assert!(refusal(|request| request.body = Some("!".to_owned())).starts_with("SerializationException"));
    }
}
