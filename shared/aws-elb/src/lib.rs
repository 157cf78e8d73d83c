//! The customer's listeners and target groups, seen and changed with the service role.

mod forward;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::error::SdkError;
use aws_sdk_elasticloadbalancingv2::operation::describe_target_groups::DescribeTargetGroupsError;
use aws_sdk_elasticloadbalancingv2::types::{Action, Rule};
use spillway_aws_core::{Clients, Roles, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{ListenerArn, TargetGroupName};
use spillway_domain::ecs::listener::{Forward, Listener, ListenerKind};
use spillway_domain::ecs::service::TargetGroup;
use spillway_domain::problem::{Problem, ProblemKind};

const DESCRIBE_GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups of";
const DESCRIBE_LISTENERS: &str = "elasticloadbalancing:DescribeListeners of";
const DESCRIBE_RULES: &str = "elasticloadbalancing:DescribeRules of";
const MODIFY_LISTENER: &str = "elasticloadbalancing:ModifyListener of";
const MODIFY_RULE: &str = "elasticloadbalancing:ModifyRule of";
/// The most rules that one call answers with.
const RULES_PER_CALL: i32 = 400;

/// The listeners and target groups that the service roles may touch.
#[derive(Debug)]
pub struct Listeners {
    clients: Clients<Client>,
}

impl Listeners {
    /// Listeners that are touched as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, Client::new) }
    }
}

impl spillway_engine::ports::services::Listeners for Listeners {
    async fn target_groups(
        &self,
        session: &RoleSession,
        names: &[TargetGroupName],
    ) -> Result<Vec<TargetGroup>, Problem> {
        let client = self.clients.of(session);
        let found = match described(&client, names).await {
            Err(error) if code(&error) == Some("TargetGroupNotFound") => one_by_one(&client, names).await?,
            Err(error) => return Err(problem(&format!("{DESCRIBE_GROUPS} {}", listed(names)), &error)),
            Ok(found) => found,
        };
        let of_name = |name: &TargetGroupName| {
            let found = found.iter().find(|group| group.name == name.as_str()).cloned();
            found.ok_or_else(|| missing(format!("{DESCRIBE_GROUPS} target group {name} finds none.")))
        };
        names.iter().map(of_name).collect()
    }

    async fn read(&self, session: &RoleSession, listener: &ListenerArn) -> Result<Listener, Problem> {
        let client = self.clients.of(session);
        let kind = kind(listener);
        let mut forwards = Vec::from_iter(forward::of(None, &default_actions(&client, listener).await?));
        if kind == ListenerKind::Application {
            let rules = rules(&client, listener).await?;
            // The last of the rules is the default action again.
            let own = rules.iter().filter(|rule| rule.is_default != Some(true));
            forwards.extend(own.filter_map(|rule| forward::of(rule.rule_arn.clone(), rule.actions())));
        }
        Ok(Listener { arn: listener.as_str().to_owned(), kind, forwards })
    }

    async fn route(
        &self,
        session: &RoleSession,
        listener: &ListenerArn,
        forward: &Forward,
        groups: &[(String, u32)],
    ) -> Result<(), Problem> {
        let client = self.clients.of(session);
        match &forward.rule {
            None => {
                let actions = default_actions(&client, listener).await?;
                let actions = forward::rewritten(actions, kind(listener), &forward.groups, groups);
                let actions = actions.ok_or_else(|| taken(&format!("The default action of {listener}")))?;
                let request = client.modify_listener().listener_arn(listener.as_str());
                let modified = request.set_default_actions(Some(actions)).send().await;
                modified.map_err(|error| problem(&format!("{MODIFY_LISTENER} {listener}"), &error))?;
            }
            Some(rule) => {
                let actions = actions_of(&client, rule).await?;
                let actions = forward::rewritten(actions, kind(listener), &forward.groups, groups);
                let actions = actions.ok_or_else(|| taken(&format!("Rule {rule}")))?;
                let modified = client.modify_rule().rule_arn(rule).set_actions(Some(actions)).send().await;
                modified.map_err(|error| match code(&error) {
                    Some("RuleNotFound") => gone(rule),
                    Some(_) | None => problem(&format!("{MODIFY_RULE} {rule}"), &error),
                })?;
            }
        }
        Ok(())
    }
}

/// What kind of load balancer has it: `listener/app/...` or `listener/net/...`.
fn kind(listener: &ListenerArn) -> ListenerKind {
    match listener.as_str().contains(":listener/net/") {
        true => ListenerKind::Network,
        false => ListenerKind::Application,
    }
}

async fn described(
    client: &Client,
    names: &[TargetGroupName],
) -> Result<Vec<TargetGroup>, SdkError<DescribeTargetGroupsError>> {
    let names = names.iter().map(ToString::to_string).collect();
    let answer = client.describe_target_groups().set_names(Some(names)).send().await?;
    let groups = answer.target_groups.unwrap_or_default().into_iter();
    Ok(groups
        .filter_map(|group| Some(TargetGroup { name: group.target_group_name?, arn: group.target_group_arn? }))
        .collect())
}

/// ELB does not say which of several is not there.
async fn one_by_one(client: &Client, names: &[TargetGroupName]) -> Result<Vec<TargetGroup>, Problem> {
    let mut found = Vec::new();
    for name in names {
        let one = described(client, std::slice::from_ref(name)).await;
        found.extend(one.map_err(|error| problem(&format!("{DESCRIBE_GROUPS} target group {name}"), &error))?);
    }
    Ok(found)
}

async fn default_actions(client: &Client, listener: &ListenerArn) -> Result<Vec<Action>, Problem> {
    let answer = client.describe_listeners().listener_arns(listener.as_str()).send().await;
    let answer = answer.map_err(|error| problem(&format!("{DESCRIBE_LISTENERS} {listener}"), &error))?;
    let found = answer.listeners.unwrap_or_default().pop();
    let found = found.ok_or_else(|| missing(format!("{DESCRIBE_LISTENERS} {listener} finds none.")))?;
    Ok(found.default_actions.unwrap_or_default())
}

async fn rules(client: &Client, listener: &ListenerArn) -> Result<Vec<Rule>, Problem> {
    let request = client.describe_rules().listener_arn(listener.as_str()).page_size(RULES_PER_CALL);
    let pages = request.into_paginator().items().send();
    let rules: Result<_, _> = pages.collect().await;
    rules.map_err(|error| problem(&format!("{DESCRIBE_RULES} {listener}"), &error))
}

/// What a rule does. One that is gone since it was read is to be looked for again.
async fn actions_of(client: &Client, rule: &str) -> Result<Vec<Action>, Problem> {
    let answer = client.describe_rules().rule_arns(rule).send().await.map_err(|error| match code(&error) {
        Some("RuleNotFound") => gone(rule),
        Some(_) | None => problem(&format!("{DESCRIBE_RULES} {rule}"), &error),
    })?;
    let found = answer.rules.unwrap_or_default().pop().ok_or_else(|| gone(rule))?;
    Ok(found.actions.unwrap_or_default())
}

fn gone(rule: &str) -> Problem {
    Problem::new(ProblemKind::Stale, format!("Rule {rule} was deleted meanwhile."))
}

fn taken(what: &str) -> Problem {
    let words = format!("{what} was changed meanwhile: it does not forward to the pair's target groups any more.");
    Problem::new(ProblemKind::Stale, words)
}

fn missing(words: String) -> Problem {
    Problem::new(ProblemKind::Missing, words)
}

fn listed(names: &[TargetGroupName]) -> String {
    names.iter().map(TargetGroupName::as_str).collect::<Vec<_>>().join(" and ")
}
