//! The functions as they run on AWS: `cargo build --release`, but for the processor that is here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use spillway_tests::template::{Function, functions, root, template};

use crate::Effort;

/// The name of the function that does nothing.
pub(crate) const BARE: &str = "bare";

/// The binary of every function and of [`BARE`]; in a smoke run, debug builds.
pub(crate) fn binaries(effort: Effort) -> &'static BTreeMap<String, PathBuf> {
    static RELEASE: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| build(&["--release"]));
    static DEBUG: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| build(&[]));
    match effort {
        Effort::Full => &RELEASE,
        Effort::Smoke => &DEBUG,
    }
}

/// The environment that the template gives to a function; what the template takes from elsewhere is made up.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let template = template();
    let camel: String = function.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let own = &template["Resources"][format!("{camel}Function")]["Properties"]["Environment"]["Variables"];
    let shared = &template["Globals"]["Function"]["Environment"]["Variables"];
    let variables = [shared, own].into_iter().filter_map(Value::as_object).flatten();
    let mut environment: BTreeMap<String, String> =
        variables.map(|(name, value)| (name.clone(), resolve(&template, value))).collect();
    if function == "authorize" {
        // It is for installations with policies alone, and says so where there are none.
        environment.insert("POLICIES".to_owned(), "bench/policies.cedar".to_owned());
    }
    environment
}

/// What a value becomes: a parameter is its default, an `!If` what follows when its condition holds, and anything else
/// its own text.
fn resolve(template: &Value, value: &Value) -> String {
    match value {
        Value::Array(choice) => choice.get(1).map_or_else(String::new, |value| resolve(template, value)),
        Value::String(text) => {
            let default = &template["Parameters"][text]["Default"];
            if default.is_null() { pseudo_parameters(text) } else { resolve(template, default) }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn pseudo_parameters(text: &str) -> String {
    let values = [("Partition", "aws"), ("Region", "us-east-1"), ("AccountId", "111122223333"), ("StackName", "bench")];
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{AWS::{name}}}"), value))
}

/// Builds them, unless they are there. What cargo says is passed on.
fn build(profile: &[&str]) -> BTreeMap<String, PathBuf> {
    let crates = functions().into_iter().filter(Function::is_in_rust);
    let names = crates.map(|function| function.name).chain([BARE.to_owned()]);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("build").args(profile).args(["--features", "spillway-tests/bare", "--message-format"]);
    command.arg("json-render-diagnostics").current_dir(root()).stdin(Stdio::null()).stderr(Stdio::inherit());
    for name in names {
        command.args(["--bin", &name]);
    }
    // What cargo told this process about itself would look like a change to build scripts that read it.
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        if variable != "CARGO_HOME" && variable != "CARGO_TARGET_DIR" {
            command.env_remove(variable);
        }
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "the functions cannot be built");
    let said = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    said.filter_map(|said| Some((said["target"]["name"].as_str()?.to_owned(), said["executable"].as_str()?.into())))
        .collect()
}
