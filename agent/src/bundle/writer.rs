//! Writes entries into the folder of a revision.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};

use super::name::Name;
use super::{Limits, Refused};

/// The bits that let a program become another user.
const SET_ID: u32 = 0o6000;

/// What is left of the limits; shared by all writers of a bundle.
pub(super) struct Budget {
    limits: Limits,
    bytes: AtomicU64,
    entries: AtomicU64,
    /// Folders, so that each counts once, also where an entry only implies it.
    folders: Mutex<HashSet<PathBuf>>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, bytes: AtomicU64::new(0), entries: AtomicU64::new(0), folders: Mutex::default() }
    }

    pub(super) fn most_entries(&self) -> u64 {
        self.limits.entries
    }

    pub(super) fn add_bytes(&self, count: usize) -> Result<(), Refused> {
        let before = self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        if before + count as u64 > self.limits.bytes { Err(Refused::TooLarge(self.limits.bytes)) } else { Ok(()) }
    }

    fn add_entry(&self) -> Result<(), Refused> {
        let before = self.entries.fetch_add(1, Ordering::Relaxed);
        if before >= self.limits.entries { Err(Refused::TooMany(self.limits.entries)) } else { Ok(()) }
    }

    /// Counts a folder and those above it, if they are new.
    fn add_folders(&self, folder: &Path) -> Result<(), Refused> {
        let mut folders = self.folders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for folder in folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty()) {
            if !folders.insert(folder.to_owned()) {
                break;
            }
            self.add_entry()?;
        }
        Ok(())
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.entries.load(Ordering::Relaxed) == 0
    }
}

/// One thread's hand on the folder.
pub(super) struct Writer<'a> {
    root: &'a Dir,
    budget: &'a Budget,
    /// The folder that the last entry went into.
    parent: Option<(PathBuf, Dir)>,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(root: &'a Dir, budget: &'a Budget) -> Self {
        Self { root, budget, parent: None, buffer: vec![0; 64 * 1024] }
    }

    pub(super) fn folder(&mut self, name: &Name) -> Result<(), Refused> {
        self.budget.add_folders(name.as_path())?;
        self.root.create_dir_all(name.as_path()).map_err(unwritable(name))
    }

    pub(super) fn file(
        &mut self,
        name: &Name,
        mode: u32,
        modified: Option<SystemTime>,
        content: &mut dyn Read,
        damaged: impl Fn(io::Error) -> Refused,
    ) -> Result<u64, Refused> {
        check_mode(name, mode)?;
        self.budget.add_entry()?;
        let mut file = self.create(name)?.into_std();
        let mut written = 0;
        loop {
            let count = fill(content, &mut self.buffer).map_err(&damaged)?;
            if count == 0 {
                break;
            }
            self.budget.add_bytes(count)?;
            written += count as u64;
            file.write_all(&self.buffer[..count]).map_err(unwritable(name))?;
        }
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode & 0o777)).map_err(unwritable(name))?;
        if let Some(modified) = modified {
            file.set_modified(modified).map_err(unwritable(name))?;
        }
        Ok(written)
    }

    /// A link as it is written. Where it leads is checked when everything is there: see [`check_links`].
    pub(super) fn link(&mut self, name: &Name, target: &[u8]) -> Result<PathBuf, Refused> {
        let text = str::from_utf8(target).ok().filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
        let outside = || Refused::Outside { entry: name.shown(), target: String::from_utf8_lossy(target).into_owned() };
        let target = text.filter(|text| !text.starts_with('/')).ok_or_else(outside)?;
        self.budget.add_entry()?;
        self.replacing(name, |parent, file| parent.symlink(target, file))?;
        Ok(name.as_path().to_owned())
    }

    pub(super) fn hard_link(&mut self, name: &Name, target: &Name) -> Result<(), Refused> {
        let outside = || Refused::Outside { entry: name.shown(), target: target.shown() };
        let is_file = self.root.symlink_metadata(target.as_path()).is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            return Err(outside());
        }
        self.budget.add_entry()?;
        let root = self.root;
        self.replacing(name, |parent, file| root.hard_link(target.as_path(), parent, file))
    }

    fn create(&mut self, name: &Name) -> Result<cap_std::fs::File, Refused> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        self.replacing(name, |parent, file| parent.open_with(file, &options))
    }

    /// Makes an entry; a later one of an archive replaces an earlier one of the same name.
    fn replacing<T>(&mut self, name: &Name, make: impl Fn(&Dir, &Path) -> io::Result<T>) -> Result<T, Refused> {
        let path = name.as_path();
        let parent = self.parent_of(path).map_err(unwritable(name))??;
        let file = Path::new(path.file_name().unwrap_or_default());
        match make(parent, file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                parent.remove_file(file).map_err(unwritable(name))?;
                make(parent, file).map_err(unwritable(name))
            }
            outcome => outcome.map_err(unwritable(name)),
        }
    }

    fn parent_of(&mut self, path: &Path) -> io::Result<Result<&Dir, Refused>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        if folder.as_os_str().is_empty() {
            return Ok(Ok(self.root));
        }
        if self.parent.as_ref().is_none_or(|(known, _)| known != folder) {
            if let Err(refused) = self.budget.add_folders(folder) {
                return Ok(Err(refused));
            }
            self.root.create_dir_all(folder)?;
            self.parent = Some((folder.to_owned(), self.root.open_dir(folder)?));
        }
        Ok(Ok(self.parent.as_ref().map_or(self.root, |(_, folder)| folder)))
    }
}

/// Reads until a buffer is full or nothing is left: what inflates hands out small pieces, and each write is a call of the
/// kernel.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match content.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Refuses links that lead out of the folder, by any number of other links. To where nothing is, a link may lead.
pub(super) fn check_links(root: &Dir, links: &[PathBuf]) -> Result<(), Refused> {
    for link in links {
        match root.metadata(link) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => {
                let target = root.read_link_contents(link).unwrap_or_default();
                let target = target.display().to_string();
                return Err(Refused::Outside { entry: link.display().to_string(), target });
            }
        }
    }
    Ok(())
}

/// The root of a revision is readable by all users, as the official agents leave it.
pub(super) fn open_to_all(root: &Dir) -> io::Result<()> {
    root.set_permissions(".", Permissions::from_mode(0o755))
}

fn check_mode(name: &Name, mode: u32) -> Result<(), Refused> {
    if mode & SET_ID == 0 { Ok(()) } else { Err(Refused::SetId { entry: name.shown(), mode: mode & 0o7777 }) }
}

fn unwritable(name: &Name) -> impl Fn(io::Error) -> Refused {
    move |source| Refused::Unwritable { entry: name.shown(), source }
}
