//! The command line: what can be written, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::connection::Connection;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; a deployment that was waited for has succeeded
  1  a deployment that was waited for has not succeeded
  2  the command line is wrong
  3  Spillway, or AWS, refuses the request
  4  Spillway cannot be asked: no network, no credentials, no such stack
  5  something on this machine is not as it has to be
  130  Ctrl-C: the deployment goes on without the command";

const DEPLOY_EXAMPLES: &str = "\
Examples:
  spillway deploy shop/orders                                  # the newest version, to the alias of the last deployment
  spillway deploy shop/orders --function orders --alias live --version 8 --steps 5@2m,25@5m
  spillway deploy shop/web --task-definition web:42 --hook AfterAllowTestTraffic=check-web
  spillway deploy shop/hosts --s3-location s3://my-bundles/shop/web.zip --source .
  spillway deploy shop/orders --appspec appspec.yaml --detach";

/// Spillway, an open deployment backend that answers CodeDeploy's API.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Where Spillway is, and as whom it is called.
    #[command(flatten)]
    pub connection: Connection,
    /// The form of the output.
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// The answers of the API.
    Json,
    /// For people.
    Table,
    /// One line for each item, its fields separated by tabs, without a head.
    Text,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One that asks Spillway.
    #[command(flatten)]
    Operation(Operation),
    /// Answers CodeDeploy's API on loopback, and signs every request anew for a function URL.
    #[command(after_help = "Example:\n  spillway proxy --port 4601")]
    Proxy {
        /// Where Spillway answers, as --endpoint-url.
        #[arg(long, value_name = "URL")]
        function_url: Option<String>,
        /// The port on 127.0.0.1; any free one unless said.
        #[arg(long, value_name = "N", default_value_t = 0)]
        port: u16,
    },
    /// Writes completions for a shell.
    #[command(
        after_help = "Example:\n  spillway completions bash > ~/.local/share/bash-completion/completions/spillway"
    )]
    Completions {
        /// The shell.
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
}

/// A command that asks Spillway.
#[derive(Debug, Subcommand)]
pub enum Operation {
    /// Shows what is being deployed, or one deployment.
    #[command(
        after_help = "Examples:\n  spillway status\n  spillway status shop/orders\n  spillway status d-75I7MBT7C"
    )]
    Status {
        /// A deployment, or the last one of a group; all that are active unless given.
        #[arg(value_name = "DEPLOYMENT|GROUP")]
        what: Option<String>,
    },
    /// Lists deployments, newest first.
    #[command(
        after_help = "Examples:\n  spillway list\n  spillway list shop/orders --status Failed --status Stopped\n  spillway list --limit 100 --output json"
    )]
    List {
        /// Only deployments of this group; of all groups unless given.
        #[arg(value_name = "GROUP")]
        group: Option<String>,
        /// Only deployments with this status; may be given several times.
        #[arg(long, value_name = "STATUS")]
        status: Vec<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Shows what was deployed to a group, by whom, how it ended and why.
    #[command(after_help = "Example:\n  spillway history shop/orders")]
    History {
        /// The group.
        #[arg(value_name = "GROUP")]
        group: String,
        /// At most so many deployments.
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Says why a deployment is where it is, from its ledger; of a group, why nothing is happening.
    #[command(after_help = "Examples:\n  spillway explain d-75I7MBT7C\n  spillway explain shop/orders")]
    Explain {
        /// The deployment, or the group.
        #[arg(value_name = "DEPLOYMENT|GROUP")]
        what: String,
    },
    /// Stops a deployment: its traffic goes back to the original.
    #[command(after_help = "Examples:\n  spillway stop d-75I7MBT7C\n  spillway stop d-75I7MBT7C --detach")]
    Stop {
        /// The deployment.
        #[arg(value_name = "DEPLOYMENT")]
        deployment: String,
        /// Whether a rollback deployment is made; as the group says unless given. Traffic goes back in either case.
        #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
        rollback: Option<bool>,
        /// Whether it waits.
        #[command(flatten)]
        follow: Follow,
    },
    /// Ends the wait of a deployment: the one before its traffic moves, or the one before its original is deleted.
    #[command(after_help = "Example:\n  spillway continue d-75I7MBT7C")]
    Continue {
        /// The deployment.
        #[arg(value_name = "DEPLOYMENT")]
        deployment: String,
        /// Whether it waits.
        #[command(flatten)]
        follow: Follow,
    },
    /// Deploys again what a group had before: all at once, without hooks, whatever the alarms say.
    #[command(
        after_help = "Examples:\n  spillway rollback shop/orders\n  spillway rollback shop/orders --to d-75I7MBT7C"
    )]
    Rollback {
        /// The group.
        #[arg(value_name = "GROUP")]
        group: String,
        /// The earlier deployment whose revision is deployed; the one before what the group has now unless given.
        #[arg(long, value_name = "DEPLOYMENT")]
        to: Option<String>,
        /// The deployment configuration, in place of all at once; for servers in place of the group's.
        #[arg(long, value_name = "NAME")]
        config: Option<String>,
        /// Whether it waits.
        #[command(flatten)]
        follow: Follow,
    },
    /// Deploys the revision of a deployment again, as that deployment did.
    #[command(
        after_help = "Examples:\n  spillway retry d-75I7MBT7C\n  spillway retry shop/orders    # its last deployment"
    )]
    Retry {
        /// The deployment, or the group whose last one it is.
        #[arg(value_name = "DEPLOYMENT|GROUP")]
        what: String,
        /// The deployment configuration, in place of that of the deployment.
        #[arg(long, value_name = "NAME")]
        config: Option<String>,
        /// Whether it waits.
        #[command(flatten)]
        follow: Follow,
    },
    /// Follows a deployment until it is over. Ctrl-C leaves it as it is.
    #[command(
        after_help = "Examples:\n  spillway watch d-75I7MBT7C\n  spillway watch shop/orders    # its last deployment"
    )]
    Watch {
        /// The deployment, or the group whose last one it is.
        #[arg(value_name = "DEPLOYMENT|GROUP")]
        what: String,
    },
    /// Deploys to a group: a version of a function, a task definition, or a bundle. Makes the AppSpec where none is given.
    #[command(after_help = DEPLOY_EXAMPLES)]
    Deploy(Box<DeployArguments>),
    /// Packs a folder for servers, puts it into S3, and registers it as a revision.
    #[command(after_help = "Example:\n  spillway push shop --source . --s3-location s3://my-bundles/shop/web.zip")]
    Push {
        /// The application.
        #[arg(value_name = "APPLICATION")]
        application: String,
        /// The folder; its top has an appspec.yml.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        source: PathBuf,
        /// Where the bundle is put, as s3://BUCKET/KEY.
        #[arg(long, value_name = "URL")]
        s3_location: String,
        /// Words that the revision is registered with.
        #[arg(long, value_name = "WORDS")]
        description: Option<String>,
    },
}

/// What is deployed, and how.
#[derive(Debug, Clone, Args)]
pub struct DeployArguments {
    /// The group.
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The AppSpec, in place of one that is made of the options below.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["function", "alias", "version", "task_definition", "hook"])]
    pub appspec: Option<PathBuf>,
    /// Lambda: the function; that of the group's last deployment unless given.
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// Lambda: the alias; that of the group's last deployment unless given.
    #[arg(long, value_name = "NAME")]
    pub alias: Option<String>,
    /// Lambda: the version; the newest that was published unless given.
    #[arg(long, value_name = "N")]
    pub version: Option<String>,
    /// ECS: the task definition: its family, FAMILY:REVISION, or its ARN.
    #[arg(long, value_name = "NAME")]
    pub task_definition: Option<String>,
    /// ECS: the container and port that get the traffic; those of the service now unless given.
    #[arg(long, value_name = "NAME:PORT")]
    pub container: Option<String>,
    /// Servers: the bundle, as s3://BUCKET/KEY.
    #[arg(long, value_name = "URL")]
    pub s3_location: Option<String>,
    /// Servers: a folder that is packed and put there first.
    #[arg(long, value_name = "FOLDER", requires = "s3_location")]
    pub source: Option<PathBuf>,
    /// Servers, blue/green: a tag of the replacement instances; may be given several times, and one has to fit.
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub replacement_tag: Vec<(String, String)>,
    /// Servers, blue/green: an Auto Scaling group of the replacement; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub replacement_group: Vec<String>,
    /// A hook, such as BeforeAllowTraffic=check-orders; may be given several times.
    #[arg(long, value_name = "EVENT=FUNCTION", value_parser = hook)]
    pub hook: Vec<String>,
    /// The steps of the traffic, such as 5@2m,25@5m.
    #[arg(long, value_name = "STEPS", conflicts_with = "config")]
    pub steps: Option<String>,
    /// The deployment configuration, in place of the group's.
    #[arg(long, value_name = "NAME")]
    pub config: Option<String>,
    /// Deploys though alarms of the group are in ALARM, and is stopped by none: for the fix.
    #[arg(long)]
    pub ignore_alarms: bool,
    /// Words that the deployment is created with.
    #[arg(long, value_name = "WORDS")]
    pub description: Option<String>,
    /// Whether it waits.
    #[command(flatten)]
    pub follow: Follow,
}

/// `EVENT=FUNCTION`
fn hook(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((event, function)) if !event.is_empty() && !function.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err("a hook is EVENT=FUNCTION, such as BeforeAllowTraffic=check-orders".to_owned()),
    }
}

/// `KEY=VALUE`
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("a tag is KEY=VALUE, such as fleet=shop-green".to_owned()),
    }
}

/// Whether a command waits for what it has begun.
#[derive(Debug, Clone, Copy, Args)]
pub struct Follow {
    /// Ends at once, in place of following the deployment until it is over.
    #[arg(long)]
    pub detach: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_says_what_it_does() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some() && command.get_after_help().is_some(), "{}", command.get_name());
        }
    }
}
