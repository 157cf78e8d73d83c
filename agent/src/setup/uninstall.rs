//! The way back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{PACKAGED, PROGRAM, Site, unit};
use crate::local::ROOT;
use crate::settings::{FILE, ON_PREMISES_FILE, Settings};
use crate::state::Root;
use crate::system::service_manager::UNIT;

/// The options of `uninstall`.
#[derive(Debug, clap::Args)]
pub struct UninstallOptions {
    /// Remove revisions, their logs and the configuration as well; installed applications stay
    #[arg(long)]
    pub purge: bool,
    /// The folder of an image that takes the place of `/`
    #[arg(long)]
    pub root: Option<PathBuf>,
}

/// Removes what [`install`](super::install) has made. A command that runs may end first.
pub fn uninstall(options: &UninstallOptions, site: &mut Site<'_>) -> Result<()> {
    let (own_unit, wanted, program) = (site.path(unit::FILE), site.path(unit::WANTED), site.path(PROGRAM));
    let is_packaged = site.program_is(PACKAGED);
    if own_unit.exists() || is_packaged {
        site.systemctl(&["disable", "--now", UNIT], true)?;
    }
    let has_unit = own_unit.exists();
    site.remove(&wanted)?;
    site.remove(&own_unit)?;
    site.systemctl(&["daemon-reload"], has_unit)?;
    site.remove(&program)?;
    if is_packaged {
        site.say("the program is of the package spillway-agent, which a package manager removes")?;
    }
    let configuration = site.path(FILE);
    // Of an image, a configuration names folders as they are when it runs.
    let settings = Settings::read(&configuration).ok();
    let root =
        settings.and_then(|settings| Some(settings.root.to_str()?.to_owned())).unwrap_or_else(|| ROOT.to_owned());
    let root = site.path(&root);
    let registration = site.path(ON_PREMISES_FILE);
    if registration.exists() {
        let shown = registration.display();
        site.say(&format!("left {shown}, by which this host is registered; `spillway-agent deregister` removes it"))?;
    }
    if options.purge {
        purge(site, &root)?;
        site.remove(&configuration)?;
        return Ok(());
    }
    for left in [root, configuration].iter().filter(|path| path.exists()) {
        site.say(&format!("left {}; --purge removes it", left.display()))?;
    }
    Ok(())
}

/// Removes what agents keep in the folder of deployments, and the folder if nothing else is in it.
fn purge(site: &mut Site<'_>, root: &Path) -> Result<()> {
    let state = Root(root.to_owned());
    let cannot = |path: &Path| format!("{} cannot be removed", path.display());
    let groups = state.groups().with_context(|| cannot(root))?;
    let kept = groups.iter().flat_map(|group| group.deployments.iter().cloned()).chain(state.own_folders());
    for folder in kept {
        match fs::remove_dir_all(&folder) {
            Ok(()) => site.say(&format!("removed {}/", folder.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| cannot(&folder)),
        }
    }
    for group in &groups {
        // One with other files than the agent's stays.
        fs::remove_dir(root.join(&group.id)).ok();
    }
    match fs::remove_dir(root) {
        Ok(()) => site.say(&format!("removed {}/", root.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) => site.say(&format!("left {}/, which has other files", root.display())),
    }
}
