//! Parameter Store and Secrets Manager: what scripts get, what is masked, and what is said of what cannot be read.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use spillway_agent::http::Http;
use spillway_agent::http::endpoint::Endpoint;
use spillway_agent::secrets::{self, AwsSecrets, Secrets};
use spillway_agent::system::clock::Bell;

use super::github::files_with;
use super::host::{Host, KEY, NO_SERVER, SECRET};
use super::server::{Request, Response, Server};
use super::signature::verify;

const PASSWORD: &str = "correct-horse-battery";

/// What one of the services is asked: for whom it is signed, the target and the body.
fn asked(request: &Request) -> (String, String, Value) {
    let signed = verify(request, SECRET);
    assert_eq!((signed.access_key.as_str(), request.method.as_str()), (KEY, "POST"));
    let target = request.header("x-amz-target").unwrap().to_owned();
    (signed.scope, target, serde_json::from_slice(&request.body).unwrap())
}

/// Reads a parameter or a secret from a server that answers each call; the answer in words, and how many calls it took.
fn read(
    work: impl Fn(&dyn Secrets) -> Result<String, String>,
    answer: impl Fn(usize) -> Response + Send + 'static,
) -> (Result<String, String>, Vec<Request>, Vec<u64>) {
    let (host, stopping) = (Host::new(), Bell::default());
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| answer(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
    let identity = host.user();
    let endpoint = Endpoint::parse(&server.url()).unwrap();
    let of = || secrets::Server { http: Http::new(Duration::from_secs(20), None), endpoint: Some(endpoint.clone()) };
    let secrets =
        AwsSecrets { ssm: of(), secrets_manager: of(), identity: &identity, clock: &host.clock, stopping: &stopping };
    let outcome = work(&secrets).map_err(|words| words.replace(&server.url(), "AWS"));
    let waits = host.clock.waits.lock().unwrap().iter().map(Duration::as_secs).collect();
    (outcome, server.requests(), waits)
}

fn parameter(name: &'static str) -> impl Fn(&dyn Secrets) -> Result<String, String> {
    move |secrets| secrets.parameter(name).map(|value| value.to_string())
}

fn secret(id: &'static str) -> impl Fn(&dyn Secrets) -> Result<String, String> {
    move |secrets| secrets.secret(id).map(|value| value.to_string())
}

fn good() -> Response {
    Response::new(200, json!({ "Parameter": { "Name": "x", "Type": "SecureString", "Value": PASSWORD } }).to_string())
}

fn refusal(status: u16, kind: &str, message: &str) -> Response {
    Response::new(status, json!({ "__type": kind, "message": message }).to_string())
}

#[test]
fn values_are_read_by_calls_that_are_signed_for_their_service_and_region() {
    let (value, requests, _) = read(parameter("/prod/db"), |_| good());
    assert_eq!(value.unwrap(), PASSWORD);
    let body = json!({ "Name": "/prod/db", "WithDecryption": true });
    let expected = ("eu-west-1/ssm".to_owned(), "AmazonSSM.GetParameter".to_owned(), body);
    assert_eq!(requests.iter().map(asked).collect::<Vec<_>>(), [expected]);
    let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbCdEf";
    let (value, requests, _) =
        read(secret(arn), |_| Response::new(200, json!({ "Name": "prod/db", "SecretString": "{}" }).to_string()));
    assert_eq!(value.unwrap(), "{}");
    let expected =
        ("us-east-1/secretsmanager".to_owned(), "secretsmanager.GetSecretValue".to_owned(), json!({ "SecretId": arn }));
    assert_eq!(requests.iter().map(asked).collect::<Vec<_>>(), [expected], "an ARN names its region");
}

#[test]
fn what_is_refused_says_which_right_is_missing_on_what() {
    let not_allowed = |action: &str| {
        let message = format!("User: arn:aws:iam::111122223333:user/host-1 is not authorized to perform: {action}");
        refusal(400, "AccessDeniedException", &message)
    };
    let ssm = [
        (not_allowed("ssm:GetParameter"), 2),
        (not_allowed("kms:Decrypt on this resource"), 2),
        (refusal(400, "ParameterNotFound", ""), 1),
        (refusal(400, "ParameterVersionNotFound", "Version 7 is not there.\nforged line"), 1),
        (refusal(400, "com.amazonaws.ssm#UnrecognizedClientException", "The security token is invalid."), 2),
        (refusal(403, "", ""), 2),
        (refusal(400, "InvalidKeyId", "The key is disabled."), 1),
        (refusal(400, "ThrottlingException", "Rate exceeded"), 3),
        (refusal(500, "InternalServerError", "We failed."), 3),
        (Response::new(200, "{\"Parameter\":{\"Type\":\"String\"}}"), 1),
    ];
    let secrets = [
        (not_allowed("secretsmanager:GetSecretValue"), 2),
        (refusal(400, "AccessDeniedException", "Access to KMS is not allowed"), 2),
        (refusal(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."), 1),
        (refusal(400, "DecryptionFailure", "The key is not there."), 1),
        (Response::new(200, json!({ "SecretBinary": "Y29ycmVjdA==" }).to_string()), 1),
    ];
    let mut told = String::new();
    let mut tell = |(outcome, requests, waits): (Result<String, String>, Vec<Request>, Vec<u64>), tries: usize| {
        let words = outcome.unwrap_err();
        told.push_str(&format!("{words}\n"));
        assert_eq!(requests.len(), tries, "{words}");
        assert_eq!(waits, [1, 4][..if tries == 3 { 2 } else { 0 }], "{words}");
    };
    for (answer, tries) in ssm {
        tell(read(parameter("/prod/db"), move |_| answer.clone()), tries);
    }
    for (answer, tries) in secrets {
        tell(read(secret("prod/db"), move |_| answer.clone()), tries);
    }
    let arn = "arn:aws:ssm:us-east-1:444455556666:parameter/shared";
    tell(read(parameter(arn), move |_| not_allowed("ssm:GetParameter")), 2);
    insta::assert_snapshot!("refused", told);
}

#[test]
fn keys_that_were_renewed_and_servers_that_fail_once_cost_a_try() {
    let renewed = |n| if n == 0 { refusal(400, "ExpiredTokenException", "expired") } else { good() };
    let (value, requests, waits) = read(parameter("/prod/db"), renewed);
    assert_eq!((value.unwrap().as_str(), requests.len(), waits), (PASSWORD, 2, Vec::new()));
    let flaky = |n| if n == 0 { refusal(503, "", "") } else { good() };
    let (value, requests, waits) = read(parameter("/prod/db"), flaky);
    assert_eq!((value.unwrap().as_str(), requests.len(), waits), (PASSWORD, 2, vec![1]));
}

/// A host with a revision whose scripts get values, and the servers that have them.
struct Stage {
    host: Host,
    server: Server,
}

impl Stage {
    fn new(scripts: &[(&str, &str)], environment: &str) -> Self {
        let host = Host::new();
        host.write_user();
        let key = format!("-----BEGIN KEY-----\n{PASSWORD}-line\n-----END KEY-----\n");
        let server = Server::start(move |request| {
            let (_, _, body) = asked(request);
            match (body["Name"].as_str(), body["SecretId"].as_str()) {
                (Some("/prod/db"), _) => good(),
                (Some("/prod/key"), _) => Response::new(200, json!({ "Parameter": { "Value": key } }).to_string()),
                (_, Some("prod/api")) => {
                    let secret =
                        json!({ "user": "shop", "port": 5432, "token": format!("{PASSWORD}-token"), "list": [] });
                    Response::new(200, json!({ "SecretString": secret.to_string() }).to_string())
                }
                _ => refusal(400, "ParameterNotFound", ""),
            }
        });
        let configuration = host.configuration(NO_SERVER, NO_SERVER)
            + &format!(":ssm_endpoint: {0}\n:secretsmanager_endpoint: {0}\n", server.url());
        host.write("agent.yml", &configuration);
        fs::create_dir(host.path("revision")).unwrap();
        let mut appspec = "version: 0.0\nos: linux\n".to_owned() + environment + "hooks:\n  AfterInstall:\n";
        for (name, script) in scripts {
            let (name, more) = name.split_once(' ').unwrap_or((name, ""));
            host.write(&format!("revision/{name}"), script);
            appspec.push_str(&format!("    - location: {name}\n{more}"));
        }
        host.write("revision/appspec.yml", &appspec);
        Self { host, server }
    }

    fn run(&self, more: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway-agent"));
        command.args(["deploy-local", "-l"]).arg(self.host.path("revision")).arg("--root").arg(self.host.path("root"));
        let output = command.arg("-c").arg(self.host.path("agent.yml")).args(more).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + str::from_utf8(&output.stderr).unwrap();
        (output.status.success(), self.host.neutral(&text))
    }
}

#[test]
fn scripts_get_values_that_are_neither_on_the_disk_nor_in_a_log() {
    let own = "      environment:\n        API: secretsmanager:prod/api#token\n        PORT: secretsmanager:prod/api#port\n        MODE: fast\n";
    let first = "test \"$DB_PASSWORD\" = correct-horse-\"battery\" || exit 3\n\
                 head -c 70000 /dev/zero | tr '\\0' '='; echo \"$DB_PASSWORD\"\nprintf 'correct-horse-'; echo battery; echo \"$KEY\"\n\
                 echo \"$API $PORT $MODE\" >&2\n";
    let second = "echo \"${API-unset} $MODE $DB_PASSWORD\"\nexit 4\n";
    let stage = Stage::new(
        &[(&format!("first {own}"), first), ("second", second)],
        "environment:\n  DB_PASSWORD: ssm:/prod/db\n  KEY: ssm:/prod/key\n  MODE: slow\n",
    );
    let (is_done, text) = stage.run(&["--dry-run"]);
    let planned = "  run first, at most 3600 s, with DB_PASSWORD (ssm:/prod/db), KEY (ssm:/prod/key), API \
                   (secretsmanager:prod/api#token), PORT (secretsmanager:prod/api#port), MODE\n";
    assert!(is_done && text.contains(planned), "{text}");
    assert_eq!(stage.server.requests().len(), 0, "a dry run reads no value");
    let (is_done, text) = stage.run(&[]);
    assert!(!is_done && text.contains("second failed with exit code 4"), "{text}");
    assert!(text.contains("[stdout]unset slow ****\n") && !text.contains("battery"), "{text}");
    // Each script has its values fetched, and a secret of two members once.
    assert_eq!(stage.server.requests().len(), 3 + 2);
    fs::remove_dir_all(stage.host.path("revision")).unwrap();
    let on_disk = files_with(&stage.host.path(""), "horse-battery");
    assert!(on_disk.is_empty(), "{on_disk:?}");
    let logs = files_with(&stage.host.path("root"), "[stdout]unset slow ****");
    let log = fs::read_to_string(&logs[0]).unwrap();
    for expected in ["[stderr]**** **** fast\n", "=****\n", "[stdout]****\n"] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    assert!(log.matches("[stdout]****\n").count() == 4 && !log.contains("KEY"), "{log}");
}

#[test]
fn a_script_without_its_values_is_not_started_and_says_why() {
    let cases = [
        (
            "ssm:/prod/other",
            "parameter /prod/other is not in eu-west-1 (400 ParameterNotFound); create it, or correct the AppSpec",
        ),
        (
            "secretsmanager:prod/api#none",
            "secret prod/api has no member none; add it to the secret, or correct the AppSpec",
        ),
        ("secretsmanager:prod/api#list", "member list of secret prod/api is no text; store it as one"),
    ];
    for (reference, expected) in cases {
        let stage =
            Stage::new(&[("only", "touch ../../../../started\n")], &format!("environment:\n  API: {reference}\n"));
        let (is_done, text) = stage.run(&[]);
        let words = format!(
            "AfterInstall failed with code 4: Script at specified location: only was not started: API has no value: {expected}\n"
        );
        assert!(!is_done && text.contains(&words), "{text}");
        assert!(!stage.host.path("started").exists());
    }
    let stage = Stage::new(&[("only", "true\n")], "environment:\n  API: ssm:/prod/db\n");
    fs::remove_file(stage.host.path("host.yml")).unwrap();
    let (is_done, text) = stage.run(&[]);
    assert!(!is_done && text.contains("API has no value: this host has no identity: "), "{text}");
    fs::remove_file(stage.host.path("agent.yml")).unwrap();
    let (is_done, text) = stage.run(&[]);
    assert!(!is_done && text.contains("API has no value: the configuration ~/agent.yml cannot be read: "), "{text}");
}
