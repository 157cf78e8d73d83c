//! What load balancers have to be told, and when a host is in traffic or out of it.

use super::*;
use crate::server::host::{Host, Principal, Standing};
use crate::server::work::{Claim, Command, HostOutcome, RunStatus};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn host(id: &str) -> HostId {
    id.parse().unwrap()
}

fn balancer(kind: BalancerKind, members: &[(&str, Membership)]) -> Balancer {
    let members = members.iter().map(|(id, membership)| (host(id), membership.clone())).collect();
    Balancer { kind, name: "web".to_owned(), id: "web".to_owned(), members }
}

fn unhealthy() -> Membership {
    Membership::Unhealthy("unhealthy (Target.Timeout: Request timed out)".to_owned())
}

fn fine() -> HostDiagnostics {
    HostDiagnostics::new(HostErrorCode::Success, "", "Succeeded", "")
}

/// Work of a host that is at this event since second 100.
fn work(id: &str, event: HostEvent) -> HostWork {
    let host = Host {
        id: host(id),
        arn: id.to_owned(),
        identifier: "arn:aws:ec2:us-east-1:111122223333:instance/i-1".parse().unwrap(),
        principal: Principal::InstanceProfile { roles: Vec::new() },
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Old,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
        had_traffic: false,
    };
    let mut work = HostWork::new(host, 0, &HostEvent::BEHIND_LOAD_BALANCERS, false, at(0));
    let is_at = |work: &HostWork| {
        let is_open = |status| [RunStatus::Pending, RunStatus::InProgress].contains(&status);
        work.events.iter().find(|run| is_open(run.status)).is_some_and(|run| run.event == event)
    };
    while !is_at(&work) {
        step(&mut work);
    }
    work
}

fn step(work: &mut HostWork) {
    if let Some(event) = work.traffic_event() {
        work.end_traffic_event(event, &Ok("Succeeded".to_owned()), at(100)).unwrap();
        return;
    }
    let command = work.next_command().unwrap();
    work.acknowledge(command, at(100));
    work.complete(command, true, fine(), at(100)).unwrap();
}

#[test]
fn a_balancer_is_told_of_the_hosts_that_it_has_to_take_in_or_to_let_go() {
    let of = [("i-healthy", Membership::Healthy), ("i-unhealthy", unhealthy()), ("i-draining", Membership::Draining)];
    let group = balancer(BalancerKind::TargetGroup, &of);
    let with = |event| ["i-healthy", "i-unhealthy", "i-draining", "i-absent"].map(|id| (host(id), event));
    let none = Vec::new();
    assert_eq!(
        changes(&group, &with(TrafficEvent::Block)),
        Changes { register: none.clone(), deregister: ["i-healthy", "i-unhealthy"].map(host).to_vec() }
    );
    assert_eq!(
        changes(&group, &with(TrafficEvent::Allow)),
        Changes { register: ["i-draining", "i-absent"].map(host).to_vec(), deregister: none }
    );
}

#[test]
fn a_host_is_out_once_no_balancer_has_it_and_in_once_every_balancer_finds_it_healthy() {
    let members = [None, Some(Membership::Healthy), Some(unhealthy()), Some(Membership::Draining)];
    let of = |kind, membership: &Option<Membership>| {
        balancer(kind, &membership.iter().map(|it| ("i-1", it.clone())).collect::<Vec<_>>())
    };
    for one in &members {
        for other in &members {
            let all = [of(BalancerKind::TargetGroup, one), of(BalancerKind::Classic, other)];
            let ended = |event: TrafficEvent| outcome(&work("i-1", event.of_host()), event, &all, at(200)).is_some();
            assert_eq!(ended(TrafficEvent::Block), one.is_none() && other.is_none(), "{one:?} {other:?}");
            let healthy = Some(Membership::Healthy);
            assert_eq!(ended(TrafficEvent::Allow), *one == healthy && *other == healthy, "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_host_that_takes_more_than_an_hour_fails_and_what_was_seen_last_is_said() {
    let said = |event: TrafficEvent, kind, members: &[(&str, Membership)], second| {
        outcome(&work("i-1", event.of_host()), event, &[balancer(kind, members)], at(second)).map(Result::unwrap_err)
    };
    let group = BalancerKind::TargetGroup;
    assert_eq!(said(TrafficEvent::Allow, group, &[("i-1", unhealthy())], 3_699), None);
    assert_eq!(
        said(TrafficEvent::Allow, group, &[("i-1", unhealthy())], 3_700).unwrap(),
        "The EC2 instance did not turn into the expected healthy state in target group web within 1 hour. i-1 is \
         unhealthy (Target.Timeout: Request timed out)."
    );
    assert_eq!(
        said(TrafficEvent::Allow, BalancerKind::Classic, &[], 3_700).unwrap(),
        "The EC2 instance did not turn into the expected healthy state in load balancer web within 1 hour. i-1 is not \
         registered."
    );
    assert_eq!(
        said(TrafficEvent::Block, group, &[("i-1", Membership::Draining)], 3_700).unwrap(),
        "The deregistration of the EC2 instance from target group web did not end within 1 hour. i-1 is draining."
    );
}

#[test]
fn an_on_premises_instance_is_behind_no_load_balancer() {
    let of_premises = work("box-1", HostEvent::BlockTraffic);
    let ended = outcome(&of_premises, TrafficEvent::Block, &[balancer(BalancerKind::TargetGroup, &[])], at(101));
    assert_eq!(ended.unwrap().unwrap(), "box-1 is an on-premises instance, so it is behind no load balancer.");
}

#[test]
fn no_agent_takes_part_in_the_events_of_the_service() {
    let mut work = work("i-1", HostEvent::BlockTraffic);
    let attempt = work.attempt;
    for event in [HostEvent::BlockTraffic, HostEvent::BeforeBlockTraffic, HostEvent::AfterBlockTraffic] {
        let command = Command { event, attempt };
        assert_eq!(work.acknowledge(command, at(101)), Claim::Refused);
        assert_eq!(work.complete(command, true, fine(), at(101)), None);
        assert_eq!(work.complete(command, false, fine(), at(101)), None);
    }
    assert_eq!((work.next_command(), work.expire(Some(at(0)), at(99_999))), (None, None));
    assert_eq!(work.end_traffic_event(TrafficEvent::Allow, &Ok(String::new()), at(101)), None);
    let refused = Err("target group web refuses i-1".to_owned());
    let ended = work.end_traffic_event(TrafficEvent::Block, &refused, at(102)).unwrap();
    assert_eq!((ended.event, work.outcome), (HostEvent::BlockTraffic, Some(HostOutcome::Failed)));
    assert_eq!(work.reason.as_deref(), Some("BlockTraffic: target group web refuses i-1"));
}
