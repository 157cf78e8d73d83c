//! Orders as a Lambda function with three versions, which its callers call through an alias.

use anyhow::Context;
use aws_sdk_codedeploy::types::LambdaTarget;
use aws_sdk_lambda::operation::get_alias::GetAliasOutput;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use super::{ORDERS, Seen, Target};
use crate::demo::routing::Routing;
use crate::demo::traffic::Answer;
use crate::local::{Endpoints, Functions, environment};

/// The metric of the alarm.
pub(super) const METRIC: (&str, &str) = ("AWS/Lambda", "Errors");

/// The alias that its callers call.
const LIVE: &str = "live";
/// The version that its callers get at first.
const FIRST: &str = "1";
const PRE_TRAFFIC: &str = "pre-traffic";
const POST_TRAFFIC: &str = "post-traffic";
/// The largest order that each version takes. Callers send up to [`crate::demo::traffic::LARGEST_ORDER`], so version 3
/// is a bad one.
const LARGEST_ORDERS: [u32; 3] = [12, 20, 10];

/// The alias, and the function behind it.
pub(super) struct Alias {
    functions: Functions,
}

impl Alias {
    /// Makes them, and both hooks.
    pub async fn set(functions: Functions, endpoints: &Endpoints) -> anyhow::Result<Self> {
        let alias = Self { functions };
        alias.publish_versions().await?;
        let functions = &alias.functions;
        functions.create(PRE_TRAFFIC, include_str!("../functions/pre_traffic.py"), &[]).await?;
        let codedeploy = ("AWS_ENDPOINT_URL_CODEDEPLOY", endpoints.codedeploy.as_str());
        functions.create(POST_TRAFFIC, include_str!("../functions/post_traffic.py"), &[codedeploy]).await?;
        Ok(alias)
    }

    pub async fn look(&self) -> anyhow::Result<Seen> {
        let answer = self.functions.client.get_alias().function_name(ORDERS).name(LIVE).send().await;
        let answer = answer.context("the alias cannot be read")?;
        let mark = answer.revision_id().unwrap_or_default().to_owned();
        Ok(Seen { routing: routing(answer), mark })
    }

    pub async fn call(&self, items: usize) -> Answer {
        let order = Blob::new(json!({"items": items}).to_string());
        let request = self.functions.client.invoke().function_name(ORDERS).qualifier(LIVE).payload(order);
        match request.send().await {
            Ok(answer) => Answer { version: answer.executed_version, failed: answer.function_error.is_some() },
            Err(_) => Answer::NONE,
        }
    }

    async fn publish_versions(&self) -> anyhow::Result<()> {
        let client = &self.functions.client;
        let largest = LARGEST_ORDERS.map(|largest| largest.to_string());
        let variables = largest.each_ref().map(|largest| ("LARGEST_ORDER", largest.as_str()));
        self.functions.create(ORDERS, include_str!("../functions/orders.py"), &variables[..1]).await?;
        for (n, variable) in variables.into_iter().enumerate() {
            if n > 0 {
                let request = client.update_function_configuration().function_name(ORDERS);
                request.environment(environment(&[variable])).send().await?;
            }
            let published = client.publish_version().function_name(ORDERS).send().await;
            published.with_context(|| format!("version {} of {ORDERS} cannot be published", n + 1))?;
        }
        let request = client.create_alias().function_name(ORDERS).name(LIVE).function_version(FIRST);
        request.send().await.with_context(|| format!("alias {ORDERS}:{LIVE} cannot be made"))?;
        Ok(())
    }
}

/// What the AppSpec says of it.
pub(super) fn resource(from: &str, to: &str) -> Value {
    let properties = json!({"Name": ORDERS, "Alias": LIVE, "CurrentVersion": from, "TargetVersion": to});
    json!({"Type": "AWS::Lambda::Function", "Properties": properties})
}

pub(super) fn hooks() -> Vec<Value> {
    vec![json!({"BeforeAllowTraffic": PRE_TRAFFIC}), json!({"AfterAllowTraffic": POST_TRAFFIC})]
}

pub(super) fn target_id() -> String {
    format!("{ORDERS}:{LIVE}")
}

pub(super) fn target(target: LambdaTarget) -> Target {
    let share = target.lambda_function_info().map_or(0.0, |function| function.target_version_weight());
    Target { events: target.lifecycle_events.unwrap_or_default(), share }
}

fn routing(alias: GetAliasOutput) -> Routing {
    let weights = alias.routing_config.and_then(|config| config.additional_version_weights);
    let second = weights.into_iter().flatten().next();
    Routing { main: alias.function_version.unwrap_or_default(), second }
}
