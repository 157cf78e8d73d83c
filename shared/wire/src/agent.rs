//! What passes between host agents and the service: CodeDeploy's host command protocol, and the members that we add.
//!
//! AWS JSON 1.1, one POST a call. What CodeDeploy's agents do not know is optional, so that they can be served by the same
//! answers.

pub mod door;
pub mod specification;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// What stands before an operation's name in the target header.
pub const TARGET_PREFIX: &str = "CodeDeployCommandService_v20141006.";
/// The header that names the version of an agent.
pub const VERSION_HEADER: &str = "x-amz-codedeploy-agent-version";
/// The format of an envelope with diagnostics.
pub const DIAGNOSTICS_FORMAT: &str = "JSON";
/// The format of an envelope with a specification that is not signed. The connection vouches for it.
pub const SPECIFICATION_FORMAT: &str = "TEXT/JSON";
/// The most characters of an envelope with diagnostics.
pub const MOST_DIAGNOSTICS: usize = 8_192;
/// The name of an error that the caller has made.
pub const CLIENT_EXCEPTION: &str = "ClientException";

/// The operations of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentOperation {
    /// Asks for a command.
    PollHostCommand,
    /// Asks for the specification of a command's deployment.
    GetDeploymentSpecification,
    /// Claims a command.
    PutHostCommandAcknowledgement,
    /// Says that a command still runs. CodeDeploy's own agents never call it.
    PostHostCommandUpdate,
    /// Reports how a command ended.
    PutHostCommandComplete,
}

impl AgentOperation {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PollHostCommand,
        Self::GetDeploymentSpecification,
        Self::PutHostCommandAcknowledgement,
        Self::PostHostCommandUpdate,
        Self::PutHostCommandComplete,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PollHostCommand => "PollHostCommand",
            Self::GetDeploymentSpecification => "GetDeploymentSpecification",
            Self::PutHostCommandAcknowledgement => "PutHostCommandAcknowledgement",
            Self::PostHostCommandUpdate => "PostHostCommandUpdate",
            Self::PutHostCommandComplete => "PutHostCommandComplete",
        }
    }

    /// The value of the target header.
    pub fn target(self) -> String {
        format!("{TARGET_PREFIX}{}", self.name())
    }

    /// The operation that a target header names.
    pub fn from_target(target: &str) -> Option<Self> {
        let name = target.strip_prefix(TARGET_PREFIX)?;
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }
}

/// A text, and what kind of text it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// The kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

impl Envelope {
    /// An envelope with diagnostics.
    pub fn of_diagnostics(payload: String) -> Self {
        Self { format: Some(DIAGNOSTICS_FORMAT.to_owned()), payload: Some(payload) }
    }

    /// An envelope with a specification that is not signed.
    pub fn of_specification(payload: String) -> Self {
        Self { format: Some(SPECIFICATION_FORMAT.to_owned()), payload: Some(payload) }
    }
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandStatus {
    /// Not claimed yet.
    Pending,
    /// Claimed by the host.
    InProgress,
    /// Ended well.
    Succeeded,
    /// Ended badly, claimed by another attempt, or no longer wanted by the deployment.
    Failed,
}

/// A command for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostCommand {
    /// By what the service knows it. A host repeats it byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_command_identifier: Option<String>,
    /// The host that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_identifier: Option<String>,
    /// By what the service knows the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_execution_id: Option<String>,
    /// The lifecycle event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_name: Option<String>,
    /// A number that CodeDeploy sends along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<i64>,
}

/// Asks for a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PollHostCommandInput {
    /// The host.
    pub host_identifier: String,
    /// Ours: that the agent stops, and wants no command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<bool>,
}

/// Answers a poll.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PollHostCommandOutput {
    /// A command, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_command: Option<HostCommand>,
    /// Ours: when to poll again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_again_after_seconds: Option<f64>,
}

/// Asks for the specification of a command's deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDeploymentSpecificationInput {
    /// By what the service knows the deployment.
    pub deployment_execution_id: String,
    /// The host.
    pub host_identifier: String,
}

/// Answers with a specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetDeploymentSpecificationOutput {
    /// `CodeDeploy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_system: Option<String>,
    /// The specification, in its envelopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_specification: Option<SpecificationEnvelopes>,
}

/// The value of `DeploymentSystem`; agents refuse every other one.
pub const DEPLOYMENT_SYSTEM: &str = "CodeDeploy";

/// A specification for all hosts of a deployment, and one for some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SpecificationEnvelopes {
    /// For all hosts; agents read this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generic_envelope: Option<Envelope>,
    /// Names the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
    /// For some hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_envelope: Option<Envelope>,
}

/// Claims a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutHostCommandAcknowledgementInput {
    /// The command.
    pub host_command_identifier: String,
    /// [`AcknowledgementDiagnostics`], in an envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Envelope>,
}

/// Answers a claim, or an update, with the state of the command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CommandStatusOutput {
    /// The state; a host runs a command that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_status: Option<CommandStatus>,
}

/// Says that a command still runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PostHostCommandUpdateInput {
    /// The command.
    pub host_command_identifier: String,
    /// When it is expected to end, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_completion_time: Option<f64>,
    /// [`Diagnostics`] with the end of the log so far, in an envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Envelope>,
}

/// Reports how a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutHostCommandCompleteInput {
    /// The command.
    pub host_command_identifier: String,
    /// [`CommandStatus::Succeeded`] or [`CommandStatus::Failed`].
    pub command_status: CommandStatus,
    /// [`Diagnostics`], in an envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Envelope>,
}

/// Answers a report. CodeDeploy's own answer is empty, which reads as this without its members.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutHostCommandCompleteOutput {
    /// Ours: the next command, so that a host need not poll for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_command: Option<HostCommand>,
    /// Ours: when to poll again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_again_after_seconds: Option<f64>,
}

/// The diagnostics of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AcknowledgementDiagnostics {
    /// Whether the host has nothing to do for the command.
    pub is_command_noop: bool,
}

/// The diagnostics of an update and of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// 0 for a success; the guide of the agent lists the others.
    pub error_code: u8,
    /// The script that failed, as the AppSpec has it.
    #[serde(default)]
    pub script_name: String,
    /// What happened, in words.
    #[serde(default)]
    pub message: String,
    /// The end of what the scripts have written.
    #[serde(default)]
    pub log: String,
}

/// An error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentException {
    /// Its name, such as [`CLIENT_EXCEPTION`].
    #[serde(rename = "__type")]
    pub name: String,
    /// What happened, in words.
    #[serde(default)]
    pub message: String,
}
