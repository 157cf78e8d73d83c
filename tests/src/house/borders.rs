//! Where things live: the layers of `domain` import only downwards, kernel, platforms, planner; a `use` line says where a
//! thing is; and what is split by noun has the same nouns.

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

#[test]
fn the_crates_of_the_core_export_nothing_again_at_their_root() {
    let roots = ["domain", "engine", "wire"].map(|name| format!("shared/{name}/src/lib.rs"));
    let roots: Vec<_> = sources().into_iter().filter(|(path, _)| roots.contains(path)).collect();
    assert_eq!(roots.len(), 3);
    none(roots.into_iter().filter(|(_, text)| text.contains("pub use ")).map(|(path, _)| path).collect());
}

#[test]
fn the_api_has_a_file_for_each_noun_of_the_use_cases() {
    let sources = sources();
    let nouns = sources.iter().filter_map(|(path, _)| path.strip_prefix("shared/engine/src/operations/"));
    // Those of our own operations are in a folder of their own, on both sides.
    let folder = |noun: &str| if noun.starts_with("operator") { "" } else { "codedeploy/" };
    let files: Vec<String> = nouns.map(|noun| format!("shared/wire/src/{}{noun}", folder(noun))).collect();
    assert_eq!(files.len(), 12);
    none(files.into_iter().filter(|file| sources.iter().all(|(path, _)| path != file)).collect());
}

#[test]
fn an_arn_is_taken_apart_in_one_place() {
    let by_hand = ["splitn(6, ", "':')"].concat();
    let found = sources().into_iter().filter(|(_, text)| text.contains(&by_hand)).map(|(path, _)| path);
    assert_eq!(found.collect::<Vec<_>>(), ["shared/domain/src/arn.rs"]);
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
