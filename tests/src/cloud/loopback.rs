//! What web pages may do with the servers of the local cloud, which is nothing.

use std::fs;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::processes::children;
use super::{Cloud, in_cloud, until};

/// What a browser says in the name of a web page: a script, a form, a page behind DNS rebinding, an image.
const OF_WEB_PAGES: [(&str, &str); 7] = [
    ("host", "evil.example:4781"),
    ("host", "127.0.0.1.evil.example"),
    ("host", "127.0.0.1:1"),
    ("origin", "http://evil.example"),
    ("origin", "null"),
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
];

/// What each server answers with 200, asked by a program.
async fn requests(cloud: &Cloud, client: &Client) -> Vec<(&'static str, RequestBuilder)> {
    let endpoints = cloud.endpoints();
    let api = client.post(&endpoints.codedeploy).header("x-amz-target", "CodeDeploy_20141006.ListApplications");
    let api = api.header("content-type", "application/x-amz-json-1.1").body("{}");
    vec![
        ("CodeDeploy's API", api),
        ("the emulated AWS", client.get(format!("{}/_ministack/health", endpoints.aws))),
        ("the emulated ECS", client.get(format!("{}/_health", endpoints.containers))),
    ]
}

fn grants_nothing(answer: &Response) -> bool {
    answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-"))
}

#[test]
fn no_web_page_can_use_the_local_cloud() {
    in_cloud(async |cloud| {
        let client = Client::new();
        for (server, request) in requests(cloud, &client).await {
            let program = request.try_clone().unwrap().send().await.unwrap();
            assert!(program.status() == 200 && grants_nothing(&program), "{server}: {program:?}");
            let typed_in = request.try_clone().unwrap().header("sec-fetch-site", "none").send().await.unwrap();
            assert_eq!(typed_in.status(), 200, "{server}");
            for (name, value) in OF_WEB_PAGES {
                let answer = request.try_clone().unwrap().header(name, value).send().await.unwrap();
                assert_eq!(answer.status(), 403, "{server}, {name}: {value}");
                assert!(grants_nothing(&answer), "{server}: {answer:?}");
                let words: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
                assert_eq!(words["__type"], "AccessDeniedException");
                let said = words["message"].as_str().unwrap();
                assert!(said.contains(value) && said.contains("refused the request, because its "), "{said}");
            }
        }
    });
}

#[test]
fn a_preflight_is_refused() {
    in_cloud(async |cloud| {
        let client = Client::new();
        let endpoints = cloud.endpoints();
        for url in [&endpoints.codedeploy, &endpoints.aws, &endpoints.containers] {
            let request = client.request(Method::OPTIONS, url).header("origin", "http://evil.example");
            let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
            assert!(answer.status() == 403 && grants_nothing(&answer), "{url}: {answer:?}");
        }
    });
}

/// What was tried in the review: code that runs as the developer, in two requests that need no preflight.
#[test]
fn a_web_page_makes_no_function() {
    in_cloud(async |cloud| {
        let url = format!("{}/2015-03-31/functions", cloud.endpoints().aws);
        let body = r#"{"FunctionName": "evil", "Runtime": "python3.12", "Handler": "a.b", "Role": "arn:aws:iam::000000000000:role/r", "Code": {"ZipFile": ""}}"#;
        let request = Client::new().post(url).header("content-type", "text/plain").body(body);
        let answer = request.header("origin", "http://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 403);
        let found = cloud.lambda.get_function().function_name("evil").send().await;
        assert_eq!(super::refusal(found).0, "ResourceNotFoundException");
    });
}

/// A function takes its events from a server on loopback, too.
#[test]
fn a_web_page_takes_no_event_from_a_function() {
    in_cloud(async |cloud| {
        cloud.codedeploy.list_applications().send().await.unwrap();
        let server = until("a function that waits for events", async || {
            let functions = children(cloud.local.process_id()).into_iter();
            functions.filter_map(|process| fs::read_to_string(format!("/proc/{process}/environ")).ok()).find_map(
                |variables| {
                    let server = variables.split('\0').find_map(|pair| pair.strip_prefix("AWS_LAMBDA_RUNTIME_API="));
                    server.map(str::to_owned)
                },
            )
        })
        .await;
        let url = format!("http://{server}/2018-06-01/runtime/invocation/next");
        for (name, value) in OF_WEB_PAGES {
            let answer = Client::new().get(&url).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name}: {value}");
        }
    });
}
