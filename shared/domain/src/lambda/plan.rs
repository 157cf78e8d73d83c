//! Deployments to Lambda aliases: the shift, the way back, and what the alias has against it.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::{CLOCKS_DIFFER_BY, Decision, Move, MoveKind, Seen, Step, WayBack, seconds_until};
use crate::deployment::halt::Cause;
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::deployment::trouble::Trouble;
use crate::lambda::alias::{AliasRouting, AliasState};
use crate::lambda::stage::LambdaStage;
use crate::lambda::target::LambdaTarget;
use crate::names::Version;
use crate::problem::ProblemKind;

/// Notes what the first event finds, and enters it.
pub(crate) fn begin(next: &mut Deployment, alias: Option<&AliasState>, now: Timestamp) {
    next.found = alias.and_then(AliasState::routing);
    next.enter(Stage::Lambda(LambdaStage::BeforeAllowTraffic), now);
}

/// What is next on the way forward, from the stage that the record is in, through as many stages as need no move.
pub(crate) fn forward(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Step {
    loop {
        let Stage::Lambda(stage) = next.stage else { return done(next) };
        let (decision, then) = match stage {
            LambdaStage::BeforeAllowTraffic => (next.ask_or_await_hook(now), Some(LambdaStage::FIRST_SHIFT)),
            LambdaStage::AllowTraffic { step } => (shift(next, step, seen, now), Some(LambdaStage::AfterAllowTraffic)),
            LambdaStage::AfterAllowTraffic => (next.ask_or_await_hook(now), None),
        };
        match (decision, then) {
            (Some(decision), _) => return Step::Make(decision),
            (None, Some(then)) => next.enter(Stage::Lambda(then), now),
            (None, None) => return done(next),
        }
    }
}

fn done(next: &Deployment) -> Step {
    let target = next.lambda().map_or_else(String::new, |target| target.target.to_string());
    let checks = next.checks_passed();
    Step::Done(format!("Succeeded: version {target} serves 100 % of the traffic{checks}."))
}

/// The shift from `step` on; `None` when all traffic is on the target version.
fn shift(next: &mut Deployment, mut step: usize, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let alias = seen.alias.as_ref()?.as_ref().ok()?;
    let target = next.lambda()?.target;
    loop {
        let arrived = next.routing_at(step).is_some_and(|routing| alias.routes(&routing));
        let Some(current) = next.spec.routing.steps().get(step).copied() else {
            let why = || format!("All steps are done, so version {target} gets all traffic.");
            return if arrived { None } else { Some(Decision::new(Move::CompleteShift, why())) };
        };
        if !arrived {
            let why = format!(
                "Step {} of {}: version {target} gets {} %.",
                step + 1,
                next.spec.routing.steps().len() + 1,
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
                next.stage = Stage::Lambda(LambdaStage::AllowTraffic { step });
                next.bake_until = None;
            }
        }
    }
}

/// The way back. The alias is written even when it seems to be home: only a write keeps a shift that is under way from
/// coming after. A refusal is tried again for as long as the alias is on two versions, because that is no way to end.
pub(crate) fn restore(next: &Deployment, since: Timestamp, seen: &Seen, now: Timestamp) -> WayBack {
    let Some(home) = next.original_version().filter(|_| next.moves_traffic()) else {
        return WayBack::Restored;
    };
    let restored = next.restored_at.is_some();
    let restore =
        || WayBack::Make(Decision::new(Move::RestoreTraffic, format!("Traffic goes back to version {home}.")));
    let refusal = seen.refusal(MoveKind::RestoreTraffic);
    match &seen.alias {
        Some(Ok(alias)) if !next.owns(alias) => WayBack::Blocked(format!(
            "Alias {} drifted: it was changed outside this deployment and sends {alias}. Spillway has left the alias \
             as it is.",
            alias.arn
        )),
        Some(Ok(alias)) if restored && alias.routes(&AliasRouting::only(home)) => match next.late_until {
            Some(until) if until > now => await_late_shifts(home, until, now),
            Some(_) | None => WayBack::Restored,
        },
        Some(Ok(alias)) => match refusal {
            None => restore(),
            Some(problem) if problem.kind == ProblemKind::Missing && alias.weights.is_empty() => {
                WayBack::Blocked(format!(
                    "Traffic could not go back to version {home}: {} Alias {} sends {alias}.",
                    problem.words, alias.arn
                ))
            }
            Some(problem) => WayBack::try_later(since, &problem.words, now),
        },
        Some(Err(_)) | None if restored && next.late_until.is_none() => WayBack::Restored,
        Some(Err(problem)) if problem.kind == ProblemKind::Missing => {
            WayBack::Gone(format!("There is no alias left to restore: {}", problem.words))
        }
        Some(Err(problem)) => WayBack::try_later(since, &problem.words, now),
        None => restore(),
    }
}

/// A function that was under way at the halt may hold the revision that the alias still has.
fn await_late_shifts(home: Version, until: Timestamp, now: Timestamp) -> WayBack {
    let why = format!(
        "Traffic is on version {home}. Lambda has made no new revision of the alias for it, so a shift that was under \
         way may still take effect."
    );
    let wait = Decision::new(Move::Bake { seconds: seconds_until(until, now) }, why);
    WayBack::Make(wait.waiting("shifts that may still be under way", until))
}

/// What the alias has against going on.
pub(crate) fn trouble(next: &Deployment, target: &LambdaTarget, seen: &Seen) -> Option<Trouble> {
    match seen.alias.as_ref()? {
        Err(problem) => Trouble::of_reading(next, problem),
        Ok(alias) if next.owns(alias) => None,
        Ok(alias) if next.started_at.is_none() => {
            Some(Trouble::drift(Cause::AliasUnsuitable(unsuitable(target, alias))))
        }
        Ok(alias) => Some(Trouble::drift(Cause::AliasDrifted(taken(next, alias)))),
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
        "Alias {} drifted during the deployment: it was changed outside this deployment and now sends {alias}, while \
         {ours}. \
         Spillway has left the alias as it is.",
        alias.arn
    )
}
