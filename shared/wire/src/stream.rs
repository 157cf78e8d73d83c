//! What the stream of the table tells of the work of hosts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use spillway_domain::names::DeploymentId;
use spillway_domain::server::work::HostWork;

/// A batch of changes. The template filters them, so that each is a save of the work of a host.
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
    doc: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl Changes {
    fn images(&self) -> impl Iterator<Item = (DeploymentId, &Image)> {
        let images = self.records.iter().filter_map(|record| record.dynamodb.new_image.as_ref());
        images.filter_map(|image| Some((image.deployment.as_ref()?.text.parse().ok()?, image)))
    }

    /// The deployments that the changes are of, each once.
    pub fn deployments(&self) -> BTreeSet<DeploymentId> {
        self.images().map(|(id, _)| id).collect()
    }

    /// The work of hosts as it was saved, in the order of the saves of each host.
    pub fn works(&self) -> BTreeMap<DeploymentId, Vec<HostWork>> {
        let mut works: BTreeMap<_, Vec<HostWork>> = BTreeMap::new();
        for (id, image) in self.images() {
            let work = image.doc.as_ref().and_then(|doc| serde_json::from_str(&doc.text).ok());
            works.entry(id).or_default().extend::<Option<HostWork>>(work);
        }
        works
    }
}
