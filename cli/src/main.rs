//! The operator's `spillway` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use spillway::loopback::listen;
use spillway::process::{End, print_line};
use spillway::proxy::{Proxy, Upstream};

/// Spillway, an open deployment backend that answers CodeDeploy's API.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
        Command::Proxy { function_url, port, region } => stay_proxy(&function_url, port, region).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("spillway: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

async fn stay_proxy(function_url: &str, port: u16, region: Option<String>) -> anyhow::Result<()> {
    let upstream = Upstream::from_environment(function_url, region).await?;
    let proxy = Proxy::start(upstream, listen(port)?)?;
    let mut end = End::listen()?;
    print_line(proxy.url())?;
    end.asked().await;
    Ok(())
}
