//! The one action among others that forwards.

use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ForwardActionConfig, TargetGroupTuple};
use spillway_domain::ecs::listener::{Forward, ListenerKind};

/// What ELB takes a weight for that is not given.
const WEIGHT_UNLESS_SAID: u32 = 1;

/// Where these actions forward to, if they do.
pub(crate) fn of(rule: Option<String>, actions: &[Action]) -> Option<Forward> {
    let groups = groups_of(actions.iter().find(|action| forwards(action))?);
    Some(Forward { rule, groups })
}

/// The same actions, but that they forward to `groups`; `None` when they neither forward to one of these nor to what
/// was `seen`.
pub(crate) fn rewritten(
    mut actions: Vec<Action>,
    kind: ListenerKind,
    seen: &[(String, u32)],
    groups: &[(String, u32)],
) -> Option<Vec<Action>> {
    let action = actions.iter_mut().find(|action| forwards(action))?;
    let now = groups_of(action);
    let (now, seen, wanted) = (names(&now), names(seen), names(groups));
    if now != seen && !now.iter().any(|group| wanted.contains(group)) {
        return None;
    }
    forward_to(action, kind, groups);
    actions.iter_mut().for_each(keep_secret);
    Some(actions)
}

fn forwards(action: &Action) -> bool {
    action.r#type == Some(ActionTypeEnum::Forward)
}

fn groups_of(action: &Action) -> Vec<(String, u32)> {
    let tuples = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let weight = |tuple: &TargetGroupTuple| match tuple.weight {
        Some(weight) => weight.try_into().unwrap_or_default(),
        None => WEIGHT_UNLESS_SAID,
    };
    let groups = tuples.iter().filter_map(|tuple| Some((tuple.target_group_arn.clone()?, weight(tuple))));
    let groups: Vec<_> = groups.collect();
    match groups.is_empty() {
        true => action.target_group_arn.iter().map(|group| (group.clone(), WEIGHT_UNLESS_SAID)).collect(),
        false => groups,
    }
}

/// The names in order, whatever the order in which ELB has them.
fn names(groups: &[(String, u32)]) -> Vec<&str> {
    let mut names: Vec<_> = groups.iter().map(|(group, _)| group.as_str()).collect();
    names.sort_unstable();
    names
}

fn forward_to(action: &mut Action, kind: ListenerKind, groups: &[(String, u32)]) {
    if let (ListenerKind::Network, [(group, _)]) = (kind, groups) {
        action.target_group_arn = Some(group.clone());
        action.forward_config = None;
        return;
    }
    let tuple = |(group, weight): &(String, u32)| {
        let weight = i32::try_from(*weight).unwrap_or(i32::MAX);
        TargetGroupTuple::builder().target_group_arn(group).weight(weight).build()
    };
    let stickiness = action.forward_config.take().and_then(|config| config.target_group_stickiness_config);
    let config = ForwardActionConfig::builder().set_target_group_stickiness_config(stickiness);
    // Beside a configuration, a single target group would have to be the one in it.
    action.target_group_arn = None;
    action.forward_config = Some(config.set_target_groups(Some(groups.iter().map(tuple).collect())).build());
}

/// ELB does not show the secret of a client, and wants it again unless it is told to keep it.
fn keep_secret(action: &mut Action) {
    if let Some(config) = &mut action.authenticate_oidc_config {
        config.client_secret = None;
        config.use_existing_client_secret = Some(true);
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::builders::ActionBuilder;
    use aws_sdk_elasticloadbalancingv2::types::{
        AuthenticateOidcActionConfig, FixedResponseActionConfig, TargetGroupStickinessConfig,
    };

    use super::*;

    fn groups(groups: &[(&str, u32)]) -> Vec<(String, u32)> {
        groups.iter().map(|(group, weight)| ((*group).to_owned(), *weight)).collect()
    }

    fn forward() -> ActionBuilder {
        Action::builder().r#type(ActionTypeEnum::Forward)
    }

    fn tuple(group: &str, weight: Option<i32>) -> TargetGroupTuple {
        TargetGroupTuple::builder().target_group_arn(group).set_weight(weight).build()
    }

    fn weighted(tuples: impl IntoIterator<Item = TargetGroupTuple>) -> ForwardActionConfig {
        let sticky = TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(60).build();
        let config = ForwardActionConfig::builder().target_group_stickiness_config(sticky);
        config.set_target_groups(Some(tuples.into_iter().collect())).build()
    }

    fn to_groups(now: &[(&str, u32)]) -> Action {
        let tuples = now.iter().map(|(group, weight)| tuple(group, Some((*weight).try_into().unwrap())));
        forward().forward_config(weighted(tuples)).build()
    }

    #[test]
    fn a_forward_is_read_in_each_of_its_forms() {
        let simple = forward().target_group_arn("blue").build();
        let read = |action: Action| of(None, &[action]).map(|forward| forward.groups);
        assert_eq!(read(simple.clone()), Some(groups(&[("blue", 1)])));
        let unweighted = forward().forward_config(weighted([tuple("blue", None)])).target_group_arn("blue");
        assert_eq!(read(unweighted.build()), Some(groups(&[("blue", 1)])));
        let empty = forward().target_group_arn("blue").forward_config(weighted([]));
        assert_eq!(read(empty.build()), Some(groups(&[("blue", 1)])));
        assert_eq!(read(to_groups(&[("blue", 0), ("green", 999)])), Some(groups(&[("blue", 0), ("green", 999)])));
        let fixed = FixedResponseActionConfig::builder().status_code("503").build();
        let fixed = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(fixed).build();
        assert_eq!(of(None, std::slice::from_ref(&fixed)), None);
        assert_eq!(rewritten(vec![fixed], ListenerKind::Application, &[], &groups(&[("blue", 1)])), None);
    }

    #[test]
    fn everything_but_the_target_groups_stays_and_a_secret_is_kept() {
        let oidc = AuthenticateOidcActionConfig::builder().client_id("id").scope("openid").session_timeout(9);
        let oidc = Action::builder().r#type(ActionTypeEnum::AuthenticateOidc).authenticate_oidc_config(oidc.build());
        let mut second = to_groups(&[("blue", 1)]);
        (second.order, second.target_group_arn) = (Some(2), Some("blue".to_owned()));
        let wanted = groups(&[("blue", 90), ("green", 10)]);
        let actions = vec![oidc.order(1).build(), second];
        let written = rewritten(actions, ListenerKind::Application, &[], &wanted).unwrap();
        let [first, second] = &written[..] else { panic!("{written:?}") };
        let kept = first.authenticate_oidc_config().unwrap();
        assert_eq!((kept.client_id(), kept.scope(), kept.session_timeout()), (Some("id"), Some("openid"), Some(9)));
        assert_eq!((kept.client_secret(), kept.use_existing_client_secret()), (None, Some(true)));
        assert_eq!((first.order, second.order), (Some(1), Some(2)));
        assert_eq!(second.target_group_arn, None);
        let config = second.forward_config().unwrap();
        let sticky = config.target_group_stickiness_config().unwrap();
        assert_eq!((sticky.enabled, sticky.duration_seconds), (Some(true), Some(60)));
        assert_eq!(groups_of(second), wanted);
    }

    #[test]
    fn a_network_load_balancer_is_given_the_target_group_alone() {
        let (blue, green) = (groups(&[("blue", 1)]), groups(&[("green", 1)]));
        let written = rewritten(vec![to_groups(&[("blue", 1)])], ListenerKind::Network, &blue, &green).unwrap();
        assert_eq!((written[0].target_group_arn(), written[0].forward_config()), (Some("green"), None));
    }

    #[test]
    fn what_forwards_elsewhere_by_now_is_left_alone() {
        let wanted = groups(&[("blue", 1), ("green", 1)]);
        let rewrite = |now: &[(&str, u32)], seen: &[(&str, u32)]| {
            rewritten(vec![to_groups(now)], ListenerKind::Application, &groups(seen), &wanted).is_some()
        };
        assert!(!rewrite(&[("other", 1)], &[("blue", 1)]));
        assert!(!rewrite(&[("other", 1)], &[("blue", 1), ("other", 1)]));
        assert!(rewrite(&[("other", 1), ("green", 1)], &[("blue", 1)]));
    }
}
