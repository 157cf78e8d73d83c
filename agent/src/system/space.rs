//! The room on a file system.

use std::io;
use std::path::Path;

use nix::sys::statvfs::statvfs;

/// What a file system has left for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes.
    pub bytes: u64,
    /// Files; none where the file system has no number of files.
    pub files: Option<u64>,
}

/// The room on the file system of a path.
pub fn of(path: &Path) -> io::Result<Space> {
    let found = statvfs(path)?;
    Ok(Space {
        bytes: found.blocks_available() as u64 * found.fragment_size() as u64,
        files: (found.files() != 0).then(|| found.files_available() as u64),
    })
}
