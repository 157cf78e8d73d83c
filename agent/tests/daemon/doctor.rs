//! Hosts on which an agent does not work, and what `doctor` says of each.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use spillway_agent::doctor::{self, Options, Surroundings};
use spillway_agent::system::space::Space;

use super::host::{Host, NO_SERVER, SECRET};
use super::metadata;
use super::server::{Request, Response, Server};

/// The host's time of day in the form of HTTP.
const DATE: &str = "Sat, 28 Nov 2026 12:00:00 GMT";
const NO_COMMAND: &str =
    "{\"__type\":\"ClientException\",\"message\":\"There is no command d-DOCTOR000 for this host.\"}";

fn ample(_: &Path) -> std::io::Result<Space> {
    Ok(Space { bytes: 40 << 30, files: Some(1_000_000) })
}

/// A host on which all is well, but for what a test changes.
struct Stage {
    host: Host,
    is_root: bool,
    space: fn(&Path) -> std::io::Result<Space>,
    more: &'static str,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { host: Host::new(), is_root: true, space: ample, more: "" };
        stage.host.write_user();
        stage.protect("host.yml");
        fs::create_dir(stage.host.path("bin")).unwrap();
        fs::create_dir(stage.host.path("proc")).unwrap();
        for shell in ["bin/sh", "bin/bash"] {
            stage.host.write(shell, "");
            fs::set_permissions(stage.host.path(shell), fs::Permissions::from_mode(0o755)).unwrap();
        }
        stage
    }

    fn protect(&self, name: &str) {
        fs::set_permissions(self.host.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn process(&self, pid: &str, command: &str) {
        fs::create_dir(self.host.path("proc").join(pid)).unwrap();
        fs::write(self.host.path("proc").join(pid).join("cmdline"), command).unwrap();
    }

    /// What is said, and whether the agent can work.
    fn examine(&self, service: &str, metadata: &str) -> String {
        self.host.write("agent.yml", &(self.host.configuration(service, metadata) + self.more));
        self.examine_with("agent.yml")
    }

    fn examine_with(&self, configuration: &str) -> String {
        let surroundings = Surroundings {
            processes: &self.host.path("proc"),
            shells: &self.host.path("bin"),
            is_root: self.is_root,
            user: "deploy".to_owned(),
            // The owner of the files that the test itself makes.
            uid: nix::unistd::geteuid().as_raw(),
            space: self.space,
            clock: &self.host.clock,
        };
        let options = Options { config: self.host.path(configuration) };
        let mut out = Vec::new();
        let is_well = doctor::run(&options, &surroundings, &mut out).unwrap();
        let text = self.host.neutral(&String::from_utf8(out).unwrap());
        assert!(!text.contains(SECRET), "a secret is shown");
        format!("{text}exit with {}\n", if is_well { "success" } else { "failure" })
    }
}

fn serve(status: u16, body: &'static str, date: &'static str) -> Server {
    Server::start(move |_| Response::new(status, body).with("date", date))
}

fn neutral(text: &str, server: &Server) -> String {
    text.replace(&server.url(), "SERVICE")
}

#[test]
fn a_host_on_which_all_is_well_gets_a_call_without_an_effect_and_is_not_changed() {
    let (stage, server) = (Stage::new(), serve(400, NO_COMMAND, DATE));
    let told = stage.examine(&server.url(), NO_SERVER);
    insta::assert_snapshot!("well", neutral(&told, &server));
    let target = |request: &Request| request.header("x-amz-target").unwrap_or_default().to_owned();
    let called: Vec<_> = server.requests().iter().map(target).collect();
    assert_eq!(
        called,
        ["CodeDeployCommandService_v20141006.GetDeploymentSpecification"],
        "a poll would be a sign of life"
    );
    assert!(!stage.host.path("root").exists());
}

#[test]
fn what_lets_the_agent_work_and_surprises_an_operator_is_a_warning() {
    let few = |_: &Path| Ok(Space { bytes: 512 << 20, files: Some(40_000) });
    let stage = Stage { is_root: false, space: few, more: ":log_dir: /var/log\n", ..Stage::new() };
    fs::set_permissions(stage.host.path("host.yml"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(stage.host.path("bin/bash")).unwrap();
    fs::create_dir(stage.host.path("root")).unwrap();
    // Its own command line names the folder of CodeDeploy's agent.
    stage.process("17", "spillway-agent\0run\0--config\0/etc/codedeploy-agent/conf/codedeployagent.yml\0");
    let server = serve(200, "{}", "Sat, 28 Nov 2026 11:59:00 GMT");
    insta::assert_snapshot!("warnings", neutral(&stage.examine(&server.url(), NO_SERVER), &server));
}

#[test]
fn what_keeps_the_agent_from_working_is_a_failure_each() {
    let none = |_: &Path| Ok(Space { bytes: 1 << 20, files: Some(3) });
    let stage = Stage { space: none, ..Stage::new() };
    // A file where the folder of deployments belongs is refused to every user, root included.
    stage.host.write("root", "");
    fs::set_permissions(stage.host.path("bin/sh"), fs::Permissions::from_mode(0o644)).unwrap();
    stage.process("5", "codedeploy-agent: master 5\0");
    stage.process("6", "ruby\0/opt/codedeploy-agent/bin/codedeploy-agent\0start\0");
    stage.process("41", "/opt/codedeploy-agent/bin/codedeploy-agent\0");
    stage.process("self", "codedeploy-agent\0");
    let server = serve(403, "{\"Message\":\"Signature expired\"}", "Sat, 28 Nov 2026 12:05:01 GMT");
    insta::assert_snapshot!("failures", neutral(&stage.examine(&server.url(), NO_SERVER), &server));
}

/// The line of a check, in what is said.
fn line<'a>(told: &'a str, check: &str) -> &'a str {
    let is_it = |line: &&str| line.get(8..).is_some_and(|rest| rest.starts_with(check));
    told.lines().find(is_it).unwrap_or_else(|| panic!("nothing is said of {check}:\n{told}"))
}

#[test]
fn a_service_that_does_not_know_the_host_or_cannot_be_reached_says_which() {
    let stage = Stage::new();
    let not_the_host = "{\"__type\":\"ClientException\",\"message\":\"arn:aws:iam::1:user/b is not host arn:aws:iam::1:user/a: an \
                        on-premises host calls as the IAM user or session that was registered for it.\"}";
    let mut lines = String::new();
    let mut say = |told: &str| lines.push_str(&format!("{}\n{}\n", line(told, "clock"), line(told, "endpoint")));
    for (status, body) in [(400, not_the_host), (403, "{\"Message\":\"Forbidden\"}"), (429, ""), (502, "")] {
        let server = serve(status, body, DATE);
        say(&neutral(&stage.examine(&server.url(), NO_SERVER), &server));
    }
    say(&stage.examine(NO_SERVER, NO_SERVER));
    insta::assert_snapshot!("endpoints", lines);
    // No name has a part of 64 letters, so that no name server is asked.
    let name = format!("{}.example.com", "a".repeat(64));
    let told = stage.examine(&format!("https://{name}"), NO_SERVER);
    let expected = format!("FAILED  endpoint      the name {name} has no address (");
    assert!(line(&told, "endpoint").starts_with(&expected), "{told}");
    assert!(told.contains("look at :deploy_control_endpoint: and at the name servers of this host\n"), "{told}");
}

#[test]
fn a_host_without_identity_or_keys_is_still_told_whether_its_service_is_there() {
    let (stage, server) = (Stage::new(), serve(403, "{}", DATE));
    fs::remove_file(stage.host.path("host.yml")).unwrap();
    let mut told = neutral(&stage.examine(&server.url(), NO_SERVER), &server);
    told.push_str(&stage.examine(NO_SERVER, NO_SERVER));
    stage.host.session();
    stage.protect("host.yml");
    told.push_str(&neutral(&stage.examine(&server.url(), NO_SERVER), &server));
    let said: Vec<_> = ["identity", "key files", "credentials", "clock", "endpoint"].into();
    let is_said = |line: &&str| said.iter().any(|check| line.get(8..).is_some_and(|rest| rest.starts_with(check)));
    let told = told.lines().filter(is_said).map(|line| format!("{line}\n")).collect::<String>();
    insta::assert_snapshot!("without_keys", told);
}

#[test]
fn keys_of_a_role_that_have_expired_or_soon_will_are_told() {
    let (stage, server) = (Stage::new(), serve(400, NO_COMMAND, DATE));
    fs::remove_file(stage.host.path("host.yml")).unwrap();
    let mut lines = String::new();
    for until in ["2026-11-28T18:00:00Z", "2026-11-28T12:04:00Z", "2026-11-28T11:59:59Z"] {
        let (metadata, _world) = metadata::start(metadata::until(until));
        let told = stage.examine(&server.url(), &metadata.url());
        lines.push_str(&format!("{}\n{}\n", line(&told, "identity"), line(&told, "credentials")));
        assert!(!told.contains("key files"), "an instance has none");
    }
    insta::assert_snapshot!("roles", lines);
}

#[test]
fn without_a_configuration_what_does_not_need_one_is_still_looked_at() {
    let stage = Stage::new();
    insta::assert_snapshot!("no_configuration", stage.examine_with("missing.yml"));
}

#[test]
fn a_token_for_github_that_others_can_read_is_a_failure() {
    let (stage, server) = (Stage::new(), serve(400, NO_COMMAND, DATE));
    let token = stage.host.path("token").display().to_string();
    let stage = Stage { more: Box::leak(format!(":github_token_file: {token}\n").into()), ..stage };
    stage.host.write("token", SECRET);
    let told = stage.examine(&server.url(), NO_SERVER);
    let line = "FAILED  GitHub        the file ~/token with the token for GitHub has mode 0644, so other users may read or change \
                it; `chmod 600 ~/token`\n";
    assert!(told.contains(line) && told.ends_with("exit with failure\n"), "{told}");
    stage.protect("token");
    let told = stage.examine(&server.url(), NO_SERVER);
    assert!(told.contains("ok      GitHub        the token in ~/token is for its owner alone\n"), "{told}");
}
