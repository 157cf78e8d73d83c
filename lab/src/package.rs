//! A package: a folder with everything that a stack is made of, ready for `sam deploy` and for the local cloud. It has a zip
//! for each function, the template that names them, and the definitions of the state machines.
//!
//! What AWS gets is built for release. The local cloud runs development builds of the same functions, which share all
//! that `cargo test` and `cargo run` have built.

mod build;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::local::{kept, python, target, workspace};

/// The functions in Python, by their folders, and what is run of each.
const IN_PYTHON: [(&str, &str); 1] = [("stack/expand-sam", "expand_sam.py")];

/// The processors that a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// Graviton.
    #[value(name = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The one of this machine.
    pub fn here() -> anyhow::Result<Self> {
        match std::env::consts::ARCH {
            "aarch64" => Ok(Self::Arm64),
            "x86_64" => Ok(Self::X86_64),
            other => bail!("Lambda runs nothing on {other}, which is what this machine has; say --arch"),
        }
    }

    /// As Lambda and the template call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// How the functions are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// For AWS.
    Release,
    /// For the local cloud, which has what the function in Python imports.
    Dev,
}

/// What a package is made of.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What it runs on.
    pub architecture: Architecture,
    /// How it is built.
    pub profile: Profile,
    /// Whether to keep the compiler's messages to ourselves, unless it fails.
    pub quiet: bool,
}

/// Where a package is written unless something else is said.
pub fn usual_folder(architecture: Architecture) -> PathBuf {
    target().join("package").join(architecture.name())
}

/// Builds whatever has changed, and writes a package into a folder, which is made unless it is there.
pub async fn write(folder: &Path, options: &Options) -> anyhow::Result<()> {
    let state_machines = folder.join("state-machines");
    fs::create_dir_all(&state_machines).with_context(|| format!("{} cannot be made", state_machines.display()))?;
    let binaries = build::functions(options).await?;
    let python = python::system().await?;
    let zips = kept().join("zips");
    let _lock = python::lock(&zips.with_extension("lock")).await?;
    fs::create_dir_all(&zips).with_context(|| format!("{} cannot be made", zips.display()))?;
    let packer = build::Packer { python: &python, options, zips: &zips };
    for (name, binary) in &binaries {
        place(&packer.binary(name, binary).await?, &folder.join(format!("{name}.zip")))?;
    }
    for (function, script) in IN_PYTHON {
        let source = workspace().join("functions").join(function);
        let name = source.file_name().context("a function has a name")?.to_string_lossy().into_owned();
        place(&packer.python(&name, &source, script).await?, &folder.join(format!("{name}.zip")))?;
    }
    let text = fs::read_to_string(workspace().join("template.yaml")).context("template.yaml cannot be read")?;
    let text = template::packaged(&text, options.architecture)?;
    fs::write(folder.join("template.yaml"), text).context("the packaged template cannot be written")?;
    for entry in fs::read_dir(workspace().join("state-machines")).context("state-machines cannot be read")? {
        let path = entry?.path();
        place(&path, &state_machines.join(path.file_name().context("a definition has a name")?))?;
    }
    Ok(())
}

/// A copy that takes no room where that is possible.
fn place(from: &Path, to: &PathBuf) -> anyhow::Result<()> {
    fs::remove_file(to).ok();
    let placed = fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop));
    placed.with_context(|| format!("{} cannot be written", to.display()))
}
