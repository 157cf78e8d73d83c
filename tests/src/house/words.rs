//! Words that nobody writes, and those that only few may.

use super::{none, read, sources};

#[test]
fn nothing_is_left_undone() {
    // Cut in two, so that this file does not find itself.
    let needles =
        ["TO-DO", "FIX-ME", "XX-X", "to-do!", "unimple-mented!", "db-g!(", "#[ign-ore"].map(|n| n.replace('-', ""));
    none(lines_with(|line| needles.iter().any(|needle| line.contains(needle.as_str()))));
}

/// Tests may: they look whether anything was written that should not be there.
#[test]
fn only_tests_scan_a_table() {
    let needles = [".sc-an()", "Scan-Input", "operation::sc-an"].map(|needle| needle.replace('-', ""));
    let found = lines_with(|line| needles.iter().any(|needle| line.contains(needle.as_str())));
    none(found.into_iter().filter(|place| !place.starts_with("tests/")).collect());
}

#[test]
fn only_the_kit_the_agents_clock_the_command_lines_and_tests_read_a_clock() {
    let needles = ["Timestamp::n-ow", "SystemTime::n-ow", "Instant::n-ow", "Zoned::n-ow", "Utc::n-ow"];
    let needles = needles.map(|needle| needle.replace('-', ""));
    let found = lines_with(|line| needles.iter().any(|needle| line.contains(needle.as_str())));
    let may = |place: &String| {
        let is_test = place.contains("/tests/") || place.contains("/tests.rs:");
        is_test
            || ["shared/kit/", "agent/src/system/clock.rs", "cli/", "lab/", "tests/"]
                .iter()
                .any(|folder| place.starts_with(folder))
    };
    none(found.into_iter().filter(|place| !may(place)).collect());
}

#[test]
fn every_member_obeys_the_lints_of_the_workspace() {
    let workspace = read("Cargo.toml");
    for lint in [r#"unsafe_code = "forbid""#, "wildcard_enum_match_arm = ", "unwrap_used = ", "disallowed_methods = "] {
        assert!(workspace.contains(lint), "[workspace.lints] has no {lint}");
    }
    let lax = super::relations::manifests().into_iter().filter(|(_, text)| !text.contains("[lints]\nworkspace = true"));
    none(lax.map(|(path, _)| format!("{path} does not say [lints] workspace = true")).collect());
}

/// Words that hide who acts, or what is meant.
const RIDDLES: [&str; 10] = [
    "whoever",
    "nobody",
    "somebody",
    "someone",
    "anybody",
    "everybody",
    "is to",
    "stand for",
    "stands for",
    "spoke against",
];

/// What is between fences is what a program prints, and what is between backticks is code. A riddle does not go on after a
/// punctuation mark, but it does after the end of a line.
#[test]
fn the_documentation_names_who_acts() {
    let mut faults = Vec::new();
    for (path, text) in crate::docs::prose_of_pages() {
        let prose = text.split('`').step_by(2).collect::<Vec<_>>().join(" , ").to_lowercase();
        let apart = prose.replace(|c: char| !c.is_alphabetic() && !c.is_whitespace(), " , ");
        let words: Vec<&str> = apart.split_whitespace().collect();
        for riddle in RIDDLES.map(|riddle| riddle.split(' ').collect::<Vec<_>>()) {
            let places = words.windows(riddle.len()).enumerate().filter(|(_, words)| *words == riddle);
            faults.extend(places.map(|(place, _)| {
                let around = words[place.saturating_sub(6)..].iter().take(14).copied().collect::<Vec<_>>().join(" ");
                format!("{path}: '{}' in: {around}", riddle.join(" "))
            }));
        }
    }
    none(faults);
}

fn lines_with(found: impl Fn(&str) -> bool) -> Vec<String> {
    let in_file = |(name, text): (String, String)| {
        let lines = text.lines().enumerate().filter(|(_, line)| found(line));
        lines.map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim())).collect::<Vec<_>>()
    };
    sources().into_iter().flat_map(in_file).collect()
}
