//! The `spillway` command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use spillway::local::{LocalCloud, Options};
use spillway::proxy::{Proxy, Upstream};
use spillway::{chaos, demo};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Spillway, an open deployment backend that answers CodeDeploy's API.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays three deployments in a local cloud: one succeeds, one is refused by its hook, one is undone by an alarm.
    Demo {
        /// What is deployed: versions of a Lambda function behind an alias, or task sets of an ECS service behind a load
        /// balancer.
        #[arg(value_enum, value_name = "PLATFORM", default_value_t = demo::Platform::Lambda)]
        platform: demo::Platform,
        /// Also writes the summary into this file, for machines.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Kills functions at random and breaks their network while deployments run in a local cloud, and checks how all ends.
    #[command(hide = true)]
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
        /// The emulated AWS answers on this port, CodeDeploy's API on the next.
        #[arg(long, value_name = "BASE", default_value_t = 4600)]
        port: u16,
    },
    /// Answers CodeDeploy's API on loopback, and signs every request anew for a function URL.
    Proxy {
        /// Where Spillway answers: output ApiUrl of its stack.
        #[arg(long, value_name = "URL")]
        function_url: String,
        /// The port on 127.0.0.1; any free one unless said.
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
        /// The region of the function URL; read from the URL unless said.
        #[arg(long, value_name = "R")]
        region: Option<String>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Demo { platform, json } => play_demo(platform, json.as_deref()).await,
        Command::Chaos { kills, deployments, seed, minutes } => {
            make_chaos(chaos::Options { kills, deployments, seed, minutes }).await
        }
        Command::Local { port } => stay_local(port).await.map(|()| ExitCode::SUCCESS),
        Command::Proxy { function_url, port, region } => {
            stay_proxy(&function_url, port, region).await.map(|()| ExitCode::SUCCESS)
        }
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("spillway: {failure:#}");
        ExitCode::FAILURE
    })
}

async fn play_demo(platform: demo::Platform, json: Option<&Path>) -> anyhow::Result<ExitCode> {
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

async fn stay_local(port: u16) -> anyhow::Result<()> {
    let options = Options {
        port: Some(port),
        quiet: false,
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

async fn stay_proxy(function_url: &str, port: u16, region: Option<String>) -> anyhow::Result<()> {
    let upstream = Upstream::from_environment(function_url, region).await?;
    let proxy = Proxy::start(upstream, port)?;
    let mut end = End::listen()?;
    print_line(proxy.url())?;
    end.asked().await;
    Ok(())
}

/// The end that we are asked for, by Ctrl-C or SIGTERM. It is listened for before anybody can know that we are there, so
/// that it is never lost.
struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("Ctrl-C cannot be listened for")?,
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?,
        })
    }

    /// Returns when one of them comes, or has come.
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

fn print_line(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("standard output is closed")
}
