//! What a revision has.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, MetadataExt};

/// What an entry of a revision is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link to a file, or to nothing.
    Link(PathBuf),
}

/// The entries of a revision by their paths, those above before those below. A link to a folder is that folder, as to
/// the official agents.
pub type Inventory = BTreeMap<PathBuf, Item>;

/// Lists a revision.
pub fn list(revision: &Dir) -> io::Result<Inventory> {
    let mut found = Inventory::new();
    let root = revision.dir_metadata()?;
    let mut above = vec![(root.dev(), root.ino())];
    add(revision, Path::new(""), &mut above, &mut found)?;
    Ok(found)
}

fn add(revision: &Dir, folder: &Path, above: &mut Vec<(u64, u64)>, found: &mut Inventory) -> io::Result<()> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in revision.read_dir(here)? {
        let path = folder.join(entry?.file_name());
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let metadata = revision.symlink_metadata(&path).map_err(named)?;
        let behind = if metadata.is_symlink() { revision.metadata(&path).ok() } else { Some(metadata) };
        match behind {
            Some(folder) if folder.is_dir() => {
                let id = (folder.dev(), folder.ino());
                if above.contains(&id) {
                    return Err(named(io::Error::other("the link leads to a folder that it is in")));
                }
                found.insert(path.clone(), Item::Folder);
                above.push(id);
                add(revision, &path, above, found)?;
                above.pop();
            }
            Some(file) if file.is_file() && !revision.symlink_metadata(&path).map_err(named)?.is_symlink() => {
                found.insert(path, Item::File);
            }
            _ => {
                let target = revision.read_link_contents(&path).map_err(named)?;
                found.insert(path, Item::Link(target));
            }
        }
    }
    Ok(())
}
