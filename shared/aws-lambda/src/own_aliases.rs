//! Aliases of stacks: made, given settings, and deleted.

use aws_sdk_lambda::Client;
use spillway_aws_core::{code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::names::{AliasName, FunctionName, Version};
use spillway_domain::problem::Problem;
use spillway_domain::stack::resource::AliasSettings;
use spillway_engine::ports::aliases::OwnAliases;

use crate::Aliases;
use crate::aliases::tried;

impl OwnAliases for Aliases {
    async fn make(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        version: Version,
        settings: &AliasSettings,
    ) -> Result<(), Problem> {
        let client = self.clients.of(session);
        let request = client.create_alias().function_name(function.as_str()).name(alias.as_str());
        let request = request.function_version(version.to_string()).set_description(settings.description.clone());
        match request.send().await {
            Ok(_) => {}
            Err(error) if code(&error) == Some("ResourceConflictException") => {}
            Err(error) => return Err(problem(&tried("CreateAlias", function, alias), &error)),
        }
        match settings.provisioned_concurrency {
            Some(concurrency) => keep_ready(&client, function, alias, concurrency).await,
            None => Ok(()),
        }
    }

    async fn configure(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        alias: &AliasName,
        old: Option<&AliasSettings>,
        new: &AliasSettings,
    ) -> Result<(), Problem> {
        let client = self.clients.of(session);
        let old = old.cloned().unwrap_or_default();
        if old.description != new.description {
            // What is not said stays as it is: the versions, and a description that is not emptied.
            let description = new.description.clone().unwrap_or_default();
            let request = client.update_alias().function_name(function.as_str()).name(alias.as_str());
            let updated = request.description(description).send().await;
            updated.map_err(|error| problem(&tried("UpdateAlias", function, alias), &error))?;
        }
        match new.provisioned_concurrency {
            same if same == old.provisioned_concurrency => Ok(()),
            Some(concurrency) => keep_ready(&client, function, alias, concurrency).await,
            None => keep_none_ready(&client, function, alias).await,
        }
    }

    async fn delete(&self, session: &RoleSession, function: &FunctionName, alias: &AliasName) -> Result<(), Problem> {
        let request = self.clients.of(session).delete_alias().function_name(function.as_str()).name(alias.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(()),
            Err(error) => Err(problem(&tried("DeleteAlias", function, alias), &error)),
        }
    }
}

/// Keeps so many execution environments ready.
async fn keep_ready(client: &Client, function: &FunctionName, alias: &AliasName, of: u32) -> Result<(), Problem> {
    let request = client.put_provisioned_concurrency_config().function_name(function.as_str());
    let request =
        request.qualifier(alias.as_str()).provisioned_concurrent_executions(of.try_into().unwrap_or(i32::MAX));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(problem(&tried("PutProvisionedConcurrencyConfig", function, alias), &error)),
    }
}

/// Keeps none ready any more. The alias is there, so that what is not found is nothing but its configuration.
async fn keep_none_ready(client: &Client, function: &FunctionName, alias: &AliasName) -> Result<(), Problem> {
    let request = client.delete_provisioned_concurrency_config().function_name(function.as_str());
    match request.qualifier(alias.as_str()).send().await {
        Ok(_) => Ok(()),
        Err(error) if code(&error).is_some_and(|code| code.contains("NotFound")) => Ok(()),
        Err(error) => Err(problem(&tried("DeleteProvisionedConcurrencyConfig", function, alias), &error)),
    }
}
