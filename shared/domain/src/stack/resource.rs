//! Resources of CloudFormation stacks that are ours: what a stack asks for, and what it is told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arn::Arn;
use crate::catalog::application::NewApplication;
use crate::catalog::config::NewConfig;
use crate::catalog::group::NewGroup;
use crate::names::{AliasName, ApplicationName, ConfigName, DeploymentId, FunctionName, GroupName, RoleArn, Version};

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StackResource {
    /// The stack's id, which no other stack ever has.
    pub stack: String,
    /// What the template calls it.
    pub logical_id: String,
}

impl StackResource {
    /// The name of the stack, in its id: an ARN whose resource is `stack/<name>/<uuid>`.
    pub fn stack_name(&self) -> Option<&str> {
        Arn::parse(&self.stack)?.resource().split('/').nth(1)
    }
}

/// What a stack asks for, once for every change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackRequest {
    /// Which resource.
    pub resource: StackResource,
    /// CloudFormation's id of the request, which stays the same when it is delivered again.
    pub request_id: String,
    /// What the resource is called so far; nothing when it is new.
    pub physical_id: Option<String>,
    /// When CloudFormation asked. What it asks for later counts, also when it comes earlier.
    pub asked_at: Timestamp,
    /// Until when there must be an answer.
    pub answer_by: Timestamp,
    /// What is wanted.
    pub desired: DesiredResource,
}

/// What is wanted of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesiredResource {
    /// An application like this.
    Application(NewApplication),
    /// A deployment configuration like this.
    Config(NewConfig),
    /// A deployment group like this.
    Group(Box<NewGroup>),
    /// An alias like this.
    Alias(Box<DesiredAlias>),
    /// To know how deployments end.
    Ended {
        /// The deployments.
        deployments: Vec<DeploymentId>,
        /// Whether another resource waits on when the time is up.
        more_waiting: bool,
    },
    /// That it is not there any more.
    Nothing {
        /// Whether CloudFormation has never been told what it is called, and made a name up.
        unnamed: bool,
    },
}

/// A Lambda alias as a template has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredAlias {
    /// The application that deploys it.
    pub application: ApplicationName,
    /// The deployment group that deploys it.
    pub group: GroupName,
    /// Its ARN, which is what the stack calls it.
    pub arn: String,
    /// Its function.
    pub function: FunctionName,
    /// Its name.
    pub alias: AliasName,
    /// The version that is to have its traffic.
    pub version: Version,
    /// The version that was to have it before this request.
    pub old_version: Option<Version>,
    /// The hook before traffic moves.
    pub before: Option<FunctionName>,
    /// The hook after it has moved.
    pub after: Option<FunctionName>,
    /// Everything about it that does not move traffic.
    pub settings: AliasSettings,
    /// What that was before this request.
    pub old_settings: Option<AliasSettings>,
    /// Whether the stack waits for the deployment.
    pub waits: bool,
    /// Whether another resource waits on when the time is up.
    pub more_waiting: bool,
    /// Whether an alias that is there already may be taken over.
    pub adopts: bool,
}

/// What an alias has beside its traffic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AliasSettings {
    /// Its description.
    pub description: Option<String>,
    /// How many execution environments are kept ready for it.
    pub provisioned_concurrency: Option<u32>,
}

/// The note of what a resource of a stack is, without which nothing is changed or deleted for it: others may have made
/// something of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ownership {
    /// An application.
    Application {
        /// Its name.
        name: ApplicationName,
        /// Its id.
        id: String,
    },
    /// A deployment configuration.
    Config {
        /// Its name.
        name: ConfigName,
        /// Its id.
        id: String,
    },
    /// A deployment group.
    Group {
        /// Its application.
        application: ApplicationName,
        /// Its name.
        name: GroupName,
        /// Its id.
        id: String,
    },
    /// An alias.
    Alias {
        /// Its function.
        function: FunctionName,
        /// Its name.
        alias: AliasName,
        /// The role with which it is touched.
        role: RoleArn,
        /// The application that deploys it.
        application: ApplicationName,
        /// The group that deploys it.
        group: GroupName,
        /// How the stack last moved it forward.
        moved: Option<Moved>,
        /// Whether it was there before the stack took it over, which has changed nothing since: then it stays when the
        /// stack lets go of it.
        adopted: bool,
    },
}

/// A move of an alias to a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The version that it was on.
    pub from: Version,
    /// The version that it went to.
    pub to: Version,
    /// The version that the stack had until then; the alias may have been on another one.
    pub instead_of: Version,
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all_fields = "camelCase")]
pub enum Progress {
    /// The stack can be told.
    Settled(Outcome),
    /// One of these deployments has to end first.
    Await {
        /// Which.
        deployment_ids: Vec<DeploymentId>,
        /// For how long at most.
        seconds: u32,
    },
}

/// What a stack is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What the resource is called from now on.
    pub physical_id: String,
    /// Why it is not as the stack wants it.
    pub failure: Option<String>,
    /// What the template can ask it for.
    pub attributes: BTreeMap<String, String>,
}

impl StackResource {
    /// What the execution that carries out a request is called: the same however often it is delivered.
    pub fn execution_name(&self, request_id: &str) -> String {
        format!("{:032x}", self.number(request_id))
    }

    /// One number for one request.
    fn number(&self, request_id: &str) -> u128 {
        let mut sum = Sha256::new();
        for part in [self.stack.as_str(), request_id, self.logical_id.as_str()] {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        let sum = sum.finalize();
        sum.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

impl StackRequest {
    /// The UUID of the application, group or configuration that this request makes, if it makes one: the same whenever
    /// it is asked, so that two who carry out the same request make the same thing.
    pub fn new_id(&self) -> String {
        let digits = format!("{:032x}", self.resource.number(&self.request_id));
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    /// The deployment that this request makes, if it makes one: the same whenever it is asked.
    pub fn deployment_id(&self) -> DeploymentId {
        DeploymentId::from_number(self.resource.number(&self.request_id))
    }

    /// What the resource is called: as so far, or, when it is new, as it will be. Under this name it is deleted when it
    /// could not be made, which clears away what there is of it.
    pub fn name(&self) -> &str {
        let new = match &self.desired {
            DesiredResource::Application(desired) => desired.name.as_str(),
            DesiredResource::Config(desired) => desired.name.as_str(),
            DesiredResource::Group(desired) => desired.name.as_str(),
            DesiredResource::Alias(desired) => &desired.arn,
            DesiredResource::Ended { .. } | DesiredResource::Nothing { .. } => &self.resource.logical_id,
        };
        self.physical_id.as_deref().unwrap_or(new)
    }
}

impl Outcome {
    /// All is as the stack wants it.
    pub fn done(physical_id: impl Into<String>) -> Self {
        Self { physical_id: physical_id.into(), failure: None, attributes: BTreeMap::new() }
    }

    /// It is not.
    pub fn failed(physical_id: impl Into<String>, failure: impl Into<String>) -> Self {
        Self { failure: Some(failure.into()), ..Self::done(physical_id) }
    }

    /// With something that the template can ask it for.
    pub fn with(mut self, attribute: &str, value: impl Into<String>) -> Self {
        self.attributes.insert(attribute.to_owned(), value.into());
        self
    }
}
