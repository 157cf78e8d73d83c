//! `spillway-agent deploy-local`, run as an operator runs it.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const AGENT: &str = env!("CARGO_BIN_EXE_spillway-agent");

struct Stage {
    home: TempDir,
}

impl Stage {
    /// A revision with one page and scripts; the AppSpec goes on with `more`.
    fn new(scripts: &[(&str, &str)], more: &str) -> Self {
        let stage = Self { home: tempfile::tempdir().unwrap() };
        for folder in ["revision/web", "revision/scripts"] {
            fs::create_dir_all(stage.path(folder)).unwrap();
        }
        let appspec = format!(
            "version: 0.0\nos: linux\nfiles:\n  - source: web\n    destination: {}\n{more}",
            stage.path("site").display()
        );
        fs::write(stage.path("revision/appspec.yml"), appspec).unwrap();
        fs::write(stage.path("revision/web/index.html"), "one").unwrap();
        for (name, content) in scripts {
            fs::write(stage.path("revision/scripts").join(name), content).unwrap();
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(AGENT);
        command.args(["deploy-local", "--root"]).arg(self.path("root"));
        command.arg("--bundle-location").arg(self.path("revision")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it prints, without what differs from run to run.
    fn text(&self, output: &Output) -> String {
        let text = String::from_utf8(output.stdout.clone()).unwrap() + str::from_utf8(&output.stderr).unwrap();
        let text = text.replace(self.path("").to_str().unwrap(), "~/");
        let words = text.split_inclusive([' ', '\n', '/', ';']);
        words
            .map(|word| if word.starts_with("d-") { format!("d-ID-local{}", &word[17..]) } else { word.to_owned() })
            .collect()
    }
}

const HOOKS: &str = "hooks:\n  ApplicationStop:\n    - location: scripts/stop\n  AfterInstall:\n    - location: scripts/after\n      \
                     timeout: 30\n      runas: nobody\n";

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[test]
fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let stage = Stage::new(&[("stop", ""), ("after", "")], HOOKS);
    let output = stage.run(&["--dry-run"]);
    assert!(output.status.success(), "{}", stage.text(&output));
    insta::assert_snapshot!("dry_run_first", stage.text(&output));
    assert!(!stage.path("root").exists() && !stage.path("site").exists());

    assert!(stage.run(&["-e", "DownloadBundle"]).status.success());
    fs::write(stage.path("revision/web/second.html"), "two").unwrap();
    fs::remove_file(stage.path("revision/web/index.html")).unwrap();
    insta::assert_snapshot!("dry_run_second", stage.text(&stage.run(&["--dry-run"])));
    assert_eq!(fs::read_to_string(stage.path("site/index.html")).unwrap(), "one");
}

#[test]
fn a_deployment_runs_its_scripts_as_their_users_and_shows_what_they_say() {
    if !is_root() {
        return;
    }
    let stage = Stage::new(
        &[("stop", "exit 1"), ("after", "id -un; echo $HOME $DEPLOYMENT_GROUP_NAME $APPLICATION_NAME")],
        HOOKS,
    );
    // The user of the script must reach it.
    Command::new("chmod").arg("755").arg(stage.home.path()).status().unwrap();
    let output = stage.run(&["-a", "shop", "-d", "fleet"]);
    insta::assert_snapshot!("deployed", stage.text(&output));
    assert_eq!(fs::read_to_string(stage.path("site/index.html")).unwrap(), "one");
    // The next deployment stops what this one has started, by the script of this one.
    let output = stage.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    let text = stage.text(&output);
    assert!(
        text.contains(
            "ApplicationStop failed with code 4: Script at specified location: scripts/stop failed with exit code 1"
        ),
        "{text}"
    );
}

#[test]
fn a_bundle_that_cannot_be_deployed_is_refused_with_words() {
    let stage = Stage::new(&[], "hooks:\n  - AfterInstall:\n");
    let text = stage.text(&stage.run(&[]));
    let expected = "DownloadBundle failed with code 5: line 7: hooks must be a map with an event each, such as AfterInstall, not a list";
    assert!(text.contains(expected), "{text}");
    let cases: [(&[&str], &str); 3] = [
        (
            &["-l", "https://github.com/owner/shop"],
            "the bundle https://github.com/owner/shop names no commit; a bundle in GitHub is \
             https://github.com/owner/repository/tree/commit",
        ),
        (&["-l", "/no/such/bundle"], "the bundle /no/such/bundle cannot be read: No such file or directory"),
        (&["-g", "../up"], "'../up' cannot be the id of a deployment or its group"),
    ];
    for (arguments, expected) in cases {
        let mut command = Command::new(AGENT);
        let output = command.args(["deploy-local", "--root"]).arg(stage.path("root")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = stage.text(&output);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn events_of_ones_own_run_if_they_are_named() {
    let stage = Stage::new(&[("own", "echo own")], "hooks:\n  Warm:\n    - location: scripts/own\n");
    let text = stage.text(&stage.run(&["-e", "Warm"]));
    assert!(text.contains("Warm succeeded\n") && text.contains("[stdout]own"), "{text}");
    let text = stage.text(&stage.run(&["-e", "AfterInstall"]));
    assert!(text.contains("appspec.yml file contains unknown lifecycle events: [\"Warm\"]"), "{text}");
}

/// Waits until a file has something in it.
fn await_file(path: &Path) -> String {
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            Ok(_) | Err(_) => std::thread::yield_now(),
        }
    }
}

#[test]
fn killed_in_a_script_the_next_deployment_says_so_and_goes_on() {
    let stage = Stage::new(
        &[("after", "echo $$ >/dev/stderr; echo $$ >../../../../started; exec sleep 1000")],
        "hooks:\n  AfterInstall:\n    - location: scripts/after\n",
    );
    let mut agent = stage.command(&["-e", "AfterInstall"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let script = await_file(&stage.path("started"));
    agent.kill().unwrap();
    assert_eq!(agent.wait().unwrap().signal(), Some(9));
    let script = nix::unistd::Pid::from_raw(script.trim().parse().unwrap());
    nix::sys::signal::kill(script, nix::sys::signal::SIGKILL).expect("what a script starts outlives the agent");
    fs::write(stage.path("revision/scripts/after"), "true").unwrap();
    let output = stage.run(&["-e", "AfterInstall"]);
    let text = stage.text(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.starts_with("AfterInstall of deployment d-ID-local did not end; this deployment replaces what it left\n"),
        "{text}"
    );
    assert!(!stage.text(&stage.run(&["-e", "AfterInstall"])).contains("did not end"));
}

#[test]
fn an_agent_whose_program_is_replaced_while_a_script_runs_goes_on_as_it_is() {
    if !is_root() {
        return;
    }
    let hooks = "hooks:\n  AfterInstall:\n    - location: scripts/upgrade\n    - location: scripts/after\n      runas: nobody\n";
    let stage = Stage::new(&[("after", "id -un")], hooks);
    let (program, newer) = (stage.path("agent"), stage.path("newer"));
    fs::write(stage.path("revision/scripts/upgrade"), format!("mv {} {}\n", newer.display(), program.display()))
        .unwrap();
    // Written by other processes, so that none that is just starting has one of them open.
    for (from, to) in [(Path::new(AGENT), &program), (Path::new("/bin/false"), &newer)] {
        assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
    }
    // The user of the script must reach it.
    Command::new("chmod").arg("755").arg(stage.home.path()).status().unwrap();
    let mut command = Command::new(&program);
    command.args(["deploy-local", "-e", "AfterInstall", "--root"]).arg(stage.path("root"));
    let output = command.arg("--bundle-location").arg(stage.path("revision")).output().unwrap();
    let text = stage.text(&output);
    assert!(output.status.success() && text.contains("[stdout]nobody\n"), "{text}");
    assert_eq!(Command::new(&program).output().unwrap().status.code(), Some(1), "the newer program is there");
}
