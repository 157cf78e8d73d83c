//! The local cloud: an emulated AWS on loopback, with Spillway deployed in it from the same template that AWS gets.
//!
//! [`LocalCloud::start`] sets up everything by itself, in this order: Python environments with the two pinned emulators,
//! the emulated ECS, which is slow to start, the functions' binaries, the emulated AWS, the stack, and the proxy that
//! answers CodeDeploy's API. Nothing outlives the [`LocalCloud`], however its process ends: an emulator ends when the
//! pipe to it does.

mod aws;
mod containers;
mod emulator;
mod functions;
mod ports;
pub(crate) mod python;
mod stack;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use serde::Serialize;
use spillway::proxy::{Proxy, Upstream};
use tempfile::TempDir;

pub use containers::Network;
use emulator::Emulator;
pub(crate) use functions::{Functions, environment};
pub use ports::Ports;
pub use python::PythonEnvironment;
use stack::Deployed;

use crate::package::{self, Architecture, Profile};

/// What the emulated AWS needs of Python.
pub const REQUIREMENTS: &str = include_str!("../requirements/emulated-aws.txt");
/// What the emulated ECS needs of Python.
pub const CONTAINERS_REQUIREMENTS: &str = include_str!("../requirements/emulated-ecs.txt");
/// What looks over the template and over Python: cfn-lint, checkov and ruff, with aws-sam-translator.
pub const TOOLS_REQUIREMENTS: &str = include_str!("../requirements/tools.txt");
/// SAM's command line, which has needs of its own.
pub const SAM_REQUIREMENTS: &str = include_str!("../requirements/sam.txt");
/// The clients of CodeDeploy that the tests use: the AWS CLI and boto3.
pub const CLIENTS_REQUIREMENTS: &str = include_str!("../requirements/clients.txt");

/// The emulators take any key; this one stands for their one account.
const ACCESS_KEY: &str = "test";
const ACCOUNT_ID: &str = "000000000000";
const REGION: &str = "us-east-1";

/// How a local cloud is started.
pub struct Options {
    /// Where it answers; any free ports unless said.
    pub ports: Option<Ports>,
    /// Whether to keep the compiler's messages to ourselves, unless it fails.
    pub quiet: bool,
    /// The folder with the package that is deployed; one of development builds, made now, unless said.
    pub package: Option<PathBuf>,
    /// Where the functions reach the emulated AWS; directly unless said.
    pub aws_for_functions: Option<String>,
    /// Whether signatures and policies count. Our own key may do everything in any case.
    pub authenticates: bool,
    /// Is told, in words, each step that takes time.
    pub progress: Box<dyn Fn(&str) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ports: None,
            quiet: true,
            package: None,
            aws_for_functions: None,
            authenticates: false,
            progress: Box::new(|_| {}),
        }
    }
}

/// Where a local cloud answers, and what is in it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// CodeDeploy's API.
    pub codedeploy: String,
    /// Where hooks give their verdicts by CodeDeploy's API: `AWS_ENDPOINT_URL_CODEDEPLOY` of a hook.
    pub answer_hook: String,
    /// Where the agents of hosts ask for their commands.
    pub agent_api: String,
    /// The emulated AWS.
    pub aws: String,
    /// The emulated ECS, with its load balancers and the EC2 that has their networks. GET `/_load-balancer` answers what
    /// a load balancer would; `lab/emulators/spillway_emulators/ecs/traffic.py` says
    /// how.
    pub containers: String,
    /// The only region.
    pub region: String,
    /// The only account.
    pub account_id: String,
    /// The name of Spillway's table.
    pub table: String,
    /// The state machine of deployments.
    pub state_machine_arn: String,
    /// The ready-made service role, for deployment groups.
    pub service_role_arn: String,
    /// The function URL behind `codedeploy`, as it is called here. It wants signed requests.
    #[serde(skip)]
    pub function_url: String,
    /// The policy of EC2 instances.
    #[serde(skip)]
    pub host_policy_arn: String,
    /// The policy of on-premises instances.
    #[serde(skip)]
    pub on_premises_host_policy_arn: String,
}

impl Endpoints {
    /// Those of a local cloud that another process has started: its emulated AWS and its API answer at these addresses.
    pub async fn find(aws: &str, codedeploy: &str) -> anyhow::Result<Self> {
        let stack = stack::find(aws).await?;
        Ok(Self::new(aws, codedeploy, "", stack))
    }

    fn new(aws: &str, codedeploy: &str, containers: &str, stack: Deployed) -> Self {
        Self {
            codedeploy: codedeploy.to_owned(),
            answer_hook: stack.answer_hook_url,
            agent_api: stack.agent_api_url,
            aws: aws.to_owned(),
            containers: containers.to_owned(),
            region: REGION.to_owned(),
            account_id: stack.account_id,
            table: stack.table,
            state_machine_arn: stack.state_machine_arn,
            service_role_arn: stack.service_role_arn,
            function_url: stack.function_url,
            host_policy_arn: stack.host_policy_arn,
            on_premises_host_policy_arn: stack.on_premises_host_policy_arn,
        }
    }
}

/// A running local cloud.
pub struct LocalCloud {
    endpoints: Endpoints,
    emulator: Emulator,
    _containers: Emulator,
    _proxy: Proxy,
}

impl LocalCloud {
    /// Sets up what is missing, starts everything, and returns when it answers.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let progress = &options.progress;
        let Ports { aws, codedeploy } = options.ports.map_or_else(|| Ports::from_base(0), Ok)?;
        progress("Python environments of the emulated AWS and of the emulated ECS");
        let (python, python_of_containers) = tokio::try_join!(
            PythonEnvironment::ensure("emulator", REQUIREMENTS),
            PythonEnvironment::ensure("containers", CONTAINERS_REQUIREMENTS)
        )?;
        let containers = containers::spawn(&python_of_containers, aws.local_addr()?)?;
        let (_made, package) = match options.package {
            Some(folder) => (None, folder),
            None => {
                progress("functions");
                let made = make_package(options.quiet).await?;
                let folder = made.path().to_owned();
                (Some(made), folder)
            }
        };
        progress("emulated AWS");
        let emulator = aws::spawn(&python, aws, options.aws_for_functions, containers.url(), options.authenticates)?;
        let emulator = emulator.ready().await?;
        progress("Spillway's stack");
        let stack = stack::deploy(&emulator, &python, &package).await?;
        progress("emulated ECS");
        let containers = containers.ready().await?;
        let upstream = Upstream::new(&stack.function_url, REGION, credentials())?;
        let proxy = Proxy::start(upstream, codedeploy)?;
        let endpoints = Endpoints::new(emulator.url(), proxy.url(), containers.url(), stack);
        Ok(Self { endpoints, emulator, _containers: containers, _proxy: proxy })
    }

    /// Where everything is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What an AWS client is made from to reach the emulated AWS.
    pub fn sdk_config(&self) -> SdkConfig {
        sdk_config(self.emulator.url())
    }

    /// A network for what the emulated ECS runs.
    pub async fn network(&self) -> anyhow::Result<Network> {
        Network::find(&self.endpoints.containers).await
    }

    /// The log of the emulated AWS, while it runs.
    pub fn log_path(&self) -> PathBuf {
        self.emulator.log_path()
    }

    /// The process of the emulated AWS, whose children the functions are.
    pub fn process_id(&self) -> u32 {
        self.emulator.process_id()
    }

    /// Ends everything that was started. Dropping does the same.
    pub async fn stop(self) {
        drop(self);
    }
}

/// What an AWS client is made from to reach an emulator at this address.
pub fn sdk_config(url: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(url)
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// How a request names our own key, whose signature no emulator verifies.
pub(crate) fn unverified_authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, \
         Signature=none"
    )
}

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, ACCESS_KEY, None, None, "local cloud")
}

/// A package of development builds, which goes when the folder is dropped. It is beside what it is made of, so that
/// nothing is copied.
async fn make_package(quiet: bool) -> anyhow::Result<TempDir> {
    fs::create_dir_all(kept()).context("no folder can be made for what the local cloud keeps")?;
    let folder = tempfile::Builder::new().prefix("package-").tempdir_in(kept());
    let folder = folder.context("no folder can be made for the package")?;
    let architecture = Architecture::here()?;
    package::write(folder.path(), &package::Options { architecture, profile: Profile::Dev, quiet }).await?;
    Ok(folder)
}

/// The checkout that this was built from.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the lab's folder is in the workspace")
}

/// The Python package with the emulators.
pub(crate) fn emulators() -> PathBuf {
    workspace().join("lab/emulators")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    workspace().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Where what the local cloud makes is kept between runs.
pub(crate) fn kept() -> PathBuf {
    target().join("local-cloud")
}
