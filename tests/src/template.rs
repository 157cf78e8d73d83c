//! The template, as the tests read it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use spillway_testkit::Machine;

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the checkout").to_owned()
}

/// `template.yaml`; CloudFormation's short tags are dropped.
pub fn template() -> Value {
    let text = std::fs::read_to_string(root().join("template.yaml")).expect("template.yaml can be read");
    serde_saphyr::from_str(&text).expect("template.yaml is YAML")
}

/// A folder of `functions/<area>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// The area that it is in.
    pub area: String,
    /// Its own name, which no function of another area has.
    pub name: String,
}

impl Function {
    /// The folder, from the root of the checkout.
    pub fn folder(&self) -> String {
        format!("functions/{}/{}", self.area, self.name)
    }

    /// Whether it is a crate. Another one is in Python, as what it runs is.
    pub fn is_in_rust(&self) -> bool {
        root().join(self.folder()).join("Cargo.toml").is_file()
    }
}

/// Every function, in order.
pub fn functions() -> Vec<Function> {
    let in_area = |area: String| {
        let names = folders(&format!("functions/{area}"));
        names.into_iter().map(move |name| Function { area: area.clone(), name })
    };
    folders("functions").into_iter().flat_map(in_area).collect()
}

/// The folders of a folder of the checkout, in order.
pub fn folders(of: &str) -> Vec<String> {
    let entries =
        std::fs::read_dir(root().join(of)).expect("the folder is there").map(|entry| entry.expect("it is read"));
    let is_hidden = |name: &str| name.starts_with('.') || name == "target";
    let names =
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !is_hidden(name)).collect();
    names.sort();
    names
}

/// The definition of a state machine of the template.
pub fn definition(resource: &str) -> Value {
    let path = &template()["Resources"][resource]["Properties"]["DefinitionUri"];
    let path = root().join(path.as_str().expect("the template says where the definition is"));
    let text = std::fs::read_to_string(path).expect("the definition can be read");
    serde_saphyr::from_str(&text).expect("the definition is YAML")
}

/// The state machine of deployments.
pub fn machine() -> &'static Machine {
    static MACHINE: LazyLock<Machine> = LazyLock::new(|| read("DeploymentStateMachine"));
    &MACHINE
}

/// The state machine of what stacks ask for.
pub fn request_machine() -> &'static Machine {
    static MACHINE: LazyLock<Machine> = LazyLock::new(|| read("StackRequestStateMachine"));
    &MACHINE
}

fn read(resource: &str) -> Machine {
    Machine::read(&definition(resource)).expect("the testkit understands the state machines of the template")
}

/// The state machine that the guide offers to those who deploy from their own.
pub fn guide_machine() -> Value {
    let block = block("docs/guides/step-functions.md", "StartAt: Deploy");
    serde_saphyr::from_str(&block).expect("the state machine of the guide is YAML")
}

/// The block of a page of the documentation that these words are in.
pub fn block(page: &str, words: &str) -> String {
    let text = std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let blocks = text.split("```").skip(1).step_by(2);
    let block = blocks.into_iter().find(|block| block.contains(words)).expect("the page has such a block");
    block.split_once('\n').expect("a block has lines").1.to_owned()
}
