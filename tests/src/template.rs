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

/// The state machine of the template.
pub fn machine() -> &'static Machine {
    static MACHINE: LazyLock<Machine> = LazyLock::new(|| {
        let template = template();
        let definition = &template["Resources"]["DeploymentStateMachine"]["Properties"]["Definition"];
        Machine::read(definition).expect("the testkit understands the state machine of the template")
    });
    &MACHINE
}
