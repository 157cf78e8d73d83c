//! What we add to the emulators: each gap that we close is one that they have, and the code keeps to its style.

use spillway_lab::local::{CONTAINERS_REQUIREMENTS, PythonEnvironment, REQUIREMENTS};
use spillway_tests::template::root;
use tokio::process::Command;

use super::block_on;
use super::programs::{scrubbed, tools, written};

/// A program that looks over `lab/emulators`, and leaves nothing there.
fn over_emulators(program: std::path::PathBuf) -> Command {
    let mut command = scrubbed(program);
    command.current_dir(root().join("lab/emulators"));
    command
}

async fn check_gaps(emulator: &str, python: PythonEnvironment) {
    let folder = tempfile::tempdir().unwrap();
    let mut check = over_emulators(python.python());
    let output = check.args(["check_gaps.py", emulator]).env("TMPDIR", folder.path()).output().await.unwrap();
    let said = written("check_gaps.py", &output);
    assert!(said.lines().count() >= 8, "{said}");
}

#[test]
fn every_gap_of_the_emulated_aws_is_there_and_is_closed() {
    block_on(async { check_gaps("aws", PythonEnvironment::ensure("emulator", REQUIREMENTS).await.unwrap()).await });
}

#[test]
fn every_gap_of_the_emulated_ecs_is_there_and_is_closed() {
    block_on(async {
        check_gaps("ecs", PythonEnvironment::ensure("containers", CONTAINERS_REQUIREMENTS).await.unwrap()).await;
    });
}

#[test]
fn ruff_has_nothing_to_say_of_the_emulators() {
    block_on(async {
        let tools = tools().await;
        for arguments in [&["check", "--no-cache"][..], &["format", "--check", "--no-cache"]] {
            let ruff = over_emulators(tools.program("ruff")).args(arguments).output().await.unwrap();
            written("ruff", &ruff);
        }
    });
}
