//! The entries of `files`, each as the paths that it makes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spillway_appspec::server::FileEntry;

use super::below;
use super::inventory::{Inventory, Item};

/// A path that a revision makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where, by the AppSpec.
    pub path: PathBuf,
    /// From where in the revision; empty for a folder that only the AppSpec names.
    pub source: PathBuf,
    /// What.
    pub item: Item,
}

/// What `files` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The paths, those above before those below.
    pub targets: Vec<Target>,
    /// What may not be meant.
    pub warnings: Vec<String>,
}

/// The paths that `files` makes, or all that is wrong with it.
pub fn expand(files: &[FileEntry], inventory: &Inventory) -> Result<Expanded, Vec<String>> {
    let mut found: BTreeMap<PathBuf, (usize, Target)> = BTreeMap::new();
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for (n, file) in files.iter().enumerate() {
        let destination = Path::new("/").join(file.destination.trim_end_matches('/'));
        let source = Path::new(&file.source);
        let mut add = |path: PathBuf, source: PathBuf, item: Item| {
            let target = Target { path: path.clone(), source, item };
            match found.get(&path) {
                Some((_, known)) if known.item == Item::Folder && target.item == Item::Folder => {}
                Some((other, known)) => problems.push(format!(
                    "files[{other}] and files[{n}] (line {}) copy \"{}\" and \"{}\" to the same destination {}",
                    file.line,
                    known.source.display(),
                    target.source.display(),
                    path.display()
                )),
                None => drop(found.insert(path, (n, target))),
            }
        };
        let folders: Vec<&Path> = destination.ancestors().filter(|folder| folder.parent().is_some()).collect();
        for folder in folders.into_iter().rev() {
            add(folder.to_owned(), PathBuf::new(), Item::Folder);
        }
        match inventory.get(source) {
            Some(item @ (Item::File | Item::Link(_))) => {
                let name = source.file_name().unwrap_or_default();
                if destination.file_name() == Some(name) {
                    warnings.push(format!(
                        "line {}: files[{n}].destination is a folder, so the file becomes {}",
                        file.line,
                        destination.join(name).display()
                    ));
                }
                add(destination.join(name), source.to_owned(), item.clone());
            }
            None if !file.source.is_empty() => problems.push(format!(
                "files[{n}].source \"{}\" is not in the revision [line {}: wildcards are not expanded]",
                file.source, file.line
            )),
            Some(Item::Folder) | None => {
                let inside = inventory.iter().filter(|(path, _)| path.starts_with(source) && *path != source);
                for (path, item) in inside {
                    let rest = path.strip_prefix(source).unwrap_or(path);
                    add(below(&destination, rest), path.clone(), item.clone());
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(Expanded { targets: found.into_values().map(|(_, target)| target).collect(), warnings })
    } else {
        Err(problems)
    }
}
