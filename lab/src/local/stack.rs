//! Deploys a package into the emulated AWS as `sam deploy` would, but for the one resource that it does not know, `Macro`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Parameter, Stack, StackStatus};
use tokio::process::Command;

use super::emulator::Emulator;
use super::python::PythonEnvironment;

const BUCKET: &str = "spillway-artifacts";
const STACK: &str = "spillway";

/// What the rest of the local cloud wants to know of the stack.
pub(super) struct Deployed {
    pub account_id: String,
    pub table: String,
    pub state_machine_arn: String,
    pub service_role_arn: String,
    pub function_url: String,
    pub answer_hook_url: String,
    pub agent_api_url: String,
    pub host_policy_arn: String,
    pub on_premises_host_policy_arn: String,
}

/// Uploads a package, creates the stack, and waits until it is there.
pub(super) async fn deploy(
    emulator: &Emulator,
    python: &PythonEnvironment,
    package: &Path,
) -> anyhow::Result<Deployed> {
    let bucket = Bucket::create(emulator.url()).await?;
    let files = std::fs::read_dir(package).with_context(|| format!("{} is no package", package.display()))?;
    let paths = files.map(|file| file.map(|file| file.path())).collect::<Result<Vec<_>, _>>()?;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "zip")) {
        let key = path.file_name().unwrap_or_default().to_string_lossy();
        bucket.put(&key, std::fs::read(path).with_context(|| format!("{} is gone", path.display()))?).await?;
    }
    let template = package_template(python, &package.join("template.yaml")).await?;
    let template_url = bucket.put("template.json", template).await?;
    let client = Client::new(&super::sdk_config(emulator.url()));
    client
        .create_stack()
        .stack_name(STACK)
        .template_url(template_url)
        // The hooks of the demos and the tests have names of all kinds.
        .parameters(Parameter::builder().parameter_key("HookFunctions").parameter_value("*").build())
        // Nothing is paid for here, so that a demo does not wait.
        .parameters(Parameter::builder().parameter_key("IdlePollSeconds").parameter_value("1").build())
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .send()
        .await
        .context("the emulated AWS refused the stack")?;
    deployed(&wait_until_created(&client).await?, emulator.url())
}

/// The stack that an emulated AWS has.
pub(super) async fn find(aws: &str) -> anyhow::Result<Deployed> {
    let answer = Client::new(&super::sdk_config(aws)).describe_stacks().stack_name(STACK).send().await;
    let answer = answer.with_context(|| format!("no local cloud answers at {aws}; `cargo lab local` starts one"))?;
    let stack = answer.stacks.unwrap_or_default().pop().context("the stack is gone")?;
    deployed(&stack, aws)
}

fn deployed(stack: &Stack, aws: &str) -> anyhow::Result<Deployed> {
    let output = |key: &str| {
        let found = stack.outputs().iter().find(|output| output.output_key() == Some(key));
        let value = found.and_then(|output| output.output_value()).map(str::to_owned);
        value.with_context(|| format!("template.yaml has no output {key}"))
    };
    let state_machine_arn = output("StateMachineArn")?;
    Ok(Deployed {
        account_id: state_machine_arn.split(':').nth(4).unwrap_or_default().to_owned(),
        table: output("TableName")?,
        service_role_arn: output("ServiceRoleArn")?,
        function_url: on_loopback(&output("ApiUrl")?, aws)?,
        agent_api_url: on_loopback(&output("AgentApiUrl")?, aws)?,
        answer_hook_url: on_loopback(&output("AnswerHookUrl")?, aws)?,
        host_policy_arn: output("HostPolicyArn")?,
        on_premises_host_policy_arn: output("OnPremisesHostPolicyArn")?,
        state_machine_arn,
    })
}

/// A function URL answers in the emulator by a path, as its host name leads nowhere.
fn on_loopback(function_url: &str, aws: &str) -> anyhow::Result<String> {
    let id = function_url.strip_prefix("https://").and_then(|rest| rest.split_once('.')).map(|(id, _)| id);
    let id = id.with_context(|| format!("{function_url} is no function URL"))?;
    Ok(format!("{aws}/_aws/lambda-url/{id}/"))
}

async fn wait_until_created(client: &Client) -> anyhow::Result<Stack> {
    loop {
        let answer =
            client.describe_stacks().stack_name(STACK).send().await.context("the stack cannot be looked at")?;
        let stack = answer.stacks.unwrap_or_default().pop().context("the stack is gone")?;
        match stack.stack_status() {
            Some(StackStatus::CreateComplete) => return Ok(stack),
            Some(StackStatus::CreateInProgress) => tokio::time::sleep(Duration::from_millis(100)).await,
            other => {
                let status = other.map_or("unknown", StackStatus::as_str);
                bail!("template.yaml could not be deployed ({status}): {}", failures(client).await?);
            }
        }
    }
}

/// Which resources failed, and why.
async fn failures(client: &Client) -> anyhow::Result<String> {
    let answer = client.describe_stack_events().stack_name(STACK).send().await?;
    let failed = answer.stack_events().iter().filter(|event| {
        event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED"))
            && event.resource_status_reason().is_some()
    });
    let lines: Vec<String> = failed
        .map(|event| {
            let reason = event.resource_status_reason().unwrap_or_default();
            format!("{}: {reason}", event.logical_resource_id().unwrap_or(STACK))
        })
        .collect();
    Ok(lines.join("; "))
}

async fn package_template(python: &PythonEnvironment, template: &Path) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new(python.python());
    command.arg(super::emulators().join("package_template.py")).arg(template).arg(BUCKET).kill_on_drop(true);
    let output = command.output().await.context("the template cannot be packaged")?;
    if !output.status.success() {
        bail!("the template cannot be packaged:\n{}", super::python::tail(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(output.stdout)
}

/// A bucket of the emulator.
struct Bucket {
    client: reqwest::Client,
    url: String,
}

impl Bucket {
    async fn create(aws: &str) -> anyhow::Result<Self> {
        let bucket = Self { client: spillway::proxy::plain_client()?, url: format!("{aws}/{BUCKET}") };
        bucket.request(&bucket.url).send().await?.error_for_status().context("no bucket can be made")?;
        Ok(bucket)
    }

    async fn put(&self, key: &str, content: Vec<u8>) -> anyhow::Result<String> {
        let url = format!("{}/{key}", self.url);
        let answer = self.request(&url).body(content).send().await?;
        answer.error_for_status().with_context(|| format!("{key} cannot be uploaded"))?;
        Ok(url)
    }

    fn request(&self, url: &str) -> reqwest::RequestBuilder {
        self.client.put(url).header("authorization", super::unverified_authorization("s3"))
    }
}

#[cfg(test)]
mod tests {
    use super::on_loopback;

    #[test]
    fn a_function_url_is_called_on_loopback_by_its_path() {
        let url = on_loopback("https://abc.lambda-url.us-east-1.on.aws/", "http://127.0.0.1:4600").unwrap();
        assert_eq!(url, "http://127.0.0.1:4600/_aws/lambda-url/abc/");
        assert!(on_loopback("nonsense", "http://127.0.0.1:4600").is_err());
    }
}
