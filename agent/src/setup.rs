//! `install` and `uninstall`: the agent as a service of this host, or of an image. Each step is one that may have been done
//! already, and says what it did or found.

mod site;
#[cfg(test)]
mod tests;
mod uninstall;
mod unit;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::http::endpoint::Endpoint;
use crate::local::ROOT;
use crate::settings::{FILE, entries};
use crate::system::service_manager::UNIT;
pub use site::Site;
pub use uninstall::{UninstallOptions, uninstall};

/// The configuration that is written where there is none.
const CONFIGURATION: &str = include_str!("../../packaging/codedeployagent.yml");
/// The key of the configuration without which the agent does not start.
const ENDPOINT: &str = "deploy_control_endpoint";
/// Where a package has the agent.
const PACKAGED: &str = "/usr/bin/spillway-agent";
/// Where the agent goes without a package.
const PROGRAM: &str = "/usr/local/bin/spillway-agent";

/// The options of `install`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The URL of the service, for a configuration that does not have it: the output AgentApiUrl of Spillway's stack
    #[arg(long)]
    pub endpoint: Option<String>,
    /// The user as whom the agent runs; root unless given. A user that does not exist is made
    #[arg(long)]
    pub user: Option<String>,
    /// The folder of an image that takes the place of `/`; no service is started
    #[arg(long)]
    pub root: Option<PathBuf>,
    /// Do not start the agent
    #[arg(long)]
    pub no_start: bool,
}

/// Installs the agent.
pub fn install(options: &Options, site: &mut Site<'_>) -> Result<()> {
    let configuration = site.path(FILE);
    let text = missing_is_none(fs::read_to_string(&configuration));
    let text = text.with_context(|| format!("the configuration {} cannot be read", configuration.display()))?;
    let read = |key| match &text {
        Some(text) => value_of(text, key).map_err(|words| {
            anyhow::anyhow!("the configuration {} is not used: {words}; correct it first", configuration.display())
        }),
        None => Ok(None),
    };
    let configured = read(ENDPOINT)?;
    let configured = configured.map(|text| Endpoint::parse(&text).map(|endpoint| endpoint.to_string()));
    let configured = configured.transpose().map_err(|expected| {
        let file = configuration.display();
        anyhow::anyhow!("the configuration {file} is not used: :{ENDPOINT}: must be {expected}; correct it first")
    })?;
    let root = read("root_dir")?.unwrap_or_else(|| ROOT.to_owned());
    let wanted = options.endpoint.as_deref().map(check_endpoint).transpose()?;
    if let (Some(configured), Some(wanted)) = (&configured, &wanted)
        && configured != wanted
    {
        bail!(
            "the configuration {} names the service {configured}, and --endpoint {wanted}; nothing was installed: change \
             :{ENDPOINT}: there, or leave out --endpoint",
            configuration.display()
        );
    }
    let is_new_program = install_program(site)?;
    let owner = options.user.as_deref().map(|user| site.user(user)).transpose()?;
    for folder in ["/opt/codedeploy-agent", &root, "/etc/codedeploy-agent", "/etc/codedeploy-agent/conf"] {
        site.folder(folder, if folder == root { owner } else { None })?;
    }
    let has_endpoint = configured.is_some() || wanted.is_some();
    match (text, wanted) {
        (None, wanted) => {
            let text = match wanted {
                Some(endpoint) => with_endpoint(CONFIGURATION, &endpoint),
                None => CONFIGURATION.to_owned(),
            };
            site.write(FILE, &text, 0o644)?;
        }
        (Some(text), Some(endpoint)) if configured.is_none() => {
            site.write(FILE, &with_endpoint(&text, &endpoint), 0o644)?;
        }
        (Some(_), _) => site.found(&configuration)?,
    }
    let is_new_unit = unit::install(site, options.user.as_deref())?;
    if site.is_image() {
        return unit::enable_in_image(site);
    }
    site.systemctl(&["daemon-reload"], is_new_unit)?;
    start(site, options, is_new_program || is_new_unit, has_endpoint, &configuration)
}

/// Lets the agent start with the host, and now.
fn start(
    site: &mut Site<'_>,
    options: &Options,
    is_changed: bool,
    has_endpoint: bool,
    configuration: &Path,
) -> Result<()> {
    site.systemctl(&["enable", UNIT], true)?;
    if !has_endpoint {
        return site.say(&format!(
            "not started: {} has no :{ENDPOINT}:; add it, and start the agent by `systemctl start {UNIT}`",
            configuration.display()
        ));
    }
    if options.no_start {
        return site.say("not started, as asked");
    }
    // An agent that runs ends after the command that runs, which may take long; the new one then goes on.
    let verb = if is_changed { "restart" } else { "start" };
    site.systemctl(&["--no-block", verb, UNIT], true)?;
    site.say("look at it with `spillway-agent status`, and at what it needs with `spillway-agent doctor`")
}

/// Puts this program where the unit starts it. Whether it was not there already.
fn install_program(site: &mut Site<'_>) -> Result<bool> {
    if site.program_is(PACKAGED) {
        site.found(&site.path(PACKAGED))?;
        return Ok(false);
    }
    let program = fs::read(&site.program).context("this program cannot be read")?;
    site.write_bytes(PROGRAM, &program, 0o755)
}

fn check_endpoint(text: &str) -> Result<String> {
    match Endpoint::parse(text) {
        Ok(endpoint) => Ok(endpoint.to_string()),
        Err(expected) => bail!("--endpoint {text} must be {expected}"),
    }
}

/// What a configuration has for a key, if anything.
fn value_of(text: &str, key: &str) -> Result<Option<String>, String> {
    Ok(entries::read(text)?.into_iter().rfind(|entry| entry.key == key).and_then(|entry| entry.value))
}

/// A configuration with a service, at its end.
fn with_endpoint(text: &str, endpoint: &str) -> String {
    let line_end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{line_end}:{ENDPOINT}: {endpoint}\n")
}

fn missing_is_none<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The absolute path of an image.
fn image(root: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(root) = root else { return Ok(None) };
    let root = std::path::absolute(root)?;
    if !root.is_dir() {
        bail!("--root {} is no folder; make it first", root.display());
    }
    Ok(Some(root))
}
