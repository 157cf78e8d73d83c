//! An instance of EC2, by a metadata service that wants tokens.

use std::sync::{Arc, Mutex};

use jiff::ToSpan;
use serde_json::json;
use spillway_agent::identity::Identity;

use super::host::{Host, NO_SERVER};
use super::server::{Request, Response, Server};

/// What the service has. A test changes it.
#[derive(Clone)]
pub struct World {
    token: String,
    partition: Option<String>,
    document: String,
    role: Option<String>,
    credentials: String,
    is_broken: bool,
}

fn credentials(id: &str, until: &str) -> String {
    json!({ "Code": "Success", "AccessKeyId": id, "SecretAccessKey": "hidden", "Token": "t", "Expiration": until,
        "LastUpdated": "2026-11-28T11:00:00Z", "Type": "AWS-HMAC" })
    .to_string()
}

/// An instance whose keys are good until then.
pub fn until(until: &str) -> World {
    World { credentials: credentials("ASIAONE", until), ..world() }
}

fn world() -> World {
    World {
        token: "token-1".to_owned(),
        partition: Some("aws".to_owned()),
        document: json!({ "accountId": "111122223333", "instanceId": "i-0123", "region": "eu-west-1",
            "imageId": "ami-1" })
        .to_string(),
        role: Some("hosts".to_owned()),
        credentials: credentials("ASIAONE", "2026-11-28T13:00:00Z"),
        is_broken: false,
    }
}

fn answer(world: &World, request: &Request) -> Response {
    if world.is_broken {
        return Response::new(500, "");
    }
    if (request.method.as_str(), request.path.as_str()) == ("PUT", "/latest/api/token") {
        assert_eq!(request.header("x-aws-ec2-metadata-token-ttl-seconds"), Some("21600"));
        return if world.token.is_empty() { Response::new(403, "") } else { Response::new(200, world.token.clone()) };
    }
    if request.header("x-aws-ec2-metadata-token") != Some(&world.token) {
        return Response::new(401, "");
    }
    let folder = "/latest/meta-data/iam/security-credentials/";
    let found = match request.path.as_str() {
        "/latest/dynamic/instance-identity/document" => Some(world.document.clone()),
        "/latest/meta-data/services/partition" => world.partition.clone(),
        path if path == folder => world.role.clone(),
        path if path.strip_prefix(folder) == world.role.as_deref() => Some(world.credentials.clone()),
        path => panic!("{path} is asked for"),
    };
    found.map_or_else(|| Response::new(404, "<html>404</html>"), |text| Response::new(200, text))
}

pub fn start(world: World) -> (Server, Arc<Mutex<World>>) {
    let world = Arc::new(Mutex::new(world));
    let shared = Arc::clone(&world);
    (Server::start(move |request| answer(&shared.lock().unwrap(), request)), world)
}

#[test]
fn an_instance_is_named_by_its_document_and_signs_with_its_role() {
    let (server, world) = start(world());
    let host = Host::new();
    let identity = Identity::find(&host.settings(&server.url())).unwrap();
    assert_eq!(identity.host, "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123");
    assert_eq!(
        (identity.region.as_str(), identity.source().as_str()),
        ("eu-west-1", "the instance's metadata service")
    );
    let mut now = *host.clock.now.lock().unwrap();
    let mut key = |minutes: i64| {
        now += minutes.minutes();
        identity.credentials(now).map(|keys| keys.access_key_id().to_owned())
    };
    assert_eq!(key(0).unwrap(), "ASIAONE");
    let asked = server.requests().len();
    world.lock().unwrap().credentials = credentials("ASIATWO", "2026-11-28T14:00:00Z");
    assert_eq!(key(54).unwrap(), "ASIAONE");
    assert_eq!(server.requests().len(), asked, "what is good is not asked for again");
    assert_eq!(key(2).unwrap(), "ASIATWO");
    // The service was restarted, and knows no token of before.
    world.lock().unwrap().token = "token-2".to_owned();
    world.lock().unwrap().credentials = credentials("ASIATHREE", "2026-11-28T15:00:00Z");
    identity.forget_credentials();
    assert_eq!(key(0).unwrap(), "ASIATHREE");
    // What is still good serves while the service fails, and no longer.
    world.lock().unwrap().is_broken = true;
    assert_eq!(key(122).unwrap(), "ASIATHREE");
    let expected =
        format!("the metadata service {} answers meta-data/iam/security-credentials/ with 500", server.url());
    assert_eq!(key(2).unwrap_err(), expected);
}

#[test]
fn other_partitions_have_other_names() {
    let china = json!({ "accountId": "1", "instanceId": "i-1", "region": "cn-north-1" }).to_string();
    for (partition, expected) in [(Some("aws-cn"), "arn:aws-cn:"), (None, "arn:aws:")] {
        let (server, _world) =
            start(World { partition: partition.map(str::to_owned), document: china.clone(), ..world() });
        let identity = Identity::find(&Host::new().settings(&server.url())).unwrap();
        assert!(identity.host.starts_with(expected), "{}", identity.host);
        assert_eq!(identity.domain(), "amazonaws.com.cn");
    }
}

#[test]
fn an_instance_that_cannot_be_named_or_has_no_role_says_what_to_do() {
    let (ok, host) = (world(), Host::new());
    let failed = json!({ "Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role hosts." });
    let worlds = [
        World { token: String::new(), ..ok.clone() },
        World { document: "<html>".to_owned(), ..ok.clone() },
        World { is_broken: true, ..ok.clone() },
        World { role: None, ..ok.clone() },
        World { credentials: failed.to_string(), ..ok.clone() },
        World { credentials: json!({ "AccessKeyId": "A", "SecretAccessKey": "hidden" }).to_string(), ..ok.clone() },
        World { credentials: "<html>".to_owned(), ..ok },
    ];
    let mut told = String::new();
    for world in worlds {
        let (server, _world) = start(world);
        let now = *host.clock.now.lock().unwrap();
        let found = Identity::find(&host.settings(&server.url())).and_then(|identity| identity.credentials(now));
        told.push_str(&format!("{}\n", host.neutral(&found.unwrap_err()).replace(&server.url(), "IMDS")));
    }
    let words = Identity::find(&host.settings(NO_SERVER)).unwrap_err();
    told.push_str(&format!("{}\n", host.neutral(&words)));
    assert!(!told.contains("hidden"), "a secret is shown");
    insta::assert_snapshot!("instances", told);
}
