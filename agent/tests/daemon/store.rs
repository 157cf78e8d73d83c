//! S3: what is fetched, and what is said of what is not.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use spillway_agent::bundle::Kind;
use spillway_agent::http::Http;
use spillway_agent::http::endpoint::Endpoint;
use spillway_agent::identity::Identity;
use spillway_agent::spec::{Bundles, S3Object};
use spillway_agent::store::S3;
use spillway_agent::system::clock::Bell;

use super::host::{Host, KEY, NO_SERVER, SECRET};
use super::server::{Response, Server};
use super::signature::verify;

fn object(key: &str) -> S3Object {
    S3Object { bucket: "bundles".to_owned(), key: key.to_owned(), kind: Kind::Zip, version: None, etag: None }
}

fn store<'a>(url: &str, host: &'a Host, identity: &'a Identity, stopping: &'a Bell) -> S3<'a> {
    let http = Http::new(Duration::from_secs(20), None);
    S3 { http, endpoint: Some(Endpoint::parse(url).unwrap()), identity, clock: &host.clock, stopping }
}

/// What came of a fetch.
struct Fetched {
    outcome: Result<String, String>,
    file: Option<Vec<u8>>,
    requests: Vec<String>,
    /// Between the tries, in seconds.
    waits: Vec<u64>,
}

fn fetch(object: &S3Object, answer: impl Fn(usize) -> Response + Send + 'static) -> Fetched {
    let (host, stopping, count) = (Host::new(), Bell::default(), AtomicUsize::new(0));
    let server = Server::start(move |request| {
        let signed = verify(request, SECRET);
        assert_eq!((signed.access_key.as_str(), signed.scope.as_str()), (KEY, "eu-west-1/s3"));
        answer(count.fetch_add(1, Ordering::SeqCst))
    });
    let identity = host.user();
    let path = host.path("bundle");
    let outcome = store(&server.url(), &host, &identity, &stopping).fetch(object, &path);
    let outcome = outcome.map_err(|error| error.to_string().replace(&server.url(), "S3"));
    let requests = server.requests().iter().map(|request| format!("{}?{}", request.path, request.query)).collect();
    let waits = host.clock.waits.lock().unwrap().iter().map(Duration::as_secs).collect();
    let outcome = outcome.map_err(|words| host.neutral(&words));
    Fetched { outcome, file: fs::read(path).ok(), requests, waits }
}

fn good() -> Response {
    Response::new(200, "the bundle").with("etag", "\"0123\"")
}

#[test]
fn an_object_is_fetched_by_its_very_key_and_version() {
    let versioned = S3Object { version: Some("a+b/c=".to_owned()), ..object("x//é y+z.zip") };
    let Fetched { outcome, file, requests, waits } = fetch(&versioned, |_| good());
    assert_eq!((outcome.unwrap().as_str(), file.unwrap().as_slice()), ("\"0123\"", b"the bundle".as_slice()));
    assert_eq!(requests, ["/bundles/x//%C3%A9%20y%2Bz.zip?versionId=a%2Bb%2Fc%3D"]);
    assert_eq!(waits, [0; 0]);
}

#[test]
fn the_bytes_of_an_object_with_another_etag_are_not_taken() {
    let expecting = |etag: &str| S3Object { etag: Some(etag.to_owned()), ..object("shop.zip") };
    let Fetched { outcome, file, .. } = fetch(&expecting("4567"), |_| good());
    assert_eq!((outcome.unwrap().as_str(), file), ("\"0123\"", None));
    for same in ["0123", "\"0123\""] {
        assert!(fetch(&expecting(same), |_| good()).file.is_some());
    }
}

#[test]
fn what_may_pass_is_tried_again_after_longer_and_longer_waits() {
    let flaky = |n| match n {
        0 => Response::new(503, "<Error><Code>SlowDown</Code></Error>"),
        1 => Response { length: Some(100), ..good() },
        _ => good(),
    };
    let Fetched { outcome, file, requests, waits } = fetch(&object("shop.zip"), flaky);
    assert_eq!((outcome.is_ok(), file.unwrap().as_slice()), (true, b"the bundle".as_slice()));
    assert_eq!((requests.len(), waits), (3, vec![1, 4]));
    let Fetched { outcome, requests, waits, .. } =
        fetch(&object("shop.zip"), |_| Response { length: Some(100), ..good() });
    assert_eq!(outcome.unwrap_err(), "the connection to S3 ended after 10 of 100 bytes");
    assert_eq!((requests.len(), waits), (4, vec![1, 4, 16]));
}

#[test]
fn what_lasts_is_told_with_bucket_key_region_and_host() {
    let error = |status: u16, code: &str, message: &str| {
        Response::new(
            status,
            format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        )
    };
    let moved = error(301, "PermanentRedirect", "Use the other endpoint.").with("x-amz-bucket-region", "us-east-1");
    let wrong = error(400, "AuthorizationHeaderMalformed", "Wrong.").with("x-amz-bucket-region", "us-east-1");
    let cases: [(Response, usize); 8] = [
        (error(403, "AccessDenied", "Access Denied"), 2),
        (error(404, "NoSuchKey", "The specified key does not exist."), 1),
        (error(404, "NoSuchBucket", "The specified bucket does not exist"), 1),
        (moved, 1),
        (wrong, 1),
        (error(412, "PreconditionFailed", "No."), 1),
        (error(500, "InternalError", "We failed."), 4),
        (Response { length: Some(1 << 60), ..good() }, 1),
    ];
    let versioned = S3Object { version: Some("v1".to_owned()), ..object("shop.zip") };
    let mut told = String::new();
    for (answer, tries) in cases {
        let Fetched { outcome, file, requests, .. } = fetch(&versioned, move |_| answer.clone());
        assert_eq!((requests.len(), file), (tries, None), "{outcome:?}");
        // How much room a disk has is no fact of the agent.
        let words = outcome.unwrap_err();
        let (before, after) = words.split_once(" has ").filter(|_| words.contains(" free; ")).map_or(
            (words.clone(), String::new()),
            |(before, rest)| {
                let (room, after) = rest.split_once(" free; ").unwrap();
                (format!("{before} has {}", room.rsplit_once(' ').unwrap().0), format!(" N free; {after}"))
            },
        );
        told.push_str(&format!("{before}{after}\n"));
    }
    let (host, stopping) = (Host::new(), Bell::default());
    let identity = host.user();
    let words = store(NO_SERVER, &host, &identity, &stopping).fetch(&object("shop.zip"), &host.path("bundle"));
    told.push_str(&format!("{}\n", words.unwrap_err()));
    insta::assert_snapshot!("objects", told);
}

#[test]
fn an_agent_that_is_about_to_end_does_not_try_again() {
    let (host, stopping) = (Host::new(), Bell::default());
    stopping.ring();
    let identity = host.user();
    store(NO_SERVER, &host, &identity, &stopping).fetch(&object("shop.zip"), &host.path("bundle")).unwrap_err();
    assert_eq!(host.clock.waits.lock().unwrap().len(), 1);
}
