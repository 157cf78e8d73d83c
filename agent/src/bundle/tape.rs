//! Tar archives, read from front to back in constant memory.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use cap_std::fs::Dir;
use tar::EntryType;

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
        match kind {
            EntryType::Directory => writer.folder(&name)?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mode = entry.header().mode().map_err(damaged)?;
                let seconds = entry.header().mtime().unwrap_or_default();
                let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
                let size = (kind != EntryType::GNUSparse).then(|| entry.size());
                let written = writer.file(&name, mode, modified, &mut entry, damaged)?;
                if size.is_some_and(|size| size != written) {
                    return Err(damaged(io::Error::other(format!("it ends in the middle of {}", name.shown()))));
                }
            }
            EntryType::Symlink => links.push(writer.link(&name, &target)?),
            EntryType::Link => {
                let outside =
                    || Refused::Outside { entry: name.shown(), target: String::from_utf8_lossy(&target).into_owned() };
                let target = Name::parse(&target).ok().flatten().ok_or_else(outside)?;
                writer.hard_link(&name, &target)?;
            }
            EntryType::Char | EntryType::Block => return Err(special(&name, "a device")),
            EntryType::Fifo => return Err(special(&name, "a named pipe")),
            _ => return Err(special(&name, "of an unknown type")),
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

fn special(name: &Name, what: &'static str) -> Refused {
    Refused::Special { entry: name.shown(), what }
}
