//! HTTP, as a function URL speaks it: from its event to an operation, and back to its answer.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::codedeploy::content;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::operation::Operation;

/// The content type of every answer.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The bytes of a request body. The largest sound request is an AppSpec of
/// [`APPSPEC_BYTES`](spillway_domain::catalog::revision::APPSPEC_BYTES), JSON-escaped.
pub const BODY_BYTES: usize = 1024 * 1024;

/// The operation that a request asks for, and its body, which may have so many bytes.
pub fn read(request: &Request, most: usize) -> Result<(Operation, Vec<u8>), Exception> {
    check_place(request)?;
    let operation = Operation::of_request(header(request, "x-amz-target"), header(request, "content-type"))?;
    Ok((operation, body(request, most, operation.name())?))
}

/// A header of a request.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// Refuses what is no POST to the root, and another protocol than JSON.
pub(crate) fn check_place(request: &Request) -> Result<(), Exception> {
    let method = request.request_context.http.method.as_deref().unwrap_or("POST");
    let path = request.raw_path.as_deref().unwrap_or("/");
    Operation::check_protocol(path, header(request, "smithy-protocol"))?;
    if method != "POST" || !matches!(path, "" | "/") {
        let words = format!(
            "{method} {path} is nothing here. Spillway answers CodeDeploy's API: POST / with the operation in the \
             header X-Amz-Target."
        );
        return Err(Exception::new("UnknownOperationException", words));
    }
    Ok(())
}

/// The body of a request for an operation, which may have so many bytes.
pub(crate) fn body(request: &Request, most: usize, operation: &str) -> Result<Vec<u8>, Exception> {
    let body = request.body.as_deref().unwrap_or_default();
    let may_have = if request.is_base64_encoded { most.div_ceil(3) * 4 } else { most };
    refuse_more_than(may_have, body.len())?;
    let body = if request.is_base64_encoded {
        BASE64_STANDARD.decode(body).map_err(|error| {
            let words = format!("The body of {operation} is not the base64 that its event says it is: {error}.");
            Exception::new("SerializationException", words)
        })?
    } else {
        body.as_bytes().to_vec()
    };
    let body = content::unpack(body, header(request, "content-encoding"))?;
    refuse_more_than(most, body.len())?;
    Ok(body)
}

fn refuse_more_than(most: usize, bytes: usize) -> Result<(), Exception> {
    let words = || format!("The request body has {bytes} bytes; it may have {most}.");
    if bytes > most { Err(Exception::new("SerializationException", words())) } else { Ok(()) }
}

/// An answer, or why there is none, as a function URL hands it on.
pub fn respond(answer: &Result<Value, Exception>, request_id: &str) -> Value {
    let (status, body) = match answer {
        Ok(answer) => (200, answer.to_string()),
        Err(exception) => (exception.status(), String::from_utf8_lossy(&exception.body()).into_owned()),
    };
    json!({
        "statusCode": status,
        "headers": { "content-type": CONTENT_TYPE, "x-amzn-RequestId": request_id },
        "body": body,
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::http::HeaderValue;

    use super::*;
    use crate::codedeploy::deployment::GetDeployment;
    use crate::codedeploy::deployment::create::CreateDeployment;
    use crate::testing::context;

    fn sample(text: &str) -> Request {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_samples_are_operations() {
        let (operation, body) = read(&sample(include_str!("../../../../events/api.json")), BODY_BYTES).unwrap();
        assert_eq!(operation, Operation::CreateDeployment);
        assert!(CreateDeployment::parse(&body, &context()).is_ok());
        let (operation, body) =
            read(&sample(include_str!("../../../../events/api.get-deployment.json")), BODY_BYTES).unwrap();
        assert_eq!(operation, Operation::GetDeployment);
        assert!(GetDeployment::parse(&body, &context()).is_ok());
    }

    #[test]
    fn what_is_no_operation_is_told_what_to_do() {
        let refusal = |change: fn(&mut Request)| {
            let mut request = sample(include_str!("../../../../events/api.get-deployment.json"));
            change(&mut request);
            read(&request, BODY_BYTES).unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|request| request.request_context.http.method = Some("GET".to_owned())),
            "UnknownOperationException: GET / is nothing here. Spillway answers CodeDeploy's API: POST / with the \
             operation in the header X-Amz-Target."
        );
        assert!(refusal(|request| request.raw_path = Some("/health".to_owned())).contains("POST /health is nothing"));
        assert!(refusal(|request| request.headers.clear()).contains("X-Amz-Target is missing"));
        assert!(refusal(|request| request.body = Some("!".to_owned())).starts_with("SerializationException"));
        let cbor = refusal(|request| request.raw_path = Some("/service/CodeDeploy_20141006/operation/X".to_owned()));
        assert!(cbor.contains("speak AWS JSON 1.1"), "{cbor}");
        let packed = refusal(|request| {
            request.headers.insert("content-encoding", HeaderValue::from_static("zstd"));
        });
        assert!(packed.contains("Send gzip, or none"), "{packed}");
    }

    #[test]
    fn headers_are_known_in_any_case() {
        let text = include_str!("../../../../events/api.get-deployment.json");
        for (known, written) in [("x-amz-target", "X-Amz-Target"), ("content-type", "Content-TYPE")] {
            assert!(text.contains(known));
            let (operation, _) = read(&sample(&text.replace(known, written)), BODY_BYTES).unwrap();
            assert_eq!(operation, Operation::GetDeployment);
        }
    }

    #[test]
    fn a_body_may_be_gzipped() {
        let mut request = sample(include_str!("../../../../events/api.get-deployment.json"));
        // {"deploymentId":"d-75I7MBT7C"}
        request.body = Some("H4sIAAAAAAACA6tWSkktyMmvzE3NK/FMUbJSStE1N/U093UKMXdWqgUAKnOzmB4AAAA=".to_owned());
        request.is_base64_encoded = true;
        request.headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        let (operation, body) = read(&request, BODY_BYTES).unwrap();
        assert_eq!((operation, &body[..]), (Operation::GetDeployment, &br#"{"deploymentId":"d-75I7MBT7C"}"#[..]));
    }

    #[test]
    fn a_body_that_is_too_large_is_refused_before_it_is_unpacked_or_read() {
        for (is_base64, bytes, refused) in [(false, 16, false), (false, 17, true), (true, 24, false), (true, 25, true)]
        {
            let mut request = sample(include_str!("../../../../events/api.get-deployment.json"));
            // 24 characters of base64 are as many as 16 bytes become.
            request.body = Some("=".repeat(bytes));
            request.is_base64_encoded = is_base64;
            let answer = read(&request, 16).map(|(_, body)| body.len());
            let words = answer.map_or_else(|exception| exception.to_string(), |bytes| bytes.to_string());
            assert_eq!(words.contains("bytes; it may have"), refused, "{words}");
        }
    }

    #[test]
    fn every_answer_has_the_id_of_its_request() {
        for (answer, status) in [(Ok(json!({})), 200), (Err(Exception::internal("r-1")), 500)] {
            let answer = respond(&answer, "r-1");
            assert_eq!(
                (&answer["headers"]["x-amzn-RequestId"], &answer["statusCode"]),
                (&json!("r-1"), &json!(status))
            );
        }
    }
}
