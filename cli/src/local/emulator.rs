//! The emulated AWS as a process of its own, which ends with this one, however this one ends.

use std::fs::{self, File};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::python::{self, PythonEnvironment};

const LAUNCHER: &str = include_str!("launcher.py");
const PATIENCE: Duration = Duration::from_secs(60);

/// A running emulator. Dropping ends it, with all functions that it started.
pub(super) struct Emulator {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Emulator {
    /// Starts an emulator and waits until it answers.
    pub async fn start(python: &PythonEnvironment, port: Option<u16>) -> anyhow::Result<Self> {
        let port = port.map_or_else(free_port, Ok)?;
        let folder = tempfile::Builder::new()
            .prefix("spillway-local-")
            .tempdir()
            .context("no folder can be made for the emulated AWS")?
            .keep();
        let log = File::create(log_in(&folder)).context("no log can be made for the emulated AWS")?;
        // The log may be gone with its folder when somebody wants to know how it ended.
        let mut log_again = File::open(log_in(&folder))?;
        let process = command(python, port, &folder, log)?.spawn().context("the emulated AWS cannot be started")?;
        let mut emulator = Self { process, folder, url: format!("http://127.0.0.1:{port}") };
        if let Err(failure) = emulator.answers().await {
            drop(emulator);
            let mut said = String::new();
            log_again.read_to_string(&mut said).ok();
            return Err(failure.context(format!("the emulated AWS said:\n{}", python::tail(&said))));
        }
        Ok(emulator)
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
        let client = crate::proxy::plain_client()?;
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("the emulated AWS ended with {status} before it answered");
            }
            let health = client.get(format!("{}/_ministack/health", self.url)).send().await;
            if health.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                bail!("the emulated AWS did not answer at {} within {} s", self.url, PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The end of its standard input is what ends it; see launcher.py.
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

/// The functions inherit the emulator's environment, so it gets nothing of ours that is not needed.
fn command(python: &PythonEnvironment, port: u16, folder: &Path, log: File) -> anyhow::Result<Command> {
    let launcher = folder.join("launcher.py");
    fs::write(&launcher, LAUNCHER).context("the launcher of the emulated AWS cannot be written")?;
    let mut command = Command::new(python.python());
    command
        .arg(launcher)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8")
        .env("TMPDIR", folder)
        .env("S3_DATA_DIR", folder.join("s3"))
        .env("STATE_DIR", folder.join("state"))
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", super::REGION)
        // Where the functions find AWS.
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_DEFAULT_REGION", super::REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C is for us, and the functions can be ended with it.
        .process_group(0);
    Ok(command)
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join("emulator.log")
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("there is no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
