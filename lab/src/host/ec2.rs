//! EC2 instances of a local cloud. No machine runs for them, so the laboratory has a metadata service for each, and its
//! agent runs here.

use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::Router;
use axum::routing::{get, put};
use serde_json::json;
use spillway::loopback::{Server, listen};

use super::iam::{Iam, TRUST};
use super::query::{self, Query, element};
use super::write_settings;
use crate::local::Endpoints;

/// The role of the instances, and their instance profile.
pub const ROLE: &str = "fleet-host";

/// An EC2 instance, with the metadata service that its agent asks.
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Its Availability Zone.
    pub zone: String,
    _metadata: Server,
}

/// Makes the instance profile of the instances, with its role, where EC2 and where IAM are emulated.
pub async fn make_profile(endpoints: &Endpoints) -> anyhow::Result<()> {
    for url in [&endpoints.aws, &endpoints.containers] {
        let iam = Query::new(url, query::IAM)?;
        iam.ask(&[("Action", "CreateRole"), ("RoleName", ROLE), ("AssumeRolePolicyDocument", TRUST)]).await?;
        iam.ask(&[("Action", "CreateInstanceProfile"), ("InstanceProfileName", ROLE)]).await?;
        let add = [("Action", "AddRoleToInstanceProfile"), ("InstanceProfileName", ROLE), ("RoleName", ROLE)];
        iam.ask(&add).await?;
    }
    Ok(())
}

/// Runs an instance with these tags in a subnet, and writes the configuration of its agent below a folder of its own.
pub async fn run(
    endpoints: &Endpoints,
    subnet: &str,
    tags: &[(&str, &str)],
    root: impl FnOnce(&str) -> PathBuf,
) -> anyhow::Result<Instance> {
    let ec2 = Query::new(&endpoints.containers, query::EC2)?;
    let mut fields: Vec<(String, String)> = [
        ("Action", "RunInstances"),
        ("ImageId", "ami-12c6146b"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("SubnetId", subnet),
        ("IamInstanceProfile.Name", ROLE),
        ("TagSpecification.1.ResourceType", "instance"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (number, (key, value)) in (1..).zip(tags) {
        fields.push((format!("TagSpecification.1.Tag.{number}.Key"), (*key).to_owned()));
        fields.push((format!("TagSpecification.1.Tag.{number}.Value"), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let text = ec2.ask(&fields).await?;
    let read = || Some((element(&text, "instanceId")?, element(&text, "availabilityZone")?));
    let (id, zone) = read().with_context(|| format!("the emulated EC2 runs no instance: {text}"))?;
    let _metadata = furnish(endpoints, &id, &root(&id)).await?;
    Ok(Instance { id, zone, _metadata })
}

/// Writes the configuration of an instance's agent below that folder, and serves what its metadata service says.
pub async fn furnish(endpoints: &Endpoints, id: &str, root: &Path) -> anyhow::Result<Server> {
    let metadata = serve_metadata(endpoints, id).await?;
    std::fs::create_dir_all(root).context("the folder of the host cannot be made")?;
    write_settings(root, endpoints, Some(metadata.url()))?;
    Ok(metadata)
}

/// The metadata service of an instance: who it is, and the keys of its role, whose session is named after it.
async fn serve_metadata(endpoints: &Endpoints, id: &str) -> anyhow::Result<Server> {
    let key = Iam::new(endpoints)?.session(&endpoints.account_id, ROLE, id).await?;
    let keys = json!({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key.id, "SecretAccessKey": key.secret, "Token": key.token,
        "Expiration": key.expires_at,
    });
    let document = json!({ "accountId": endpoints.account_id, "instanceId": id, "region": endpoints.region });
    let (keys, document) = (keys.to_string(), document.to_string());
    let router = Router::new()
        .route("/latest/api/token", put(async || "token"))
        .route("/latest/dynamic/instance-identity/document", get(async move || document))
        .route("/latest/meta-data/iam/security-credentials/", get(async || ROLE))
        .route(&format!("/latest/meta-data/iam/security-credentials/{ROLE}"), get(async move || keys));
    Server::start("metadata service", listen(0)?, router)
}
