//! What the proxy answers: what the function URL said, or, where that was not CodeDeploy's JSON, what it means.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::upstream::Received;

const JSON: &str = "application/x-amz-json-1.1";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The answer as it came, unless it is Lambda's and not the API's.
pub(super) fn from_upstream(received: Received, function_url: &str) -> Response {
    let Received { status, headers, body } = received;
    let said = String::from_utf8_lossy(&body);
    // Known by its content type also where HEAD leaves it no body.
    let from_api = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == JSON) || said.contains("\"__type\"");
    let mut response = if status == StatusCode::TOO_MANY_REQUESTS {
        // Only Lambda answers so, in whatever shape: the API's own refusals are bad requests.
        failure(StatusCode::BAD_REQUEST, "ThrottlingException", &format!("{function_url} is throttled ({said})"))
    } else if status.is_success() || from_api {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response
    } else if status == StatusCode::FORBIDDEN {
        let words = "refused the signature: the proxy's credentials need lambda:InvokeFunctionUrl and \
                     lambda:InvokeFunction on it, in the same region";
        failure(StatusCode::BAD_REQUEST, "AccessDeniedException", &format!("{function_url} {words} ({said})"))
    } else {
        let words =
            format!("the function behind {function_url} failed; see its log (HTTP {}: {said})", status.as_u16());
        failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", &words)
    };
    for name in [CONTENT_TYPE, CONTENT_ENCODING] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(id) = headers.get(REQUEST_ID) {
        response.headers_mut().insert(REQUEST_ID, id.clone());
    }
    response
}

/// The function URL gave no answer.
pub(super) fn unavailable(cause: &anyhow::Error) -> Response {
    failure(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException", &format!("{cause:#}"))
}

/// The request is more than a function URL takes.
pub(super) fn too_large(limit: usize) -> Response {
    let words = format!("a request may have {limit} bytes at most, and must arrive whole");
    failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", &words)
}

fn failure(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({"__type": kind, "message": message}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    // Clients show it, and want one on whatever they are answered.
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Bytes, to_bytes};
    use axum::http::HeaderMap;

    use super::*;

    async fn answered(status: u16, body: &'static str) -> (u16, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let received = Received { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let response = from_upstream(received, "https://url/");
        let status = response.status().as_u16();
        (status, String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_answers_of_the_api_pass_unchanged() {
        assert_eq!(answered(200, "{}").await, (200, "{}".to_owned()));
        let refusal = r#"{"__type":"ApplicationDoesNotExistException","message":"no"}"#;
        assert_eq!(answered(400, refusal).await, (400, refusal.to_owned()));
    }

    #[test]
    fn every_answer_has_a_request_id_and_the_apis_own_where_there_is_one() {
        let received = |id: Option<&'static str>| Received {
            status: StatusCode::BAD_GATEWAY,
            headers: id.map(|id| (REQUEST_ID, HeaderValue::from_static(id))).into_iter().collect(),
            body: Bytes::new(),
        };
        let id = |response: Response| response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        assert_eq!(id(from_upstream(received(Some("r-1")), "https://url/")), "r-1");
        for response in
            [from_upstream(received(None), "https://url/"), too_large(1), unavailable(&anyhow::anyhow!("no"))]
        {
            assert_eq!(id(response).len(), 36);
        }
    }

    #[tokio::test]
    async fn the_answers_of_lambda_itself_are_told_in_the_shape_of_codedeploy() {
        let (status, body) = answered(403, r#"{"Message":"Forbidden"}"#).await;
        assert!(status == 400 && body.contains("AccessDeniedException") && body.contains("lambda:InvokeFunctionUrl"));
        for said in [r#"{"message":"Rate Exceeded."}"#, r#"{"__type":"TooManyRequestsException"}"#] {
            let (status, body) = answered(429, said).await;
            assert!(status == 400 && body.contains("\"ThrottlingException\""), "{body}");
        }
        let (status, body) = answered(502, "Internal Server Error").await;
        assert!(status == 500 && body.contains("InternalFailure") && body.contains("HTTP 502"));
    }
}
