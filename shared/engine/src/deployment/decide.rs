//! Decide: looks at the world, plans, saves, and answers with the one move to make.

use futures_util::future::join3;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::decision::{Move, MoveKind, Plan, Seen};
use spillway_domain::deployment::record::{Deployment, Error as DeploymentError};
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::ecs::service::ServiceState;
use spillway_domain::lambda::alias::AliasState;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::DeploymentId;
use spillway_domain::plan::plan;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{MOST_TRIES, load, save};
use crate::ports::aliases::Aliases;
use crate::ports::customer::Alarms;
use crate::ports::deployments::{Change, Deployments};
use crate::ports::hosts::{HostDossiers, HostWorks};
use crate::ports::services::{Observation, Services};
use crate::retry::{Tried, contended, retry_stale, unless_stale};
use crate::server::look_at_hosts::look_at_hosts;

/// The state of the execution: what Decide answered last time, and how the move after that failed, if it did.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decide {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The generation at which the last move was decided.
    #[serde(default)]
    pub generation: Option<u64>,
    /// The last move.
    #[serde(default, rename = "move")]
    pub step: Option<MoveKind>,
    /// How it failed, as Step Functions caught it.
    #[serde(default)]
    pub problem: Option<Caught>,
}

/// An error as a `Catch` of Step Functions hands it on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Caught {
    error: String,
    #[serde(default)]
    cause: String,
}

/// The move to make, with what its state needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The generation at which this was decided.
    pub generation: u64,
    /// The name of the state that makes the move.
    #[serde(rename = "move")]
    pub step: MoveKind,
    /// How long to wait, where the move waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The rollback deployment to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_deployment_id: Option<DeploymentId>,
    /// The deployment to start that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up_deployment_id: Option<DeploymentId>,
    /// The error to end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Decides what the deployment does next. `spare_id` is for a rollback deployment or one that follows, should one be due. It is handed a
/// clock, not a time, because what is waited for after a decision counts from when it was saved.
pub async fn decide(
    deployments: &(impl Deployments + HostWorks + HostDossiers),
    aliases: &impl Aliases,
    services: &impl Services,
    alarms: &impl Alarms,
    input: &Decide,
    spare_id: DeploymentId,
    clock: impl Fn() -> Timestamp,
) -> Result<Answer, Problem> {
    let decided = retry_stale(MOST_TRIES, async || {
        let record = load(deployments, &input.deployment_id).await?;
        // Boxed, because a look at everything at once is large.
        let mut seen = Box::pin(look(deployments, aliases, services, alarms, &record, input, &spare_id)).await?;
        seen.fleet = Box::pin(look_at_hosts(deployments, &record, clock())).await;
        let plan = plan(&record, &seen, clock());
        if plan.next == record {
            return Ok(Tried::Break(answer(&plan)));
        }
        let change = Change {
            next: &plan.next,
            entry: plan.entry.as_ref(),
            closes: plan.next.has_ended() && !record.has_ended(),
            successor: plan.successor.as_deref(),
            locks: false,
        };
        unless_stale(save(deployments, change).await.map(|()| answer(&plan)))
    });
    decided.await?.ok_or_else(|| contended(ProblemKind::Transient, &format!("Deployment {}", input.deployment_id)))
}

/// Looks at what matters: the alias or the service until the end, the alarms until a halt.
async fn look(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    services: &impl Services,
    alarms: &impl Alarms,
    record: &Deployment,
    input: &Decide,
    spare_id: &DeploymentId,
) -> Result<Seen, Problem> {
    let (spec, session) = (&record.spec, &record.session());
    let alias = async {
        match record.lambda().filter(|_| !record.has_ended()) {
            None => Ok(None),
            Some(target) => match read(aliases, record, target).await {
                Err(problem) if problem.kind == ProblemKind::Transient => Err(problem),
                seen => Ok(Some(seen)),
            },
        }
    };
    let service = async {
        let to_service = matches!(spec.target, Target::Ecs(_)) && !record.has_ended();
        match Observation::of(record).filter(|_| to_service) {
            None => None,
            // Traffic goes home without it, and everything else waits for the next look.
            Some(observation) => Some(Box::pin(services.observe(&observation)).await),
        }
    };
    let reading = async {
        match spec.alarms.watched() {
            names if names.is_empty() || record.halt.is_some() || record.has_ended() => AlarmReading::Quiet,
            names => alarms.read(session, names).await,
        }
    };
    let (alias, service, alarms) = join3(alias, service, reading).await;
    let failed = input.problem.as_ref().and_then(Caught::problem);
    // There are two announcements. When the record has been saved since, it may be the other one's turn.
    let told = |(step, _): &(MoveKind, Problem)| *step == MoveKind::Announce;
    let failed = input.step.zip(failed);
    let failed = failed.filter(|failed| !told(failed) || input.generation == Some(record.generation));
    let kept = match &service {
        Some(Ok(service)) if record.ecs.is_none() => left_behind(deployments, service).await?,
        Some(_) | None => None,
    };
    Ok(Seen { alias: alias?, service, kept, fleet: None, alarms, failed, spare_id: spare_id.clone() })
}

/// The task set that the deployment which made the PRIMARY one has left beside it.
async fn left_behind(deployments: &impl Deployments, service: &ServiceState) -> Result<Option<String>, Problem> {
    let maker = service.primary().and_then(|primary| primary.external_id.as_deref()?.parse::<DeploymentId>().ok());
    let Some(maker) = maker else { return Ok(None) };
    let maker = deployments.load(&maker).await?;
    Ok(maker.and_then(|maker| maker.left_behind(service).map(str::to_owned)))
}

/// The alias; before the first event, only if the version that it is to go to is there as well.
async fn read(aliases: &impl Aliases, record: &Deployment, target: &LambdaTarget) -> Result<AliasState, Problem> {
    let session = &record.session();
    if record.stage != Stage::Created {
        return aliases.read(session, target).await;
    }
    let alias = aliases.read(session, target).await?;
    match aliases.find_version(session, target).await {
        Err(problem) if problem.kind == ProblemKind::Missing => Err(problem),
        // A role may lack the right, and Lambda may throttle: no reason to wait, since the first shift finds out as well.
        Ok(()) | Err(_) => Ok(alias),
    }
}

impl Caught {
    /// An error with its cause.
    pub fn new(error: &str, cause: &str) -> Self {
        Self { error: error.to_owned(), cause: cause.to_owned() }
    }

    /// The problem; `None` for a wait that came to its end.
    fn problem(&self) -> Option<Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cause {
            error_message: String,
        }
        if self.error == "States.Timeout" {
            return None;
        }
        let words = serde_json::from_str::<Cause>(&self.cause).map(|cause| cause.error_message);
        let words = words.unwrap_or_else(|_| format!("{}: {}", self.error, self.cause));
        Some(Problem::new(ProblemKind::of(&self.error), words))
    }
}

fn answer(plan: &Plan) -> Answer {
    let mut answer = Answer {
        deployment_id: plan.next.id.clone(),
        generation: plan.next.generation,
        step: plan.step.kind(),
        seconds: None,
        rollback_deployment_id: None,
        follow_up_deployment_id: None,
        error: None,
        cause: None,
    };
    match &plan.step {
        Move::ReadRevision
        | Move::Announce
        | Move::CompleteShift
        | Move::RestoreTraffic
        | Move::InstallTaskSet
        | Move::RouteListener
        | Move::PromoteTaskSet
        | Move::RetireTaskSet
        | Move::SelectHosts
        | Move::ControlTraffic
        | Move::SettleFleet
        | Move::AnswerLifecycleAction
        | Move::Succeeded => {}
        Move::RunHook { seconds }
        | Move::ShiftTraffic { seconds }
        | Move::ShiftListener { seconds }
        | Move::AwaitHosts { seconds }
        | Move::Bake { seconds } => answer.seconds = Some(*seconds),
        Move::FollowUp { id } => answer.follow_up_deployment_id = Some(id.clone()),
        Move::RollBack { id, error } => {
            answer.rollback_deployment_id = Some(id.clone());
            answer.fail(error);
        }
        Move::Failed { error } | Move::Stopped { error } => answer.fail(error),
    }
    answer
}

impl Answer {
    fn fail(&mut self, error: &DeploymentError) {
        self.error = Some(error.code.as_str().to_owned());
        self.cause = Some(format!("Deployment {}: {}", self.deployment_id, error.message));
    }
}
