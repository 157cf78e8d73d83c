//! `register` and `deregister`, with an API that keeps one instance.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::{Arc, Mutex};

use clap::Parser;
use serde_json::{Value, json};
use spillway_agent::register::{self, Access, Operator};

use super::host::{Host, NO_SERVER, SECRET, SESSION, USER};
use super::server::{Request, Response, Server};
use super::signature::verify;

const OPERATOR_SECRET: &str = "secret-of-the-operator";

#[derive(Parser)]
struct Register {
    #[command(flatten)]
    options: register::Options,
}

#[derive(Parser)]
struct Deregister {
    #[command(flatten)]
    access: Access,
}

/// The one instance: its ARN, and under which member.
type Known = Arc<Mutex<Option<Value>>>;

fn answer(known: &Known, request: &Request) -> Response {
    let signed = verify(request, OPERATOR_SECRET);
    assert_eq!((signed.access_key.as_str(), signed.scope.as_str()), ("AKIAOPERATOR", "eu-west-1/lambda"));
    let input: Value = serde_json::from_slice(&request.body).unwrap();
    let refuse =
        |kind: &str, message: &str| Response::new(400, json!({ "__type": kind, "message": message }).to_string());
    let mut known = known.lock().unwrap();
    match request.header("x-amz-target").unwrap().strip_prefix("CodeDeploy_20141006.").unwrap() {
        "RegisterOnPremisesInstance" if known.is_some() => {
            refuse("InstanceNameAlreadyRegisteredException", "web-1 is registered already.")
        }
        "RegisterOnPremisesInstance" => {
            *known = Some(input);
            Response::new(200, "")
        }
        "AddTagsToOnPremisesInstances" => {
            assert_eq!(input["instanceNames"], json!(["web-1"]));
            match input["tags"][0]["Key"].as_str() {
                Some("refused") => refuse("InstanceLimitExceededException", "An instance has at most 10 tags."),
                _ => Response::new(200, ""),
            }
        }
        "GetOnPremisesInstance" => match &*known {
            Some(instance) => Response::new(200, json!({ "instanceInfo": instance }).to_string()),
            None => refuse("InstanceNotRegisteredException", "web-1 is not registered."),
        },
        "DeregisterOnPremisesInstance" => {
            *known = None;
            Response::new(200, "")
        }
        other => panic!("{other} is called"),
    }
}

struct Stage {
    host: Host,
    server: Server,
    known: Known,
    variables: Vec<(&'static str, String)>,
}

impl Stage {
    fn new() -> Self {
        let known = Known::default();
        let shared = Arc::clone(&known);
        let server = Server::start(move |request| answer(&shared, request));
        let variables = [
            ("AWS_ENDPOINT_URL_CODEDEPLOY", server.url()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAOPERATOR".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", OPERATOR_SECRET.to_owned()),
            ("HOST_ACCESS_KEY_ID", "AKIAHOST".to_owned()),
            ("HOST_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ];
        Self { host: Host::new(), server, known, variables: variables.into() }
    }

    fn set(&mut self, name: &'static str, value: Option<&str>) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.extend(value.map(|value| (name, value.to_owned())));
    }

    fn with(&self, work: impl FnOnce(&Operator<'_>, &mut Vec<u8>) -> anyhow::Result<()>) -> String {
        let variable =
            |name: &str| self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let operator = Operator { variable: &variable, now: *self.host.clock.now.lock().unwrap() };
        let mut out = Vec::new();
        let outcome = work(&operator, &mut out);
        let mut text = String::from_utf8(out).unwrap();
        if let Err(error) = outcome {
            text.push_str(&format!("error: {error:#}\n"));
        }
        assert!(!text.contains(SECRET) && !text.contains(OPERATOR_SECRET), "a secret is shown");
        self.host.neutral(&text).replace(&self.server.url(), "API")
    }

    fn file(&self) -> String {
        self.host.path("conf/host.yml").display().to_string()
    }

    fn register(&self, more: &[&str]) -> String {
        let file = self.file();
        let words = ["register", "--name", "web-1", "--file", &file].into_iter().chain(more.iter().copied());
        match Register::try_parse_from(words) {
            Ok(Register { options }) => self.with(|operator, out| register::register(&options, operator, out)),
            Err(error) => error.to_string().lines().next().unwrap().to_owned() + "\n",
        }
    }

    fn deregister(&self) -> String {
        self.deregister_as("web-1")
    }

    fn deregister_as(&self, name: &str) -> String {
        let words = ["deregister", "--name", name, "--file", &self.file()];
        let access = Deregister::try_parse_from(words).unwrap().access;
        self.with(|operator, out| register::deregister(&access, operator, out))
    }

    fn read(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }
}

#[test]
fn a_user_is_registered_tagged_and_written_down_once_and_taken_out_again() {
    let stage = Stage::new();
    let mut told = stage.register(&["--iam-user-arn", USER, "--tag", "fleet=shop", "--tag", "zone=a"]);
    let file = stage.read();
    assert_eq!(fs::metadata(stage.file()).unwrap().permissions().mode() & 0o7777, 0o600);
    let settings = stage.host.configuration(NO_SERVER, NO_SERVER).replace("host.yml", "conf/host.yml");
    let settings = spillway_agent::settings::Settings::parse(&settings, "agent.yml".as_ref()).unwrap();
    let identity = spillway_agent::identity::Identity::find(&settings).unwrap();
    assert_eq!((identity.host.as_str(), identity.region.as_str()), (USER, "eu-west-1"));
    told.push_str("-- again\n");
    told.push_str(&stage.register(&["--iam-user-arn", USER]));
    assert_eq!(stage.read(), file);
    told.push_str("-- back\n");
    told.push_str(&stage.deregister());
    assert!(stage.known.lock().unwrap().is_none() && !stage.host.path("conf/host.yml").exists());
    told.push_str("-- again\n");
    told.push_str(&stage.deregister());
    insta::assert_snapshot!("user", told);
}

#[test]
fn a_session_is_registered_by_its_arn_with_the_file_of_its_keys() {
    let stage = Stage::new();
    let told = stage.register(&["--iam-session-arn", SESSION, "--credentials-file", "/run/keys"]);
    assert!(told.starts_with(&format!("registered web-1 as {SESSION}\n")), "{told}");
    let expected = format!("---\nregion: eu-west-1\niam_session_arn: {SESSION}\naws_credentials_file: \"/run/keys\"\n");
    assert_eq!(stage.read(), expected);
    assert_eq!(*stage.known.lock().unwrap(), Some(json!({ "instanceName": "web-1", "iamSessionArn": SESSION })));
}

#[test]
fn the_file_belongs_to_the_user_of_the_agent() {
    let stage = Stage::new();
    let told = stage.register(&["--iam-user-arn", USER, "--user", "no-such-user"]);
    let expected = "error: user no-such-user does not exist; `spillway-agent install --user no-such-user` makes it\n";
    assert_eq!(told, expected);
    assert!(stage.known.lock().unwrap().is_none());
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    stage.register(&["--iam-user-arn", USER]);
    let owner = || fs::metadata(stage.file()).unwrap().uid();
    assert_eq!(owner(), 0);
    let told = stage.register(&["--iam-user-arn", USER, "--user", "nobody"]);
    assert!(told.contains("wrote ~/conf/host.yml"), "{told}");
    assert_eq!(owner(), nix::unistd::User::from_name("nobody").unwrap().unwrap().uid.as_raw());
}

#[test]
fn keys_of_the_operator_may_be_in_a_profile() {
    let mut stage = Stage::new();
    stage.set("AWS_ACCESS_KEY_ID", None);
    let home = stage.host.path("home").display().to_string();
    stage.set("HOME", Some(&home));
    fs::create_dir_all(stage.host.path("home/.aws")).unwrap();
    let text = format!("[work]\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = {OPERATOR_SECRET}\n");
    fs::write(stage.host.path("home/.aws/credentials"), text).unwrap();
    let told = stage.register(&["--iam-user-arn", USER]);
    assert!(
        told.contains(
            "~/home/.aws/credentials has no aws_access_key_id and aws_secret_access_key in its profile [default]"
        ),
        "{told}"
    );
    let told = stage.register(&["--iam-user-arn", USER, "--profile", "work"]);
    assert!(told.starts_with("registered web-1 as "), "{told}");
}

#[test]
fn what_cannot_be_registered_is_refused_with_words_and_leaves_no_file() {
    let user = ["--iam-user-arn", USER];
    let mut told = String::new();
    let mut say = |text: String| told.push_str(&text);
    let stage = Stage::new();
    say(stage.register(&[]));
    say(stage.register(&["--iam-session-arn", SESSION]));
    say(stage.register(&["--iam-user-arn", USER, "--tag", "fleet"]));
    say(stage.register(&["--iam-user-arn", SESSION]));
    say(stage.register(&["--iam-session-arn", USER, "--credentials-file", "/run/keys"]));
    say(stage.register(&["--iam-user-arn", USER, "--api", "http://api.example.com"]));
    say(stage.register(&["--iam-user-arn", USER, "--api", NO_SERVER]));
    for name in ["HOST_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_CODEDEPLOY", "AWS_REGION", "AWS_ACCESS_KEY_ID"] {
        let mut stage = Stage::new();
        stage.set(name, None);
        say(stage.register(&user));
    }
    *stage.known.lock().unwrap() = Some(json!({ "iamUserArn": "arn:aws:iam::111122223333:user/other" }));
    say(stage.register(&user));
    assert!(!stage.host.path("conf/host.yml").exists());
    *stage.known.lock().unwrap() = None;
    say(stage.register(&["--iam-user-arn", USER, "--tag", "refused=x"]));
    assert!(!stage.host.path("conf/host.yml").exists());
    for (status, body) in [(403, "{\"Message\":\"Forbidden\"}"), (502, ""), (404, "<html>")] {
        let server = Server::start(move |_| Response::new(status, body));
        say(stage.register(&["--iam-user-arn", USER, "--api", &server.url()]).replace(&server.url(), "API"));
    }
    // A file where the folder belongs is refused to every user, root included.
    let stage = Stage::new();
    stage.host.write("conf", "");
    say(stage.register(&user));
    assert!(stage.known.lock().unwrap().is_none(), "what cannot be written down is not registered");
    insta::assert_snapshot!("refused", told);
}

#[test]
fn a_file_that_names_another_host_is_kept() {
    let stage = Stage::new();
    stage.register(&["--iam-session-arn", SESSION, "--credentials-file", "/run/keys"]);
    let file = stage.read();
    let told = stage.register(&["--iam-user-arn", USER]);
    let expected = format!(
        "error: ~/conf/host.yml names this host as {SESSION}; nothing was registered: `spillway-agent deregister` it, or remove the \
         file\n"
    );
    assert_eq!((told, stage.read()), (expected, file.clone()));
    *stage.known.lock().unwrap() = Some(json!({ "iamUserArn": USER }));
    let told = stage.deregister();
    assert_eq!(told, format!("deregistered web-1\nleft ~/conf/host.yml, which names {SESSION}\n"));
    assert_eq!(stage.read(), file);
}

#[test]
fn a_name_that_was_never_registered_costs_no_host_its_keys() {
    let stage = Stage::new();
    stage.register(&["--iam-user-arn", USER]);
    let file = stage.read();
    *stage.known.lock().unwrap() = None;
    let told = stage.deregister_as("web-01");
    let expected = format!(
        "nothing to do: web-01 is not registered\nleft ~/conf/host.yml, which names {USER}: remove it by hand if no host is \
         registered as that\n"
    );
    assert_eq!((told, stage.read()), (expected, file));
    // Of one that was deregistered, the service still knows the identity.
    *stage.known.lock().unwrap() = Some(json!({ "iamUserArn": USER, "deregisterTime": 1.0 }));
    let told = stage.deregister();
    assert!(told.starts_with("nothing to do: web-1 is not registered\nremoved ~/conf/host.yml"), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_is_kept() {
    let stage = Stage::new();
    fs::create_dir(stage.host.path("conf")).unwrap();
    stage.host.write("conf/host.yml", "region: eu-west-1\n");
    let told = stage.register(&["--iam-user-arn", USER]);
    assert!(told.ends_with("; nothing was registered: correct the file, or move it away\n"), "{told}");
    assert!(told.contains("~/conf/host.yml names no host"), "{told}");
    assert_eq!(stage.read(), "region: eu-west-1\n");
    assert!(stage.known.lock().unwrap().is_none());
}

#[test]
fn the_agents_user_can_enter_the_folder_whatever_the_umask_of_the_operator_is() {
    let stage = Stage::new();
    let file = stage.file();
    let words = ["register", "--name", "web-1", "--file", &file, "--iam-user-arn", USER];
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 077; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_spillway-agent")]).args(words);
    let told = shell.env_clear().envs(stage.variables.iter().cloned()).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    let mode = |path: &str| fs::metadata(stage.host.path(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("conf"), mode("conf/host.yml")), (0o755, 0o600));
}
