//! One name in five places, and nothing too long.

use spillway_tests::template::{functions, root, template};

use super::{camel, none, read, sources};

/// The use case of an API is the table of its operations; the others do nothing but hand something on.
const WITHOUT_USE_CASE: [&str; 3] = ["api", "agent-api", "expand-sam"];
/// The use case of `macro` is pure, and has a crate of its own.
const IS_PURE: (&str, &str, &str) = ("macro", "shared/macro/src/rewrite.rs", "pub fn rewrite(");
/// Where every function has a row.
const MAP: &str = "docs/architecture/overview.md";
const MOST_LINES: usize = 400;
/// Functions are doors, not rooms.
const MOST_LINES_OF_DOOR: usize = 150;

#[test]
fn a_function_has_one_name_in_five_places() {
    let (template, map) = (template(), read(MAP));
    let mapped: Vec<String> = code_map(&map).collect();
    let mut faults = Vec::new();
    for own in functions() {
        let (name, folder) = (&own.name, own.folder());
        let resource = format!("{}Function", camel(name));
        let function = &template["Resources"][&resource];
        if own.is_in_rust() && function["Metadata"]["BuildProperties"]["Binary"] != **name {
            faults.push(format!("template.yaml has no {resource} with Binary: {name} in its Metadata"));
        }
        if !own.is_in_rust() && function["Properties"]["CodeUri"] != *folder {
            faults.push(format!("template.yaml has no {resource} with CodeUri: {folder}"));
        }
        if !root().join(format!("events/{name}.json")).is_file() {
            faults.push(format!("events/{name}.json is not there"));
        }
        if !WITHOUT_USE_CASE.contains(&name.as_str()) && !is_use_case(name) {
            faults.push(format!("shared/engine has no use case {}", name.replace('-', "_")));
        }
        if !mapped.contains(name) {
            faults.push(format!("the map of functions in {MAP} has no row for {name}"));
        }
    }
    none(faults);
}

/// CloudFormation refuses to change the ServiceToken of a resource, so that with another name every stack that has one
/// could be neither changed nor deleted.
#[test]
fn the_function_behind_the_service_tokens_has_a_name_that_never_changes() {
    let text = read("template.yaml");
    let function = text.split("  CustomResourceFunction:\n").nth(1).unwrap();
    assert!(function.contains("      FunctionName: !Sub ${AWS::StackName}-custom-resource\n"));
}

#[test]
fn nothing_has_the_name_of_a_function_that_is_not_there() {
    let names: Vec<String> = functions().into_iter().map(|function| function.name).collect();
    let mut faults = Vec::new();
    for (resource, properties) in template()["Resources"].as_object().unwrap() {
        let own = names.iter().any(|name| *resource == format!("{}Function", camel(name)));
        if properties["Type"] == "AWS::Serverless::Function" && !own {
            faults.push(format!("template.yaml has {resource}, and functions/ has no such folder"));
        }
    }
    for event in std::fs::read_dir(root().join("events")).unwrap() {
        let file = event.unwrap().file_name().into_string().unwrap();
        let name = file.split('.').next().unwrap().to_owned();
        if !names.contains(&name) {
            faults.push(format!("events/{file} is for no folder of functions/"));
        }
    }
    for name in code_map(&read(MAP)).filter(|name| !names.contains(name)) {
        faults.push(format!("{MAP} maps function {name}, which is not there"));
    }
    none(faults);
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    let long = sources().into_iter().filter_map(|(name, text)| {
        let is_door = name.starts_with("functions/");
        let (lines, most) = (text.lines().count(), if is_door { MOST_LINES_OF_DOOR } else { MOST_LINES });
        (lines > most).then(|| format!("{name} has {lines} lines; at most {most}"))
    });
    none(long.collect());
}

#[test]
fn the_local_cloud_expands_templates_with_what_runs_on_aws() {
    let local = requirements(&read("lab/requirements/emulated-aws.txt"));
    let other = requirements(&read("functions/stack/expand-sam/requirements.txt"));
    let missing = other.into_iter().filter(|(pin, _)| !local.iter().any(|(have, _)| have == pin));
    none(
        missing.map(|(pin, _)| format!("functions/stack/expand-sam has {pin}, and the local cloud has not")).collect(),
    );
}

/// What runs here, and in the customer's account, is what was looked at: pip takes nothing that has another hash.
#[test]
fn every_python_requirement_is_pinned_with_its_hashes() {
    let mut faults = Vec::new();
    for folder in ["lab/requirements", "functions/stack/expand-sam", "tests/benches"] {
        let files = std::fs::read_dir(root().join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        for name in names.filter(|name| name.ends_with(".txt")) {
            let path = format!("{folder}/{name}");
            let text = read(&path);
            if text.contains("://") || text.contains("--index") || text.contains("--find-links") {
                faults.push(format!("{path} says where packages come from"));
            }
            let all = requirements(&text);
            assert!(!all.is_empty(), "{path} requires nothing");
            let loose = all.into_iter().filter(|(pin, hashes)| !pin.contains("==") || *hashes == 0);
            faults.extend(loose.map(|(pin, hashes)| format!("{path}: {pin} has {hashes} hashes, or no version")));
        }
    }
    for installer in ["lab/src/local/python.rs", "functions/stack/expand-sam/Makefile"] {
        if !read(installer).contains("--require-hashes") {
            faults.push(format!("{installer} installs what has no hash"));
        }
    }
    none(faults);
}

/// The pins of a list of requirements, without their conditions, and how many hashes each has.
fn requirements(text: &str) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let hash = line.strip_prefix("--hash=sha256:").map(|hash| hash.trim_end_matches([' ', '\\']));
        match (hash, found.last_mut()) {
            (Some(hash), Some((_, hashes))) if hash.len() == 64 => *hashes += 1,
            (_, _) => found.push((line.split([' ', ';', '\\']).next().unwrap_or_default().to_owned(), 0)),
        }
    }
    found
}

fn is_use_case(name: &str) -> bool {
    let (pure, file, signature) = IS_PURE;
    if name == pure {
        return read(file).contains(signature);
    }
    let verb = name.replace('-', "_");
    let own = ["(", "<"].map(|next| format!("pub async fn {verb}{next}"));
    let engine = sources().into_iter().filter(|(path, _)| path.starts_with("shared/engine/src/"));
    engine.map(|(_, text)| text).any(|text| own.iter().any(|signature| text.contains(signature)))
}

/// The functions of the code map: the last folder of each first cell that is one of `functions/`.
fn code_map(page: &str) -> impl Iterator<Item = String> {
    let paths = page.lines().filter_map(|line| line.strip_prefix("| `functions/")?.split('`').next());
    paths.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned())
}
