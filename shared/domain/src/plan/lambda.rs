//! Deployments to Lambda aliases: the shift, the way back, and what the alias has against it.

use jiff::{SignedDuration, Timestamp};

use super::ending::{Homeward, try_later};
use super::forward::CLOCKS_DIFFER_BY;
use super::trouble::Trouble;
use super::{Decision, Move, ProblemKind, Seen, clock, ending, events, seconds_until};
use crate::{AliasRouting, AliasState, Cause, Deployment, EventName, Halt, LambdaTarget, Stage, Version};

/// The lifecycle of a deployment that nothing speaks against, from top to bottom.
pub(super) fn forward(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    loop {
        let step = match next.stage {
            Stage::BeforeAllowTraffic => events::hook(next, EventName::BeforeAllowTraffic, seen, now).or_else(|| {
                events::enter(next, Stage::AllowTraffic { step: 0 }, now);
                None
            }),
            Stage::AllowTraffic { step } => shift(next, step, seen, now).or_else(|| {
                events::enter(next, Stage::AfterAllowTraffic, now);
                None
            }),
            Stage::AfterAllowTraffic => {
                let hook = events::hook(next, EventName::AfterAllowTraffic, seen, now);
                Some(hook.unwrap_or_else(|| succeed(next, now)))
            }
            Stage::Created
            | Stage::BeforeInstall
            | Stage::Install
            | Stage::AfterInstall
            | Stage::AllowTestTraffic
            | Stage::AfterAllowTestTraffic
            | Stage::ReadyWait
            | Stage::TerminationWait
            | Stage::Termination
            | Stage::Ended => Some(succeed(next, now)),
        };
        if let Some(decision) = step {
            return decision;
        }
    }
}

fn succeed(next: &mut Deployment, now: Timestamp) -> Decision {
    let target = next.lambda().map_or_else(String::new, |target| target.target.to_string());
    let words = format!("Version {target} has had all traffic, and nothing spoke against it, at {}.", clock(now));
    ending::succeed(next, words, now)
}

/// The shift from `step` on; `None` when all traffic is on the target version.
fn shift(next: &mut Deployment, mut step: usize, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let alias = seen.alias.as_ref()?.as_ref().ok()?;
    let target = next.lambda()?.target;
    loop {
        let arrived = next.routing_at(step).is_some_and(|routing| alias.routes(&routing));
        let Some(current) = next.order.routing.steps().get(step).copied() else {
            let why = || format!("All steps are done, so version {target} gets all traffic.");
            return if arrived { None } else { Some(Decision::new(Move::CompleteShift, why())) };
        };
        if !arrived {
            let why = format!(
                "Step {} of {}: version {target} is to get {} %.",
                step + 1,
                next.order.routing.steps().len() + 1,
                current.percent
            );
            let until = now + SignedDuration::from_secs(i64::from(current.wait_seconds));
            let what = format!("{} % to bake", current.percent);
            let shift = Move::ShiftTraffic { seconds: current.wait_seconds };
            return Some(Decision::new(shift, why).waiting(what, until));
        }
        if next.bake_until.is_none() {
            next.begin_bake(now);
        }
        match next.bake_until {
            Some(until) if until > now + CLOCKS_DIFFER_BY => {
                let why = format!("Version {target} has {} % and bakes.", current.percent);
                let what = format!("{} % to bake", current.percent);
                let bake = Move::Bake { seconds: seconds_until(until, now) };
                return Some(Decision::new(bake, why).waiting(what, until));
            }
            Some(_) | None => {
                step += 1;
                next.stage = Stage::AllowTraffic { step };
                next.bake_until = None;
            }
        }
    }
}

/// The way back. The alias is written even when it seems to be home: only a write keeps a shift that is under way from
/// coming after. A refusal is tried again for as long as the alias is on two versions, because that is no way to end.
pub(super) fn homeward(next: &Deployment, halt: &Halt, seen: &Seen, now: Timestamp) -> Homeward {
    let Some(home) = next.home().filter(|_| next.moves_traffic()) else {
        return Homeward::There;
    };
    let restored = next.restored_at.is_some();
    let restore = || Homeward::Go(Decision::new(Move::RestoreTraffic, format!("Traffic goes back to version {home}.")));
    let refusal = seen.failed.as_ref().filter(|(step, _)| step == Move::RestoreTraffic.name()).map(|(_, p)| p);
    match &seen.alias {
        Some(Ok(alias)) if !next.owns(alias) => Homeward::Blocked(format!(
            "Alias {} was changed by somebody else and sends {alias}; Spillway has left it as it is.",
            alias.arn
        )),
        Some(Ok(alias)) if restored && alias.routes(&AliasRouting::only(home)) => match next.late_until {
            Some(until) if until > now => await_late_shifts(home, until, now),
            Some(_) | None => Homeward::There,
        },
        Some(Ok(alias)) => match refusal {
            None => restore(),
            Some(problem) if problem.kind == ProblemKind::Stale => restore(),
            Some(problem) if problem.kind == ProblemKind::Missing && alias.weights.is_empty() => {
                Homeward::Blocked(format!(
                    "Traffic could not go back to version {home}: {} Alias {} sends {alias}.",
                    problem.words, alias.arn
                ))
            }
            Some(problem) => try_later(halt.at, &problem.words, now),
        },
        Some(Err(_)) | None if restored && next.late_until.is_none() => Homeward::There,
        Some(Err(problem)) if problem.kind == ProblemKind::Missing => {
            Homeward::Gone(format!("There is no alias left to restore: {}", problem.words))
        }
        Some(Err(problem)) => try_later(halt.at, &problem.words, now),
        None => restore(),
    }
}

/// A function that was under way at the halt may hold the revision that the alias still has.
fn await_late_shifts(home: Version, until: Timestamp, now: Timestamp) -> Homeward {
    let why = format!(
        "Traffic is on version {home}. Lambda has made no new revision of the alias for it, so that a shift which was under \
         way may still come."
    );
    let wait = Decision::new(Move::Bake { seconds: seconds_until(until, now) }, why);
    Homeward::Go(wait.waiting("shifts that may still be under way", until))
}

/// What the alias has against going on.
pub(super) fn alias_trouble(next: &Deployment, target: &LambdaTarget, seen: &Seen) -> Option<Trouble> {
    match seen.alias.as_ref()? {
        Err(problem) => Trouble::of_reading(next, problem),
        Ok(alias) if next.owns(alias) => None,
        Ok(alias) if next.started_at.is_none() => {
            Some(Trouble::drift(Cause::AliasUnsuitable(unsuitable(target, alias))))
        }
        Ok(alias) => Some(Trouble::drift(Cause::AliasTaken(taken(next, alias)))),
    }
}

/// Why an alias cannot be deployed to as it was found, and what leads out of it.
fn unsuitable(target: &LambdaTarget, alias: &AliasState) -> String {
    let LambdaTarget { function, alias: name, current, target, .. } = target;
    let arn = &alias.arn;
    let update = format!("aws lambda update-alias --function-name {function} --name {name}");
    if alias.routes(&AliasRouting::only(*target)) {
        return format!(
            "Alias {arn} sends {alias} already, so that TargetVersion {target} is deployed and nothing is left to do. \
             Nothing was changed. To deploy another version, name it as TargetVersion, with CurrentVersion {target}."
        );
    }
    if alias.is_split() {
        return format!(
            "Alias {arn} sends {alias}, which is no place between CurrentVersion {current} and TargetVersion {target} \
             that a deployment starts from. Nothing was changed. Give all traffic to one version first, such as with \
             `{update} --function-version {current} --routing-config AdditionalVersionWeights={{}}`, and deploy with \
             that as CurrentVersion."
        );
    }
    if alias.main == AliasState::LATEST {
        return format!(
            "Alias {arn} points at $LATEST, which is no published version, so that no traffic can be shifted from it. \
             Nothing was changed. Publish a version and point the alias at it first, with `{update} --function-version \
             $(aws lambda publish-version --function-name {function} --query Version --output text)`; then deploy with \
             that as CurrentVersion."
        );
    }
    format!(
        "Alias {arn} points at version {}, not at the AppSpec's CurrentVersion {current}: it sends {alias}. Nothing was \
         changed. Deploy again with CurrentVersion {}, or point the alias at version {current} first.",
        alias.main, alias.main
    )
}

fn taken(next: &Deployment, alias: &AliasState) -> String {
    let ours = next.desired().map_or_else(
        || format!("this deployment {} had found it on CurrentVersion and had not touched it", next.id),
        |routing| format!("this deployment {} had asked for {routing}", next.id),
    );
    format!(
        "Alias {} was changed by somebody else during the deployment: it now sends {alias}, while {ours}. \
         Spillway has left it as it is.",
        alias.arn
    )
}
