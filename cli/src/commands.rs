//! What the commands do, one file each. Each reads by a client, and writes to a terminal.

pub mod deploy;
pub mod explain;
pub mod follow;
pub mod list;
pub mod push;
pub mod status;
pub mod steer;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::arguments::{Operation, Output};
use crate::aws::Aws;
use crate::client::Client;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::model::{Ledger, Summaries, Summary};
use crate::terminal::{Terminal, wrap};

/// What a command works with.
pub struct Session<'a> {
    /// Spillway.
    pub client: Client,
    /// Where output goes.
    pub terminal: Terminal<'a>,
    /// In which form.
    pub output: Output,
    /// How AWS is found, which most commands do not need.
    pub connection: Connection,
    /// AWS, once a command has needed it.
    pub aws: OnceCell<Aws>,
}

/// Does what a command says.
pub async fn carry_out(session: &mut Session<'_>, operation: &Operation) -> Result<(), Failure> {
    match operation {
        Operation::Status { what } => status::show(session, what.as_deref()).await,
        Operation::List { group, status, limit } => list::list(session, group.as_deref(), status, *limit).await,
        Operation::History { group, limit } => list::history(session, group, *limit).await,
        Operation::Explain { what } => explain::explain(session, what).await,
        Operation::Stop { deployment, rollback, follow } => {
            steer::stop(session, deployment, *rollback, follow.detach).await
        }
        Operation::Continue { deployment, follow } => steer::continue_it(session, deployment, follow.detach).await,
        Operation::Rollback { group, to, config, follow } => {
            steer::roll_back(session, group, to.as_deref(), config.as_deref(), follow.detach).await
        }
        Operation::Retry { what, config, follow } => {
            steer::retry(session, what, config.as_deref(), follow.detach).await
        }
        Operation::Watch { what } => {
            let id = session.deployment(what).await?;
            follow::follow(session, &id).await
        }
        Operation::Deploy(arguments) => deploy::deploy(session, arguments).await,
        Operation::Push { application, source, s3_location, description } => {
            push::push(session, application, source, s3_location, description.as_deref()).await
        }
    }
}

/// A deployment group by its two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The application.
    pub application: String,
    /// The group.
    pub name: String,
}

impl Group {
    /// The two names as members of a request.
    pub fn members(&self) -> Value {
        json!({ "applicationName": self.application, "deploymentGroupName": self.name })
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.application, self.name)
    }
}

/// Whether a word is the id of a deployment.
pub fn is_deployment(word: &str) -> bool {
    word.starts_with("d-") && !word.contains('/')
}

impl Session<'_> {
    /// A line of standard output.
    pub fn say(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        let line = line.as_ref();
        let columns = self.terminal.columns.filter(|_| self.output == Output::Table);
        let shown = columns.map_or_else(|| line.to_owned(), |columns| wrap(line, columns));
        Ok(writeln!(self.terminal.out, "{shown}")?)
    }

    /// An answer of the API, as it is.
    pub fn say_json(&mut self, answer: &Value) -> Result<(), Failure> {
        self.say(format!("{answer:#}"))
    }

    /// AWS, as the operator.
    pub async fn aws(&self) -> Result<&Aws, Failure> {
        self.aws.get_or_try_init(|| self.connection.aws()).await
    }

    /// The group that `APPLICATION/GROUP` names, or `APPLICATION` where that has one group.
    pub async fn group(&self, word: &str) -> Result<Group, Failure> {
        if let Some((application, name)) = word.split_once('/') {
            return Ok(Group { application: application.to_owned(), name: name.to_owned() });
        }
        let found: Value = self.client.codedeploy("ListDeploymentGroups", &json!({ "applicationName": word })).await?;
        let names = found["deploymentGroups"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match names.collect::<Vec<_>>()[..] {
            [] => Err(Failure::Usage(format!("The application {word} has no deployment group."))),
            [name] => Ok(Group { application: word.to_owned(), name: name.to_owned() }),
            ref names => {
                let names: Vec<String> = names.iter().map(|name| format!("{word}/{name}")).collect();
                let words =
                    format!("The application {word} has several groups. Name one of them: {}.", names.join(", "));
                Err(Failure::Usage(words))
            }
        }
    }

    /// The deployment of that id, or the last one of the group of that name.
    pub async fn deployment(&self, word: &str) -> Result<String, Failure> {
        if is_deployment(word) {
            return Ok(word.to_owned());
        }
        let group = self.group(word).await?;
        Ok(self.last(&group).await?.deployment_id)
    }

    /// The last deployment of a group.
    pub async fn last(&self, group: &Group) -> Result<Summary, Failure> {
        let mut body = group.members();
        body["maxResults"] = json!(1);
        let found: Summaries = self.client.operator("ListDeploymentSummaries", &body).await?;
        let none =
            || Failure::Usage(format!("Nothing was ever deployed to {group}. `spillway deploy {group}` begins."));
        found.deployments.into_iter().next().ok_or_else(none)
    }

    /// A deployment with its ledger after a generation: one page.
    pub async fn ledger(&self, id: &str, after: u64) -> Result<Ledger, Failure> {
        let body = json!({ "deploymentId": id, "afterGeneration": after });
        self.client.operator("GetDeploymentLedger", &body).await
    }
}
