//! The hosts of the demo, and the deployment group that they belong to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::types::{
    AutoRollbackConfiguration, AutoRollbackEvent, BundleType, ComputePlatform, Ec2TagFilter, Ec2TagFilterType,
    RevisionLocation, RevisionLocationType, S3Location, TagFilter, TagFilterType,
};
use spillway::loopback::Server;
use tempfile::TempDir;

use super::bundle::{self, APPLICATION, BUCKET, GROUP, TAG};
use super::pages::{self, Callers};
use crate::host::ec2::{self, Instance};
use crate::host::{self, Host, Registration};
use crate::local::{self, Endpoints, LocalCloud};

const ON_PREMISES: [&str; 2] = ["rack-1", "rack-2"];
const INSTANCES_PER_ZONE: usize = 2;

/// A fleet whose agents run.
pub(super) struct Fleet {
    pub codedeploy: Client,
    pub callers: Callers,
    /// The hosts in their order, each with its zone.
    pub hosts: Vec<(String, String)>,
    agents: BTreeMap<String, Host>,
    _instances: Vec<Instance>,
    _pages: Vec<Server>,
    _home: TempDir,
}

impl Fleet {
    pub async fn start(cloud: &LocalCloud) -> anyhow::Result<Self> {
        let endpoints = cloud.endpoints();
        let home = tempfile::tempdir().context("no folder can be made for the hosts")?;
        // The folder may itself be behind a link, which an agent does not follow.
        let root = home.path().canonicalize()?;
        let codedeploy = Client::new(&local::sdk_config(&endpoints.codedeploy));
        make_group(&codedeploy, endpoints).await?;
        make_bucket(endpoints).await?;
        for revision in 1..=3 {
            bundle::push(endpoints, &root, revision).await?;
        }
        let agent = host::agent().await?;
        let mut hosts = Vec::new();
        let instances = run_instances(cloud, &root, &mut hosts).await?;
        for name in ON_PREMISES {
            let tags = [(TAG.0.to_owned(), TAG.1.to_owned())];
            Registration { name, tags: &tags, root: &root.join(name) }.make(endpoints).await?;
            hosts.push((name.to_owned(), "on premises".to_owned()));
        }
        let (mut agents, mut pages, mut urls) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (name, _) in &hosts {
            let folder = root.join(name);
            let log = std::fs::File::create(folder.join("agent.log")).context("no log can be written")?;
            agents.insert(name.clone(), Host::start(name, &folder, &agent, Stdio::from(log))?);
            let page = pages::serve(&folder)?;
            urls.push((name.clone(), page.url().to_owned()));
            pages.push(page);
        }
        let callers = Callers::start(urls)?;
        Ok(Self { codedeploy, callers, hosts, agents, _instances: instances, _pages: pages, _home: home })
    }

    /// Deploys a revision; the id of the deployment.
    pub async fn deploy(&self, revision: u32, config: &str) -> anyhow::Result<String> {
        let place = S3Location::builder().bucket(BUCKET).key(bundle::key(revision)).bundle_type(BundleType::Zip);
        let location = RevisionLocation::builder().revision_type(RevisionLocationType::S3).s3_location(place.build());
        let request = self.codedeploy.create_deployment().application_name(APPLICATION).deployment_group_name(GROUP);
        let request = request.deployment_config_name(config).revision(location.build());
        let created = request.send().await.context("the deployment is not created")?;
        created.deployment_id.context("the deployment has no id")
    }

    /// Ends the agent of a host, as an operator who stops its service does.
    pub async fn stop_agent(&mut self, host: &str) -> anyhow::Result<()> {
        let agent = self.agents.remove(host).with_context(|| format!("there is no agent of {host}"))?;
        agent.stop().await.map(|_| ())
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        for agent in self.agents.into_values() {
            agent.stop().await?;
        }
        Ok(())
    }
}

async fn make_group(codedeploy: &Client, endpoints: &Endpoints) -> anyhow::Result<()> {
    let application = codedeploy.create_application().application_name(APPLICATION);
    application.compute_platform(ComputePlatform::Server).send().await.context("no application can be made")?;
    let ec2 = Ec2TagFilter::builder().key(TAG.0).value(TAG.1).r#type(Ec2TagFilterType::KeyAndValue).build();
    let own = TagFilter::builder().key(TAG.0).value(TAG.1).r#type(TagFilterType::KeyAndValue).build();
    let rollback = AutoRollbackConfiguration::builder().enabled(true).events(AutoRollbackEvent::DeploymentFailure);
    let group = codedeploy.create_deployment_group().application_name(APPLICATION).deployment_group_name(GROUP);
    let group = group.ec2_tag_filters(ec2).on_premises_instance_tag_filters(own);
    let group = group.auto_rollback_configuration(rollback.build()).service_role_arn(&endpoints.service_role_arn);
    group.send().await.context("no deployment group can be made").map(|_| ())
}

async fn make_bucket(endpoints: &Endpoints) -> anyhow::Result<()> {
    let request = spillway::proxy::plain_client()?.put(format!("{}/{BUCKET}", endpoints.aws));
    request.send().await?.error_for_status().context("no bucket can be made").map(|_| ())
}

async fn run_instances(
    cloud: &LocalCloud,
    root: &std::path::Path,
    hosts: &mut Vec<(String, String)>,
) -> anyhow::Result<Vec<Instance>> {
    let endpoints = cloud.endpoints();
    ec2::make_profile(endpoints).await?;
    let network = cloud.network().await?;
    let mut instances = Vec::new();
    for subnet in network.subnets.iter().take(2) {
        for _ in 0..INSTANCES_PER_ZONE {
            let folder = |id: &str| -> PathBuf { root.join(id) };
            let instance = ec2::run(endpoints, subnet, &[TAG], folder).await?;
            hosts.push((instance.id.clone(), instance.zone.clone()));
            instances.push(instance);
        }
    }
    Ok(instances)
}
