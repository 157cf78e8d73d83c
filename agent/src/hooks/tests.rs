//! Scripts, run on the real host: how they end, and what is told of it.

use std::os::unix::fs::PermissionsExt;

use jiff::Timestamp;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use spillway_appspec::server::FileExistsBehavior;
use spillway_wire::agent::specification::AccessToken;
use tempfile::TempDir;

use super::*;
use crate::progress::Progress;
use crate::spec::{GitHubCommit, Packing, Revision, S3Object};
use crate::system::unix::Unix;

struct Stage {
    home: TempDir,
    environment: Vec<(OsString, OsString)>,
    progress: Progress,
}

impl Stage {
    fn new(scripts: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        for (name, content) in scripts {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let path = std::env::var_os("PATH").unwrap();
        Self { home, environment: vec![("PATH".into(), path)], progress: Progress::default() }
    }

    fn run(&self, scripts: &[Script]) -> Diagnostics {
        let host = Unix::new("aside".to_owned(), "/nowhere".into());
        // No other test has a script of this mark.
        let mark = self.home.path().display().to_string();
        let event = Event {
            name: "AfterInstall",
            archive: self.home.path(),
            environment: &self.environment,
            mark: &mark,
            grace: Duration::from_millis(300),
            cancellation: &self.progress.cancellation,
            secrets: None,
        };
        let mut log = HookLog::open(&self.home.path().join("log"), || Timestamp::UNIX_EPOCH, &self.progress).unwrap();
        run(&host, &event, scripts, &mut log).unwrap()
    }

    fn message(&self, script: &Script) -> (ErrorCode, String) {
        let diagnostics = self.run(std::slice::from_ref(script));
        assert_eq!(diagnostics.script_name, script.written);
        (diagnostics.code, diagnostics.message.replace(self.home.path().to_str().unwrap(), "~"))
    }
}

fn script(location: &str) -> Script {
    Script {
        line: 1,
        written: location.to_owned(),
        location: location.trim_start_matches('/').to_owned(),
        timeout_seconds: 20,
        run_as: None,
        sudo: false,
        environment: Vec::new(),
    }
}

#[test]
fn a_failure_is_told_with_its_code_and_words() {
    let stage = Stage::new(&[
        ("seven.sh", "#!/bin/sh\nexit 7\n"),
        ("killed.sh", "#!/bin/sh\nkill -9 $$\n"),
        ("absent.sh", "#!/bin/sh\nno-such-command\n"),
        ("plain.sh", "#!/bin/sh\n./seven.txt\n"),
        ("seven.txt", ""),
        ("inner.sh", "#!/bin/sh\nsh -c 'kill -9 $$'\nexit $?\n"),
        ("dos.sh", "#!/bin/sh\r\nexit 0\r\n"),
        ("odd.sh", "#!/no/such/interpreter -x\n"),
        ("scripts/start.sh", ""),
    ]);
    let at = "Script at specified location: ";
    let cases = [
        (script("seven.sh"), ErrorCode::ScriptFailed, format!("{at}seven.sh failed with exit code 7")),
        (
            script("absent.sh"),
            ErrorCode::ScriptFailed,
            format!("{at}absent.sh failed with exit code 127 [a command in it was not found]"),
        ),
        (
            script("plain.sh"),
            ErrorCode::ScriptFailed,
            format!("{at}plain.sh failed with exit code 126 [a command in it cannot be executed]"),
        ),
        (
            script("inner.sh"),
            ErrorCode::ScriptFailed,
            format!("{at}inner.sh failed with exit code 137 [a command in it was ended by SIGKILL (signal 9)]"),
        ),
        (script("killed.sh"), ErrorCode::ScriptFailed, format!("{at}killed.sh was ended by SIGKILL (signal 9)")),
        (
            script("dos.sh"),
            ErrorCode::ScriptFailed,
            format!(
                "{at}dos.sh cannot be run: its first line ends in a carriage return, so that its interpreter is not \
                 found; save it with Unix line ends"
            ),
        ),
        (
            script("odd.sh"),
            ErrorCode::ScriptFailed,
            format!(
                "{at}odd.sh cannot be started: No such file or directory (os error 2); its first line names the \
                 interpreter /no/such/interpreter -x"
            ),
        ),
        (
            Script { run_as: Some("no-such-user".to_owned()), ..script("seven.sh") },
            ErrorCode::ScriptFailed,
            format!("{at}seven.sh run as user no-such-user failed with exit code 1 [user no-such-user does not exist]"),
        ),
        (
            script("start.sh"),
            ErrorCode::ScriptMissing,
            "Script does not exist at specified location: ~/start.sh [the revision has scripts/start.sh]".to_owned(),
        ),
        (
            script("/usr/bin/java -jar x"),
            ErrorCode::ScriptMissing,
            "Script does not exist at specified location: ~/usr/bin/java -jar x [location is relative to the revision \
             and takes no arguments]"
                .to_owned(),
        ),
        (
            script("/opt/own.sh"),
            ErrorCode::ScriptMissing,
            "Script does not exist at specified location: ~/opt/own.sh [location is relative to the revision, not to \
             the host]"
                .to_owned(),
        ),
    ];
    for (script, code, message) in cases {
        assert_eq!(stage.message(&script), (code, message));
    }
}

#[test]
fn a_script_needs_neither_mode_nor_first_line_and_runs_in_its_revision() {
    let stage = Stage::new(&[("bin/plain", "echo \"in $(pwd) by $0\"; echo bad >&2; cat\n")]);
    let diagnostics = stage.run(&[script("bin/plain")]);
    let home = stage.home.path().display();
    let expected = format!(
        "LifecycleEvent - AfterInstall\nScript - bin/plain\n[stdout]in {home} by {home}/bin/plain\n[stderr]bad\n"
    );
    let mut lines: Vec<_> = diagnostics.log.lines().collect();
    lines[2..].sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(lines.join("\n") + "\n", expected);
    assert_eq!(fs::metadata(stage.home.path().join("bin/plain")).unwrap().permissions().mode() & 0o111, 0o111);
    let log = fs::read_to_string(stage.home.path().join("log")).unwrap();
    assert!(log.starts_with("1970-01-01 00:00:00 LifecycleEvent - AfterInstall\n"), "{log}");
}

#[test]
fn the_first_failure_is_the_last_script() {
    let stage = Stage::new(&[("bad", "exit 3\n"), ("never", "touch ran\n")]);
    assert_eq!(stage.run(&[script("bad"), script("never")]).script_name, "bad");
    assert!(!stage.home.path().join("ran").exists());
}

/// The number that a script has written into a file.
fn number(stage: &Stage, name: &str) -> Pid {
    Pid::from_raw(fs::read_to_string(stage.home.path().join(name)).unwrap().trim().parse().unwrap())
}

/// A process that is ending closes its output before it is a zombie; the kernel marks it first.
fn is_running(process: Pid) -> bool {
    const EXITING: u32 = 4;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let flags = fields.get(6).and_then(|flags| flags.parse::<u32>().ok()).unwrap_or_default();
    !stat.is_empty() && fields[0] != "Z" && flags & EXITING == 0
}

#[test]
fn a_script_that_takes_too_long_is_ended_with_all_that_it_started() {
    let stage = Stage::new(&[(
        "slow",
        "trap '' TERM\nsleep 1000 & echo $! >child\nsetsid sh -c 'echo $$ >far; exec sleep 1000' &\n\
         while ! [ -s far ]; do sleep 0.05; done\nwhile :; do sleep 1; done\n",
    )]);
    let slow = Script { timeout_seconds: 2, ..script("slow") };
    let expected = "Script at specified location: slow failed to complete in 2 seconds".to_owned();
    assert_eq!(stage.message(&slow), (ErrorCode::ScriptTimedOut, expected));
    for name in ["child", "far"] {
        assert!(!is_running(number(&stage, name)), "{name} still runs");
    }
}

#[test]
fn a_process_left_behind_does_not_hold_the_event_and_is_told() {
    let stage = Stage::new(&[("start", "sleep 1000 &\necho $! >left\n")]);
    let diagnostics = stage.run(&[script("start")]);
    let left = number(&stage, "left");
    assert!(diagnostics.is_success(), "{diagnostics:?}");
    let words = format!("warning: start left processes running that hold its output ({left}); redirect it");
    assert!(diagnostics.log.contains(&words), "{}", diagnostics.log);
    assert!(is_running(left), "what a script starts outlives it");
    kill(left, nix::sys::signal::SIGKILL).unwrap();
}

#[test]
fn output_without_end_is_drained_and_its_tail_is_bounded() {
    let stage =
        Stage::new(&[("loud", "head -c 3000000 /dev/zero | tr '\\0' x\necho\nyes | head -n 20000\necho last\n")]);
    let diagnostics = stage.run(&[script("loud")]);
    assert!(diagnostics.is_success(), "{diagnostics:?}");
    assert!(diagnostics.log.ends_with("[stdout]y\n[stdout]last\n"), "{}", diagnostics.log);
    assert!(diagnostics.log.len() < 2_048);
}

#[test]
fn output_that_is_not_utf_8_is_kept_as_far_as_it_goes() {
    let stage = Stage::new(&[("odd", "printf 'caf\\351\\r\\n'\n")]);
    assert!(stage.run(&[script("odd")]).log.ends_with("[stdout]caf\u{fffd}\n"));
}

#[test]
fn scripts_get_what_is_documented_and_no_credentials() {
    let object = S3Object {
        bucket: "bundles".to_owned(),
        key: "shop.zip".to_owned(),
        kind: crate::bundle::Kind::Zip,
        version: None,
        etag: Some("0123".to_owned()),
    };
    let spec = DeploymentSpec {
        deployment_id: "d-1".to_owned(),
        group_id: "id-1".to_owned(),
        group_name: "prod".to_owned(),
        application_name: "shop".to_owned(),
        is_blue_green_rollback: false,
        revision: Revision::S3(object),
        archive_of: None,
        appspec_filename: None,
        file_exists_behavior: FileExistsBehavior::Disallow,
        events: None,
    };
    let agent = SECRET.iter().chain(&OF_MANAGER).chain(&["HOME", "DEPLOYMENT_ID"]);
    let agent = agent.map(|name| (OsString::from(name), OsString::from("agent")));
    let mut found: Vec<String> = environment(agent.clone(), &spec, "ApplicationStop")
        .into_iter()
        .map(|(name, value)| format!("{}={}", name.display(), value.display()))
        .collect();
    found.sort();
    let path = format!("PATH={PATH}");
    let expected = [
        "APPLICATION_NAME=shop",
        "BUNDLE_BUCKET=bundles",
        "BUNDLE_ETAG=0123",
        "BUNDLE_KEY=shop.zip",
        "DEPLOYMENT_GROUP_ID=id-1",
        "DEPLOYMENT_GROUP_NAME=prod",
        "DEPLOYMENT_ID=d-1",
        "HOME=agent",
        "LIFECYCLE_EVENT=ApplicationStop",
        &path,
    ];
    assert_eq!(found, expected);
    let commit = GitHubCommit {
        account: "shop".to_owned(),
        repository: "web".to_owned(),
        commit: "c0ffee".to_owned(),
        packing: Packing::Tarball,
        token: Some(AccessToken("secret-of-github".to_owned())),
    };
    let found = environment(agent, &DeploymentSpec { revision: Revision::GitHub(commit), ..spec }, "ApplicationStop");
    let of_bundle: Vec<_> = found.iter().filter(|(name, _)| name.to_string_lossy().starts_with("BUNDLE_")).collect();
    assert_eq!(of_bundle, [&(OsString::from("BUNDLE_COMMIT"), OsString::from("c0ffee"))]);
    assert!(!format!("{found:?}").contains("secret-of-github"));
}
