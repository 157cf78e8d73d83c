//! The `lab` command: the local cloud, and what is played in it.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use clap::{Parser, Subcommand};
use spillway::process::{End, print_line};
use spillway_lab::host::{self, Host};
use spillway_lab::local::{Endpoints, LocalCloud, Options, Ports};
use spillway_lab::package::{self, Architecture, Profile};
use spillway_lab::{chaos, demo};

/// Spillway's laboratory: an emulated AWS on loopback, with Spillway deployed in it.
#[derive(Parser)]
#[command(name = "lab", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays deployments in a local cloud: some succeed, others are undone.
    Demo {
        /// What is deployed: versions of a Lambda function behind an alias, task sets of an ECS service behind a load
        /// balancer, or revisions of an application on a fleet of hosts.
        #[arg(value_enum, value_name = "PLATFORM", default_value_t = demo::Demo::Lambda)]
        platform: demo::Demo,
        /// Also writes the summary into this file, for machines.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Kills functions at random and breaks their network while deployments run in a local cloud, and checks how all ends.
    Chaos {
        /// How many processes are killed, at least.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        kills: usize,
        /// How many deployments are played meanwhile, at least.
        #[arg(long, value_name = "N", default_value_t = 100)]
        deployments: usize,
        /// What all chances are made from.
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
        /// For how long at most.
        #[arg(long, value_name = "N", default_value_t = 20)]
        minutes: u64,
    },
    /// Starts an emulated AWS with Spillway deployed in it, and stays until Ctrl-C.
    Local {
        /// The emulated AWS answers on this port, CodeDeploy's API on the next. 0 chooses two that are free.
        #[arg(long, value_name = "BASE", default_value_t = 4600)]
        port: u16,
        /// Deploys this package, which `lab package` has written for the processors of this machine; what is in the
        /// checkout unless said.
        #[arg(long, value_name = "DIR")]
        package: Option<PathBuf>,
    },
    /// Registers an on-premises host with a local cloud, tags it, and runs its agent until Ctrl-C.
    Host {
        /// The name of the host.
        name: String,
        /// The folder with everything of the host.
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// A tag of the host.
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
        tags: Vec<(String, String)>,
        /// Where the local cloud was told to answer: its --port.
        #[arg(long, value_name = "BASE", default_value_t = 4600)]
        port: u16,
    },
    /// Builds all functions, and writes a folder that `sam deploy` and `lab local --package` take.
    Package {
        /// What the functions run on; what this machine has unless said.
        #[arg(long, value_enum, value_name = "A")]
        arch: Option<Architecture>,
        /// How they are built: for AWS, or as the local cloud has them.
        #[arg(long, value_enum, value_name = "P", default_value_t = Profile::Release)]
        profile: Profile,
        /// The folder; target/package/<architecture> unless said.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Demo { platform, json } => play_demo(platform, json.as_deref()).await,
        Command::Chaos { kills, deployments, seed, minutes } => {
            make_chaos(chaos::Options { kills, deployments, seed, minutes }).await
        }
        Command::Local { port, package } => stay_local(port, package).await.map(|()| ExitCode::SUCCESS),
        Command::Host { name, root, tags, port } => run_host(&name, &root, &tags, port).await,
        Command::Package { arch, profile, out } => write_package(arch, profile, out).await.map(|()| ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("lab: {failure:#}");
        ExitCode::FAILURE
    })
}

async fn play_demo(platform: demo::Demo, json: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut end = End::listen()?;
    let passed = tokio::select! {
        passed = demo::run(platform, json) => passed?,
        () = end.asked() => {
            eprintln!("Interrupted. Everything that was started has ended.");
            return Ok(ExitCode::from(130));
        }
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn make_chaos(options: chaos::Options) -> anyhow::Result<ExitCode> {
    let mut end = End::listen()?;
    let passed = tokio::select! {
        passed = chaos::run(options) => passed?,
        () = end.asked() => return Ok(ExitCode::from(130)),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn stay_local(port: u16, package: Option<PathBuf>) -> anyhow::Result<()> {
    let options = Options {
        ports: Some(Ports::from_base(port)?),
        quiet: false,
        package,
        progress: Box::new(|step| eprintln!("{step}")),
        ..Options::default()
    };
    let mut end = End::listen()?;
    let cloud = tokio::select! {
        cloud = LocalCloud::start(options) => cloud?,
        () = end.asked() => return Ok(()),
    };
    print_line(&serde_json::to_string(cloud.endpoints())?)?;
    end.asked().await;
    cloud.stop().await;
    Ok(())
}

/// A tag, as the command line has it.
fn tag(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    parts.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "a tag is KEY=VALUE".to_owned())
}

async fn run_host(name: &str, root: &Path, tags: &[(String, String)], port: u16) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(root)?;
    let at = |port| format!("http://127.0.0.1:{port}");
    let endpoints = Endpoints::find(&at(port), &at(port.saturating_add(1))).await?;
    let agent = host::agent().await?;
    host::Registration { name, tags, root: &root }.make(&endpoints).await?;
    let mut end = End::listen()?;
    let mut host = Host::start(name, &root, &agent, Stdio::inherit())?;
    tokio::select! {
        ended = host.ended() => {
            let status = ended?;
            anyhow::bail!("the agent of {name} has ended: {status}");
        }
        () = end.asked() => {}
    }
    host.stop().await?;
    Ok(ExitCode::SUCCESS)
}

async fn write_package(arch: Option<Architecture>, profile: Profile, out: Option<PathBuf>) -> anyhow::Result<()> {
    let architecture = arch.map_or_else(Architecture::here, Ok)?;
    let folder = out.unwrap_or_else(|| package::usual_folder(architecture));
    package::write(&folder, &package::Options { architecture, profile, quiet: false }).await?;
    print_line(&folder.display().to_string())
}
