//! The agent as it is installed: `cargo build --release`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Effort;

/// The programs that are measured.
pub(crate) struct Programs {
    /// The agent.
    pub(crate) agent: PathBuf,
    /// The agent's unpacking by itself.
    pub(crate) unpack: PathBuf,
}

/// Builds the programs, unless they are there; for a smoke run without optimizations. What cargo says is passed on.
pub(crate) fn build(effort: Effort) -> Programs {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--package", "spillway-agent", "--bin", "spillway-agent", "--example", "unpack"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    if effort == Effort::Full {
        command.arg("--release");
    }
    // What cargo told this process about itself would look like a change to build scripts that read it.
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        if !["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE"].contains(&variable.as_str()) {
            command.env_remove(variable);
        }
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "the agent cannot be built");
    let said = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let built: Vec<(String, PathBuf)> = said
        .filter_map(|said| Some((said["target"]["name"].as_str()?.to_owned(), said["executable"].as_str()?.into())))
        .collect();
    let path = |name: &str| built.iter().find(|(known, _)| known == name).map(|(_, path)| path.clone());
    Programs { agent: path("spillway-agent").unwrap(), unpack: path("unpack").unwrap() }
}
