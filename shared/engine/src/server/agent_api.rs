//! Serve host: what the agent of a host asks for and reports. A poll writes nothing but, now and then, that the agent was
//! seen. Everything that a host sends is held against who calls, and against the work that the host has.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::group::StoredGroup;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::identity::{NotTheHost, claim, prove};
use spillway_domain::server::launches::Needless;
use spillway_domain::server::lifecycle_action::HookOwner;
use spillway_domain::server::progress::Roster;
use spillway_domain::server::work::{Claim, Command, HostWork, Progress};

use crate::deployment::task::MOST_TRIES;
use crate::ports::catalog::Groups;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::{HostDossier, HostDossiers, HostStatus, HostWorks, OpenWork};
use crate::retry::{Tried, contended, retry_stale, unless_stale};
use crate::server::look_at_hosts::{close, settle};

/// How exactly it is known when an agent was seen: a write for each poll would cost more than the polls.
pub const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// The pause before the next poll while a deployment wants the host.
const WANTED_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The longest pause of a host that waits for its turn.
const LONGEST_TURN_PAUSE_SECONDS: i64 = 15;
/// How many hosts before its turn make the pause of a host a second longer.
const HOSTS_PER_SECOND: i64 = 50;

/// A command for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCommand {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The host, as the API names it.
    pub host: HostId,
    /// The event, and the attempt at it.
    pub command: Command,
}

/// What a host does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// A command, if there is one.
    pub command: Option<HostCommand>,
    /// In how long the host asks again.
    pub again_in: SignedDuration,
}

/// Why a host is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not the host.
    #[error(transparent)]
    NotTheHost(#[from] NotTheHost),
    /// There is no such work.
    #[error("There is no command {0} for this host.")]
    NoCommand(String),
    /// Something went wrong with the table.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// What a host may do next, and how soon it asks again.
pub async fn poll(
    store: &(impl Groups + Deployments + HostWorks + HostDossiers),
    caller: &Caller,
    host: &HostIdentifier,
    idle: SignedDuration,
    now: Timestamp,
) -> Result<Next, Refusal> {
    claim(caller, host)?;
    let dossier = store.recent_dossier(host).await?;
    note_seen(store, host, &dossier, now).await?;
    next(store, caller, host, &dossier, idle, now).await
}

/// Notes that the agent of a host stops, so that a deployment which begins meanwhile says so.
pub async fn stop(
    store: &impl HostDossiers,
    caller: &Caller,
    host: &HostIdentifier,
    now: Timestamp,
) -> Result<(), Refusal> {
    claim(caller, host)?;
    Ok(store.note_seen(host, now, true).await?)
}

async fn note_seen(
    store: &impl HostDossiers,
    host: &HostIdentifier,
    dossier: &HostDossier,
    now: Timestamp,
) -> Result<(), Problem> {
    let is_known = dossier.seen_at.is_some_and(|at| now < at + SEEN_EVERY) && dossier.stopped_at.is_none();
    if is_known { Ok(()) } else { store.note_seen(host, now, false).await }
}

async fn next(
    store: &(impl Groups + Deployments + HostWorks + HostDossiers),
    caller: &Caller,
    host: &HostIdentifier,
    dossier: &HostDossier,
    idle: SignedDuration,
    now: Timestamp,
) -> Result<Next, Refusal> {
    let (mut again_in, mut first) = (idle, None::<(Deployment, HostWork)>);
    for open in &dossier.open {
        let (record, work) = match look_up(store, open).await? {
            Found::Work(found) => *found,
            Found::Selecting => {
                again_in = again_in.min(WANTED_PAUSE);
                continue;
            }
            Found::Over => {
                store.close_work(host, &open.roster).await?;
                continue;
            }
        };
        prove(caller, &work.host)?;
        let distance = i64::from(work.rank) - i64::from(released(&record));
        if work.outcome.is_some() {
            settle(store, &record, &work).await?;
        } else if distance >= 0 {
            let pause = SignedDuration::from_secs((1 + distance / HOSTS_PER_SECOND).min(LONGEST_TURN_PAUSE_SECONDS));
            again_in = again_in.min(pause);
        } else if first.is_none() || work.has_begun() {
            // A host that has begun with one deployment ends it before it begins with another.
            first = Some((record, work));
        }
    }
    let Some((record, mut work)) = first else { return Ok(Next { command: None, again_in }) };
    if let Some(why) = needless(store, &record, &work).await? {
        if let Some((roster, ended)) = record.roster().zip(work.leave_as_is(&why, now)) {
            close(store, &record, &roster, &work, &ended).await?;
        }
        return Ok(Next { command: None, again_in: WANTED_PAUSE.min(idle) });
    }
    let host = work.host.id.clone();
    let command = work.next_command().map(|command| HostCommand { deployment: record.id.clone(), host, command });
    Ok(Next { command, again_in: WANTED_PAUSE.min(idle) })
}

/// Why an instance that Auto Scaling launched does not need the revision of its deployment, when its agent is about to
/// begin; `None` when the instance needs it. The deployment of a launch must never put an older revision over a later one,
/// nor bring an instance into the traffic that a blue/green deployment moves away from such instances.
async fn needless(
    store: &(impl Groups + Deployments + HostDossiers),
    record: &Deployment,
    work: &HostWork,
) -> Result<Option<Needless>, Problem> {
    let spec = &record.spec;
    if !work.host.was_launched || work.has_begun() {
        return Ok(None);
    }
    let owner = HookOwner { application: spec.lock.home.clone(), deployment_group_id: spec.group_id.clone() };
    let Some((_, StoredGroup { group, state, .. })) = store.group_by_id(&owner).await? else { return Ok(None) };
    let active = match &state.active {
        Some(active) => store.load(active).await?,
        None => None,
    };
    if let Some(name) = &work.host.auto_scaling_group {
        if let Some(active) = active.as_ref().filter(|active| active.leaves_group(name)) {
            return Ok(Some(Needless::Leaves(active.id.clone())));
        }
        if !group.environment.auto_scaling_groups.iter().any(|own| own.as_str() == name) {
            return Ok(Some(Needless::Unselected(group.name)));
        }
    }
    let dossier = store.dossier(&work.host.identifier).await?;
    let Some(status) = dossier.groups.get(&spec.group_id) else { return Ok(None) };
    let active = active.map(|active| active.spec.revision.clone());
    let later = [Some(spec.revision.clone()), state.target_revision, active];
    Ok(later.iter().flatten().any(|revision| status.has(revision)).then_some(Needless::HasRevision))
}

fn released(record: &Deployment) -> u32 {
    record.server.as_ref().map_or(0, |progress| progress.watermark.released)
}

/// What there is of open work.
enum Found {
    /// The record of a deployment that wants its hosts, and the work of a host in it.
    Work(Box<(Deployment, HostWork)>),
    /// The deployment still selects its hosts: they have open work before the record says which of them count.
    Selecting,
    /// The deployment does not go on, or not with this host.
    Over,
}

async fn look_up(store: &(impl Deployments + HostWorks), open: &OpenWork) -> Result<Found, Problem> {
    let record = store.load(&open.roster.deployment).await?;
    let Some(record) = record.filter(goes_on) else { return Ok(Found::Over) };
    match record.roster() {
        None => return Ok(Found::Selecting),
        Some(roster) if roster != open.roster => return Ok(Found::Over),
        Some(_) => {}
    }
    let work = store.works_of(&open.roster, std::slice::from_ref(&open.host)).await?.into_iter().next();
    Ok(work.map_or(Found::Over, |work| Found::Work(Box::new((record, work)))))
}

fn goes_on(record: &Deployment) -> bool {
    record.halt.is_none() && !record.has_ended()
}

/// The record of a deployment that wants its hosts, and open work of a host in it; `None` where either is not there or the
/// deployment does not go on.
pub(crate) async fn find_open(
    store: &(impl Deployments + HostWorks),
    open: &OpenWork,
) -> Result<Option<(Deployment, HostWork)>, Problem> {
    Ok(match look_up(store, open).await? {
        Found::Work(found) => Some(*found),
        Found::Selecting | Found::Over => None,
    })
}

/// The same for the work of a host in the phase that the deployment is in.
async fn find(
    store: &(impl Deployments + HostWorks),
    deployment: &DeploymentId,
    host: &HostId,
) -> Result<Option<(Deployment, Roster, HostWork)>, Problem> {
    let Some(record) = store.load(deployment).await?.filter(goes_on) else { return Ok(None) };
    let Some(roster) = record.roster() else { return Ok(None) };
    let work = store.works_of(&roster, std::slice::from_ref(host)).await?.into_iter().next();
    Ok(work.map(|work| (record, roster, work)))
}

/// The deployment of a command, for the host that it is for, as long as the deployment wants the host.
pub async fn specification(
    store: &(impl Deployments + HostWorks),
    caller: &Caller,
    host: &HostIdentifier,
    deployment: &DeploymentId,
    id: &HostId,
) -> Result<Deployment, Refusal> {
    claim(caller, host)?;
    let found = find(store, deployment, id).await?.filter(|(_, _, work)| work.host.identifier == *host);
    let (record, _, work) = found.ok_or_else(|| Refusal::NoCommand(deployment.to_string()))?;
    prove(caller, &work.host)?;
    Ok(record)
}

/// The host claims a command. It is refused once the deployment does not go on, so a stop wins.
pub async fn acknowledge(
    store: &(impl Groups + Deployments + HostWorks + HostDossiers),
    caller: &Caller,
    command: &HostCommand,
    now: Timestamp,
) -> Result<Claim, Refusal> {
    let claimed = retry_stale(MOST_TRIES, async || -> Result<Tried<Claim>, Refusal> {
        let found = find(store, &command.deployment, &command.host).await?;
        let Some((record, roster, mut work)) = found else { return Ok(Tried::Break(Claim::Refused)) };
        prove(caller, &work.host)?;
        if work.rank >= released(&record) {
            return Ok(Tried::Break(Claim::Refused));
        }
        let is_first = !work.has_begun();
        if needless(store, &record, &work).await?.is_some() {
            return Ok(Tried::Break(Claim::Refused));
        }
        if work.acknowledge(command.command, now) == Claim::Refused {
            return Ok(Tried::Break(Claim::Refused));
        }
        if is_first && record.phase().installs() {
            // From here on nobody knows what the host has, until it succeeds.
            let status = HostStatus { is_healthy: false, revision: None };
            store.note_status(&work.host.identifier, &record.spec.group_id, &status).await?;
        }
        Ok(unless_stale(store.save_work(&roster, &work, None).await.map(|()| Claim::Granted))?)
    });
    claimed.await?.ok_or_else(|| contended(ProblemKind::Transient, &format!("The work of {}", command.host)).into())
}

/// The host reports how a command ended, and gets the next, with what its agent calls the host. The first report counts; another one changes nothing.
pub async fn complete(
    store: &(impl Groups + Deployments + HostWorks + HostDossiers),
    caller: &Caller,
    command: &HostCommand,
    is_success: bool,
    diagnostics: &HostDiagnostics,
    idle: SignedDuration,
    now: Timestamp,
) -> Result<(Option<HostIdentifier>, Next), Refusal> {
    let done = retry_stale(MOST_TRIES, async || -> Result<Tried<Option<HostIdentifier>>, Refusal> {
        let found = find(store, &command.deployment, &command.host).await?;
        let Some((record, roster, mut work)) = found else { return Ok(Tried::Break(None)) };
        prove(caller, &work.host)?;
        let host = work.host.identifier.clone();
        let Some(ended) = work.complete(command.command, is_success, diagnostics.clone(), now) else {
            return Ok(Tried::Break(Some(host)));
        };
        match unless_stale(store.save_work(&roster, &work, Some(&ended)).await)? {
            Tried::Continue(()) => Ok(Tried::Continue(())),
            Tried::Break(()) => {
                settle(store, &record, &work).await?;
                Ok(Tried::Break(Some(host)))
            }
        }
    });
    let done = done.await?;
    let host = done.ok_or_else(|| contended(ProblemKind::Transient, &format!("The work of {}", command.host)))?;
    match host {
        None => Ok((None, Next { command: None, again_in: WANTED_PAUSE.min(idle) })),
        Some(host) => {
            let dossier = store.dossier(&host).await?;
            let next = next(store, caller, &host, &dossier, idle, now).await?;
            Ok((Some(host), next))
        }
    }
}

/// A sign of life while the host runs a command, with the end of its log so far, answered with how far the command is: an
/// agent whose claim was not answered finds out so whether it has the command.
pub async fn progress(
    store: &(impl Deployments + HostWorks),
    caller: &Caller,
    command: &HostCommand,
    log: &str,
) -> Result<Progress, Refusal> {
    let found = find(store, &command.deployment, &command.host).await?;
    let Some((_, roster, work)) = found else { return Ok(Progress::Over) };
    prove(caller, &work.host)?;
    let progress = work.progress(command.command);
    if progress == Progress::Claimed && !log.is_empty() {
        let so_far = HostDiagnostics::so_far(log);
        store.note_log(&roster, &work, command.command.event, &so_far).await?;
    }
    Ok(progress)
}
