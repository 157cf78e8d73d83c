//! The customer's EC2 instances, their Auto Scaling groups and their load balancers, seen and changed with the service
//! role, and the roles of their instance profiles, read with the function's own.
//!
//! A few operations of AWS's Query protocol are all that is needed. The SDK for EC2 alone would be larger than a function
//! may be.

mod answers;
mod balancers;
mod lifecycle;
mod query;
mod terminations;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use spillway_aws_core::{Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{AutoScalingGroupName, TagSelection};
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::host::HostId;
use spillway_engine::ports::hosts::FoundInstance;

use crate::answers::{Described, Page};
pub use crate::balancers::Balancers;
pub use crate::lifecycle::AutoScaling;
use crate::query::{Operation, ask};

/// How many instances are named in one call, which is less than EC2 takes in a filter.
const IDS_PER_CALL: usize = 100;
/// The states of instances that are deployed to. A stopped instance is, too, and fails.
const DEPLOYED_TO: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// The instances that the service roles may describe.
#[derive(Debug)]
pub struct Fleets {
    own: SdkConfig,
    roles: Roles,
}

impl Fleets {
    /// Instances that are described as one of `roles`; their instance profiles are read as `own`.
    pub fn new(own: &SdkConfig, roles: &Roles) -> Self {
        Self { own: own.clone(), roles: roles.clone() }
    }

    /// The names of the roles of an instance profile, by its name.
    async fn roles_of(&self, profile: &str) -> Result<Vec<String>, Problem> {
        let what = format!("iam:GetInstanceProfile of {profile}");
        let fields = vec![("InstanceProfileName".to_owned(), profile.to_owned())];
        match Box::pin(ask(&self.own, Operation::GetInstanceProfile, fields)).await {
            Err(error) if code(&error) == Some("NoSuchEntity") => Ok(Vec::new()),
            Err(error) => Err(problem(&what, &error)),
            Ok(text) => answers::role_names(&text).map_err(|words| unreadable(&what, &words)),
        }
    }

    /// The instances that fit the filters.
    async fn describe(&self, config: &SdkConfig, filters: &[(&str, Vec<String>)]) -> Result<Vec<Described>, Problem> {
        let what = "ec2:DescribeInstances";
        let fields = || {
            (1..).zip(filters).flat_map(|(number, (name, values))| {
                let values = (1..)
                    .zip(values)
                    .map(move |(index, value)| (format!("Filter.{number}.Value.{index}"), value.clone()));
                std::iter::once((format!("Filter.{number}.Name"), (*name).to_owned())).chain(values)
            })
        };
        let mut found = Vec::new();
        let mut next = None::<String>;
        loop {
            let page = next.iter().map(|token| ("NextToken".to_owned(), token.clone()));
            let text = ask(config, Operation::DescribeInstances, fields().chain(page).collect());
            let text = Box::pin(text).await.map_err(|error| problem(what, &error))?;
            let Page { items, next: token } = answers::instances(&text).map_err(|words| unreadable(what, &words))?;
            found.extend(items);
            match token {
                None => return Ok(found),
                token @ Some(_) => next = token,
            }
        }
    }

    /// Instances with the roles of their profiles, and their Auto Scaling groups.
    async fn complete(
        &self,
        described: Vec<Described>,
        members: &BTreeMap<String, AutoScalingGroupName>,
    ) -> Result<Vec<FoundInstance>, Problem> {
        let profiles: BTreeSet<String> = described.iter().filter_map(|instance| instance.profile.clone()).collect();
        let mut roles = BTreeMap::new();
        for profile in profiles {
            let own = self.roles_of(&profile).await?;
            roles.insert(profile, own);
        }
        let complete = |instance: Described| {
            let own = instance.profile.as_ref().and_then(|profile| roles.get(profile)).cloned();
            instance.complete(own.unwrap_or_default(), members)
        };
        Ok(described.into_iter().filter_map(complete).collect())
    }

    /// The ids of the members of Auto Scaling groups, each with its group.
    async fn members(
        &self,
        config: &SdkConfig,
        groups: &[AutoScalingGroupName],
    ) -> Result<BTreeMap<String, AutoScalingGroupName>, Problem> {
        let what = "autoscaling:DescribeAutoScalingGroups";
        let names = (1..)
            .zip(groups)
            .map(|(number, group)| (format!("AutoScalingGroupNames.member.{number}"), group.to_string()));
        let text = Box::pin(ask(config, Operation::DescribeAutoScalingGroups, names.collect())).await;
        let text = text.map_err(|error| problem(what, &error))?;
        let found = answers::groups(&text).map_err(|words| unreadable(what, &words))?;
        let mut members = BTreeMap::new();
        for group in groups {
            let Some((_, ids)) = found.iter().find(|(name, _)| name == group.as_str()) else {
                let words = format!("{what} of {group} failed: there is no such Auto Scaling group.");
                return Err(Problem::new(ProblemKind::Missing, words));
            };
            members.extend(ids.iter().map(|id| (id.clone(), group.clone())));
        }
        Ok(members)
    }
}

impl spillway_engine::ports::hosts::Fleets for Fleets {
    async fn find(
        &self,
        session: &RoleSession,
        tags: &TagSelection,
        groups: &[AutoScalingGroupName],
    ) -> Result<Vec<FoundInstance>, Problem> {
        let config = &self.roles.config(session);
        let states = ("instance-state-name", DEPLOYED_TO.map(str::to_owned).to_vec());
        let mut found = BTreeMap::new();
        // An instance that fits the whole selection fits one filter of its first list.
        for filter in first_filters(tags) {
            let described = self.describe(config, &[states.clone(), of_tag(filter)]).await?;
            let meant = described.into_iter().filter(|instance| tags.fits(&instance.tags));
            found.extend(meant.map(|instance| (instance.id.clone(), instance)));
        }
        let members = match groups {
            [] => BTreeMap::new(),
            groups => self.members(config, groups).await?,
        };
        let further: Vec<String> = members.keys().filter(|id| !found.contains_key(*id)).cloned().collect();
        for ids in further.chunks(IDS_PER_CALL) {
            let described = self.describe(config, &[states.clone(), ("instance-id", ids.to_vec())]).await?;
            found.extend(described.into_iter().map(|instance| (instance.id.clone(), instance)));
        }
        self.complete(found.into_values().collect(), &members).await
    }

    async fn instance(&self, session: &RoleSession, id: &HostId) -> Result<Option<FoundInstance>, Problem> {
        let config = &self.roles.config(session);
        let states = ("instance-state-name", DEPLOYED_TO.map(str::to_owned).to_vec());
        let described = self.describe(config, &[states, ("instance-id", vec![id.to_string()])]).await?;
        Ok(self.complete(described, &BTreeMap::new()).await?.into_iter().next())
    }

    async fn terminated(&self, session: &RoleSession, ids: &[HostId]) -> Result<Vec<HostId>, Problem> {
        let config = &self.roles.config(session);
        let mut there = BTreeSet::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let ids = ids.iter().map(ToString::to_string).collect();
            // By a filter: a call that names an instance which is gone fails as a whole.
            let described = self.describe(config, &[("instance-id", ids)]).await?;
            let lives = described.into_iter().filter(|instance| DEPLOYED_TO.contains(&instance.state.as_str()));
            there.extend(lives.map(|instance| instance.id));
        }
        Ok(ids.iter().filter(|id| !there.contains(id.as_str())).cloned().collect())
    }
}

fn first_filters(tags: &TagSelection) -> &[TagFilter] {
    match (tags.filters.as_slice(), tags.set.first()) {
        ([], Some(first)) => first,
        (filters, _) => filters,
    }
}

fn of_tag(filter: &TagFilter) -> (&'static str, Vec<String>) {
    match filter {
        TagFilter::Key(key) => ("tag-key", vec![literal(key)]),
        TagFilter::Value(value) => ("tag-value", vec![literal(value)]),
        TagFilter::KeyAndValue(tag) => ("tag-key", vec![literal(&tag.key)]),
    }
}

/// A value of a filter in which nothing is a wildcard of EC2's.
fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut literal, c| {
        if matches!(c, '*' | '?' | '\\') {
            literal.push('\\');
        }
        literal.push(c);
        literal
    })
}

fn unreadable(what: &str, words: &str) -> Problem {
    Problem::new(ProblemKind::Transient, format!("{what} was answered with what cannot be read: {words}."))
}
