//! Every block between fences says what it is, and what it is decides how it is tested.

use std::collections::BTreeMap;
use std::fs;

use spillway_tests::template::root;

use super::{Page, commands, none, pages, samples};

/// A block between fences.
pub(super) struct Block {
    /// Where it begins, as `page:line`.
    pub place: String,
    /// What follows the first fence.
    pub language: String,
    /// What is between the fences.
    pub text: String,
    /// The snapshot that it shows, named in a comment on the line before.
    snapshot: Option<String>,
}

/// The blocks of a page, in order.
pub(super) fn blocks(page: &Page) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    let mut before = "";
    for (number, line) in page.text.lines().enumerate() {
        match (open.as_mut(), line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                let snapshot = before.strip_prefix("<!-- ").and_then(|comment| comment.strip_suffix(" -->"));
                open = Some(Block {
                    place: format!("{}:{}", page.path, number + 1),
                    language: language.to_owned(),
                    text: String::new(),
                    snapshot: snapshot.filter(|name| name.ends_with(".snap")).map(str::to_owned),
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, None) => (),
        }
        before = line;
    }
    assert!(open.is_none(), "{}: the last block has no end", page.path);
    found
}

#[test]
fn every_block_of_the_documentation_is_executed_or_parsed() {
    let mut faults = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages() {
        let blocks = blocks(&page);
        for block in &blocks {
            *seen.entry(block.language.clone()).or_default() += 1;
            let fault = match block.language.as_str() {
                "console" => Ok(()), // executed below, one after the other, as a reader does
                "json" => samples::json(&block.text),
                "yaml" => samples::yaml(&block.text),
                "cedar" => samples::cedar(&block.text),
                "python" => samples::python(&block.text),
                "text" => Ok(()),
                other => Err(format!("a block of '{other}'; say console, json, yaml, cedar, python or text")),
            };
            faults.extend(fault.err().map(|fault| format!("{}: {fault}", block.place)));
        }
        faults.extend(commands::execute(&page, &blocks));
    }
    let least = [("console", 15), ("json", 7), ("yaml", 5), ("cedar", 1), ("python", 1), ("text", 5)];
    for (language, least) in least {
        let count = seen.get(language).copied().unwrap_or_default();
        assert!(count >= least, "{count} blocks of {language} were found, and there are {least}");
    }
    none(&faults);
}

/// The text of a snapshot, without its head.
fn of_snapshot(path: &str) -> Result<String, String> {
    let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let body = text.splitn(3, "---\n").nth(2).ok_or_else(|| format!("{path} has no head"))?;
    Ok(format!("{}\n", body.trim_end()))
}

/// With `INSTA_UPDATE=always`, which accepts snapshots, the documentation follows them.
#[test]
fn every_block_that_shows_a_snapshot_is_as_the_snapshot() {
    let follows = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    let (mut faults, mut compared) = (Vec::new(), 0);
    for page in pages() {
        let mut text = page.text.clone();
        for block in blocks(&page) {
            let Some(path) = &block.snapshot else { continue };
            compared += 1;
            match of_snapshot(path) {
                Err(fault) => faults.push(format!("{}: {fault}", block.place)),
                Ok(snapshot) if snapshot == block.text => (),
                // An empty block is everywhere in its page.
                Ok(_) if block.text.is_empty() => {
                    faults.push(format!("{} is empty: write a line into it", block.place))
                }
                Ok(snapshot) if follows => text = text.replace(&block.text, &snapshot),
                Ok(_) => faults.push(format!("{} is not as {path}", block.place)),
            }
        }
        if text != page.text {
            fs::write(root().join(&page.path), text).unwrap();
        }
    }
    assert!(compared > 1, "{compared} blocks show a snapshot");
    none(&faults);
}
