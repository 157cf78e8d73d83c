//! The documentation: its command blocks are executed, its samples parsed, its links followed, its tables compared with
//! what they list.

mod api;
mod blocks;
mod commands;
mod links;
mod references;
mod samples;

use std::fs;
use std::path::Path;

use spillway_tests::template::root;

/// A file of the documentation, with its path from the root.
struct Page {
    path: String,
    text: String,
}

/// Every file of the documentation, in order.
fn pages() -> Vec<Page> {
    let mut paths: Vec<String> = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        paths.extend(name.ends_with(".md").then_some(name));
    }
    collect(&root().join("docs"), &mut paths);
    paths.sort();
    assert!(paths.len() > 30, "{paths:?}");
    let page = |path: String| Page { text: fs::read_to_string(root().join(&path)).unwrap(), path };
    paths.into_iter().map(page).collect()
}

fn collect(folder: &Path, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// Every page without what is between fences, with its path.
pub(crate) fn prose_of_pages() -> Vec<(String, String)> {
    pages().into_iter().map(|page| (page.path, links::prose(&page.text))).collect()
}

/// The rows of the tables of a page, each as its cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    text.lines().filter(|line| line.starts_with("| ")).map(cells).collect()
}

/// Fails with all faults at once, one a line.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
