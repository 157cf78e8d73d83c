//! In which order hosts are worked on.

use std::collections::BTreeMap;

use crate::server::host::Host;

/// The hosts in the order of their ranks. Where zones are deployed to one after the other, a zone's hosts stand together,
/// and hosts without a zone come last. Then unhealthy hosts come before hosts of unknown revision, of an old one and of
/// the current one; and among equals the Auto Scaling groups and zones take turns, so that no wave takes one of them as
/// a whole.
pub fn ranked(mut hosts: Vec<Host>, zone_by_zone: bool) -> Vec<Host> {
    hosts.sort_by(|a, b| a.id.cmp(&b.id));
    hosts.dedup_by(|a, b| a.id == b.id);
    let mut turns: BTreeMap<_, usize> = BTreeMap::new();
    let mut placed: Vec<_> = hosts
        .into_iter()
        .map(|host| {
            let zone = if zone_by_zone { host.zone.clone() } else { None };
            let stripe = (host.auto_scaling_group.clone(), host.zone.clone());
            let turn = turns.entry((zone.clone(), host.standing, stripe.clone())).or_default();
            *turn += 1;
            ((zone.is_none(), zone, host.standing, *turn, stripe), host)
        })
        .collect();
    placed.sort_by(|(a, _), (b, _)| a.cmp(b));
    placed.into_iter().map(|(_, host)| host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::host::{Principal, Standing};

    fn host(id: &str, zone: &str, standing: Standing) -> Host {
        Host {
            id: id.parse().unwrap(),
            arn: format!("arn:aws:ec2:us-east-1:111122223333:instance/{id}"),
            identifier: format!("arn:aws:ec2:us-east-1:111122223333:instance/{id}").parse().unwrap(),
            principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
            zone: Some(zone.to_owned()).filter(|zone| !zone.is_empty()),
            auto_scaling_group: None,
            standing,
            seen_at: None,
            stopped_at: None,
            was_launched: false,
            had_traffic: false,
        }
    }

    fn ids(hosts: Vec<Host>, zone_by_zone: bool) -> Vec<String> {
        ranked(hosts, zone_by_zone).into_iter().map(|host| host.id.to_string()).collect()
    }

    #[test]
    fn a_host_that_serves_well_is_the_last_that_is_touched() {
        let hosts = vec![
            host("i-1", "a", Standing::Current),
            host("i-2", "a", Standing::Old),
            host("i-3", "a", Standing::Unknown),
            host("i-4", "a", Standing::Unhealthy),
        ];
        assert_eq!(ids(hosts, false), ["i-4", "i-3", "i-2", "i-1"]);
    }

    #[test]
    fn zones_take_turns_unless_they_are_deployed_to_one_after_the_other() {
        let old = |id, zone| host(id, zone, Standing::Old);
        let hosts = vec![old("i-1", "a"), old("i-2", "a"), old("i-3", "a"), old("i-4", "b"), old("i-5", "b")];
        assert_eq!(ids(hosts.clone(), false), ["i-1", "i-4", "i-2", "i-5", "i-3"]);
        assert_eq!(ids(hosts, true), ["i-1", "i-2", "i-3", "i-4", "i-5"]);
    }

    #[test]
    fn zone_by_zone_the_hosts_without_a_zone_come_last() {
        let hosts = vec![
            host("box", "", Standing::Unhealthy),
            host("i-1", "b", Standing::Current),
            host("i-2", "a", Standing::Current),
        ];
        assert_eq!(ids(hosts, true), ["i-2", "i-1", "box"]);
    }

    #[test]
    fn a_host_that_is_selected_twice_is_ranked_once() {
        let hosts = vec![host("i-1", "a", Standing::Old), host("i-1", "a", Standing::Old)];
        assert_eq!(ids(hosts, false), ["i-1"]);
    }

    #[test]
    fn auto_scaling_groups_take_turns() {
        let of =
            |id: &str, group: &str| Host { auto_scaling_group: Some(group.to_owned()), ..host(id, "a", Standing::Old) };
        let hosts = vec![of("i-1", "red"), of("i-2", "red"), of("i-3", "blue"), of("i-4", "blue")];
        assert_eq!(ids(hosts, false), ["i-3", "i-1", "i-4", "i-2"]);
    }
}
