//! The layers of `domain` import only downwards: kernel, platforms, planner.

use super::{none, sources};

const DOMAIN: &str = "shared/domain/src/";

/// What must not name what: the beginnings of files, and of modules.
const BORDERS: [(&str, &[&str]); 5] = [
    ("lambda", &["ecs", "plan", "stack"]),
    ("ecs", &["lambda", "plan", "stack"]),
    ("deployment", &["plan", "stack", "lambda::plan", "lambda::drift", "ecs::plan", "ecs::drift", "ecs::desired"]),
    ("catalog", &["lambda", "ecs", "plan", "stack"]),
    ("plan", &["stack"]),
];

#[test]
fn a_layer_of_the_domain_names_none_above_it_and_a_platform_no_other() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let Some(module) = path.strip_prefix(DOMAIN) else { continue };
        let own = module.split(['/', '.']).next().unwrap_or_default();
        let foreign = BORDERS.iter().filter(|(layer, _)| *layer == own).flat_map(|(_, foreign)| *foreign);
        let foreign: Vec<&str> = foreign.copied().collect();
        let text = text.replace("crate::{", "crate::{crate::").replace(", ", ", crate::");
        faults.extend(foreign.iter().filter(|module| names(&text, module)).map(|module| format!("{path}: {module}")));
    }
    none(faults);
}

/// Whether a source names a module of its crate, by its path from the root.
fn names(text: &str, module: &str) -> bool {
    let path = format!("crate::{module}");
    text.match_indices(&path).any(|(at, _)| {
        let next = text[at + path.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
    })
}

#[test]
fn a_name_is_found_by_itself_and_in_a_list() {
    for (text, module, is_named) in [
        ("use crate::plan::plan;", "plan", true),
        ("use crate::planning;", "plan", false),
        ("crate::ecs::desired::lease_from(at)", "ecs::desired", true),
        ("use crate::ecs::service::TaskSet;", "ecs::desired", false),
    ] {
        assert_eq!(names(text, module), is_named, "{text}");
    }
}
