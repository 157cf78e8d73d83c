//! Tar archives, read from front to back in constant memory.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use cap_std::fs::Dir;

use super::Refused;
use super::name::{Name, shown};
use super::writer::{Budget, Writer, check_links, open_to_all};

pub(super) fn unpack(source: impl Read, kind: &'static str, into: &Dir, budget: &Budget) -> Result<(), Refused> {
    let damaged = |source: io::Error| Refused::Damaged { kind, source };
    let mut archive = tar::Archive::new(source);
    let mut writer = Writer::new(into, budget);
    let mut links = Vec::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let bytes = entry.path_bytes().into_owned();
        let refuse = |why| Refused::Name { entry: shown(&bytes), why };
        let Some(name) = Name::parse(&bytes).map_err(refuse)? else { continue };
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        if kind.is_dir() {
            writer.folder(&name)?;
        } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            let mode = entry.header().mode().map_err(damaged)?;
            let seconds = entry.header().mtime().unwrap_or_default();
            let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
            let size = (!kind.is_gnu_sparse()).then(|| entry.size());
            let written = writer.file(&name, mode, modified, &mut entry, damaged)?;
            if size.is_some_and(|size| size != written) {
                return Err(damaged(io::Error::other(format!("it ends in the middle of {}", name.shown()))));
            }
        } else if kind.is_symlink() {
            links.push(writer.link(&name, &target)?);
        } else if kind.is_hard_link() {
            let outside =
                || Refused::Outside { entry: name.shown(), target: String::from_utf8_lossy(&target).into_owned() };
            let target = Name::parse(&target).ok().flatten().ok_or_else(outside)?;
            writer.hard_link(&name, &target)?;
        } else {
            let is_device = kind.is_character_special() || kind.is_block_special();
            let what = if is_device {
                "a device"
            } else if kind.is_fifo() {
                "a named pipe"
            } else {
                "of an unknown type"
            };
            return Err(Refused::Special { entry: name.shown(), what });
        }
    }
    if budget.is_untouched() {
        return Err(Refused::Empty);
    }
    // A compressed archive has its checksum at the end.
    let (mut rest, mut block) = (archive.into_inner(), [0; 8 * 1024]);
    while let count @ 1.. = rest.read(&mut block).map_err(damaged)? {
        budget.add_bytes(count)?;
    }
    open_to_all(into).map_err(damaged)?;
    check_links(into, &links)
}
