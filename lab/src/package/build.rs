//! Builds the functions and packs each binary as Lambda wants it: a zip with an executable `bootstrap` in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::process::Command;

use super::{Architecture, Options, Profile};
use crate::local::{emulators, python, target, workspace};

/// In Python, because its zlib is fast, and ours is slow where dependencies are built without optimization.
const PACK: &str = "pack.py";
/// The C library of Lambda's `provided.al2023`.
const NEWEST_GLIBC: u32 = 34;

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

/// The binary of each function in Rust, built now unless it is there.
pub(super) async fn functions(options: &Options) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    if Architecture::here().ok() == Some(options.architecture) {
        return natively(options).await;
    }
    if options.profile == Profile::Dev {
        bail!("development builds are for this machine, which is not {}", options.architecture.name());
    }
    crosswise(options).await
}

async fn natively(options: &Options) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo();
    command.args(["build", "--message-format", "json-render-diagnostics"]);
    match options.profile {
        // Everything, as `cargo test` and `cargo run` build it, so that what they share is built once.
        Profile::Dev => command.arg("--bins"),
        Profile::Release => command.arg("--release").args(bins()?),
    };
    let said = output(command, options).await?;
    let functions = workspace().join("functions");
    let built = said.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let binaries: BTreeMap<_, _> = built
        .filter(|built: &Artifact| built.manifest_path.as_ref().is_some_and(|path| path.starts_with(&functions)))
        .filter_map(|built| Some((built.target?.name, built.executable?)))
        .collect();
    if binaries.is_empty() {
        bail!("`cargo build --bins` built no function; are the packages of {} members?", functions.display());
    }
    if options.profile == Profile::Release {
        for binary in binaries.values() {
            runs_on_lambda(binary)?;
        }
    }
    Ok(binaries)
}

/// For processors that this machine does not have: cargo-lambda brings a linker for them, which is zig.
async fn crosswise(options: &Options) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let architecture = options.architecture.name();
    let flag = match options.architecture {
        Architecture::Arm64 => "--arm64",
        Architecture::X86_64 => "--x86-64",
    };
    let mut look = cargo();
    look.args(["lambda", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !look.status().await.is_ok_and(|status| status.success()) {
        bail!(
            "functions for {architecture} are built on this machine by cargo-lambda, which is not here; \
             `pip install cargo-lambda` brings it with zig, its linker, and `rustup target add` the standard library. \
             A machine that is {architecture} itself needs neither"
        );
    }
    let mut command = cargo();
    command.args(["lambda", "build", "--release", flag]).args(bins()?);
    output(command, options).await?;
    let folder = target().join("lambda");
    Ok(names()?.into_iter().map(|name| (name.clone(), folder.join(name).join("bootstrap"))).collect())
}

/// The functions that are crates, each of which has a binary of its name.
fn names() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for area in fs::read_dir(workspace().join("functions")).context("functions cannot be read")? {
        for function in fs::read_dir(area?.path())? {
            let function = function?;
            if function.path().join("Cargo.toml").exists() {
                names.push(function.file_name().to_string_lossy().into_owned());
            }
        }
    }
    Ok(names)
}

/// What tells cargo to build them, and nothing else.
fn bins() -> anyhow::Result<Vec<String>> {
    Ok(names()?.into_iter().flat_map(|name| ["--bin".to_owned(), name]).collect())
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace()).stdin(Stdio::null()).kill_on_drop(true);
    // What cargo told this very process about itself would look like a change to build scripts that read it.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        let about_a_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if about_a_package.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&variable);
        }
    }
    command
}

async fn output(mut command: Command, options: &Options) -> anyhow::Result<Vec<u8>> {
    command.stdout(Stdio::piped()).stderr(if options.quiet { Stdio::piped() } else { Stdio::inherit() });
    let output = command.output().await.context("cargo cannot be run")?;
    if !output.status.success() {
        let said = python::tail(&String::from_utf8_lossy(&output.stderr));
        bail!("the functions could not be built; see `cargo build --bins`\n{said}");
    }
    Ok(output.stdout)
}

/// A binary asks the C library for the versions that it was linked with, and Lambda's has none that are newer.
fn runs_on_lambda(binary: &Path) -> anyhow::Result<()> {
    let content = fs::read(binary).with_context(|| format!("{} was built, and is gone", binary.display()))?;
    let needed = newest_glibc(&content);
    if needed > NEWEST_GLIBC {
        bail!(
            "{} needs glibc 2.{needed}, and Amazon Linux 2023 on Lambda has 2.{NEWEST_GLIBC}; build on a system that is \
             not newer, such as in a container of amazonlinux:2023",
            binary.display()
        );
    }
    Ok(())
}

fn newest_glibc(binary: &[u8]) -> u32 {
    const NAME: &[u8] = b"GLIBC_2.";
    let versions = binary.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let number = |at: usize| {
        let digits = binary[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    versions.map(|(at, _)| number(at)).max().unwrap_or(0)
}

/// Packs programs, each once for a build.
pub(super) struct Packer<'a> {
    pub python: &'a Path,
    pub options: &'a Options,
    /// Where the zips are kept.
    pub zips: &'a Path,
}

impl Packer<'_> {
    /// The zip of a binary.
    pub async fn binary(&self, name: &str, binary: &Path) -> anyhow::Result<PathBuf> {
        let Some(path) = self.missing(name, binary)? else { return self.kept(name, binary) };
        let copy = path.with_extension("stripped");
        // Release builds have no symbols any more, which are half of a development build and of the time to pack it.
        let packed = if self.options.profile == Profile::Dev && strip(binary, &copy).await { &copy } else { binary };
        self.pack(packed, &path, "bootstrap").await?;
        fs::remove_file(&copy).ok();
        Ok(path)
    }

    /// The zip of a function in Python. The local cloud has what it imports; on AWS that has to come along.
    pub async fn python(&self, name: &str, folder: &Path, script: &str) -> anyhow::Result<PathBuf> {
        let source = folder.join(script);
        let Some(path) = self.missing(name, &source)? else { return self.kept(name, &source) };
        if self.options.profile == Profile::Dev {
            self.pack(&source, &path, script).await?;
            return Ok(path);
        }
        let artifacts = tempfile::tempdir_in(self.zips).context("no folder can be made for what is installed")?;
        let resource: String = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        let target = format!("build-{resource}Function");
        let (into, architecture) = (
            format!("ARTIFACTS_DIR={}", artifacts.path().display()),
            format!("ARCHITECTURE={}", self.options.architecture.name()),
        );
        let arguments = [OsStr::new("-C"), folder.as_os_str(), target.as_ref(), into.as_ref(), architecture.as_ref()];
        python::run(Path::new("make"), arguments).await.with_context(|| format!("{name} cannot be put together"))?;
        self.pack(artifacts.path(), &path, "").await?;
        Ok(path)
    }

    /// Where the zip of this build is kept.
    fn kept(&self, name: &str, source: &Path) -> anyhow::Result<PathBuf> {
        let built = fs::metadata(source).with_context(|| format!("{} was built, and is gone", source.display()))?;
        let age = built.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        Ok(self.zips.join(format!("{}{:x}-{:x}.zip", self.prefix(name), built.len(), age.as_nanos())))
    }

    /// The same where it is not there yet. Those of earlier builds go.
    fn missing(&self, name: &str, source: &Path) -> anyhow::Result<Option<PathBuf>> {
        let path = self.kept(name, source)?;
        if path.exists() {
            return Ok(None);
        }
        for entry in fs::read_dir(self.zips)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix(name)) {
                fs::remove_file(entry.path()).ok();
            }
        }
        Ok(Some(path))
    }

    fn prefix(&self, name: &str) -> String {
        let kind = match self.options.profile {
            Profile::Release => self.options.architecture.name(),
            Profile::Dev => "dev",
        };
        format!("{name}={kind}=")
    }

    async fn pack(&self, program: &Path, zip: &Path, entry: &str) -> anyhow::Result<()> {
        let (script, part) = (emulators().join(PACK), zip.with_extension("part"));
        let level = match self.options.profile {
            Profile::Release => "9",
            Profile::Dev => "1",
        };
        let arguments =
            [script.as_os_str(), program.as_os_str(), part.as_os_str(), OsStr::new(entry), OsStr::new(level)];
        python::run(self.python, arguments).await.with_context(|| format!("{} cannot be packed", program.display()))?;
        fs::rename(&part, zip).with_context(|| format!("{} cannot be written", zip.display()))
    }
}

/// Makes a copy without symbols, where there is `strip`.
async fn strip(binary: &Path, copy: &Path) -> bool {
    let mut command = Command::new("strip");
    command.arg("-o").arg(copy).arg(binary).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::newest_glibc;

    #[test]
    fn the_newest_c_library_that_a_binary_asks_for_is_found() {
        assert_eq!(newest_glibc(b"..GLIBC_2.4\0GLIBC_2.39\0GLIBC_2.17\0"), 39);
        assert_eq!(newest_glibc(b"a static binary"), 0);
    }
}
