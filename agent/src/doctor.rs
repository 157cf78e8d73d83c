//! `doctor`: looks at each thing that makes an agent fail, and says in words what is wrong and what to do.
//!
//! It changes nothing on the host, and nothing in the service: it takes no command, and a deployment does not take it for a
//! sign that the agent runs.

mod host;
mod network;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::identity::Identity;
use crate::settings::{FILE, Settings};
use crate::system::clock::Clock;
use crate::system::space::{self, Space};

/// The options of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The configuration of the agent
    #[arg(long, default_value = FILE)]
    pub config: PathBuf,
}

/// What there is to say of a thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it must be.
    Good(String),
    /// The agent works, and may not do what an operator expects.
    Warning(String),
    /// The agent does not work, or will not.
    Bad(String),
    /// It was not looked at, since what it needs is not there.
    Unknown(String),
}

/// A thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub check: &'static str,
    /// How it is.
    pub verdict: Verdict,
}

/// What the checks look at besides the configuration. A test has another one.
pub struct Surroundings<'a> {
    /// The folder in which the kernel shows processes.
    pub processes: &'a Path,
    /// The folder that has the shells of scripts.
    pub shells: &'a Path,
    /// Whether this is root.
    pub is_root: bool,
    /// The name of this user.
    pub user: String,
    /// The number of this user.
    pub uid: u32,
    /// The room on the file system of a folder.
    pub space: fn(&Path) -> std::io::Result<Space>,
    /// The time of day.
    pub clock: &'a dyn Clock,
}

impl<'a> Surroundings<'a> {
    /// Those of this process.
    pub fn of_host(clock: &'a dyn Clock) -> Self {
        let uid = nix::unistd::geteuid();
        let name = nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
        Self {
            processes: Path::new("/proc"),
            shells: Path::new("/bin"),
            is_root: uid.is_root(),
            user: name.unwrap_or_else(|| uid.to_string()),
            uid: uid.as_raw(),
            space: space::of,
            clock,
        }
    }
}

/// Looks at everything, and says each thing as soon as it is known. Whether nothing is bad.
pub fn run(options: &Options, surroundings: &Surroundings<'_>, out: &mut dyn Write) -> Result<bool> {
    let (mut bad, mut warnings) = (0, 0);
    let mut tell = |finding: Finding| -> Result<()> {
        let (mark, words) = match &finding.verdict {
            Verdict::Good(words) => ("ok", words),
            Verdict::Warning(words) => ("warning", words),
            Verdict::Bad(words) => ("FAILED", words),
            Verdict::Unknown(words) => ("skipped", words),
        };
        bad += usize::from(matches!(finding.verdict, Verdict::Bad(_)));
        warnings += usize::from(matches!(finding.verdict, Verdict::Warning(_)));
        writeln!(out, "{mark:<8}{:<14}{}", finding.check, words.replace('\n', "\n                      "))?;
        Ok(out.flush()?)
    };
    examine(options, surroundings, &mut tell)?;
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    match (bad, warnings) {
        (0, 0) => writeln!(out, "The agent can work on this host.")?,
        (0, n) => writeln!(out, "The agent can work on this host, with {n} warning{}.", plural(n))?,
        (n, _) => {
            let verb = if n == 1 { "keeps" } else { "keep" };
            writeln!(out, "{n} failure{} {verb} the agent from working on this host.", plural(n))?;
        }
    }
    Ok(bad == 0)
}

fn examine(
    options: &Options,
    surroundings: &Surroundings<'_>,
    tell: &mut dyn FnMut(Finding) -> Result<()>,
) -> Result<()> {
    let file = options.config.display();
    let settings = match Settings::read(&options.config) {
        Ok(settings) => settings,
        Err(unusable) => {
            tell(Finding { check: "configuration", verdict: Verdict::Bad(unusable.to_string()) })?;
            for check in ["identity", "credentials", "endpoint", "clock", "folder", "space"] {
                let words = "the configuration cannot be used, and names what this looks at".to_owned();
                tell(Finding { check, verdict: Verdict::Unknown(words) })?;
            }
            return host::examine(surroundings, None, tell);
        }
    };
    let verdict = match settings.warnings.is_empty() {
        true => Verdict::Good(format!("{file}, for the service {}", settings.service)),
        false => Verdict::Warning(settings.warnings.join("\n")),
    };
    tell(Finding { check: "configuration", verdict })?;
    let identity = Identity::find(&settings);
    network::examine(&settings, &identity, surroundings, tell)?;
    host::examine(surroundings, Some(&settings), tell)
}
