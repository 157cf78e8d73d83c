//! Deployments to fleets: the hosts of a [phase](crate::server::phase) are selected once, and then work in waves. There is
//! no way back on a host; a rollback is a deployment of its own.

use jiff::{SignedDuration, Timestamp};

use crate::catalog::config::HealthyHosts;
use crate::catalog::environment::ReadyOption;
use crate::deployment::decision::{Decision, Move, MoveKind, Seen, Step, seconds_until};
use crate::deployment::halt::Cause;
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::deployment::trouble::{Trouble, cause_of};
use crate::problem::{Call, ProblemKind};
use crate::server::blue_green;
use crate::server::fleet::{Fleet, FleetRules, FleetStep, FleetWait, Tally, count, next_step};
use crate::server::phase::Phase;
use crate::server::progress::{FleetView, Selection};
use crate::server::stage::ServerStage;
use crate::server::target::ServerTarget;

/// How long a deployment may take: CodeDeploy's limit for one in place.
const LONGEST_IN_PLACE: SignedDuration = SignedDuration::from_hours(8);
/// The same for a blue/green deployment, beside the wait to be continued.
const LONGEST_BLUE_GREEN: SignedDuration = SignedDuration::from_hours(13);
/// How long the execution waits for its hosts before it looks by itself: meanwhile the tick looks after them.
const LONGEST_WAIT_SECONDS: u32 = 3_600;
/// Up to how many hosts the execution itself looks when the first of them is overdue. For more hosts that would be too
/// often for its history, so they are looked at every minute.
const FEW_HOSTS: usize = 100;
/// How many hosts that have not begun are named.
const MOST_NAMED: usize = 3;
/// The pause before the hosts are looked at again, where they could not be read.
const PAUSE_SECONDS: u32 = 10;

/// Enters the first stage.
pub(crate) fn begin(next: &mut Deployment, now: Timestamp) {
    next.enter(Stage::Server(ServerStage::Select), now);
}

/// What is next.
pub(crate) fn forward(next: &mut Deployment, target: &ServerTarget, seen: &Seen, now: Timestamp) -> Step {
    if let Some((MoveKind::AnswerLifecycleAction, _)) = seen.failed {
        next.has_told(now);
    }
    if let Some(heartbeat) = next.heartbeat(now) {
        return Step::Make(heartbeat);
    }
    match target.replacement {
        None => in_phase(next, target, seen, now),
        Some(_) => blue_green::forward(next, target, seen, now),
    }
}

/// What is next in the phase that the deployment is in.
pub(super) fn in_phase(next: &mut Deployment, target: &ServerTarget, seen: &Seen, now: Timestamp) -> Step {
    let phase = next.phase();
    let Some(selection) = next.server.as_ref().map(|progress| progress.selection) else {
        if let Some(hold) = next.hold(now) {
            return Step::Make(next.until_heartbeat(hold, now));
        }
        return Step::Make(Decision::new(Move::SelectHosts, whose_selection(phase)));
    };
    let aside = match selection {
        Selection::NoOriginals => return Step::Halt(Cause::NoHosts),
        Selection::TooMany { found, most } => return Step::Halt(Cause::TooManyHosts { found, most }),
        // What has no hosts has no traffic to lose.
        Selection::Hosts { count: 0, aside: 0 } if phase.takes_out() => return Step::Done(String::new()),
        Selection::Hosts { count: 0, aside: 0 } => return Step::Halt(Cause::NoHosts),
        Selection::Hosts { aside, .. } => aside,
    };
    if next.stage == Stage::Server(ServerStage::Select) {
        next.enter(Stage::Server(ServerStage::Deploy), now);
    }
    match &seen.fleet {
        Some(Ok(view)) => deploy(next, target, view, aside, now),
        Some(Err(problem)) => look_later(&problem.words, now),
        None => look_later("The hosts were not looked at.", now),
    }
}

fn whose_selection(phase: Phase) -> &'static str {
    match phase {
        Phase::InPlace => "The hosts of the deployment group are selected.",
        Phase::Install => "The hosts of the replacement environment are selected.",
        Phase::Route => "The replacement hosts that got the revision are selected, to get traffic.",
        Phase::Leave => "The hosts of the original environment are selected, to leave the traffic.",
        Phase::Return => "The original hosts that left the traffic are selected, to return to it.",
        Phase::Withdraw => "The replacement hosts that got traffic are selected, to leave it.",
    }
}

/// The rules of a phase. Hosts that leave the traffic are not needed, so all of them leave at once. Hosts that are taken in
/// serve no caller before, so at least one of them can be.
fn rules_of(phase: Phase, target: &ServerTarget, hosts: u32) -> FleetRules {
    let count = |minimum| FleetRules { minimum: HealthyHosts::HostCount(minimum), zones: None };
    match phase {
        Phase::InPlace | Phase::Install => target.rules,
        Phase::Route | Phase::Return => count(target.rules.minimum.of(hosts).min(hosts.saturating_sub(1))),
        Phase::Leave | Phase::Withdraw => count(0),
    }
}

/// By when it has to be done.
fn out_of_time_at(next: &Deployment) -> Option<Timestamp> {
    let longest = match (next.replacement(), next.spec.environment.blue_green.ready) {
        (None, _) => LONGEST_IN_PLACE,
        (Some(_), Some(ReadyOption::Stop { minutes })) => {
            LONGEST_BLUE_GREEN + SignedDuration::from_mins(i64::from(minutes))
        }
        (Some(_), Some(ReadyOption::Continue) | None) => LONGEST_BLUE_GREEN,
    };
    Some(next.started_at? + longest)
}

fn look_later(words: &str, now: Timestamp) -> Step {
    let until = now + SignedDuration::from_secs(i64::from(PAUSE_SECONDS));
    let wait = Decision::new(Move::AwaitHosts { seconds: PAUSE_SECONDS }, words);
    Step::Make(wait.waiting("another look at the hosts", until))
}

/// Lets as many hosts work as the rules leave, and waits for them.
fn deploy(next: &mut Deployment, target: &ServerTarget, view: &FleetView, aside: u32, now: Timestamp) -> Step {
    let phase = next.phase();
    let rules = rules_of(phase, target, Tally::of(&view.hosts, 0).hosts + aside);
    let is_out_of_time = out_of_time_at(next).is_some_and(|at| at <= now);
    let Some(progress) = &mut next.server else { return look_later("The hosts are not selected.", now) };
    progress.watermark.forget(&view.hosts);
    let tally = |released| in_words(&Tally::of(&view.hosts, released));
    let before = progress.watermark.released;
    let fleet = Fleet { rules: &rules, hosts: &view.hosts, aside };
    loop {
        let watermark = &mut progress.watermark;
        match next_step(&fleet, watermark, now) {
            FleetStep::Release(_) | FleetStep::Wait(_) if is_out_of_time => {
                return Step::Halt(Cause::FleetTimedOut(tally(watermark.released)));
            }
            FleetStep::Release(to) => watermark.rise(to, now),
            FleetStep::Wait(wait) => {
                let mut why = tally(watermark.released);
                if watermark.released > before {
                    why = format!("{} may begin. {why}", count(watermark.released - before));
                }
                let released = watermark.released;
                let in_traffic_events = view.hosts.iter().filter(|host| host.in_traffic_event).count();
                return Step::Make(if in_traffic_events == 0 {
                    next.until_heartbeat(wait_for(&wait, view, released, why, now), now)
                } else {
                    let hosts = count(u32::try_from(in_traffic_events).unwrap_or(u32::MAX));
                    Decision::new(Move::ControlTraffic, format!("{why} In BlockTraffic or AllowTraffic: {hosts}."))
                });
            }
            FleetStep::Succeeded | FleetStep::Failed(_) if phase.takes_out() => {
                let had_traffic = view.hosts.iter().filter(|host| host.had_traffic);
                let Tally { hosts, failed, .. } = Tally::of(had_traffic, watermark.released);
                let failures = view.failures.clone();
                return match failed {
                    0 => Step::Done(String::new()),
                    1.. => Step::Halt(Cause::HostsStayInTraffic { failed, of: hosts, failures }),
                };
            }
            FleetStep::Succeeded => {
                let tally = Tally::of(&view.hosts, watermark.released);
                return Step::Done(next.instance_is_ready().unwrap_or_else(|| succeeded(&tally, aside)));
            }
            FleetStep::Failed(shortage) => {
                let failures = view.failures.clone();
                let has_begun = watermark.released > 0;
                return Step::Halt(if has_begun {
                    Cause::TooFewHealthyHosts { shortage, failures }
                } else {
                    Cause::MinimumTooHigh(shortage)
                });
            }
        }
    }
}

fn wait_for(wait: &FleetWait, view: &FleetView, released: u32, why: String, now: Timestamp) -> Decision {
    match wait {
        FleetWait::Hosts(due_at) => {
            let until = due_at.unwrap_or(now + SignedDuration::from_secs(i64::from(LONGEST_WAIT_SECONDS)));
            let is_few = view.hosts.len() <= FEW_HOSTS;
            let seconds =
                if is_few { seconds_until(until, now).min(LONGEST_WAIT_SECONDS) } else { LONGEST_WAIT_SECONDS };
            Decision::new(Move::AwaitHosts { seconds }, why).waiting(awaited(view, released), until)
        }
        FleetWait::Zone(zone, until) => {
            let seconds = seconds_until(*until, now).min(LONGEST_WAIT_SECONDS);
            let what = format!("the monitor time before hosts of {zone} begin");
            Decision::new(Move::AwaitHosts { seconds }, why).waiting(what, *until)
        }
    }
}

/// The hosts that are waited for, by their names where they are few.
fn awaited(view: &FleetView, released: u32) -> String {
    let silent = view.silent.iter().filter(|host| host.rank < released).map(|host| host.words.as_str());
    match silent.take(MOST_NAMED).collect::<Vec<_>>().as_slice() {
        [] => "hosts at work".to_owned(),
        silent => format!("hosts at work. No answer yet from {}", silent.join(", ")),
    }
}

fn in_words(tally: &Tally) -> String {
    let Tally { hosts, untouched, busy, succeeded, failed } = tally;
    format!("Of {}, {succeeded} succeeded, {failed} failed, {busy} at work, {untouched} waiting.", count(*hosts))
}

fn succeeded(tally: &Tally, aside: u32) -> String {
    let failed = if tally.failed == 0 {
        String::new()
    } else {
        format!(" {} failed, as the configuration allows.", tally.failed)
    };
    let aside = if aside == 0 { String::new() } else { format!(" Left as found: {}.", count(aside)) };
    format!("Succeeded: {} of {} got the revision.{failed}{aside}", tally.succeeded, count(tally.hosts))
}

/// Whether there is something for a rollback to undo: a host that may have been touched, or traffic that may have moved.
pub(crate) fn has_undoable(next: &Deployment) -> bool {
    match next.replacement() {
        None => next.spec.previous_revision.is_some() && has_touched_hosts(next),
        Some(_) => next.undone().is_some(),
    }
}

/// Whether a host may have been touched.
pub(crate) fn has_touched_hosts(next: &Deployment) -> bool {
    next.server.as_ref().is_some_and(|progress| progress.watermark.released > 0)
}

/// What a rollback deploys.
pub(crate) fn rollback(next: &Deployment, target: &ServerTarget) -> ServerTarget {
    ServerTarget { only_outdated: false, replacement: next.undone(), ..target.clone() }
}

/// Where the hosts are, in words, once the deployment has ended.
pub(crate) fn where_hosts_are(next: &Deployment) -> String {
    if next.replacement().is_some() {
        return blue_green::where_traffic_is(next);
    }
    match next.server.as_ref().map_or(0, |progress| progress.watermark.released) {
        0 => "No host was touched.".to_owned(),
        released => format!("At most {} may have been touched.", count(released)),
    }
}

/// The bundle is not there, or reading the hosts has failed in a way that a further look cannot mend.
pub(crate) fn trouble(seen: &Seen) -> Option<Trouble> {
    if let Some((MoveKind::SelectHosts, problem)) = &seen.failed
        && problem.kind == ProblemKind::Missing
        && problem.call.as_ref().is_none_or(|call| call.service == Call::S3)
    {
        return Some(Trouble::certain(Cause::RevisionMissing(problem.words.clone())));
    }
    let problem = seen.fleet.as_ref()?.as_ref().err()?;
    match problem.kind {
        ProblemKind::Denied | ProblemKind::Refused | ProblemKind::TooLarge => cause_of(problem).map(Trouble::certain),
        ProblemKind::Missing | ProblemKind::Stale | ProblemKind::Transient => None,
    }
}
