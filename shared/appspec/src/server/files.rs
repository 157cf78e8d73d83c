//! `files` and `file_exists_behavior`: what is copied, and what happens where something is already.

use std::fmt;

use super::Os;
use crate::check::{Check, cut, suggestion};
use crate::tree::{Key, Node};

/// One entry of `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The line of the entry.
    pub line: usize,
    /// A file or folder of the revision, from its root, without a separator in front; empty for the whole revision.
    pub source: String,
    /// The folder into which it goes.
    pub destination: String,
}

/// What happens to a file that is to be copied where a file is that no deployment of the group has put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileExistsBehavior {
    /// The deployment fails.
    Disallow,
    /// The file of the revision replaces it.
    Overwrite,
    /// The file of the host stays.
    Retain,
}

impl FileExistsBehavior {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Disallow, Self::Overwrite, Self::Retain];
    const NAMES: [&str; 3] = ["DISALLOW", "OVERWRITE", "RETAIN"];

    /// The behavior of that name, which is in upper case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|behavior| behavior.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disallow => "DISALLOW",
            Self::Overwrite => "OVERWRITE",
            Self::Retain => "RETAIN",
        }
    }
}

impl fmt::Display for FileExistsBehavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const OF: &str = "\"- source: …\" with a destination";

pub(super) fn read(check: &mut Check, node: &Node, os: Os) -> Vec<FileEntry> {
    let items = check.list("files", node, OF);
    items.iter().enumerate().filter_map(|(n, node)| read_entry(check, &format!("files[{n}]"), node, os)).collect()
}

fn read_entry(check: &mut Check, place: &str, node: &Node, os: Os) -> Option<FileEntry> {
    const KNOWN: [&str; 2] = ["source", "destination"];
    let entries = check.map(place, node, "source and destination")?;
    let unknown = |check: &mut Check, key: &Key| match key.name.as_str() {
        "overwrite" | "file_exists_behavior" => {
            let detail = format!(
                "{place}.{} is ignored; write file_exists_behavior: OVERWRITE at the top level, which counts for all \
                 files",
                key.name
            );
            check.warn(key.line, detail);
        }
        _ => check.unknown(place, key, &KNOWN),
    };
    let [source, destination] = check.fields(place, entries, KNOWN, unknown);
    let found = (check.text(place, source), check.text(place, destination));
    let (source, destination) = match found {
        (Some(source), Some(destination)) => (source, destination),
        (Some(source), None) => {
            let official = format!(
                "The deployment failed because the application specification file specifies only a source file \
                 ({}).",
                cut(&source)
            );
            check.refuse_as(Some(node.line), official, format!("{place} needs a destination, the folder to copy into"));
            return None;
        }
        (None, Some(destination)) => {
            let official = format!(
                "The deployment failed because the application specification file specifies only a destination file \
                 ({}).",
                cut(&destination)
            );
            let detail = format!("{place} needs a source; write source: / for the whole revision");
            check.refuse_as(Some(node.line), official, detail);
            return None;
        }
        (None, None) => {
            check.refuse(node.line, format!("{place} has neither source nor destination"));
            return None;
        }
    };
    let source = inside(check, &format!("{place}.source"), node.line, &source, os)?;
    check_destination(check, &format!("{place}.destination"), node.line, &destination, os)?;
    Some(FileEntry { line: node.line, source, destination })
}

/// A path of the revision, without `.` and separators that say nothing; or why it is none.
pub(super) fn inside(check: &mut Check, place: &str, line: usize, path: &str, os: Os) -> Option<String> {
    if os == Os::Linux && path.contains('\\') {
        check.refuse(line, format!("{place} \"{}\" has a backslash; on linux, write /", cut(path)));
        return None;
    }
    let parts = path.split(|c| c == '/' || (os == Os::Windows && c == '\\'));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        check.refuse(line, format!("{place} \"{}\" leaves the revision; write a path without ..", cut(path)));
        return None;
    }
    if path.contains('\0') {
        check.refuse(line, format!("{place} has a zero byte"));
        return None;
    }
    Some(parts.join("/"))
}

fn check_destination(check: &mut Check, place: &str, line: usize, path: &str, os: Os) -> Option<()> {
    let shown = cut(path);
    if path.starts_with('~') || path.contains('$') && os == Os::Linux || path.contains('%') && os == Os::Windows {
        check.refuse(line, format!("{place} \"{shown}\" is not expanded; write the absolute path"));
        return None;
    }
    if path.contains('\0') || path.split(['/', '\\']).any(|part| part == "..") {
        check.refuse(line, format!("{place} \"{shown}\" must not have .. or a zero byte; write the absolute path"));
        return None;
    }
    let is_absolute = match os {
        Os::Linux => path.starts_with('/'),
        Os::Windows => path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':'),
    };
    if !is_absolute {
        let detail =
            format!("{place} \"{shown}\" is relative, and is taken from the root of the host; write \"/{shown}\"");
        check.warn(line, detail);
    }
    Some(())
}

pub(super) fn read_behavior(check: &mut Check, node: &Node) -> Option<FileExistsBehavior> {
    let text = &check.scalar("file_exists_behavior", node)?.text;
    let found = FileExistsBehavior::from_name(text);
    if found.is_none() {
        let official = format!(
            "The deployment failed because an invalid file_exists_behavior value ({}) was entered in the application \
             specification file.",
            cut(text)
        );
        let names = FileExistsBehavior::NAMES;
        let meant = if text.len() < 20 { suggestion(text, &names) } else { String::new() };
        check.refuse_as(Some(node.line), official, format!("it is one of {}{meant}", names.join(", ")));
    }
    found
}
