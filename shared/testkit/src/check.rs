//! What holds when a story is over, whatever happened in it.

use spillway_domain::catalog::environment::TerminationAction;
use spillway_domain::deployment::halt::{Cause, Halt};
use spillway_domain::deployment::lifecycle::{EventName, HookRun};
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::ecs::service::TaskSetStatus;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::percent::Percent;
use spillway_domain::server::blue_green::Selector;
use spillway_domain::server::host::HostId;
use spillway_domain::server::phase::{Phase, Takeover};
use spillway_domain::server::work::{HostOutcome, HostWork};

use crate::ports::alias_key;
use crate::service::{Service, is_of};
use crate::world::Inner;
use crate::{Alias, World};

/// Checks the end of a story; answers with everything that does not hold, in words.
pub fn check(world: &World) -> Result<(), String> {
    let mut faults = Vec::new();
    let records = world.records();
    for record in &records {
        check_record(world, record, &mut faults);
    }
    check_slots(world, &mut faults);
    check_aliases(world, &records, &mut faults);
    check_shares(world, &records, &mut faults);
    check_services(world, &records, &mut faults);
    check_traffic(world, &records, &mut faults);
    check_revision(world, &records, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(format!("{}\n{}", faults.join("\n"), world.diary())) }
}

fn check_record(world: &World, record: &Deployment, faults: &mut Vec<String>) {
    let id = &record.id;
    let Some(ending) = &record.ending else {
        return faults.push(format!("{id} is not over: {}", record.note));
    };
    if !record.notified.end {
        faults.push(format!("{id} ended and nobody was told"));
    }
    if (ending.status == Status::Succeeded) != ending.error.is_none() {
        faults.push(format!("{id} is {:?} with {:?}", ending.status, ending.error));
    }
    if let Some(rollback) = &ending.rolled_back_by
        && !world.records().iter().any(|other| other.id == *rollback)
    {
        faults.push(format!("{id} names rollback {rollback}, which is not there"));
    }
    for event in EventName::ALL {
        let asked = world.asked(id, event);
        let run = record.event(event).and_then(|event| event.hook.as_ref());
        let lost = world.harmed() || run.is_some_and(|run| run.trouble.is_some());
        let most = if lost { HookRun::MOST_ASKS } else { 1 };
        if asked > u32::from(most.min(run.map_or(0, |run| run.asked))) {
            faults.push(format!("{id}: the hook of {event} was asked {asked} times"));
        }
    }
    let generations: Vec<u64> = world.ledger_of(id).iter().map(|entry| entry.generation).collect();
    if !generations.is_sorted_by(|a, b| a < b) {
        faults.push(format!("{id}: the ledger is out of order: {generations:?}"));
    }
}

fn check_slots(world: &World, faults: &mut Vec<String>) {
    let inner = world.inner.borrow();
    for (group, active) in inner.states.iter().filter_map(|(group, state)| Some((group, state.active.as_ref()?))) {
        faults.push(format!("the slot of {group} is held by {active}"));
    }
    if !inner.locks.is_empty() {
        faults.push(format!("still locked: {:?}", inner.locks));
    }
    if !inner.active.is_empty() {
        faults.push(format!("still active: {:?}", inner.active));
    }
    if inner.watching.values().any(|watching| !watching.is_empty()) {
        faults.push(format!("still watching: {:?}", inner.watching));
    }
}

/// After the last deployment, every load balancer sends requests to each instance that was to get traffic and is not
/// terminated, and to none that was to leave it. Where that deployment is blue/green and has succeeded, its group selects
/// the environment that has the traffic, and the original is terminated where it was to be.
fn check_traffic(world: &World, records: &[Deployment], faults: &mut Vec<String>) {
    let inner = world.inner.borrow();
    let Some(last) = records.iter().max_by_key(|record| (record.created_at, record.spec.rolls_back.is_some())) else {
        return;
    };
    let is_ended = |record: &Deployment, work: &HostWork| {
        let action = record.spec.lifecycle_action.as_ref().filter(|_| record.ends_instance());
        action.is_some_and(|action| action.instance == work.host.id)
    };
    let is_gone = |id: &HostId| inner.fleet.iter().any(|instance| instance.found.id == *id && instance.is_terminated);
    let all = inner.works_of_deployment(&last.id);
    let succeeded = all.filter(|(_, work)| work.host.id.is_of_ec2() && work.outcome == Some(HostOutcome::Succeeded));
    for (phase, work) in succeeded {
        let id = &work.host.id;
        let is_served =
            inner.is_in_full_traffic(id) || is_gone(id) || records.iter().any(|record| is_ended(record, work));
        match phase {
            // It was launched where the traffic is no longer.
            Phase::InPlace if work.was_left_as_is() && has_lost_traffic(&inner, records, id) => {}
            Phase::InPlace | Phase::Route | Phase::Return if !is_served && !has_left(&inner, records, id) => {
                faults.push(format!("{id} has succeeded and is not in traffic"));
            }
            Phase::Leave | Phase::Withdraw if inner.is_in_traffic(id) => {
                faults.push(format!("{id} has left the traffic and is in it"));
            }
            Phase::InPlace | Phase::Install | Phase::Route | Phase::Leave | Phase::Return | Phase::Withdraw => {}
        }
    }
    let blue_green = records.iter().filter(|record| record.replacement().is_some());
    let last = blue_green.max_by_key(|record| (record.created_at, record.spec.rolls_back.is_some())).unwrap_or(last);
    let Some((_, to)) = last.adoption().filter(|_| last.status() == Status::Succeeded) else { return };
    let group = inner.groups.values().find(|group| group.id == last.spec.group_id);
    let has_moved = last.takeover == Some(Takeover::Done);
    if group.is_some_and(|group| has_moved && Selector::from(&group.environment) != to) {
        faults.push(format!("{}: the group does not select the environment that has the traffic", last.id));
    }
    let Some((from, _)) = last.adoption() else { return };
    let installed = |record: &Deployment, id: &HostId| {
        let is_it = |(phase, work): (Phase, &HostWork)| phase == Phase::Install && work.host.id == *id;
        inner.works_of_deployment(&record.id).any(is_it)
    };
    for instance in &inner.fleet {
        let id = &instance.found.id;
        // An instance that both environments select is a replacement.
        let is_other = inner.selects(from, instance) && !inner.selects(to, instance);
        if is_other && inner.is_in_traffic(id) && !installed(last, id) {
            faults.push(format!("{id} is in the environment that lost the traffic, and is in traffic"));
        }
    }
    for (_, work) in inner.works_of_deployment(&last.id).filter(|(phase, _)| *phase == Phase::Leave) {
        if last.originals_terminated && !is_gone(&work.host.id) {
            faults.push(format!("{} is not terminated", work.host.id));
        }
    }
}

/// New instances of a group get the revision of the environment that the group selects.
fn check_revision(world: &World, records: &[Deployment], faults: &mut Vec<String>) {
    let inner = world.inner.borrow();
    let Some(forward) =
        records.iter().find(|record| record.replacement().is_some() && record.spec.rolls_back.is_none())
    else {
        return;
    };
    let Some((original, replacement)) = forward.adoption() else { return };
    let group = inner.groups.values().find(|group| group.id == forward.spec.group_id);
    let state = inner.states.get(&forward.spec.group_id);
    let Some((group, state)) = group.zip(state) else { return };
    let selected = Selector::from(&group.environment);
    let revision = state.target_revision.as_ref();
    let is_new = revision == Some(&forward.spec.revision);
    if (selected == replacement && !is_new) || (selected == original && is_new) {
        faults.push(format!("the group selects {selected:?}, and its revision is {revision:?}"));
    }
}

/// Whether a host is in an environment that a blue/green deployment moved the traffic away from, and in no other.
fn has_lost_traffic(inner: &Inner, records: &[Deployment], id: &HostId) -> bool {
    let instance = inner.fleet.iter().find(|instance| instance.found.id == *id);
    let has_lost = |(from, to)| instance.is_some_and(|one| inner.selects(from, one) && !inner.selects(to, one));
    records.iter().filter_map(Deployment::adoption).any(has_lost)
}

/// Whether a deployment had a host leave the traffic.
fn has_left(inner: &Inner, records: &[Deployment], id: &HostId) -> bool {
    let works = records.iter().flat_map(|record| inner.works_of_deployment(&record.id));
    works.into_iter().any(|(phase, work)| phase.takes_out() && work.host.id == *id)
}

/// Each alias is on exactly one version: the target's after a success, else the one it came from; but an alias that
/// somebody else wrote is theirs.
fn check_aliases(world: &World, records: &[Deployment], faults: &mut Vec<String>) {
    let inner = world.inner.borrow();
    for (key, alias) in &inner.aliases {
        // One that was refused the alias has nothing to do with it.
        let own = |record: &&Deployment| {
            record.locked_alias().is_some() && record.lambda().is_some_and(|target| alias_key(target) == *key)
        };
        let own: Vec<&Deployment> = records.iter().filter(own).collect();
        let unsuitable = |halt: &Halt| matches!(halt.cause, Cause::AliasUnsuitable(_));
        let theirs = inner.outside.iter().any(|write| write.alias == *key);
        if theirs || own.iter().any(|record| record.halt.as_ref().is_some_and(unsuitable)) {
            continue;
        }
        if let Some(last) = own.iter().max_by_key(|record| (record.created_at, record.spec.rolls_back.is_some())) {
            check_alias(last, alias, faults);
        }
    }
}

fn check_alias(last: &Deployment, alias: &Alias, faults: &mut Vec<String>) {
    if last.status() != Status::Succeeded && last.restored_at.is_none() && last.found == Some(alias.routing) {
        return;
    }
    if alias.routing.second.is_some() {
        faults.push(format!("the alias of {} is on two versions: {}", last.id, alias.routing));
    }
    let expected = match last.status() {
        Status::Succeeded => last.lambda().map(|target| target.target),
        Status::Failed | Status::Stopped => last.original_version(),
        Status::Created | Status::InProgress | Status::Ready => None,
    };
    if expected
        .is_some_and(|expected| alias.routing != AliasRouting::only(expected) && alias.versions.contains(&expected))
    {
        faults.push(format!("{} ended {:?}, but the alias routes {}", last.id, last.status(), alias.routing));
    }
}

/// The share of a deployment's target never falls, but once: home, when it is halted; and after that nothing moves.
fn check_shares(world: &World, records: &[Deployment], faults: &mut Vec<String>) {
    for record in records {
        let (Some(target), Some(home)) = (record.lambda(), record.original_version()) else {
            continue;
        };
        let mut share = Percent::ZERO;
        let mut gone_home = false;
        for (_, routing) in world.writes().iter().filter(|(id, _)| *id == record.id) {
            let now = match routing.second {
                _ if routing.main == target.target => Percent::ALL,
                Some((version, share)) if version == target.target => share,
                Some(_) | None => Percent::ZERO,
            };
            // Where a way back that changes nothing fences nothing, a late shift is put right.
            if gone_home && *routing != AliasRouting::only(home) && !world.inner.borrow().keeps_revisions {
                faults.push(format!("{}: traffic moved after it had gone home: {routing}", record.id));
            }
            if *routing == AliasRouting::only(home) && record.spec.rolls_back.is_none() {
                gone_home = true;
            } else if now < share {
                faults.push(format!("{}: the share fell from {share} to {now}", record.id));
            }
            share = now;
        }
    }
}

/// All traffic of each service is on one task set that stands for it and is steady: the replacement after a success, else
/// the original; and nothing else is left of the deployment. A service on which somebody else has laid hands is theirs.
fn check_services(world: &World, records: &[Deployment], faults: &mut Vec<String>) {
    let inner = world.inner.borrow();
    faults.extend(inner.faults.iter().cloned());
    for (key, service) in inner.services.iter().filter(|(key, _)| !inner.taken.contains(*key)) {
        let own = records.iter().filter(|record| record.service().is_some_and(|(own, _)| own.address() == *key));
        let begun = own.filter(|record| record.ecs.is_some());
        let last = begun.max_by_key(|record| (record.created_at, record.spec.rolls_back.is_some()));
        let Some((last, progress)) = last.and_then(|last| Some((last, last.ecs.as_ref()?))) else { continue };
        let succeeded = last.status() == Status::Succeeded && last.spec.rolls_back.is_none();
        let expected = if succeeded { progress.replacement.as_ref() } else { Some(&progress.original) };
        check_service(last, service, expected, faults);
        let alone = records.iter().filter(|record| record.spec.rolls_back.is_none()).count() == 1;
        if alone && !inner.harmed && !rises_until_it_falls(&inner.rerouted) {
            faults.push(format!("{}: the share went up and down: {:?}", last.id, inner.rerouted));
        }
    }
}

/// The share of a replacement never falls, but once: to nothing.
fn rises_until_it_falls(shares: &[Percent]) -> bool {
    let rising = shares.iter().zip(shares.iter().skip(1)).take_while(|(one, next)| one <= next).count();
    shares.iter().skip(rising + 1).all(|share| *share == Percent::ZERO)
}

fn check_service(last: &Deployment, service: &Service, expected: Option<&String>, faults: &mut Vec<String>) {
    let mut fault = |words: String| faults.push(format!("{} ended {:?}, but {words}", last.id, last.status()));
    let primary = service.live().find(|set| set.status == TaskSetStatus::Primary);
    let Some(primary) = primary.filter(|set| Some(&set.id) == expected) else {
        return fault(format!("{expected:?} does not stand for the service"));
    };
    for listener in &service.listeners {
        for (group, weight) in listener.forwards.iter().flat_map(|forward| &forward.groups) {
            if is_of(&service.pair, group) && *weight > 0 && !primary.groups.contains(group) {
                fault(format!("listener {} sends traffic to {group}", listener.arn));
            }
        }
    }
    let kept = last.spec.environment.blue_green.termination;
    let keeps = kept.is_some_and(|termination| termination.action == TerminationAction::KeepAlive);
    if service.live().count() > 1 && !keeps {
        fault(format!("there are {} task sets", service.live().count()));
    }
}
