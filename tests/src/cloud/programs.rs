//! Programs written in Python: the clients of CodeDeploy, and what looks over the template.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use spillway_lab::local::{CLIENTS_REQUIREMENTS, PythonEnvironment, SAM_REQUIREMENTS, TOOLS_REQUIREMENTS};
use spillway_tests::template::root;
use tokio::process::Command;

use super::Cloud;

/// The AWS CLI and boto3.
pub(crate) async fn clients() -> PythonEnvironment {
    PythonEnvironment::ensure("clients", CLIENTS_REQUIREMENTS).await.unwrap()
}

/// What looks over the template.
pub(super) async fn tools() -> PythonEnvironment {
    PythonEnvironment::ensure("tools", TOOLS_REQUIREMENTS).await.unwrap()
}

/// SAM's command line.
pub(super) async fn sam() -> PythonEnvironment {
    PythonEnvironment::ensure("sam", SAM_REQUIREMENTS).await.unwrap()
}

/// A program that gets nothing of our environment but what it needs.
pub(crate) fn scrubbed(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What a program wrote, when it ended well.
pub(crate) fn written(what: &str, output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what} ended with {}:\n{out}\n{err}", output.status);
    out.into_owned()
}

impl Cloud {
    /// A client as people have it: it knows where AWS and CodeDeploy are, and nothing of Spillway.
    pub(super) fn client(&self, program: PathBuf) -> Command {
        let mut command = scrubbed(program);
        command
            .env("AWS_ENDPOINT_URL", &self.endpoints().aws)
            .env("AWS_ENDPOINT_URL_CODEDEPLOY", &self.endpoints().codedeploy)
            .env("AWS_ENDPOINT_URL_ECS", &self.endpoints().containers)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", &self.endpoints().region)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "");
        command
    }

    /// Runs one of the scripts of this folder with boto3.
    pub(super) async fn run_script(&self, script: &str, arguments: &[&str]) -> String {
        let path = root().join("tests/src/cloud").join(script);
        let mut command = self.client(clients().await.python());
        let output = command.arg(path).args(arguments).output().await.unwrap();
        written(script, &output)
    }

    /// Runs the AWS CLI.
    pub(super) async fn aws(&self, arguments: &[&str]) -> Output {
        let clients = clients().await;
        let mut command = self.client(clients.python());
        command.arg(clients.program("aws")).args(["--output", "json"]).args(arguments).output().await.unwrap()
    }
}
