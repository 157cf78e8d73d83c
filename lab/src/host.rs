//! A host of a local cloud: an on-premises instance that is registered and tagged, or an EC2 instance, and the agent that
//! runs for it.

pub mod ec2;
pub mod iam;
pub mod query;

use std::ffi::OsStr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::{fs, io};

use anyhow::{Context, bail};
use aws_sdk_codedeploy::types::Tag;
use tokio::process::{Child, Command};

use crate::local::{self, Endpoints};
use iam::Iam;

/// The agent of a host that runs.
pub struct Host {
    /// The name of the host.
    pub name: String,
    agent: Child,
}

/// What an on-premises host is registered as.
pub struct Registration<'a> {
    /// The name.
    pub name: &'a str,
    /// The tags, each a key and a value.
    pub tags: &'a [(String, String)],
    /// The folder with everything of the host: its configuration, its key, what is deployed to it.
    pub root: &'a Path,
}

impl Registration<'_> {
    /// Makes an IAM user for the host as `aws deploy register` does, gives the user the policy of hosts, registers and
    /// tags the host, and writes the configuration of its agent. A host that is registered already keeps its user and gets a new key.
    pub async fn make(&self, endpoints: &Endpoints) -> anyhow::Result<()> {
        let iam = Iam::new(endpoints)?;
        let user = iam.user(self.name).await?;
        iam.let_host(self.name, &endpoints.on_premises_host_policy_arn).await?;
        let key = iam.key(self.name).await?;
        let codedeploy = aws_sdk_codedeploy::Client::new(&local::sdk_config(&endpoints.codedeploy));
        let registered = codedeploy.register_on_premises_instance().instance_name(self.name).iam_user_arn(&user).send();
        if let Err(error) = registered.await
            && !error.as_service_error().is_some_and(|error| error.is_instance_name_already_registered_exception())
        {
            return Err(error).with_context(|| format!("{} cannot be registered", self.name));
        }
        if !self.tags.is_empty() {
            let tags = self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
            let request = codedeploy.add_tags_to_on_premises_instances().instance_names(self.name);
            request.set_tags(Some(tags.collect())).send().await.context("the host cannot be tagged")?;
        }
        let secret = format!(
            "region: {}\niam_user_arn: {user}\naws_access_key_id: {}\naws_secret_access_key: {}\n",
            endpoints.region, key.id, key.secret
        );
        write_privately(&self.root.join("codedeploy.onpremises.yml"), &secret)?;
        write_settings(self.root, endpoints, None)
    }
}

/// Writes the configuration of an agent whose host has everything below `root`; of an EC2 instance with where its
/// metadata service is.
fn write_settings(root: &Path, endpoints: &Endpoints, metadata: Option<&str>) -> anyhow::Result<()> {
    let metadata = metadata.map_or_else(String::new, |url| format!(":imds_endpoint: {url}\n"));
    let settings = format!(
        ":deploy_control_endpoint: {}\n:s3_endpoint_override: {}\n:root_dir: {}\n:files_root: {}\n\
         :on_premises_config_file: {}\n{metadata}",
        endpoints.agent_api,
        endpoints.aws,
        root.join("deployment-root").display(),
        root.join("files").display(),
        root.join("codedeploy.onpremises.yml").display(),
    );
    fs::create_dir_all(root.join("files")).context("the folder of the host's files cannot be made")?;
    fs::write(settings_file(root), settings).context("the configuration of the agent cannot be written")
}

fn settings_file(root: &Path) -> PathBuf {
    root.join("codedeployagent.yml")
}

fn write_privately(path: &Path, text: &str) -> anyhow::Result<()> {
    let what = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(what)?;
    }
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    io::Write::write_all(&mut file.with_context(what)?, text.as_bytes()).with_context(what)
}

impl Host {
    /// Starts the agent of a host whose configuration is below `root`. What the agent logs goes to `log`.
    pub fn start(name: &str, root: &Path, agent: &Path, log: Stdio) -> anyhow::Result<Self> {
        let mut command = Command::new(agent);
        command.arg("run").arg("--config").arg(settings_file(root));
        // What this process has of AWS's variables is not the host's.
        let of_aws = std::env::vars_os().map(|(name, _)| name).filter(|name| is_of_aws(name));
        of_aws.for_each(|name| _ = command.env_remove(name));
        command.env("HOST_NAME", name).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let agent = command.spawn().with_context(|| format!("{} cannot be started", agent.display()))?;
        Ok(Self { name: name.to_owned(), agent })
    }

    /// Asks the agent to end, and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        if let Some(id) = self.agent.id() {
            let kill = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
            kill.context("the agent cannot be asked to end")?;
        }
        self.ended().await
    }

    /// Waits until the agent has ended.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        self.agent.wait().await.context("the agent cannot be waited for")
    }
}

fn is_of_aws(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("AWS_")
}

/// Builds the agent, unless it is there.
pub async fn agent() -> anyhow::Result<PathBuf> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--bin", "spillway-agent"]).current_dir(local::workspace()).stdin(Stdio::null());
    let status = command.status().await.context("cargo cannot be run")?;
    if !status.success() {
        bail!("spillway-agent cannot be built: {status}");
    }
    Ok(local::target().join("debug/spillway-agent"))
}
