//! Builds the functions and packs each binary as Lambda wants it: a zip with an executable `bootstrap` in it. A
//! function in Python is packed as it is: what it imports is in the emulated AWS's own environment.
//!
//! It is the profile of `cargo test` and `cargo run`, and the same target directory, so that all share what is built.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::process::Command;

use super::python::{self, PythonEnvironment};

/// In Python, because its zlib is fast, and ours is slow where dependencies are built without optimization.
const PACK: &str = "pack.py";

/// The functions' zips, by the name of the function's folder.
pub(super) type Packages = BTreeMap<String, PathBuf>;

/// Builds whatever changed, and packs it.
pub(super) async fn package_functions(python: &PythonEnvironment, quiet: bool) -> anyhow::Result<Packages> {
    let binaries = build_functions(quiet).await?;
    let folder = super::kept().join("zips");
    let _lock = python::lock(&folder.with_extension("lock")).await?;
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut packages = Packages::new();
    for (name, binary) in binaries {
        let package = package(python, &name, &binary, "bootstrap", &folder).await?;
        packages.insert(name, package);
    }
    for (name, script) in IN_PYTHON {
        let source = super::workspace().join("functions/stack").join(name).join(script);
        packages.insert(name.to_owned(), package(python, name, &source, script, &folder).await?);
    }
    Ok(packages)
}

/// The functions in Python, by their folders.
const IN_PYTHON: [(&str, &str); 1] = [("expand-sam", "expand_sam.py")];

/// What `cargo build --message-format json` says of each thing that it built.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

async fn build_functions(quiet: bool) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .args(["build", "--bins", "--message-format", "json-render-diagnostics"])
        .current_dir(super::workspace())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if quiet { Stdio::piped() } else { Stdio::inherit() })
        .kill_on_drop(true);
    // What cargo told this very process about itself would look like a change to build scripts that read it.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        let about_a_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if about_a_package.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&variable);
        }
    }
    let output = command.output().await.with_context(|| format!("{} cannot be run", cargo.display()))?;
    if !output.status.success() {
        let said = python::tail(&String::from_utf8_lossy(&output.stderr));
        bail!("the functions could not be built; see `cargo build --bins`\n{said}");
    }
    let functions = super::workspace().join("functions");
    let built = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let binaries: BTreeMap<_, _> = built
        .filter(|built: &Artifact| built.manifest_path.as_ref().is_some_and(|path| path.starts_with(&functions)))
        .filter_map(|built| Some((built.target?.name, built.executable?)))
        .collect();
    if binaries.is_empty() {
        bail!("`cargo build --bins` built no function; are the packages of {} members?", functions.display());
    }
    Ok(binaries)
}

/// The zip of a program, packed now unless it is there. Its name tells which build it is of.
async fn package(
    python: &PythonEnvironment,
    name: &str,
    binary: &Path,
    entry: &str,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let built = fs::metadata(binary).with_context(|| format!("{} was built, and is gone", binary.display()))?;
    let age = built.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let prefix = format!("{name}=");
    let path = folder.join(format!("{prefix}{:x}-{:x}.zip", built.len(), age.as_nanos()));
    if path.exists() {
        return Ok(path);
    }
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path()).ok();
        }
    }
    let (part, copy) = (folder.join(format!("{prefix}part")), folder.join(format!("{prefix}stripped")));
    let packed = if strip(binary, &copy).await { &copy } else { binary };
    let script = super::emulators().join(PACK);
    let pack = [script.as_os_str(), packed.as_os_str(), part.as_os_str(), OsStr::new(entry)];
    python::run(&python.python(), pack).await.with_context(|| format!("{} cannot be packed", binary.display()))?;
    fs::remove_file(&copy).ok();
    fs::rename(&part, &path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// Makes a copy without symbols, which are half of a binary and of the time to pack it, where there is `strip`.
async fn strip(binary: &Path, copy: &Path) -> bool {
    let mut command = Command::new("strip");
    command.arg("-o").arg(copy).arg(binary).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}
