//! What Spillway's table says of deployments that are not as they must be.

use serde_json::{Value, json};

use super::verdict::Outcome;
use crate::local::Endpoints;

/// How many of the group's last deployments are told of.
const LAST: usize = 3;

/// Prints the ledgers of the last deployments of a group.
pub(super) async fn print(endpoints: &Endpoints, outcome: &Outcome) -> anyhow::Result<()> {
    let client = spillway::proxy::plain_client()?;
    let first = outcome.deployments.len().saturating_sub(LAST);
    for deployment in &outcome.deployments[first..] {
        println!("{}: {deployment:?}", outcome.group);
        let query = json!({
            "TableName": endpoints.table,
            "ConsistentRead": true,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("deployment#{}", deployment.id)}},
        });
        let request = client.post(&endpoints.aws).header("x-amz-target", "DynamoDB_20120810.Query");
        let request = request.header("content-type", "application/x-amz-json-1.0").body(query.to_string());
        let answer: Value = serde_json::from_str(&request.send().await?.text().await?)?;
        for item in answer["Items"].as_array().into_iter().flatten() {
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default();
            println!("  {:24} {}", text("sk"), text("doc"));
        }
    }
    Ok(())
}
