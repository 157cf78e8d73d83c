//! CodeDeploy's API in memory: the same function as on AWS, in front of a world of the testkit.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use spillway_api::{Backend, answer};
use spillway_domain::catalog::quotas::Quotas;
use spillway_engine::ports::access::{Access, Anyone};
use spillway_runtime::Invocation;
use spillway_testkit::World;
use spillway_wire::operator::operation::TARGET_PREFIX;

/// The door to a world.
pub struct Door<'a, A = Anyone> {
    world: &'a World,
    backend: Backend<'a, World, World, World, World, A>,
}

impl<'a> Door<'a> {
    /// With CodeDeploy's own quotas.
    pub fn new(world: &'a World) -> Self {
        Self::with_quotas(world, Quotas::default())
    }

    /// With quotas of one's own.
    pub fn with_quotas(world: &'a World, quotas: Quotas) -> Self {
        Self { world, backend: Backend::new(world, world, world, world, quotas) }
    }
}

impl<'a, A: Access> Door<'a, A> {
    /// The same, which does what the policies of `access` permit.
    pub fn guarded_by(world: &'a World, access: A) -> Self {
        Self { world, backend: Backend::new(world, world, world, world, Quotas::default()).guarded_by(access) }
    }

    /// Asks for an operation; what it answers, or its exception with `__type` and `message`.
    pub fn call(&self, operation: &str, body: &Value) -> Value {
        self.send(&request(operation, body))
    }

    /// Sends a request, and gives back the JSON of the answer.
    pub fn send(&self, request: &Request) -> Value {
        let answer = self.answer(request);
        serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default()
    }

    /// Sends a request, and gives back the answer with its status and headers.
    pub fn answer(&self, request: &Request) -> Value {
        let invocation = Invocation {
            request_id: "00000000-0000-4000-8000-000000000000".to_owned(),
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:api".to_owned(),
            now: self.world.now(),
            deadline: Timestamp::MAX,
        };
        pollster::block_on(answer(&self.backend, request, &invocation))
    }
}

/// A request for an operation, as a function URL hands it on.
pub fn request(operation: &str, body: &Value) -> Request {
    targeted(&format!("CodeDeploy_20141006.{operation}"), body)
}

/// The same for an operation of Spillway's own.
pub fn operator_request(operation: &str, body: &Value) -> Request {
    targeted(&format!("{TARGET_PREFIX}{operation}"), body)
}

/// The same for what this value of `X-Amz-Target` names.
pub fn targeted(target: &str, body: &Value) -> Request {
    let request = json!({
        "version": "2.0", "rawPath": "/", "rawQueryString": "",
        "headers": { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
        "requestContext": { "timeEpoch": 0, "http": { "method": "POST" } },
        "body": body.to_string(), "isBase64Encoded": false,
    });
    serde_json::from_value(request).expect("it has the form of such a request")
}

/// A request for an operation, signed by a caller.
pub fn request_by(caller: &str, operation: &str, body: &Value) -> Request {
    signed(caller, request(operation, body))
}

/// The same request, signed by a caller.
pub fn signed(caller: &str, request: Request) -> Request {
    let mut request = serde_json::to_value(request).expect("a request is plain data");
    request["requestContext"]["authorizer"] = json!({ "iam": { "userArn": caller } });
    serde_json::from_value(request).expect("it has the form of such a request")
}
