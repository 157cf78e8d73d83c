//! The operator's `spillway` command.

#![allow(clippy::disallowed_methods, reason = "a command on a laptop reads the clock of the laptop")]

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::{CommandFactory, Parser};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use spillway::arguments::{Cli, Command, Operation, Output};
use spillway::commands::{Session, carry_out};
use spillway::connection::Connection;
use spillway::failure::Failure;
use spillway::loopback::listen;
use spillway::process::{End, print_line};
use spillway::proxy::{Proxy, Upstream};
use spillway::terminal::Terminal;
use tokio::sync::OnceCell;

/// At most one call a second.
const PACE: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut err = anstream::stderr();
    match run(&cli, &mut err).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                writeln!(err, "spillway: {failure}").ok();
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn run(cli: &Cli, err: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match &cli.command {
        Command::Proxy { function_url, port } => stay_proxy(&cli.connection, function_url.as_deref(), *port).await,
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "spillway", &mut stdout());
            Ok(())
        }
        Command::Operation(operation) => operate(cli, operation, err).await,
    }
}

async fn operate(cli: &Cli, operation: &Operation, err: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let mut out = AutoStream::auto(stdout());
    let has_colors = out.current_choice() != ColorChoice::Never;
    let is_live = stdout().is_terminal() && stderr().is_terminal() && cli.output == Output::Table;
    let columns = if stdout().is_terminal() { comfy_table::Table::new().width().map(usize::from) } else { None };
    let terminal = Terminal {
        out: &mut out,
        err,
        is_live,
        has_colors,
        columns,
        zone: TimeZone::system(),
        now: &Timestamp::now,
        pace: PACE,
    };
    let client = cli.connection.client().await?;
    let connection = cli.connection.clone();
    let mut session = Session { client, terminal, output: cli.output, connection, aws: OnceCell::new() };
    carry_out(&mut session, operation).await
}

async fn stay_proxy(connection: &Connection, function_url: Option<&str>, port: u16) -> Result<(), Failure> {
    let (url, signer) = connection.function_url(function_url).await?;
    let upstream = Upstream::signed_by(&url, signer).map_err(Failure::Local)?;
    let stay = async || -> anyhow::Result<()> {
        let proxy = Proxy::start(upstream, listen(port)?)?;
        let mut end = End::listen()?;
        print_line(proxy.url())?;
        end.asked().await;
        Ok(())
    };
    stay().await.map_err(Failure::Local)
}
