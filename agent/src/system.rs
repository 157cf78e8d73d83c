//! All that the agent asks of the operating system and does to it. A port to another system is another [`Host`].

pub mod clock;
pub mod process;
pub mod running;
pub mod service_manager;
pub mod space;
pub mod unix;

use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use spillway_appspec::server::{AclEntry, Context};

pub use process::{Cancellation, Ended, Invocation, Output};

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a pipe or a socket.
    Other,
}

/// Who owns a file or folder, and who may do what with it. What is none stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The mode.
    pub mode: Option<u32>,
    /// The number of the owner.
    pub owner: Option<u32>,
    /// The number of the group.
    pub group: Option<u32>,
}

/// The host. Each effect states an end, so that doing it twice is doing it once.
///
/// Paths are absolute. No effect follows a symbolic link in any of their components: what was looked at may have been
/// exchanged since.
pub trait Host {
    /// What is at a path, without following a link there.
    fn look(&self, path: &Path) -> io::Result<Option<Seen>>;
    /// The path without symbolic links. Fails if a link belongs to neither root nor the agent's own user.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
    /// The number of a user.
    fn user(&self, name: &str) -> io::Result<Option<u32>>;
    /// The number of a group.
    fn group(&self, name: &str) -> io::Result<Option<u32>>;
    /// Whether a program is installed.
    fn has_program(&self, name: &str) -> bool;

    /// Makes a folder, unless it is there, and gives it its attributes.
    fn make_folder(&self, path: &Path, attributes: Attributes) -> io::Result<()>;
    /// Copies a file of the revision, with its mode and time where the attributes say nothing else. A process that opens
    /// the path meanwhile reads the old file or the new one, never a part.
    fn copy(&self, revision: &Dir, from: &Path, to: &Path, attributes: Attributes) -> io::Result<()>;
    /// Makes a symbolic link, in place of a file or link.
    fn link(&self, target: &Path, path: &Path) -> io::Result<()>;
    /// Sets an access control list.
    fn set_acl(&self, path: &Path, entries: &[AclEntry]) -> io::Result<()>;
    /// Sets an SELinux context, also for when the file system is labeled anew.
    fn set_context(&self, path: &Path, context: &Context) -> io::Result<()>;
    /// Removes a file or link, if it is there.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder, if it is there. Fails if it is not empty.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// The name under which a file is written before it is renamed.
    fn aside(&self) -> &str;
    /// Writes a file of the agent's own: aside, to the disk, and renamed.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()>;
    /// Renames a file or folder of the agent's own.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a folder of the agent's own with all that is in it, if it is there.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;

    /// Runs a program to its end, or to the end of its time.
    fn run(&self, invocation: &Invocation, output: &mut dyn FnMut(Output<'_>)) -> io::Result<Ended>;
}
