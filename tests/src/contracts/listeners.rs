//! Listeners and target groups of load balancers.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, AuthenticateOidcActionConfig, Rule, TargetGroupStickinessConfig,
};
use spillway_aws_core::Roles;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{ListenerArn, TargetGroupName};
use spillway_domain::ecs::listener::{Forward, Groups, Listener, ListenerKind};
use spillway_domain::ecs::service::TargetGroup;
use spillway_domain::percent::Percent;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::services::Listeners;
use spillway_testkit::World;

use super::{both_keep, kind, named, session};
use crate::cloud::front::{Front, answer, forward, short};
use crate::cloud::{Cloud, in_cloud};

/// Somebody who has load balancers.
trait Customer: Listeners {
    /// Makes a target group that a listener of this kind may forward to.
    async fn put_target_group(&self, kind: ListenerKind, name: &str) -> TargetGroup;
    /// Makes a listener that forwards to the group.
    async fn open(&self, kind: ListenerKind, group: &TargetGroup) -> ListenerArn;
    /// Makes a rule that forwards to the group.
    async fn put_rule(&self, listener: &ListenerArn, priority: u32, group: &TargetGroup) -> String;
    /// Makes a rule that forwards nowhere.
    async fn put_answer(&self, listener: &ListenerArn, priority: u32);
    /// Has the default action, or a rule, forward to the group.
    async fn take(&self, listener: &ListenerArn, rule: Option<&str>, group: &TargetGroup);
    async fn delete_rule(&self, rule: &str);
    async fn delete_target_group(&self, group: &TargetGroup);
}

impl Customer for World {
    async fn put_target_group(&self, _kind: ListenerKind, name: &str) -> TargetGroup {
        self.put_target_group(&short(name))
    }

    async fn open(&self, kind: ListenerKind, group: &TargetGroup) -> ListenerArn {
        let of = match kind {
            ListenerKind::Application => "app",
            ListenerKind::Network => "net",
        };
        let arn = format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/{of}/{}/1/1", short("lb"));
        let forwards = vec![to(None, &[(group, 1)])];
        self.put_listener(Listener { arn: arn.clone(), kind, forwards });
        named(&arn)
    }

    async fn put_rule(&self, listener: &ListenerArn, priority: u32, group: &TargetGroup) -> String {
        let rule = format!("rule-{priority}-of-{listener}");
        self.put_forward(listener, Some(&rule), group);
        rule
    }

    /// The world has nothing of listeners but what forwards.
    async fn put_answer(&self, _listener: &ListenerArn, _priority: u32) {}

    async fn take(&self, listener: &ListenerArn, rule: Option<&str>, group: &TargetGroup) {
        self.put_forward(listener, rule, group);
    }

    async fn delete_rule(&self, rule: &str) {
        self.delete_rule(rule);
    }

    async fn delete_target_group(&self, group: &TargetGroup) {
        self.delete_target_group(&group.arn);
    }
}

/// A customer of the emulated AWS.
struct Real {
    front: Front,
    listeners: spillway_aws_elb::Listeners,
}

async fn real(cloud: &'static Cloud) -> Real {
    let listeners = spillway_aws_elb::Listeners::new(&Roles::new(&super::reached(cloud).await));
    Real { front: Front::of(cloud).await, listeners }
}

impl Customer for Real {
    async fn put_target_group(&self, kind: ListenerKind, name: &str) -> TargetGroup {
        self.front.put_target_group(kind, name).await
    }

    async fn open(&self, kind: ListenerKind, group: &TargetGroup) -> ListenerArn {
        self.front.open(kind, group).await
    }

    async fn put_rule(&self, listener: &ListenerArn, priority: u32, group: &TargetGroup) -> String {
        self.front.put_rule(listener, priority.try_into().unwrap(), vec![forward(&[(group, 1)])]).await
    }

    async fn put_answer(&self, listener: &ListenerArn, priority: u32) {
        self.front.put_rule(listener, priority.try_into().unwrap(), vec![answer()]).await;
    }

    async fn take(&self, listener: &ListenerArn, rule: Option<&str>, group: &TargetGroup) {
        self.front.act(listener, rule, forward(&[(group, 1)])).await;
    }

    async fn delete_rule(&self, rule: &str) {
        self.front.elb.delete_rule().rule_arn(rule).send().await.unwrap();
    }

    async fn delete_target_group(&self, group: &TargetGroup) {
        self.front.elb.delete_target_group().target_group_arn(&group.arn).send().await.unwrap();
    }
}

impl Listeners for Real {
    async fn target_groups(
        &self,
        session: &RoleSession,
        names: &[TargetGroupName],
    ) -> Result<Vec<TargetGroup>, Problem> {
        self.listeners.target_groups(session, names).await
    }

    async fn read(&self, session: &RoleSession, listener: &ListenerArn) -> Result<Listener, Problem> {
        self.listeners.read(session, listener).await
    }

    async fn route(
        &self,
        session: &RoleSession,
        listener: &ListenerArn,
        forward: &Forward,
        groups: &[(String, u32)],
    ) -> Result<(), Problem> {
        self.listeners.route(session, listener, forward, groups).await
    }
}

both_keep! {
    target_groups_are_found_in_the_order_of_their_names
    a_target_group_that_does_not_exist_is_missing_and_named
    a_listener_is_seen_with_all_that_forwards_in_it
    a_listener_that_does_not_exist_is_missing
    every_forward_is_routed_by_itself_and_reads_as_it_was_written
    what_somebody_else_has_taken_is_stale_and_stays_theirs
    a_rule_that_is_deleted_meanwhile_is_stale
    a_network_load_balancer_goes_to_one_target_group_at_a_time
    nothing_is_routed_to_a_target_group_that_is_gone
}

/// A listener that forwards to the blue one of three groups by default, and has rules.
struct Shop {
    listener: ListenerArn,
    groups: Groups,
    blue: TargetGroup,
    green: TargetGroup,
    other: TargetGroup,
    /// Forwards to blue.
    api: String,
    /// Forwards to the other.
    admin: String,
}

async fn open(customer: &impl Customer) -> Shop {
    let group = async |name: &str| customer.put_target_group(ListenerKind::Application, name).await;
    let (blue, green, other) = (group("blue").await, group("green").await, group("other").await);
    let listener = customer.open(ListenerKind::Application, &blue).await;
    let api = customer.put_rule(&listener, 10, &blue).await;
    let admin = customer.put_rule(&listener, 20, &other).await;
    customer.put_answer(&listener, 30).await;
    let groups = Groups { original: blue.arn.clone(), replacement: green.arn.clone() };
    Shop { listener, groups, blue, green, other, api, admin }
}

async fn read(customer: &impl Customer, listener: &ListenerArn) -> Listener {
    customer.read(&session(), listener).await.unwrap()
}

/// Its forwards, by their rules.
fn sorted(mut listener: Listener) -> Vec<Forward> {
    listener.forwards.sort_by(|one, other| one.rule.cmp(&other.rule));
    listener.forwards
}

fn to(rule: Option<&str>, groups: &[(&TargetGroup, u32)]) -> Forward {
    let groups = groups.iter().map(|(group, weight)| (group.arn.clone(), *weight)).collect();
    Forward { rule: rule.map(str::to_owned), groups }
}

async fn target_groups_are_found_in_the_order_of_their_names(customer: &impl Customer) {
    let shop = open(customer).await;
    for wanted in [[&shop.blue, &shop.green], [&shop.green, &shop.blue]] {
        let names = wanted.map(|group| named(&group.name));
        assert_eq!(customer.target_groups(&session(), &names).await.unwrap(), wanted.map(Clone::clone));
    }
}

async fn a_target_group_that_does_not_exist_is_missing_and_named(customer: &impl Customer) {
    let there = customer.put_target_group(ListenerKind::Application, "there").await;
    let names = [named(&there.name), named("of-nobody")];
    let problem = customer.target_groups(&session(), &names).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Missing, "{problem}");
    assert!(problem.words.contains("of-nobody") && !problem.words.contains(&there.name), "{problem}");
}

async fn a_listener_is_seen_with_all_that_forwards_in_it(customer: &impl Customer) {
    let shop = open(customer).await;
    let seen = read(customer, &shop.listener).await;
    assert_eq!((seen.arn.as_str(), seen.kind), (shop.listener.as_str(), ListenerKind::Application));
    let expected = [
        to(None, &[(&shop.blue, 1)]),
        to(Some(&shop.api), &[(&shop.blue, 1)]),
        to(Some(&shop.admin), &[(&shop.other, 1)]),
    ];
    let expected = Listener { forwards: expected.to_vec(), ..seen.clone() };
    assert_eq!(sorted(seen), sorted(expected));
}

async fn a_listener_that_does_not_exist_is_missing(customer: &impl Customer) {
    let shop = open(customer).await;
    let absent: ListenerArn = named(&format!("{}0", shop.listener));
    let problem = customer.read(&session(), &absent).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Missing, "{problem}");
    assert!(problem.words.contains(absent.as_str()), "{problem}");
    let weights = shop.groups.weights(Percent::ALL, ListenerKind::Application);
    let routed = customer.route(&session(), &absent, &to(None, &[(&shop.blue, 1)]), &weights).await;
    assert_eq!(kind(routed), ProblemKind::Missing);
}

async fn every_forward_is_routed_by_itself_and_reads_as_it_was_written(customer: &impl Customer) {
    let shop = open(customer).await;
    for rule in [None, Some(shop.api.as_str())] {
        for share in [0.0, 0.001, 0.1, 0.5, 0.999, 1.0].map(Percent::from_weight) {
            let before = read(customer, &shop.listener).await;
            let forward = before.forwards.iter().find(|forward| forward.rule.as_deref() == rule).unwrap();
            let weights = shop.groups.weights(share, ListenerKind::Application);
            customer.route(&session(), &shop.listener, forward, &weights).await.unwrap();
            let after = read(customer, &shop.listener).await;
            let mut expected = before.clone();
            let changed = expected.forwards.iter_mut().find(|forward| forward.rule.as_deref() == rule).unwrap();
            changed.groups = weights;
            assert_eq!(sorted(after), sorted(expected), "{share}");
        }
    }
}

async fn what_somebody_else_has_taken_is_stale_and_stays_theirs(customer: &impl Customer) {
    let shop = open(customer).await;
    let weights = shop.groups.weights(Percent::ALL, ListenerKind::Application);
    for rule in [None, Some(shop.api.as_str())] {
        customer.take(&shop.listener, rule, &shop.other).await;
        let routed = customer.route(&session(), &shop.listener, &to(rule, &[(&shop.blue, 1)]), &weights).await;
        let problem = routed.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Stale, "{problem}");
        assert!(problem.words.contains(rule.unwrap_or(shop.listener.as_str())), "{problem}");
        let seen = read(customer, &shop.listener).await;
        assert!(seen.forwards.contains(&to(rule, &[(&shop.other, 1)])), "{seen:?}");
    }
}

async fn a_rule_that_is_deleted_meanwhile_is_stale(customer: &impl Customer) {
    let shop = open(customer).await;
    let before = read(customer, &shop.listener).await;
    customer.delete_rule(&shop.api).await;
    let weights = shop.groups.weights(Percent::ALL, ListenerKind::Application);
    let forward = before.forwards.iter().find(|forward| forward.rule.as_ref() == Some(&shop.api)).unwrap();
    assert_eq!(kind(customer.route(&session(), &shop.listener, forward, &weights).await), ProblemKind::Stale);
}

async fn a_network_load_balancer_goes_to_one_target_group_at_a_time(customer: &impl Customer) {
    let group = async |name: &str| customer.put_target_group(ListenerKind::Network, name).await;
    let (blue, green, other) = (group("blue").await, group("green").await, group("other").await);
    let listener = customer.open(ListenerKind::Network, &blue).await;
    let groups = Groups { original: blue.arn.clone(), replacement: green.arn.clone() };
    for (share, now, next) in [(Percent::ALL, &blue, &green), (Percent::ZERO, &green, &blue)] {
        let before = read(customer, &listener).await;
        assert_eq!((before.kind, &before.forwards[..]), (ListenerKind::Network, &[to(None, &[(now, 1)])][..]));
        let weights = groups.weights(share, ListenerKind::Network);
        customer.route(&session(), &listener, &before.forwards[0], &weights).await.unwrap();
        assert_eq!(read(customer, &listener).await.forwards, [to(None, &[(next, 1)])]);
    }
    customer.take(&listener, None, &other).await;
    let weights = groups.weights(Percent::ALL, ListenerKind::Network);
    let routed = customer.route(&session(), &listener, &to(None, &[(&blue, 1)]), &weights).await;
    assert_eq!(kind(routed), ProblemKind::Stale);
}

async fn nothing_is_routed_to_a_target_group_that_is_gone(customer: &impl Customer) {
    let shop = open(customer).await;
    customer.delete_target_group(&shop.green).await;
    let before = read(customer, &shop.listener).await;
    let weights = shop.groups.weights(Percent::from_whole(10), ListenerKind::Application);
    for forward in before.of(&shop.groups) {
        let problem = customer.route(&session(), &shop.listener, forward, &weights).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Missing, "{problem}");
    }
    assert_eq!(read(customer, &shop.listener).await, before);
}

/// An action that has users sign in first.
fn sign_in() -> Action {
    let config = AuthenticateOidcActionConfig::builder()
        .issuer("https://id.example.com")
        .authorization_endpoint("https://id.example.com/authorize")
        .token_endpoint("https://id.example.com/token")
        .user_info_endpoint("https://id.example.com/user")
        .client_id("shop")
        .client_secret("secret of the shop")
        .scope("openid email")
        .session_timeout(3600);
    Action::builder().r#type(ActionTypeEnum::AuthenticateOidc).authenticate_oidc_config(config.build()).build()
}

/// An action that forwards, and keeps users where they are.
fn sticky(group: &TargetGroup) -> Action {
    let mut action = forward(&[(group, 1)]);
    let stickiness = TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(600).build();
    action.forward_config.as_mut().unwrap().target_group_stickiness_config = Some(stickiness);
    action
}

fn in_order(actions: [Action; 2]) -> Vec<Action> {
    let numbered = actions.into_iter().zip(1..).map(|(mut action, order)| {
        action.order = Some(order);
        action
    });
    numbered.collect()
}

mod aws_alone {
    use super::*;

    #[test]
    fn conditions_other_actions_their_order_secrets_and_stickiness_stay() {
        in_cloud(async |cloud| {
            let customer = real(cloud).await;
            let Shop { listener, groups, blue, .. } = open(&customer).await;
            let rule = customer.front.put_rule(&listener, 40, in_order([sign_in(), sticky(&blue)])).await;
            let raw = async || -> Rule {
                let answer = customer.front.elb.describe_rules().rule_arns(&rule).send().await.unwrap();
                answer.rules()[0].clone()
            };
            let before = raw().await;
            let weights = groups.weights(Percent::from_whole(10), ListenerKind::Application);
            let forward = to(Some(&rule), &[(&blue, 1)]);
            for _ in 0..2 {
                customer.route(&session(), &listener, &forward, &weights).await.unwrap();
            }
            let after = raw().await;
            assert_eq!((&after.conditions, &after.priority), (&before.conditions, &before.priority));
            assert_eq!(after.actions()[0], before.actions()[0]);
            assert_eq!(after.actions()[1].order(), Some(2));
            let stickiness =
                |rule: &Rule| rule.actions()[1].forward_config().unwrap().target_group_stickiness_config.clone();
            assert!(stickiness(&after).unwrap().enabled.unwrap());
            assert_eq!(stickiness(&after), stickiness(&before));
        });
    }

    #[test]
    fn nothing_of_a_listener_changes_but_its_default_action() {
        in_cloud(async |cloud| {
            let customer = real(cloud).await;
            let Shop { listener, groups, blue, .. } = open(&customer).await;
            let request = customer.front.elb.modify_listener().listener_arn(listener.as_str()).port(8080);
            request.set_default_actions(Some(in_order([sign_in(), sticky(&blue)]))).send().await.unwrap();
            let raw = async || {
                let answer =
                    customer.front.elb.describe_listeners().listener_arns(listener.as_str()).send().await.unwrap();
                answer.listeners()[0].clone()
            };
            let before = raw().await;
            let weights = groups.weights(Percent::from_whole(10), ListenerKind::Application);
            customer.route(&session(), &listener, &to(None, &[(&blue, 1)]), &weights).await.unwrap();
            let mut after = raw().await;
            let actions = after.default_actions.replace(before.default_actions.clone().unwrap()).unwrap();
            assert_eq!(after, before);
            assert_eq!(actions[0], before.default_actions()[0]);
            let config = |action: &Action| action.forward_config().unwrap().target_group_stickiness_config.clone();
            assert_eq!(config(&actions[1]), config(&before.default_actions()[1]));
        });
    }
}
