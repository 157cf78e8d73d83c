//! An emulator as a process of its own, which ends with this one, however this one ends.

use std::fs::{self, File};
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::python::{self, PythonEnvironment};

const PATIENCE: Duration = Duration::from_secs(60);

/// What an emulator runs.
pub(super) struct Program {
    /// What it emulates, as in "the emulated AWS".
    pub emulates: &'static str,
    /// Its name in `lab/emulators`.
    pub name: &'static str,
    /// The path that is answered as soon as everything is.
    pub health: &'static str,
}

/// A running emulator. Dropping ends it, with all that it started.
pub(super) struct Emulator {
    program: &'static Program,
    process: Child,
    folder: PathBuf,
    /// Kept here, because its file may be gone with the folder when a test asks how the emulator ended.
    log: File,
    url: String,
}

impl Emulator {
    /// Starts an emulator on this port, which does not answer yet. `furnish` gives it what it needs of its environment,
    /// with its folder and its address.
    pub fn spawn(
        program: &'static Program,
        python: &PythonEnvironment,
        listener: TcpListener,
        furnish: impl FnOnce(&mut Command, &Path, SocketAddr),
    ) -> anyhow::Result<Self> {
        let emulates = program.emulates;
        let address = listener.local_addr()?;
        let folder = tempfile::Builder::new()
            .prefix("spillway-local-")
            .tempdir()
            .with_context(|| format!("no folder can be made for the emulated {emulates}"))?
            .keep();
        let log = File::create(log_in(&folder)).with_context(|| format!("the emulated {emulates} can have no log"))?;
        let mut command = command(program, python, &folder, listener, log)?;
        furnish(&mut command, &folder, address);
        let log = File::open(log_in(&folder))?;
        let process = command.spawn().with_context(|| format!("the emulated {emulates} cannot be started"))?;
        Ok(Self { program, process, folder, log, url: format!("http://{address}") })
    }

    /// Waits until the emulator answers.
    pub async fn ready(mut self) -> anyhow::Result<Self> {
        let Err(failure) = self.answers().await else { return Ok(self) };
        let mut said = String::new();
        self.log.read_to_string(&mut said).ok();
        Err(failure.context(format!("the emulated {} said:\n{}", self.program.emulates, python::tail(&said))))
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn log_path(&self) -> PathBuf {
        log_in(&self.folder)
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    async fn answers(&mut self) -> anyhow::Result<()> {
        let emulates = self.program.emulates;
        let client = spillway::proxy::plain_client()?;
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("the emulated {emulates} ended with {status} before it answered");
            }
            let health = client.get(format!("{}{}", self.url, self.program.health)).send().await;
            if health.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                bail!("the emulated {emulates} did not answer at {} within {} s", self.url, PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The end of its standard input is what ends it; see `lifetime.py`.
        drop(self.process.stdin.take());
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(5) {
                self.process.kill().ok();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// It gets nothing of our environment that is not needed. What it listens on is its standard output; `lifetime.py` takes
/// it from there.
fn command(
    program: &Program,
    python: &PythonEnvironment,
    folder: &Path,
    listener: TcpListener,
    log: File,
) -> anyhow::Result<Command> {
    let mut command = Command::new(python.python());
    command
        .arg(super::emulators().join("run.py"))
        .arg(program.name)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8")
        .env("TMPDIR", folder)
        .env("AWS_DEFAULT_REGION", super::REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(OwnedFd::from(listener))
        .stderr(log)
        // A group of its own: Ctrl-C is for us, and what it started can be ended with it.
        .process_group(0);
    Ok(command)
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join("emulator.log")
}
