//! What the stream of the table tells of hosts that have ended.

use std::collections::BTreeSet;

use serde::Deserialize;
use spillway_domain::names::DeploymentId;

/// A batch of changes. The template filters them, so each is the last save of the work of a host.
#[derive(Debug, Deserialize)]
pub struct Changes {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(rename = "NewImage")]
    new_image: Option<Image>,
}

#[derive(Debug, Deserialize)]
struct Image {
    deployment: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl Changes {
    /// The deployments that the changes are of, each once.
    pub fn deployments(&self) -> BTreeSet<DeploymentId> {
        let images = self.records.iter().filter_map(|record| record.dynamodb.new_image.as_ref());
        images.filter_map(|image| image.deployment.as_ref()?.text.parse().ok()).collect()
    }
}
