//! The record of a deployment: what was asked, which never changes, and how far it has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AlarmConfiguration, AliasName, AliasRouting, ApplicationName, AutoRollback, ConfigName, DeploymentId, ErrorCode,
    EventName, FunctionName, GroupName, Halt, LifecycleEvent, Percent, RevisionLocation, RoleArn, Routing, Slot,
    Trigger, Version,
};

/// A deployment, as it is recorded. It is saved under its generation: whoever read an older one saves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Counts the saves.
    pub generation: u64,
    /// What was asked.
    pub order: Order,
    /// Where it is in its lifecycle.
    pub stage: Stage,
    /// Why it goes on no further, once it does not.
    pub halt: Option<Halt>,
    /// How the alias routed when the first event began, in words: until the first shift, any other routing than this
    /// and home is somebody else's.
    pub found: Option<String>,
    /// Its lifecycle events.
    pub events: Vec<LifecycleEvent>,
    /// The share of the target version, as it was last known.
    pub share: Percent,
    /// Until when the current step bakes, once its shift has taken effect.
    pub bake_until: Option<Timestamp>,
    /// Since when the alias looks like somebody else's; a second look decides.
    pub doubted_at: Option<Timestamp>,
    /// What waits, and can be woken.
    pub parked: Option<Parked>,
    /// When, after a halt, the alias was written back, so that no late shift can follow.
    pub restored_at: Option<Timestamp>,
    /// Who has been told.
    pub news: News,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Which execution drives it: 1, and one more for each that died under it.
    pub attempt: u32,
    /// The execution that asked for it and drives it first; none where one is started for it.
    #[serde(default)]
    pub execution: Option<String>,
    /// What it is doing or waiting for, in words.
    pub note: String,
    /// Until when it waits for that.
    pub waits_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its first event began.
    pub started_at: Option<Timestamp>,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

/// What was asked, with the group's settings as they were at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The application's name.
    pub application: ApplicationName,
    /// The application's UUID.
    pub application_id: String,
    /// The group's name.
    pub group: GroupName,
    /// The group's UUID.
    pub group_id: String,
    /// Where the store files what changes in the group with this deployment.
    pub slot: Slot,
    /// The configuration's name.
    pub config: ConfigName,
    /// Its steps.
    pub routing: Routing,
    /// Where the revision is.
    pub revision: RevisionLocation,
    /// The revision of the group's last successful deployment.
    pub previous_revision: Option<RevisionLocation>,
    /// What the revision says.
    pub target: Target,
    /// The role with which the customer's resources are touched.
    pub role: RoleArn,
    /// The alarms that count for this deployment.
    pub alarms: AlarmConfiguration,
    /// The alarms that were given with it in place of the group's.
    pub override_alarms: Option<AlarmConfiguration>,
    /// The automatic rollback that counts for it.
    pub rollback: AutoRollback,
    /// The topics that are told.
    pub triggers: Vec<Trigger>,
    /// Who made it.
    pub creator: Creator,
    /// The deployment that it rolls back.
    pub rolls_back: Option<DeploymentId>,
    /// The caller's words.
    pub description: Option<String>,
    /// Whether it deploys again what the group deployed last, so that no traffic has to move.
    #[serde(default)]
    pub restarts: bool,
}

/// What a revision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A Lambda alias.
    Lambda(LambdaTarget),
    /// Nothing that could be deployed; every violation, each with its place.
    Invalid(Vec<String>),
    /// It lies in S3, and has not been read yet.
    Unread,
}

/// A Lambda alias, and the versions between which its traffic moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaTarget {
    /// The function.
    pub function: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// The version that has the traffic.
    pub current: Version,
    /// The version that is to have it.
    pub target: Version,
    /// The hook before traffic moves.
    pub before: Option<FunctionName>,
    /// The hook after it has moved.
    pub after: Option<FunctionName>,
}

impl Target {
    /// What it is for a deployment that restarts what is deployed: from the target version to itself.
    pub fn restarted(self) -> Self {
        match self {
            Self::Lambda(target) => Self::Lambda(LambdaTarget { current: target.target, ..target }),
            Self::Invalid(_) | Self::Unread => self,
        }
    }
}

impl LambdaTarget {
    /// By what the API names it: `<function>:<alias>`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.function.bare(), self.alias)
    }

    /// An AppSpec for this shift.
    pub fn appspec(&self) -> String {
        let hooks = [("BeforeAllowTraffic", &self.before), ("AfterAllowTraffic", &self.after)];
        let hooks = hooks.iter().filter_map(|(event, hook)| Some(format!(r#"{{"{event}":"{}"}}"#, hook.as_ref()?)));
        let hooks = hooks.collect::<Vec<_>>().join(",");
        let hooks = if hooks.is_empty() { hooks } else { format!(r#","Hooks":[{hooks}]"#) };
        format!(
            r#"{{"version":0.0,"Resources":[{{"{}":{{"Type":"AWS::Lambda::Function","Properties":{{"Name":"{}","Alias":"{}","CurrentVersion":"{}","TargetVersion":"{}"}}}}}}]{hooks}}}"#,
            self.function.bare(),
            self.function,
            self.alias,
            self.current,
            self.target
        )
    }

    /// The hook of an event.
    pub fn hook(&self, event: EventName) -> Option<&FunctionName> {
        match event {
            EventName::BeforeAllowTraffic => self.before.as_ref(),
            EventName::AllowTraffic => None,
            EventName::AfterAllowTraffic => self.after.as_ref(),
        }
    }
}

/// Who made a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creator {
    /// A caller.
    User,
    /// An automatic rollback.
    Rollback,
}

/// Where a deployment is in its lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Written, and nothing else.
    Created,
    /// Before traffic moves.
    BeforeAllowTraffic,
    /// Traffic moves: this step has been decided. The step past the last is 100 %.
    AllowTraffic {
        /// The index of the step.
        step: usize,
    },
    /// All traffic has moved.
    AfterAllowTraffic,
    /// Over.
    Ended,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Step Functions' task token, by which it is woken.
    pub token: String,
    /// When it wakes by itself.
    pub until: Timestamp,
}

/// Who has been told of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct News {
    /// Of the start.
    pub start: bool,
    /// Of the end.
    pub end: bool,
}

/// CodeDeploy's `DeploymentStatus`, as far as deployments to Lambda have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Written, not started.
    Created,
    /// Running.
    InProgress,
    /// All traffic is on the target version, and every hook was content.
    Succeeded,
    /// Something went wrong; all traffic is on the original version.
    Failed,
    /// Somebody, or an alarm, stopped it; all traffic is on the original version.
    Stopped,
}

impl Status {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }
}

/// How a deployment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Succeeded, Failed or Stopped.
    pub status: Status,
    /// What went wrong.
    pub error: Option<Error>,
    /// When.
    pub at: Timestamp,
    /// The deployment that rolls this one back.
    pub rolled_back_by: Option<DeploymentId>,
    /// What is said of the rollback.
    pub rollback_message: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// CodeDeploy's code.
    pub code: ErrorCode,
    /// In words.
    pub message: String,
}

impl Deployment {
    /// A new deployment, as it is first written.
    pub fn new(id: DeploymentId, order: Order, now: Timestamp) -> Self {
        Self {
            id,
            generation: 1,
            order,
            stage: Stage::Created,
            halt: None,
            events: EventName::ALL.map(LifecycleEvent::pending).to_vec(),
            share: Percent::ZERO,
            bake_until: None,
            doubted_at: None,
            parked: None,
            restored_at: None,
            found: None,
            news: News::default(),
            ending: None,
            attempt: 1,
            execution: None,
            note: "Created; its execution is about to start.".to_owned(),
            waits_until: None,
            created_at: now,
            started_at: None,
            updated_at: now,
        }
    }

    /// The alias that it deploys to; `None` when its AppSpec is not valid, or has not been read.
    pub fn lambda(&self) -> Option<&LambdaTarget> {
        match &self.order.target {
            Target::Lambda(target) => Some(target),
            Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// The text of the revision of a rollback, which nobody gave.
    pub fn own_text(&self) -> Option<String> {
        self.order.rolls_back.as_ref().and(self.lambda()).map(LambdaTarget::appspec)
    }

    /// As the API tells it.
    pub fn status(&self) -> Status {
        match (&self.ending, self.stage) {
            (Some(ending), _) => ending.status,
            (None, Stage::Created) => Status::Created,
            (None, _) => Status::InProgress,
        }
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.ending.is_some()
    }

    /// The event that is under way.
    pub fn current_event(&self) -> Option<EventName> {
        match self.stage {
            Stage::Created | Stage::BeforeAllowTraffic => Some(EventName::BeforeAllowTraffic),
            Stage::AllowTraffic { .. } => Some(EventName::AllowTraffic),
            Stage::AfterAllowTraffic => Some(EventName::AfterAllowTraffic),
            Stage::Ended => None,
        }
    }

    /// One of its events.
    pub fn event(&self, name: EventName) -> Option<&LifecycleEvent> {
        self.events.iter().find(|event| event.name == name)
    }

    /// Whether a shift may have been made, or be under way.
    pub fn moves_traffic(&self) -> bool {
        matches!(self.stage, Stage::AllowTraffic { .. } | Stage::AfterAllowTraffic)
    }

    /// The version that has all traffic when the deployment does not succeed. For a rollback that is its target.
    pub fn home(&self) -> Option<Version> {
        self.lambda().map(|target| if self.order.rolls_back.is_some() { target.target } else { target.current })
    }

    /// How the alias is to route now: the one thing that a shift makes so. `None` where the alias is left alone.
    pub fn desired(&self) -> Option<AliasRouting> {
        if !self.moves_traffic() {
            return None;
        }
        if self.halt.is_some() {
            return self.home().map(AliasRouting::only);
        }
        self.routing_at(match self.stage {
            Stage::AllowTraffic { step } => step,
            Stage::Created | Stage::BeforeAllowTraffic | Stage::AfterAllowTraffic | Stage::Ended => usize::MAX,
        })
    }

    /// How the alias routes after `step`.
    pub fn routing_at(&self, step: usize) -> Option<AliasRouting> {
        let target = self.lambda()?;
        let share = self.order.routing.share(step);
        Some(if share == Percent::ALL {
            AliasRouting::only(target.target)
        } else {
            AliasRouting::split(target.current, target.target, share)
        })
    }

    /// What it is doing or waiting for, and until when.
    pub fn words(&self) -> String {
        match self.waits_until.filter(|_| !self.has_ended()) {
            Some(until) => format!("{} Until {} at the latest.", self.note, until.strftime("%Y-%m-%d %H:%M:%S UTC")),
            None => self.note.clone(),
        }
    }

    /// The name of the execution that drives it.
    pub fn execution_name(&self) -> String {
        match (self.attempt, &self.execution) {
            (0 | 1, Some(execution)) => execution.clone(),
            (0 | 1, None) => self.id.to_string(),
            (attempt, _) => format!("{}-{attempt}", self.id),
        }
    }
}
