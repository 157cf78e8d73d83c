//! The record of a deployment: what was asked, which never changes, and how far it has come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::environment::{EcsService, TargetGroupPair};
use crate::deployment::error_code::ErrorCode;
use crate::deployment::gate::{Gate, Gates};
use crate::deployment::halt::{Cause, Halt};
use crate::deployment::lifecycle::{EventName, LifecycleEvent};
use crate::deployment::spec::{DeploymentSpec, Target, events_of};
use crate::deployment::stage::Stage;
use crate::ecs::progress::EcsProgress;
use crate::ecs::target::EcsTarget;
use crate::lambda::alias::AliasRouting;
use crate::lambda::target::LambdaTarget;
use crate::names::DeploymentId;
use crate::percent::Percent;
use crate::server::lifecycle_action::ActionTold;
use crate::server::phase::{PhaseDone, Takeover};
use crate::server::progress::{FleetProgress, Roster};
use crate::server::target::{Replacement, ServerTarget};
use crate::shared::Shared;

/// A deployment, as it is recorded. It is saved under its generation: whoever read an older one saves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Counts the saves.
    pub generation: u64,
    /// What was asked.
    pub spec: Shared<DeploymentSpec>,
    /// Where it is in its lifecycle.
    pub stage: Stage,
    /// Why it goes on no further, once it does not.
    pub halt: Option<Halt>,
    /// How far it is with its gates.
    pub gates: Gates,
    /// How the alias routed when the first event began: until the first shift, any other routing than this and the
    /// original's is drift.
    pub found: Option<AliasRouting>,
    /// The lifecycle events of its one target, an alias or a service.
    pub events: Vec<LifecycleEvent>,
    /// The share of the target version, or of the replacement task set, as it was last known.
    pub share: Percent,
    /// Until when the current step bakes, once its shift has taken effect.
    pub bake_until: Option<Timestamp>,
    /// Since when each look has shown what one look is not enough to believe.
    pub doubts: BTreeMap<Doubt, Timestamp>,
    /// What waits, and can be woken.
    pub parked: Option<Parked>,
    /// When, after a halt, the traffic was back: of an alias by a write, so that no late shift can follow.
    pub restored_at: Option<Timestamp>,
    /// Until when a shift that was under way at the halt may come after all, because writing the alias back has made no
    /// new revision of it.
    pub late_until: Option<Timestamp>,
    /// What it knows of its ECS service, from when it has looked at it first.
    pub ecs: Option<EcsProgress>,
    /// What it knows of its fleet of hosts, from when they were selected.
    pub server: Option<FleetProgress>,
    /// The phases of a blue/green deployment to hosts that are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases_done: Vec<PhaseDone>,
    /// Whether its deployment group has taken over the environment that has the traffic, from when that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Takeover>,
    /// Whether its original hosts are terminated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub originals_terminated: bool,
    /// What Auto Scaling was told last of the instance that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_told: Option<ActionTold>,
    /// Whether Auto Scaling launched an instance for its group while it ran. Such an instance gets the revision before it, and
    /// may come too late to be selected, so that another deployment follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub launched_meanwhile: bool,
    /// Who has been told.
    pub notified: Notified,
    /// The notifications that could not be delivered, each in a sentence that names the topic and the reason.
    pub undelivered: Vec<String>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Which execution drives it: 1, and one more for each that died under it.
    pub attempt: u32,
    /// The execution that asked for it and drives it first; none where one is started for it.
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

/// What one look is not enough to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Doubt {
    /// The alarms cannot be read.
    Alarms,
    /// The alias, the service or a listener is not as the deployment left it.
    Drift,
    /// The alias, the service or a part of it is not found.
    Absence,
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
pub struct Notified {
    /// Of the start.
    pub start: bool,
    /// That it waits to be continued.
    pub ready: bool,
    /// Of the end.
    pub end: bool,
}

/// What there is to tell of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// It starts.
    Start,
    /// It waits to be continued.
    Ready,
    /// It is over.
    End,
}

/// CodeDeploy's `DeploymentStatus`, as far as deployments to Lambda and ECS have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Written, not started.
    Created,
    /// Running.
    InProgress,
    /// Waiting to be continued.
    Ready,
    /// All traffic is on the new version, and every hook was content.
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
            Self::Ready => "Ready",
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
    /// The deployment that follows, to the instances that were launched meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<DeploymentId>,
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
    pub fn new(id: DeploymentId, spec: impl Into<Shared<DeploymentSpec>>, now: Timestamp) -> Self {
        let spec = spec.into();
        let events = events_of(&spec);
        Self {
            id,
            generation: 1,
            spec,
            stage: Stage::Created,
            halt: None,
            gates: Gates::default(),
            events,
            share: Percent::ZERO,
            bake_until: None,
            doubts: BTreeMap::new(),
            parked: None,
            restored_at: None,
            late_until: None,
            ecs: None,
            server: None,
            phases_done: Vec::new(),
            takeover: None,
            originals_terminated: false,
            action_told: None,
            launched_meanwhile: false,
            found: None,
            notified: Notified::default(),
            undelivered: Vec::new(),
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

    /// The alias that it deploys to; `None` when that is something else, or not known.
    pub fn lambda(&self) -> Option<&LambdaTarget> {
        match &self.spec.target {
            Target::Lambda(target) => Some(target),
            Target::Ecs(_) | Target::Server(_) | Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// By what the alias is locked that it has to itself until it ends; `None` when it has none.
    pub fn locked_alias(&self) -> Option<String> {
        let refused = self.halt.as_ref().is_some_and(|halt| matches!(halt.cause, Cause::AliasBusy(_)));
        self.lambda().filter(|_| !refused).map(|target| target.address(&self.spec.role))
    }

    /// What is deployed to an ECS service; `None` when that is something else.
    pub fn ecs_target(&self) -> Option<&EcsTarget> {
        match &self.spec.target {
            Target::Ecs(target) => Some(target),
            Target::Lambda(_) | Target::Server(_) | Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// What is deployed to a fleet of hosts; `None` when that is something else.
    pub fn server_target(&self) -> Option<&ServerTarget> {
        match &self.spec.target {
            Target::Server(target) => Some(target),
            Target::Lambda(_) | Target::Ecs(_) | Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// The replacement environment of a blue/green deployment to hosts; `None` where it is something else.
    pub fn replacement(&self) -> Option<&Replacement> {
        self.server_target()?.replacement.as_ref()
    }

    /// The list of its hosts' work, once the hosts of its phase are selected.
    pub fn roster(&self) -> Option<Roster> {
        let name = self.server.as_ref()?.roster.clone();
        Some(Roster { deployment: self.id.clone(), name })
    }

    /// The ECS service that it deploys to, and what routes its traffic; `None` when that is something else.
    pub fn service(&self) -> Option<(&EcsService, &TargetGroupPair)> {
        self.spec.environment.ecs_services.first().zip(self.spec.environment.load_balancer.pairs.first())
    }

    /// By what the API names its one target; `None` when it has none, or that is not known.
    pub fn target_id(&self) -> Option<String> {
        match &self.spec.target {
            Target::Lambda(target) => Some(target.id()),
            Target::Ecs(_) => self.service().map(|(service, _)| service.id()),
            Target::Server(_) | Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// The id of the deployment that made the replacement task set: for a rollback, the one that it rolls back.
    pub fn maker(&self) -> &DeploymentId {
        self.spec.rolls_back.as_ref().unwrap_or(&self.id)
    }

    /// The text of the revision of a rollback, which nobody gave.
    pub fn own_text(&self) -> Option<String> {
        self.spec.rolls_back.as_ref()?;
        match &self.spec.target {
            Target::Lambda(target) => Some(target.appspec()),
            Target::Ecs(target) => Some(target.appspec()),
            Target::Server(_) | Target::Invalid(_) | Target::Unread => None,
        }
    }

    /// As the API tells it.
    pub fn status(&self) -> Status {
        match (&self.ending, self.stage) {
            (Some(ending), _) => ending.status,
            (None, Stage::Created) => Status::Created,
            (None, Stage::Gate(Gate::Ready)) if self.halt.is_none() => Status::Ready,
            (None, _) => Status::InProgress,
        }
    }

    /// What there is to tell of it now, and whether that has been told.
    pub fn notification(&self) -> (NotificationKind, bool) {
        match self.status() {
            Status::Created | Status::InProgress => (NotificationKind::Start, self.notified.start),
            Status::Ready => (NotificationKind::Ready, self.notified.ready),
            Status::Succeeded | Status::Failed | Status::Stopped => (NotificationKind::End, self.notified.end),
        }
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.ending.is_some()
    }

    /// The event that is under way, or about to be.
    pub fn current_event(&self) -> Option<EventName> {
        let first = self.events.first().filter(|_| self.stage == Stage::Created);
        first.map(|event| event.name).or(self.stage.event())
    }

    /// One of its events.
    pub fn event(&self, name: EventName) -> Option<&LifecycleEvent> {
        self.events.iter().find(|event| event.name == name)
    }

    /// Whether a shift may have been made, or be under way.
    pub fn moves_traffic(&self) -> bool {
        self.stage.moves_traffic()
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
