//! The unit of systemd.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::{PACKAGED, PROGRAM, Site};

const TEXT: &str = include_str!("../../../packaging/spillway-agent.service");
/// Where operators' units are, which beat those of packages.
pub(super) const FILE: &str = "/etc/systemd/system/spillway-agent.service";
/// Where packages have theirs.
const OF_PACKAGE: &str = "/usr/lib/systemd/system/spillway-agent.service";
/// What makes systemd start it with the host.
pub(super) const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/spillway-agent.service";

/// The unit for a program and a user.
pub(super) fn text(program: &str, user: Option<&str>) -> String {
    let text = TEXT.replace(PACKAGED, program);
    match user {
        Some(user) => text.replace("Type=notify\n", &format!("Type=notify\nUser={user}\n")),
        None => text,
    }
}

/// Writes the unit, unless a package has one that serves. Whether it was not there already.
pub(super) fn install(site: &mut Site<'_>, user: Option<&str>) -> Result<bool> {
    let is_packaged = site.program_is(PACKAGED);
    let (own, packaged) = (site.path(FILE), site.path(OF_PACKAGE));
    if is_packaged && user.is_none() && packaged.exists() && !own.exists() {
        site.found(&packaged)?;
        return Ok(false);
    }
    let program = if is_packaged { PACKAGED } else { PROGRAM };
    site.write(FILE, &text(program, user), 0o644)
}

/// Lets the unit start with the image.
pub(super) fn enable_in_image(site: &mut Site<'_>) -> Result<()> {
    let link = site.path(WANTED);
    let cannot = || format!("{} cannot be made", link.display());
    fs::create_dir_all(link.parent().unwrap_or(&link)).with_context(cannot)?;
    match symlink(Path::new(FILE), &link) {
        Ok(()) => site.say(&format!("made {}, so that the agent starts with the image", link.display())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => site.found(&link),
        Err(error) => Err(error).with_context(cannot),
    }
}
