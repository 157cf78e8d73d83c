//! Python environments with pinned packages, made once and kept in the target directory.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::process::Command;

const OLDEST: (u32, u32) = (3, 10);

/// A virtual environment in which the pinned packages are installed.
#[derive(Clone, Debug)]
pub struct PythonEnvironment {
    root: PathBuf,
}

impl PythonEnvironment {
    /// The environment with these requirements, made now unless it is there. Several processes may ask at once.
    pub async fn ensure(name: &str, requirements: &str) -> anyhow::Result<Self> {
        let mut hasher = DefaultHasher::new();
        requirements.hash(&mut hasher);
        let root = super::kept().join(format!("{name}-{:016x}", hasher.finish()));
        let environment = Self { root };
        if !environment.is_ready() {
            let _lock = lock(&environment.beside("lock")).await?;
            // The process that held the lock before may have made it.
            if !environment.is_ready() {
                environment.make(requirements).await?;
            }
        }
        Ok(environment)
    }

    /// The interpreter.
    pub fn python(&self) -> PathBuf {
        self.program("python")
    }

    /// A program that one of the packages brought.
    pub fn program(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }

    /// Written last, so that an environment that was left half made is not taken for a whole one.
    fn is_ready(&self) -> bool {
        self.root.join("ready").exists() && self.python().exists()
    }

    async fn make(&self, requirements: &str) -> anyhow::Result<()> {
        let python = system().await?;
        if self.root.exists() {
            fs::remove_dir_all(&self.root).with_context(|| format!("{} cannot be made anew", self.root.display()))?;
        }
        run(&python, [OsStr::new("-m"), OsStr::new("venv"), self.root.as_os_str()])
            .await
            .context("no virtual environment could be made; some systems have `venv` in a package of its own")?;
        let list = self.root.join("requirements.txt");
        fs::write(&list, requirements).with_context(|| format!("{} cannot be written", list.display()))?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
        let hashed = ["--require-hashes", "--requirement"];
        run(&self.python(), pip.iter().chain(&hashed).map(OsStr::new).chain([list.as_os_str()]))
            .await
            .context("the Python packages could not be installed; that needs a network, once")?;
        fs::write(self.root.join("ready"), "").context("the Python environment cannot be marked as ready")
    }

    fn beside(&self, extension: &str) -> PathBuf {
        self.root.with_extension(extension)
    }
}

/// Holds the lock until the file is dropped.
pub(crate) async fn lock(path: &Path) -> anyhow::Result<File> {
    let path = path.to_owned();
    let locked = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(path.parent().expect("a lock is in a folder"))
            .and_then(|()| File::create(&path))
            .and_then(|file| file.lock().map(|()| file))
            .with_context(|| format!("{} cannot be locked", path.display()))
    });
    locked.await.context("the wait for a lock was given up")?
}

/// The interpreter of the system.
pub(crate) async fn system() -> anyhow::Result<PathBuf> {
    let wanted = format!("Python {}.{} or later is needed", OLDEST.0, OLDEST.1);
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable, sys.version_info[0], sys.version_info[1], sep='\\n')"])
        .output()
        .await
        .with_context(|| format!("{wanted}, and there is no `python3` on the PATH"))?;
    let told = String::from_utf8_lossy(&asked.stdout);
    let mut lines = told.lines();
    let path = PathBuf::from(lines.next().unwrap_or_default());
    let mut number = || lines.next().and_then(|line| line.parse::<u32>().ok()).unwrap_or(0);
    let version = (number(), number());
    if version < OLDEST {
        bail!("{wanted}; `python3` is {}.{} ({})", version.0, version.1, path.display());
    }
    Ok(path)
}

/// Runs a program that says nothing unless it fails.
pub(crate) async fn run<'a>(program: &Path, arguments: impl IntoIterator<Item = &'a OsStr>) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{} cannot be run", program.display()))?;
    if !output.status.success() {
        bail!("{} ended with {}:\n{}", program.display(), output.status, last_lines(&output.stderr, &output.stdout));
    }
    Ok(())
}

/// The end of what a program said, where the reason mostly is.
fn last_lines(errors: &[u8], rest: &[u8]) -> String {
    let said = if errors.is_empty() { rest } else { errors };
    tail(&String::from_utf8_lossy(said))
}

pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
