//! Spillway's host agent.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use spillway_agent::command::Agent;
use spillway_agent::system::process;
use spillway_agent::system::unix::Unix;
use spillway_agent::{daemon, local, system};

#[derive(Parser)]
#[command(name = "spillway-agent", version, about = "Deploys revisions to this host")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Deploy a bundle of this host to this host, without a service
    DeployLocal(local::Options),
    /// Take deployments of a service until a signal ends the agent
    Run(daemon::Options),
    /// Become a user and run a program; the agent runs scripts by it
    #[command(hide = true)]
    RunAs {
        /// The user.
        user: String,
        /// The program.
        program: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("spillway-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<bool> {
    match command {
        Command::DeployLocal(options) => {
            let host = Unix::new(Agent::aside(&options.deployment_group), std::env::current_exe()?);
            let root = std::path::absolute(&options.root)?;
            let agent = Agent::new(&host, root, std::env::vars_os().collect(), system::clock::now);
            local::deploy(&agent, options, &mut io::stdout().lock())
        }
        Command::Run(options) => daemon::run(options),
        Command::RunAs { user, program } => Err(process::run_as(user, program).into()),
    }
}
