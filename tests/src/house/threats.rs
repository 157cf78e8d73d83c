//! The table of threats names tests that exist.

use std::collections::BTreeSet;

use super::{none, read, sources};

const THREATS: &str = "docs/reference/threats.md";

#[test]
fn every_threat_has_a_test_that_exists() {
    let sources = sources();
    let tests: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| tests_in(text)).collect();
    let text = read(THREATS);
    let (mut faults, mut threats) = (Vec::new(), 0);
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat |")) {
        threats += 1;
        let columns: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, named] = columns[..] else {
            faults.push(format!("{THREATS}: a row has {} columns: {row}", columns.len()));
            continue;
        };
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            faults.push(format!("{THREATS}: no test is named for: {row}"));
        }
        let missing = named.into_iter().filter(|name| !tests.contains(name));
        faults.extend(missing.map(|name| format!("{THREATS} names test {name}, which does not exist")));
    }
    assert!(threats > 10, "{THREATS} has {threats} rows");
    none(faults);
}

/// The names of the tests in a source: of functions under an attribute, and of promises that a macro makes tests of.
pub(crate) fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let names = source.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
}
