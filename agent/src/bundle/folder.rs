//! A folder of this host as a bundle.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt};

use super::Refused;
use super::name::{Name, shown};
use super::writer::{Budget, Writer, check_links, open_to_all};

pub(super) fn copy(path: &Path, into: &Dir, budget: &Budget) -> Result<(), Refused> {
    let unreadable = |source| Refused::Unreadable { path: path.display().to_string(), source };
    let source = Dir::open_ambient_dir(path, ambient_authority()).map_err(unreadable)?;
    let mut writer = Writer::new(into, budget);
    let mut links = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
        for entry in source.read_dir(here).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = folder.join(entry.file_name());
            let bytes = path.as_os_str().as_bytes();
            let refuse = |why| Refused::Name { entry: shown(bytes), why };
            let Some(name) = Name::parse(bytes).map_err(refuse)? else { continue };
            let failed = |source: io::Error| Refused::Unreadable { path: name.shown(), source };
            let metadata = source.symlink_metadata(&path).map_err(failed)?;
            if metadata.is_symlink() {
                let target = source.read_link_contents(&path).map_err(failed)?;
                links.push(writer.link(&name, target.as_os_str().as_bytes())?);
            } else if metadata.is_dir() {
                writer.folder(&name)?;
                open.push(path);
            } else if metadata.is_file() {
                let mut file = source.open(&path).map_err(failed)?;
                let modified = metadata.modified().ok().map(cap_std::time::SystemTime::into_std);
                writer.file(&name, metadata.mode() & 0o7777, modified, &mut file, failed)?;
            } else {
                let what = "a device, a named pipe or a socket";
                return Err(Refused::Special { entry: name.shown(), what });
            }
        }
    }
    if budget.is_untouched() {
        return Err(Refused::Empty);
    }
    open_to_all(into).map_err(unreadable)?;
    check_links(into, &links)
}
