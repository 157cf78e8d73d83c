//! What CloudFormation stacks have to do with the world.

use std::collections::BTreeSet;

use jiff::Timestamp;
use spillway_domain::access::session::RoleSession;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::names::{AliasName, DeploymentId, FunctionName, Version};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::stack::resource::{AliasSettings, Ownership, StackResource};
use spillway_engine::ports::aliases::OwnAliases;
use spillway_engine::ports::executions::Waiters;
use spillway_engine::ports::stacks::{Answers, Claims, Requests, ResponseUrls};

use crate::world::Inner;
use crate::{Alias, World};

impl Claims for World {
    async fn ownership(&self, resource: &StackResource, physical_id: &str) -> Result<Option<Ownership>, Problem> {
        self.call(|world| Ok(world.claims.get(&claim_key(resource, physical_id)).cloned())).await
    }

    async fn claims(&self, resource: &StackResource) -> Result<Vec<(String, Ownership)>, Problem> {
        self.call(|world| {
            let own = |(key, _): &(&(String, String, String), &Ownership)| {
                (&key.0, &key.1) == (&resource.stack, &resource.logical_id)
            };
            let claims = world.claims.iter().filter(own);
            Ok(claims.map(|((_, _, physical_id), ownership)| (physical_id.clone(), ownership.clone())).collect())
        })
        .await
    }

    async fn put_claim(
        &self,
        resource: &StackResource,
        physical_id: &str,
        ownership: Option<&Ownership>,
        asked_at: Timestamp,
    ) -> Result<(), Problem> {
        self.call(|world| {
            let last = world.asked_at.entry((resource.stack.clone(), resource.logical_id.clone())).or_insert(asked_at);
            if *last > asked_at {
                return Err(Problem::new(ProblemKind::Stale, "a later request has noted something else"));
            }
            *last = asked_at;
            let key = claim_key(resource, physical_id);
            match ownership {
                Some(ownership) => world.claims.insert(key, ownership.clone()),
                None => world.claims.remove(&key),
            };
            Ok(())
        })
        .await
    }
}

fn claim_key(resource: &StackResource, physical_id: &str) -> (String, String, String) {
    (resource.stack.clone(), resource.logical_id.clone(), physical_id.to_owned())
}

impl Waiters for World {
    async fn add_waiter(&self, id: &DeploymentId, token: &str, _until: Timestamp) -> Result<(), Problem> {
        self.call(|world| {
            world.waiters.entry(id.clone()).or_default().insert(token.to_owned());
            Ok(())
        })
        .await
    }

    async fn waiters(&self, id: &DeploymentId) -> Result<Vec<String>, Problem> {
        self.call(|world| Ok(world.waiters.get(id).into_iter().flatten().cloned().collect())).await
    }
}

impl OwnAliases for World {
    async fn make(
        &self,
        _session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        version: Version,
        settings: &AliasSettings,
    ) -> Result<(), Problem> {
        self.call(|world| {
            world.refuse()?;
            let key = format!("{function}:{alias}");
            if let Some(alias) = world.aliases.get_mut(&key) {
                alias.settings.provisioned_concurrency =
                    settings.provisioned_concurrency.or(alias.settings.provisioned_concurrency);
                return Ok(());
            }
            let versions = world.versions(function);
            if !versions.contains(&version) {
                let words =
                    format!("CreateAlias {key}: ResourceNotFoundException: Function not found: {function}:{version}.");
                return Err(Problem::new(ProblemKind::Missing, words));
            }
            let routing = AliasRouting::only(version);
            world.write_diary("CreateAlias", &routing.to_string());
            world.aliases.insert(key, Alias { routing, revision: 1, versions, settings: settings.clone() });
            Ok(())
        })
        .await
    }

    async fn configure(
        &self,
        _session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        old: Option<&AliasSettings>,
        new: &AliasSettings,
    ) -> Result<(), Problem> {
        self.call(|world| {
            world.refuse()?;
            let key = format!("{function}:{alias}");
            let old = old.cloned().unwrap_or_default();
            if old == *new {
                return Ok(());
            }
            let alias = world.aliases.get_mut(&key).ok_or_else(|| {
                Problem::new(
                    ProblemKind::Missing,
                    format!("UpdateAlias {key}: ResourceNotFoundException: no such alias."),
                )
            })?;
            if old.description != new.description {
                alias.revision += 1;
                alias.settings.description.clone_from(&new.description);
            }
            if old.provisioned_concurrency != new.provisioned_concurrency {
                if alias.routing.second.is_some() {
                    let words = "PutProvisionedConcurrencyConfig: Alias with weights can not be used with Provisioned \
                                 Concurrency.";
                    return Err(Problem::new(ProblemKind::Refused, words));
                }
                alias.settings.provisioned_concurrency = new.provisioned_concurrency;
            }
            Ok(())
        })
        .await
    }

    async fn delete(&self, _session: &RoleSession, function: &FunctionName, alias: &AliasName) -> Result<(), Problem> {
        self.call(|world| {
            world.refuse()?;
            let key = format!("{function}:{alias}");
            if let Some(alias) = world.aliases.remove(&key) {
                world.functions.entry(function.to_string()).or_default().extend(alias.versions);
                world.write_diary("DeleteAlias", &key);
            }
            Ok(())
        })
        .await
    }
}

impl Inner {
    /// The versions of a function, as far as anything was said of it.
    fn versions(&self, function: &FunctionName) -> BTreeSet<Version> {
        let prefix = format!("{function}:");
        let aliases = self.aliases.iter().filter(|(key, _)| key.starts_with(&prefix));
        let own = self.functions.get(function.as_str()).into_iter().flatten().copied();
        aliases.flat_map(|(_, alias)| alias.versions.iter().copied()).chain(own).collect()
    }
}

impl Requests for World {
    async fn start(&self, name: &str, input: &str) -> Result<(), Problem> {
        self.call(|world| {
            if !world.known.contains_key(name) {
                world.known.insert(name.to_owned(), true);
                world.requested.push_back((name.to_owned(), input.to_owned()));
            }
            Ok(())
        })
        .await
    }
}

impl Answers for World {
    async fn put(&self, url: &str, body: &str) -> Result<(), Problem> {
        self.call(|world| {
            world.answers.push((url.to_owned(), body.to_owned()));
            world.write_diary("stack", body);
            Ok(())
        })
        .await
    }
}

impl ResponseUrls for World {
    async fn keep_url(&self, name: &str, url: &str, _until: Timestamp) -> Result<(), Problem> {
        self.call(|world| {
            world.response_urls.insert(name.to_owned(), url.to_owned());
            Ok(())
        })
        .await
    }

    async fn kept_url(&self, name: &str) -> Result<Option<String>, Problem> {
        self.call(|world| Ok(world.response_urls.get(name).cloned())).await
    }

    async fn forget_url(&self, name: &str) -> Result<(), Problem> {
        self.call(|world| {
            world.response_urls.remove(name);
            Ok(())
        })
        .await
    }
}
