//! The reference lists what there is, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clap::CommandFactory;
use serde_json::Value;
use spillway::arguments::Cli;
use spillway_tests::template::{root, template};
use spillway_wire::access::operator_action;
use spillway_wire::operator::operation::{OperatorOperation, TARGET_PREFIX};

use super::{none, rows};
use crate::house::sources;

const CONFIGURATION: &str = "docs/reference/configuration.md";
const OPERATOR_API: &str = "docs/reference/operator-api.md";
const COMMAND_LINE: &str = "docs/guides/command-line.md";
const QUOTAS: &str = "docs/reference/quotas.md";
const ERRORS: &str = "docs/reference/errors.md";
const GLOSSARY: &str = "docs/reference/glossary.md";
/// Every cause of an end, with its code.
const CAUSES: &str =
    "tests/src/regressions/snapshots/spillway__regressions__texts__every_cause_has_its_status_code_and_words.snap";

/// What is between the backticks of a cell.
fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

/// What the template has and a table has not, and the other way round.
fn compare(what: &str, there: &BTreeMap<String, String>, listed: &BTreeMap<String, String>) -> Vec<String> {
    let missing = there.iter().filter(|(name, value)| listed.get(*name) != Some(value));
    let missing = missing.map(|(name, value)| format!("{CONFIGURATION} has no {what} {name} with '{value}'"));
    let others = listed.keys().filter(|name| !there.contains_key(*name));
    missing.chain(others.map(|name| format!("{CONFIGURATION} has {what} {name}, which does not exist"))).collect()
}

#[test]
fn every_parameter_and_output_of_the_template_is_in_the_reference() {
    let template = template();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parameters = template["Parameters"].as_object().unwrap();
    let parameters = parameters.iter().map(|(name, value)| (name.clone(), text(&value["Default"]))).collect();
    let outputs = template["Outputs"].as_object().unwrap().keys().map(|name| (name.clone(), String::new())).collect();
    let (mut listed, mut others) = (BTreeMap::new(), BTreeMap::new());
    for row in rows(CONFIGURATION) {
        match (code(&row[0]), &row[1..]) {
            (Some(name), [default, _]) => {
                let default = code(default).unwrap_or_else(|| panic!("{CONFIGURATION}: {name} has default {default}"));
                listed.insert(name.to_owned(), default.to_owned());
            }
            (Some(name), _) => drop(others.insert(name.to_owned(), String::new())),
            (None, _) => (),
        }
    }
    let mut faults = compare("parameter", &parameters, &listed);
    faults.extend(compare("output", &outputs, &others));
    none(&faults);
}

#[test]
fn every_operation_of_our_own_is_in_the_reference_with_its_action() {
    let page = fs::read_to_string(root().join(OPERATOR_API)).unwrap();
    let missing = OperatorOperation::ALL.into_iter().filter(|operation| {
        let (heading, action) = (format!("\n## {operation}\n"), format!("`{}`", operator_action(*operation)));
        !page.contains(&heading) || !page.contains(&action)
    });
    none(&missing.map(|operation| format!("{OPERATOR_API} has no {operation}")).collect::<Vec<_>>());
    assert!(page.contains(&format!("`X-Amz-Target: {TARGET_PREFIX}OPERATION`")));
}

#[test]
fn every_command_and_exit_code_of_the_command_line_is_in_its_guide() {
    let page = fs::read_to_string(root().join(COMMAND_LINE)).unwrap();
    let command = Cli::command();
    let commands = command.get_subcommands().map(|command| command.get_name());
    let missing = commands.filter(|name| *name != "help" && !page.contains(&format!("spillway {name}")));
    none(&missing.map(|name| format!("{COMMAND_LINE} has no `spillway {name}`")).collect::<Vec<_>>());
    let help = command.get_after_help().unwrap().to_string();
    let of_help = help.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let of_guide: Vec<String> = rows(COMMAND_LINE).into_iter().skip(1).map(|row| row[0].clone()).collect();
    assert!(of_help.eq(of_guide.iter().map(String::as_str)), "{help}\n{of_guide:?}");
}

#[test]
fn every_quota_is_in_the_reference() {
    let (_, source) = sources().into_iter().find(|(path, _)| path.ends_with("/quotas.rs")).unwrap();
    let mut there = BTreeSet::new();
    for line in source.lines().filter(|line| line.contains(", at most ")) {
        let name = line.split('"').nth(1);
        let (default, most) = line.trim_end_matches(';').rsplit_once("= ").unwrap().1.split_once(", at most ").unwrap();
        there.extend(name.map(|name| format!("{name} {default} {most}").replace('_', "")));
    }
    let listed = rows(QUOTAS).into_iter().filter(|row| row.len() == 4);
    let listed = listed.filter_map(|row| Some(format!("{} {} {}", code(&row[0])?, row[1], row[2]).replace(',', "")));
    let listed: BTreeSet<String> = listed.collect();
    assert!(!there.is_empty());
    assert_eq!(listed, there);
}

#[test]
fn every_error_code_with_which_a_deployment_ends_is_in_the_reference() {
    let causes = fs::read_to_string(root().join(CAUSES)).unwrap();
    let ends = causes.lines().filter_map(|line| line.split_once(", rolls back: ")?.0.split_once(' '));
    let ends: BTreeSet<(&str, &str)> = ends.map(|(status, code)| (code, status)).collect();
    let rows = rows(ERRORS);
    let missing = ends.iter().filter(|(name, status)| {
        !rows.iter().any(|row| code(&row[0]) == Some(name) && row[1].split(" or ").any(|listed| listed == *status))
    });
    assert!(ends.len() > 10);
    none(&missing.map(|(name, status)| format!("{ERRORS} has no {name} with {status}")).collect::<Vec<_>>());
}

#[test]
fn every_word_of_ours_is_defined_once_in_the_glossary() {
    let words: Vec<String> =
        rows(GLOSSARY).into_iter().skip(1).map(|row| row[0].trim_matches('*').to_owned()).collect();
    let sorted: BTreeSet<&String> = words.iter().collect();
    assert!(words.iter().eq(sorted), "{GLOSSARY} is not in order, or has a word twice: {words:?}");
    let needed = [
        "bake",
        "decide",
        "drift",
        "halt",
        "ledger",
        "lock",
        "move",
        "park",
        "plan",
        "rank",
        "sweep",
        "wake",
        "watermark",
        "wave",
    ];
    let missing = needed.into_iter().filter(|word| !words.iter().any(|have| have == word));
    none(&missing.map(|word| format!("{GLOSSARY} does not define {word}")).collect::<Vec<_>>());
}
