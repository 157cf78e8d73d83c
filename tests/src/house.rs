//! The rules of the house: what may stand where, who may know whom, and what a manifest says about rights.

mod borders;
mod events;
mod layout;
mod relations;
mod services;
mod threats;
mod words;

pub(crate) use threats::tests_in;

use std::fs;
use std::path::{Path, PathBuf};

use spillway_tests::template::root;

/// Every `.rs` file of the checkout with its path from the root, in order.
pub(crate) fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["agent", "cli", "functions", "fuzz", "lab", "shared", "tests"] {
        collect(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| !is_hidden(path)) {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.') || name == "target")
}

fn read(path: impl Into<PathBuf>) -> String {
    let path = path.into();
    fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `shift-alias` as `ShiftAlias`.
fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(capital).collect()
}

/// Fails with all faults at once, one a line.
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
