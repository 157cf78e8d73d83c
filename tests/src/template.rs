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
    let definition = &template()["Resources"][resource]["Properties"]["Definition"];
    Machine::read(definition).expect("the testkit understands the state machines of the template")
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
