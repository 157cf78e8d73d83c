//! Spillway's host agent.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use spillway_agent::settings::Unusable;
use spillway_agent::system::{clock, process};
use spillway_agent::{daemon, doctor, local, proxy, register, setup, status};

#[derive(Parser)]
#[command(name = "spillway-agent", version, about = "Deploys revisions to this host")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Deploy a bundle to this host, from its disk or from S3, without a service
    DeployLocal(local::Options),
    /// Take deployments of a service until a signal ends the agent
    Run(daemon::Options),
    /// Look at each thing that makes an agent fail, and say what is wrong
    Doctor(doctor::Options),
    /// Say what the agent of this host does, has done, and has installed; fail if the daemon does not run
    Status(status::Options),
    /// Install the agent as a service of this host, or of an image
    Install(setup::Options),
    /// Remove the agent; revisions and logs stay unless --purge is given
    Uninstall(setup::UninstallOptions),
    /// Register this host as an on-premises instance, tag it, and write the file that names it
    Register(register::Options),
    /// Take this host out of the service, and remove the file that names it
    Deregister(register::Access),
    /// Answer CodeDeploy's own agent on this host, and call the service for it
    Proxy(proxy::Options),
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
            if error.is::<Unusable>() { ExitCode::from(Unusable::EXIT_CODE) } else { ExitCode::FAILURE }
        }
    }
}

fn operator() -> register::Operator<'static> {
    register::Operator { variable: &|name| std::env::var(name).ok(), now: clock::now() }
}

fn run(command: &Command) -> Result<bool> {
    match command {
        Command::DeployLocal(options) => local::run(options, &mut io::stdout().lock()),
        Command::Run(options) => daemon::run(options),
        Command::Doctor(options) => {
            let surroundings = doctor::Surroundings::of_host(&clock::HostClock);
            doctor::run(options, &surroundings, &mut io::stdout().lock())
        }
        Command::Status(options) => status::run(options, clock::now(), &mut io::stdout().lock()),
        Command::Install(options) => {
            let mut out = io::stdout().lock();
            let mut site = setup::Site::new(options.root.as_deref(), std::env::current_exe()?, &mut out)?;
            setup::install(options, &mut site).map(|()| true)
        }
        Command::Uninstall(options) => {
            let mut out = io::stdout().lock();
            let mut site = setup::Site::new(options.root.as_deref(), std::env::current_exe()?, &mut out)?;
            setup::uninstall(options, &mut site).map(|()| true)
        }
        Command::Register(options) => register::register(options, &operator(), &mut io::stdout().lock()).map(|()| true),
        Command::Deregister(access) => {
            register::deregister(access, &operator(), &mut io::stdout().lock()).map(|()| true)
        }
        Command::Proxy(options) => proxy::run(options, &mut io::stdout()),
        Command::RunAs { user, program } => Err(process::run_as(user, program).into()),
    }
}
