//! The host as Linux has it.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use nix::unistd::{Group, User, geteuid};
use spillway_appspec::server::{AclEntry, AclKind, Context};

use super::process::{self, Ended, Invocation, Output};
use super::{Attributes, Host, Seen};

/// The program that runs, also after an upgrade has put another one in its place.
pub const OWN_PROGRAM: &str = "/proc/self/exe";
/// As many as the kernel follows.
const MOST_LINKS: usize = 40;

/// The host this process runs on.
pub struct Unix {
    /// The name under which a file is written before it is renamed.
    aside: String,
    /// The agent's own program, which becomes other users to run their scripts.
    agent: PathBuf,
    /// The folder in which something was done last.
    last: RefCell<Option<(PathBuf, Dir)>>,
}

impl Unix {
    /// The host, for work that writes files aside under this name.
    pub fn new(aside: String, agent: PathBuf) -> Self {
        Self { aside, agent, last: RefCell::new(None) }
    }

    /// Does something in the folder of a path, which is reached without following links.
    fn in_parent<T>(&self, path: &Path, work: impl FnOnce(&Dir, &Path) -> io::Result<T>) -> io::Result<T> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the root of the host"));
        };
        let mut last = self.last.borrow_mut();
        if last.as_ref().is_none_or(|(known, _)| known != folder) {
            *last = Some((folder.to_owned(), open_folder(folder)?));
        }
        match &*last {
            Some((_, dir)) => work(dir, Path::new(name)),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Forgets the folder of the last work, which may be about to go.
    fn forget(&self) {
        *self.last.borrow_mut() = None;
    }
}

fn open_folder(path: &Path) -> io::Result<Dir> {
    let mut dir = Dir::open_ambient_dir("/", ambient_authority())?;
    for part in path.components() {
        match part {
            Component::Normal(name) => dir = dir.open_dir_nofollow(name)?,
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir => return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path with ..")),
        }
    }
    Ok(dir)
}

fn kind_of(metadata: &fs::Metadata) -> Seen {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Seen::Link
    } else if kind.is_dir() {
        Seen::Folder
    } else if kind.is_file() {
        Seen::File
    } else {
        Seen::Other
    }
}

fn set(file: &File, attributes: Attributes) -> io::Result<()> {
    // Changing the owner clears bits of the mode, so that the mode comes after it.
    if attributes.owner.is_some() || attributes.group.is_some() {
        fchown(file, attributes.owner, attributes.group)?;
    }
    attributes.mode.map_or(Ok(()), |mode| file.set_permissions(fs::Permissions::from_mode(mode)))
}

/// What is not there is gone already.
fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        outcome => outcome,
    }
}

impl Host for Unix {
    fn look(&self, path: &Path) -> io::Result<Option<Seen>> {
        match fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(kind_of(&metadata))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let mut real = PathBuf::from("/");
        let mut rest: Vec<PathBuf> = vec![path.to_owned()];
        let mut links = 0;
        while let Some(next) = rest.pop() {
            let mut parts = next.components();
            let Some(part) = parts.next() else { continue };
            rest.push(parts.as_path().to_owned());
            let name = match part {
                Component::RootDir => {
                    real = PathBuf::from("/");
                    continue;
                }
                Component::ParentDir => {
                    real.pop();
                    continue;
                }
                Component::CurDir | Component::Prefix(_) => continue,
                Component::Normal(name) => name,
            };
            let here = real.join(name);
            match fs::symlink_metadata(&here) {
                Ok(metadata) if metadata.is_symlink() => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(io::Error::other(format!("{} is a loop of symbolic links", path.display())));
                    }
                    if metadata.uid() != 0 && metadata.uid() != geteuid().as_raw() {
                        let words = format!(
                            "{} is a symbolic link of user {}; the agent follows those of root and of its own user",
                            here.display(),
                            metadata.uid()
                        );
                        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
                    }
                    rest.push(fs::read_link(&here)?);
                }
                Ok(_) => real = here,
                Err(error) if error.kind() == io::ErrorKind::NotFound => real = here,
                Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", here.display()))),
            }
        }
        Ok(real)
    }

    fn user(&self, name: &str) -> io::Result<Option<u32>> {
        Ok(User::from_name(name)?.map(|user| user.uid.as_raw()))
    }

    fn group(&self, name: &str) -> io::Result<Option<u32>> {
        Ok(Group::from_name(name)?.map(|group| group.gid.as_raw()))
    }

    fn has_program(&self, name: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    }

    fn make_folder(&self, path: &Path, attributes: Attributes) -> io::Result<()> {
        self.in_parent(path, |parent, name| {
            match parent.create_dir(name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                outcome => outcome?,
            }
            if attributes == Attributes::default() {
                return Ok(());
            }
            set(&parent.open_dir_nofollow(name)?.into_std_file(), attributes)
        })
    }

    fn copy(&self, revision: &Dir, from: &Path, to: &Path, attributes: Attributes) -> io::Result<()> {
        let mut source = revision.open(from)?.into_std();
        let metadata = source.metadata()?;
        let mode = attributes.mode.unwrap_or(metadata.permissions().mode() & 0o777);
        self.in_parent(to, |parent, name| {
            gone(parent.remove_file(&self.aside))?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            let mut file = parent.open_with(&self.aside, &options)?.into_std();
            io::copy(&mut source, &mut file)?;
            set(&file, Attributes { mode: Some(mode), ..attributes })?;
            file.set_modified(metadata.modified()?)?;
            parent.rename(&self.aside, parent, name)
        })
    }

    fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        self.in_parent(path, |parent, name| {
            gone(parent.remove_file(&self.aside))?;
            parent.symlink_contents(target, &self.aside)?;
            parent.rename(&self.aside, parent, name)
        })
    }

    fn set_acl(&self, path: &Path, entries: &[AclEntry]) -> io::Result<()> {
        let entries: Vec<String> = entries.iter().map(acl_text).collect();
        tool("setfacl", [OsStr::new("-P"), "-b".as_ref(), "-m".as_ref(), entries.join(",").as_ref(), path.as_os_str()])
    }

    fn set_context(&self, path: &Path, context: &Context) -> io::Result<()> {
        // The path is a regular expression to semanage.
        let pattern: String = path.to_string_lossy().chars().flat_map(escaped).collect();
        let mut arguments = vec!["fcontext", "-a", "-t", &context.kind];
        for (option, value) in [("-s", &context.user), ("-r", &context.range)] {
            if let Some(value) = value {
                arguments.extend([option, value]);
            }
        }
        arguments.push(&pattern);
        tool("semanage", arguments.iter().map(OsStr::new))?;
        tool("restorecon", [path.as_os_str()])
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        gone(self.in_parent(path, |parent, name| parent.remove_file(name)))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.forget();
        gone(self.in_parent(path, |parent, name| parent.remove_dir(name)))
    }

    fn aside(&self) -> &str {
        &self.aside
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let aside = path.with_added_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).open(&aside)?;
        set(&file, Attributes { mode: Some(0o600), ..Attributes::default() })?;
        io::Write::write_all(&mut file, content)?;
        file.sync_all()?;
        self.rename(&aside, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        match to.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => gone(Err(error)),
        }
    }

    fn run(&self, invocation: &Invocation, output: &mut dyn FnMut(Output<'_>)) -> io::Result<Ended> {
        process::run(&self.agent, invocation, output)
    }
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    let is_special = ".^$*+?()[]{}|\\".contains(c);
    is_special.then_some('\\').into_iter().chain([c])
}

fn acl_text(entry: &AclEntry) -> String {
    let default = if entry.default { "d:" } else { "" };
    let kind = match entry.kind {
        AclKind::User => "u",
        AclKind::Group => "g",
        AclKind::Mask => "m",
        AclKind::Other => "o",
    };
    format!("{default}{kind}:{}:{}", entry.name.as_deref().unwrap_or_default(), entry.bits)
}

/// Runs a tool of the system, and makes its complaint the error.
fn tool<A: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> io::Result<()> {
    let outcome = Command::new(name).args(arguments).stdin(Stdio::null()).output();
    let output = outcome.map_err(|error| io::Error::new(error.kind(), format!("{name} cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{name} failed: {}", words.trim().chars().take(300).collect::<String>())))
}
