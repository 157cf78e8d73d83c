//! Words that nobody writes, and those that only few may.

use proc_macro2::{TokenStream, TokenTree};

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
fn only_the_runtime_the_agents_clock_the_command_lines_and_tests_read_a_clock() {
    let needles = ["Timestamp::n-ow", "SystemTime::n-ow", "Instant::n-ow", "Zoned::n-ow", "Utc::n-ow"];
    let needles = needles.map(|needle| needle.replace('-', ""));
    let found = lines_with(|line| needles.iter().any(|needle| line.contains(needle.as_str())));
    let may = |place: &String| {
        let is_test = place.contains("/tests/") || place.contains("/tests.rs:");
        is_test
            || ["shared/runtime/", "agent/src/system/clock.rs", "cli/", "lab/", "tests/"]
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

/// What is between fences is what a program prints, and what is between backticks is code.
#[test]
fn the_documentation_names_who_acts() {
    let pages = crate::docs::prose_of_pages().into_iter();
    none(pages.flat_map(|(path, text)| riddles_in(&path, &text)).collect());
}

#[test]
fn messages_name_who_acts() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let is_shipped = ["agent/", "cli/", "functions/", "lab/", "shared/"].iter().any(|own| path.starts_with(own));
        let is_test = path.contains("/tests") || path.starts_with("shared/testkit/");
        if is_shipped && !is_test {
            let source: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut texts = Vec::new();
            collect_texts(source, &mut texts);
            faults.extend(texts.iter().flat_map(|text| riddles_in(&path, text)));
        }
    }
    none(faults);
}

/// The texts of a source, without its comments and its module of tests.
fn collect_texts(source: TokenStream, texts: &mut Vec<String>) {
    let mut before = [String::new(), String::new()];
    for token in source {
        match &token {
            TokenTree::Group(group) => {
                let is_of_tests = before == ["mod", "tests"];
                let first = group.stream().into_iter().next().map(|token| token.to_string()).unwrap_or_default();
                let is_comment = ["doc", "expect"].contains(&first.as_str());
                if !is_of_tests && !is_comment {
                    collect_texts(group.stream(), texts);
                }
            }
            TokenTree::Literal(literal) if literal.to_string().contains('"') => texts.push(literal.to_string()),
            TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        before = [std::mem::take(&mut before[1]), token.to_string()];
    }
}

/// The riddles in a text, each with what is around it. A riddle does not go on after a punctuation mark, but it does after
/// the end of a line.
fn riddles_in(path: &str, text: &str) -> Vec<String> {
    let prose = text.split('`').step_by(2).collect::<Vec<_>>().join(" , ").to_lowercase();
    let apart = prose.replace('\\', " ").replace(|c: char| !c.is_alphabetic() && !c.is_whitespace(), " , ");
    let words: Vec<&str> = apart.split_whitespace().collect();
    let mut found = Vec::new();
    for riddle in RIDDLES.map(|riddle| riddle.split(' ').collect::<Vec<_>>()) {
        let places = words.windows(riddle.len()).enumerate().filter(|(_, words)| *words == riddle);
        found.extend(places.map(|(place, _)| {
            let around = words[place.saturating_sub(6)..].iter().take(14).copied().collect::<Vec<_>>().join(" ");
            format!("{path}: '{}' in: {around}", riddle.join(" "))
        }));
    }
    found
}

fn lines_with(found: impl Fn(&str) -> bool) -> Vec<String> {
    let in_file = |(name, text): (String, String)| {
        let lines = text.lines().enumerate().filter(|(_, line)| found(line));
        lines.map(|(number, line)| format!("{name}:{}: {}", number + 1, line.trim())).collect::<Vec<_>>()
    };
    sources().into_iter().flat_map(in_file).collect()
}
