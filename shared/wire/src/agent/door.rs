//! The host command protocol ⇄ domain, on the side of the service.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use spillway_domain::catalog::environment::DeploymentType;
use spillway_domain::catalog::revision::{BundleType, RevisionLocation, S3Object};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Creator;
use spillway_domain::names::DeploymentId;
use spillway_domain::server::diagnostics::{HostDiagnostics, HostErrorCode};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::work::{Claim, Command, Progress};
use strum::IntoEnumIterator;

use super::specification::{
    AgentActionOverrides, AgentOverrides, GitHubRevision, S3Revision, Specification, SpecifiedRevision,
};
use super::{
    AgentOperation, CLIENT_EXCEPTION, CommandStatus, CommandStatusOutput, DEPLOYMENT_SYSTEM, Diagnostics, Envelope,
    GetDeploymentSpecificationInput, GetDeploymentSpecificationOutput, HostCommand, MOST_DIAGNOSTICS,
    PollHostCommandInput, PollHostCommandOutput, PostHostCommandUpdateInput, PutHostCommandAcknowledgementInput,
    PutHostCommandCompleteInput, PutHostCommandCompleteOutput, SpecificationEnvelopes, TARGET_PREFIX,
};
use crate::codedeploy::exception::Exception;
use crate::codedeploy::http;

/// The bytes of a request. The largest has diagnostics of 8,192 characters, escaped as JSON within JSON.
const MOST_BYTES: usize = 128 * 1024;
/// The first of the four parts of the name of a deployment; agents expect four.
const EXECUTION_PREFIX: &str = "Spillway";

/// What a host asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// A command.
    Poll(HostIdentifier),
    /// Nothing: its agent stops.
    Stop(HostIdentifier),
    /// The specification of a deployment.
    Specification {
        /// The host.
        host: HostIdentifier,
        /// The deployment.
        deployment: DeploymentId,
        /// The host, as the API names it.
        id: HostId,
    },
    /// To have a command.
    Acknowledge(CommandName),
    /// How far a command is.
    Update {
        /// The command.
        command: CommandName,
        /// The end of its log; empty where there is nothing new.
        log: String,
    },
    /// To be told what comes after a command that has ended.
    Complete {
        /// The command.
        command: CommandName,
        /// Whether it succeeded.
        is_success: bool,
        /// What the host says of it.
        diagnostics: HostDiagnostics,
    },
}

/// By what a command is known to hosts: deployment, host, event and attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandName {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The host, as the API names it.
    pub host: HostId,
    /// The event, and the attempt at it.
    pub command: Command,
}

/// An error that the caller has made.
pub fn refuse(message: impl Into<String>) -> Exception {
    Exception::new(CLIENT_EXCEPTION, message)
}

/// The request of a host.
///
/// # Errors
///
/// Where it is none of the protocol.
pub fn read(request: &LambdaFunctionUrlRequest) -> Result<Request, Exception> {
    let target = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.and_then(AgentOperation::from_target).ok_or_else(|| {
        let names: Vec<&str> = AgentOperation::ALL.into_iter().map(AgentOperation::name).collect();
        Exception::new(
            "UnknownOperationException",
            format!(
                "The header X-Amz-Target names no operation for host agents. It is {TARGET_PREFIX} and one of {}.",
                names.join(", ")
            ),
        )
    })?;
    let body = http::body(request, MOST_BYTES, operation.name())?;
    match operation {
        AgentOperation::PollHostCommand => {
            let input: PollHostCommandInput = parse(operation, &body)?;
            let host = identifier(&input.host_identifier)?;
            Ok(if input.stopping == Some(true) { Request::Stop(host) } else { Request::Poll(host) })
        }
        AgentOperation::GetDeploymentSpecification => {
            let input: GetDeploymentSpecificationInput = parse(operation, &body)?;
            let (deployment, id) = read_execution(&input.deployment_execution_id)?;
            Ok(Request::Specification { host: identifier(&input.host_identifier)?, deployment, id })
        }
        AgentOperation::PutHostCommandAcknowledgement => {
            let input: PutHostCommandAcknowledgementInput = parse(operation, &body)?;
            Ok(Request::Acknowledge(read_command(&input.host_command_identifier)?))
        }
        AgentOperation::PostHostCommandUpdate => {
            let input: PostHostCommandUpdateInput = parse(operation, &body)?;
            let command = read_command(&input.host_command_identifier)?;
            Ok(Request::Update { command, log: read_diagnostics(input.diagnostics)?.log_tail })
        }
        AgentOperation::PutHostCommandComplete => {
            let input: PutHostCommandCompleteInput = parse(operation, &body)?;
            Ok(Request::Complete {
                command: read_command(&input.host_command_identifier)?,
                is_success: match input.command_status {
                    CommandStatus::Succeeded => true,
                    CommandStatus::Failed => false,
                    CommandStatus::Pending | CommandStatus::InProgress => {
                        return Err(refuse("CommandStatus of a command that has ended is Succeeded or Failed."));
                    }
                },
                diagnostics: read_diagnostics(input.diagnostics)?,
            })
        }
    }
}

fn parse<T: DeserializeOwned>(operation: AgentOperation, body: &[u8]) -> Result<T, Exception> {
    serde_json::from_slice(body)
        .map_err(|error| refuse(format!("The body of {} is not the protocol's: {error}.", operation.name())))
}

fn identifier(text: &str) -> Result<HostIdentifier, Exception> {
    text.parse().map_err(|bad| refuse(format!("{bad}.")))
}

fn read_command(text: &str) -> Result<CommandName, Exception> {
    let parts: Vec<&str> = text.splitn(5, '/').collect();
    let read = || {
        let [deployment, host, event, attempt] = parts[..] else { return None };
        let command = Command { event: event.parse().ok()?, attempt: attempt.parse().ok()? };
        Some(CommandName { deployment: deployment.parse().ok()?, host: host.parse().ok()?, command })
    };
    read().ok_or_else(|| refuse("HostCommandIdentifier is not one that this service has sent."))
}

fn read_execution(text: &str) -> Result<(DeploymentId, HostId), Exception> {
    let parts: Vec<&str> = text.splitn(5, '/').collect();
    let read = || match parts[..] {
        [EXECUTION_PREFIX, deployment, host, "0"] => Some((deployment.parse().ok()?, host.parse().ok()?)),
        _ => None,
    };
    read().ok_or_else(|| refuse("DeploymentExecutionId is not one that this service has sent."))
}

/// What is no JSON of the protocol is kept as words: a host that fails says so as well as it can.
fn read_diagnostics(envelope: Option<Envelope>) -> Result<HostDiagnostics, Exception> {
    let payload = envelope.and_then(|envelope| envelope.payload).unwrap_or_default();
    if payload.chars().count() > MOST_DIAGNOSTICS {
        let words =
            format!("Diagnostics have {} characters; they may have {MOST_DIAGNOSTICS}.", payload.chars().count());
        return Err(refuse(words));
    }
    Ok(match serde_json::from_str::<Diagnostics>(&payload) {
        Ok(Diagnostics { error_code, script_name, message, log }) => {
            HostDiagnostics::new(HostErrorCode::of_agent(error_code.into()), &script_name, &message, &log)
        }
        Err(_) => HostDiagnostics::new(HostErrorCode::UnknownError, "", &payload, ""),
    })
}

/// The answer to a poll.
pub fn polled(host: &HostIdentifier, next: Option<&CommandName>, again_in_seconds: f64) -> Value {
    json(&PollHostCommandOutput {
        host_command: next.map(|command| render(host, command)),
        poll_again_after_seconds: Some(again_in_seconds),
    })
}

/// The answer to a report.
pub fn completed(host: Option<&HostIdentifier>, next: Option<&CommandName>, again_in_seconds: f64) -> Value {
    json(&PutHostCommandCompleteOutput {
        host_command: host.zip(next).map(|(host, command)| render(host, command)),
        poll_again_after_seconds: Some(again_in_seconds),
    })
}

/// The answer to a claim.
pub fn acknowledged(claim: Claim) -> Value {
    status(match claim {
        Claim::Granted => CommandStatus::InProgress,
        Claim::Refused => CommandStatus::Failed,
    })
}

/// The answer to an update.
pub fn updated(progress: Progress) -> Value {
    status(match progress {
        Progress::Unclaimed => CommandStatus::Pending,
        Progress::Claimed => CommandStatus::InProgress,
        Progress::Over => CommandStatus::Failed,
    })
}

fn status(status: CommandStatus) -> Value {
    json(&CommandStatusOutput { command_status: Some(status) })
}

fn render(host: &HostIdentifier, name: &CommandName) -> HostCommand {
    let CommandName { deployment, host: id, command: Command { event, attempt } } = name;
    HostCommand {
        host_command_identifier: Some(format!("{deployment}/{id}/{event}/{attempt}")),
        host_identifier: Some(host.to_string()),
        deployment_execution_id: Some(format!("{EXECUTION_PREFIX}/{deployment}/{id}/0")),
        command_name: Some(event.to_string()),
        nonce: Some(i64::from(*attempt)),
    }
}

/// The specification of a deployment.
///
/// # Errors
///
/// Where hosts cannot fetch the revision, which is known before it is handed out.
pub fn specified(deployment: &Deployment) -> Result<Value, Exception> {
    let specification = serde_json::to_string(&specification(deployment)?).unwrap_or_default();
    let envelopes = SpecificationEnvelopes {
        generic_envelope: Some(Envelope::of_specification(specification)),
        ..SpecificationEnvelopes::default()
    };
    Ok(json(&GetDeploymentSpecificationOutput {
        deployment_system: Some(DEPLOYMENT_SYSTEM.to_owned()),
        deployment_specification: Some(envelopes),
    }))
}

fn specification(deployment: &Deployment) -> Result<Specification, Exception> {
    let spec = &deployment.spec;
    let overrides = deployment.server_target().map(|target| AgentActionOverrides {
        agent_overrides: Some(AgentOverrides { file_exists_behavior: Some(target.file_exists.as_ref().to_owned()) }),
    });
    Ok(Specification {
        deployment_id: Some(deployment.id.to_string()),
        deployment_group_id: Some(spec.group_id.clone()),
        deployment_group_name: Some(spec.group.to_string()),
        application_id: Some(spec.application_id.clone()),
        application_name: Some(spec.application.to_string()),
        deployment_creator: Some(
            match spec.creator {
                Creator::User => "user",
                Creator::Rollback => "codeDeployRollback",
                Creator::AutoScaling => "autoscaling",
                Creator::AutoScalingTermination => "autoscalingTermination",
                Creator::AutoUpdate => "CodeDeployAutoUpdate",
            }
            .to_owned(),
        ),
        deployment_type: Some(
            match spec.environment.style.kind {
                DeploymentType::InPlace => "IN_PLACE",
                DeploymentType::BlueGreen => "BLUE_GREEN",
            }
            .to_owned(),
        ),
        app_spec_filename: None,
        agent_action_overrides: overrides,
        all_possible_lifecycle_events: Some(HostEvent::iter().map(|event| event.to_string()).collect()),
        reuse_archive_from_deployment_id: spec.archive_of.as_ref().map(ToString::to_string),
        revision: Some(revision(&spec.revision)?),
        git_hub_access_token: None,
    })
}

fn revision(location: &RevisionLocation) -> Result<SpecifiedRevision, Exception> {
    match location {
        RevisionLocation::S3(object) => {
            let s3_revision = Some(in_s3(object)?);
            Ok(SpecifiedRevision { revision_type: Some("S3".to_owned()), s3_revision, ..SpecifiedRevision::default() })
        }
        RevisionLocation::GitHub { repository, commit } => {
            let git_hub_revision = Some(on_git_hub(repository, commit)?);
            let revision_type = Some("GitHub".to_owned());
            Ok(SpecifiedRevision { revision_type, git_hub_revision, ..SpecifiedRevision::default() })
        }
        RevisionLocation::Text { .. } => Err(refuse("The revision is a text, which hosts cannot fetch.")),
    }
}

fn in_s3(S3Object { bucket, key, bundle, version, e_tag }: &S3Object) -> Result<S3Revision, Exception> {
    let bundle = match bundle {
        Some(BundleType::Tar) => "tar",
        Some(BundleType::Tgz) => "tgz",
        Some(BundleType::Zip) | None => "zip",
        Some(BundleType::Json | BundleType::Yaml) => return Err(refuse("The revision is no archive.")),
    };
    Ok(S3Revision {
        bucket: Some(bucket.clone()),
        key: Some(key.clone()),
        bundle_type: Some(bundle.to_owned()),
        version: version.clone(),
        etag: e_tag.clone(),
    })
}

/// There is no token with it: the service has none, and a host of a private repository has its own.
fn on_git_hub(repository: &str, commit: &str) -> Result<GitHubRevision, Exception> {
    let named = repository.split_once('/');
    let (account, repository) = named.ok_or_else(|| refuse("The revision's repository has no owner."))?;
    Ok(GitHubRevision {
        account: Some(account.to_owned()),
        repository: Some(repository.to_owned()),
        commit_id: Some(commit.to_owned()),
        bundle_type: Some("tar".to_owned()),
    })
}

fn json(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_else(|_| json!({}))
}
