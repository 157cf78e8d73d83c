//! Links, and names of tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use spillway_tests::template::root;

use super::{none, pages};
use crate::house::{sources, tests_in};

const README: &str = "README.md";
/// What one reads before one decides to read on.
const MOST_LINES_OF_README: usize = 150;
/// Where a name with three underscores between backticks is a test.
const NAME_TESTS: [&str; 3] = ["docs/architecture/", "docs/decisions/", "docs/reference/threats.md"];

#[test]
fn the_readme_is_short() {
    let readme = fs::read_to_string(root().join(README)).unwrap();
    let lines = readme.lines().count();
    assert!(lines <= MOST_LINES_OF_README, "{README} has {lines} lines; at most {MOST_LINES_OF_README}");
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut faults = Vec::new();
    let mut followed = 0;
    for page in pages() {
        for target in targets(&prose(&page.text)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            followed += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target.as_str(), ""));
            let file = match path {
                "" => PathBuf::from(&page.path),
                path => normal(&Path::new(&page.path).parent().unwrap().join(path)),
            };
            if !root().join(&file).exists() {
                faults.push(format!("{}: {target} leads to {}, which does not exist", page.path, file.display()));
            } else if !anchor.is_empty() && !anchors(&fs::read_to_string(root().join(&file)).unwrap()).contains(anchor)
            {
                faults.push(format!(
                    "{}: {target} leads to a heading that {} does not have",
                    page.path,
                    file.display()
                ));
            }
        }
    }
    assert!(followed > 60, "{followed} links were found");
    none(&faults);
}

#[test]
fn every_page_of_the_documentation_is_linked() {
    let pages = pages();
    let mut linked = BTreeSet::from([README.to_owned()]);
    for page in &pages {
        let folder = Path::new(&page.path).parent().unwrap();
        let links = targets(&prose(&page.text)).into_iter().map(|target| target.split('#').next().unwrap().to_owned());
        linked.extend(links.map(|link| normal(&folder.join(link)).to_str().unwrap().to_owned()));
    }
    let alone = pages.iter().filter(|page| !linked.contains(&page.path));
    none(&alone.map(|page| format!("no page links to {}", page.path)).collect::<Vec<_>>());
}

#[test]
fn every_test_that_the_documentation_names_exists() {
    let sources = sources();
    let tests: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| tests_in(text)).collect();
    let is_name = |span: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        span.bytes().all(plain) && span.matches('_').count() > 2
    };
    let (mut faults, mut named) = (Vec::new(), 0);
    for page in pages().into_iter().filter(|page| NAME_TESTS.iter().any(|begin| page.path.starts_with(begin))) {
        let prose = prose(&page.text);
        for span in prose.split('`').skip(1).step_by(2).filter(|span| is_name(span)) {
            named += 1;
            if !tests.contains(span) {
                faults.push(format!("{} names test {span}, which does not exist", page.path));
            }
        }
    }
    assert!(named > 50, "{named} tests are named");
    none(&faults);
}

/// A page without what is between fences.
pub(super) fn prose(text: &str) -> String {
    let mut inside = false;
    let mut outside = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence
    };
    text.lines().filter(|line| outside(line)).collect::<Vec<_>>().join("\n")
}

/// Where the links of a text lead.
fn targets(text: &str) -> Vec<String> {
    let rests = text.split("](").skip(1);
    rests.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

/// The anchors of a page's headings, as the forge makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| -> String {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    headings.map(anchor).collect()
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => (),
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => normal.push(component),
        }
    }
    normal
}
