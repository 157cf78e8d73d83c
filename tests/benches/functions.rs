//! The functions as they run on AWS: `cargo build --release`, but for the processor that is here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use spillway_tests::template::root;

/// The name of the function that does nothing.
pub(crate) const BARE: &str = "bare";

/// The binary of every function and of [`BARE`].
pub(crate) fn binaries() -> &'static BTreeMap<String, PathBuf> {
    static BINARIES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(build);
    &BINARIES
}

/// Builds them, unless they are there. What cargo says is passed on.
fn build() -> BTreeMap<String, PathBuf> {
    let folders = std::fs::read_dir(root().join("functions")).unwrap().map(Result::unwrap);
    // One is SAM's own translator, in Python.
    let crates = folders.filter(|folder| folder.path().join("Cargo.toml").exists());
    let names = crates.map(|folder| folder.file_name().into_string().unwrap()).chain([BARE.to_owned()]);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--features", "spillway-tests/bare", "--message-format"]);
    command.arg("json-render-diagnostics").current_dir(root()).stdin(Stdio::null()).stderr(Stdio::inherit());
    for name in names {
        command.args(["--bin", &name]);
    }
    // What cargo told this process about itself would look like a change to build scripts that read it.
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        if variable != "CARGO_HOME" && variable != "CARGO_TARGET_DIR" {
            command.env_remove(variable);
        }
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "the functions cannot be built");
    let said = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    said.filter_map(|said| Some((said["target"]["name"].as_str()?.to_owned(), said["executable"].as_str()?.into())))
        .collect()
}
