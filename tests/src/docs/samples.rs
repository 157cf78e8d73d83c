//! Samples: each has to be what its language says, and where Spillway reads it, what Spillway takes.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use spillway_appspec::server::Expected;
use spillway_appspec::{resource, server};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::spec::Target;
use spillway_policy::Policies;

/// JSON; a statement of a policy names actions of services.
pub(super) fn json(text: &str) -> Result<(), String> {
    let sample: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if sample["Effect"].is_null() {
        return Ok(());
    }
    let named = &sample["Action"];
    let actions = named.as_array().cloned().unwrap_or_else(|| vec![named.clone()]);
    let is_action = |action: &Value| action.as_str().is_some_and(|action| action.contains(':'));
    if actions.iter().all(is_action) { Ok(()) } else { Err(format!("{named} are no actions")) }
}

/// YAML; what begins with a version is an AppSpec, and valid.
pub(super) fn yaml(text: &str) -> Result<(), String> {
    let sample: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let platform = match of_appspec(text) {
        None => return if sample.is_object() { Ok(()) } else { Err("it has no keys".to_owned()) },
        Some(ComputePlatform::Server) => return of_hosts(text),
        Some(platform) => platform,
    };
    match resource::read(text, platform) {
        Target::Invalid(violations) => Err(violations.join(" ")),
        Target::Lambda(_) | Target::Ecs(_) | Target::Server(_) | Target::Unread => Ok(()),
    }
}

/// An AppSpec for hosts that their agent takes without a warning.
fn of_hosts(text: &str) -> Result<(), String> {
    let findings = server::read(text.as_bytes(), &Expected::default()).findings;
    if findings.is_empty() { Ok(()) } else { Err(format!("{findings:?}")) }
}

/// The platform of a sample that is an AppSpec.
pub(super) fn of_appspec(text: &str) -> Option<ComputePlatform> {
    if !text.starts_with("version:") {
        return None;
    }
    Some(if text.contains("\nos:") {
        ComputePlatform::Server
    } else if text.contains("AWS::ECS::Service") {
        ComputePlatform::Ecs
    } else {
        ComputePlatform::Lambda
    })
}

/// Policies that the schema allows.
pub(super) fn cedar(text: &str) -> Result<(), String> {
    text.parse::<Policies>().map(drop).map_err(|error| error.to_string())
}

/// Python that compiles.
pub(super) fn python(text: &str) -> Result<(), String> {
    let check = "import sys, textwrap; compile(textwrap.dedent(sys.stdin.read()), 'sample', 'exec')";
    let mut command = Command::new("python3");
    command.args(["-c", check]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("python3: {error}"))?;
    let mut input = child.stdin.take().ok_or("python3 has no input")?;
    input.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
