//! Deployments to hosts, each with an agent of its own: the real one.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::Stdio;

use aws_sdk_codedeploy::operation::create_deployment::builders::CreateDeploymentFluentBuilder;
use aws_sdk_codedeploy::types::{
    AutoRollbackConfiguration, AutoRollbackEvent, BundleType, DeploymentInfo, DeploymentOption, DeploymentStatus,
    DeploymentStyle, DeploymentType, Ec2TagFilter, Ec2TagFilterType, ElbInfo, FileExistsBehavior, LoadBalancerInfo,
    RevisionLocation, RevisionLocationType, S3Location, TagFilter, TagFilterType, TargetGroupInfo,
};
use spillway_domain::server::event::HostEvent;
use spillway_lab::host::query::{CLASSIC, Query, TARGET_GROUPS, element};
use spillway_lab::host::{self, Host, Registration, ec2};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Cloud, in_cloud, until};

const APPSPEC: &str = "version: 0.0
os: linux
files:
  - source: site
    destination: /srv/site
permissions:
  - object: /srv/site
    pattern: '*.html'
    mode: 640
    type: [file]
hooks:
  ValidateService:
    - location: check.sh
      timeout: 60
";

/// A deployment group for on-premises hosts, whose agents run.
pub(super) struct Fleet {
    cloud: &'static Cloud,
    name: &'static str,
    home: TempDir,
    hosts: BTreeMap<String, Host>,
}

impl Fleet {
    pub async fn open(cloud: &'static Cloud, name: &'static str, hosts: usize, config: &str) -> Self {
        cloud.s3.create_bucket().bucket(name).send().await.unwrap();
        let codedeploy = &cloud.codedeploy;
        let server = aws_sdk_codedeploy::types::ComputePlatform::Server;
        codedeploy.create_application().application_name(name).compute_platform(server).send().await.unwrap();
        let tag = TagFilter::builder().key("fleet").value(name).r#type(TagFilterType::KeyAndValue).build();
        let rollback = AutoRollbackConfiguration::builder().enabled(true).events(AutoRollbackEvent::DeploymentFailure);
        let group = codedeploy.create_deployment_group().application_name(name).deployment_group_name(name);
        let group = group.on_premises_instance_tag_filters(tag).deployment_config_name(config);
        let group = group.auto_rollback_configuration(rollback.build());
        group.service_role_arn(&cloud.endpoints().service_role_arn).send().await.unwrap();
        let mut fleet = Self { cloud, name, home: tempfile::tempdir().unwrap(), hosts: BTreeMap::new() };
        for number in 1..=hosts {
            fleet.start(&format!("{name}-{number}")).await;
        }
        fleet
    }

    pub fn root(&self, host: &str) -> PathBuf {
        // The folder of a test may itself be behind a link.
        self.home.path().canonicalize().unwrap().join(host)
    }

    async fn start(&mut self, name: &str) {
        let (agent, root) = (host::agent().await.unwrap(), self.root(name));
        let tags = [("fleet".to_owned(), self.name.to_owned())];
        Registration { name, tags: &tags, root: &root }.make(self.cloud.endpoints()).await.unwrap();
        self.hosts.insert(name.to_owned(), Host::start(name, &root, &agent, Stdio::null()).unwrap());
    }

    /// Adds a host whose agent runs.
    pub fn add(&mut self, name: &str, host: Host) {
        self.hosts.insert(name.to_owned(), host);
    }

    /// Puts a revision into S3: these files of its site, and a check that ends with this exit code.
    pub async fn put(&self, revision: &str, files: &[&str], exit_code: u8) {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let check = format!("#!/bin/sh\necho checking {revision}\nexit {exit_code}\n");
        let mut content = vec![("appspec.yml".to_owned(), APPSPEC.to_owned()), ("check.sh".to_owned(), check)];
        content.extend(files.iter().map(|file| (format!("site/{file}"), revision.to_owned())));
        for (name, text) in content {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let (key, zip) = (format!("{revision}.zip"), zip.finish().unwrap().into_inner());
        self.cloud.s3.put_object().bucket(self.name).key(key).body(zip.into()).send().await.unwrap();
    }

    /// A request to deploy a revision.
    pub fn request(&self, revision: &str) -> CreateDeploymentFluentBuilder {
        let place = S3Location::builder().bucket(self.name).key(format!("{revision}.zip"));
        let place = place.bundle_type(BundleType::Zip).build();
        let revision = RevisionLocation::builder().revision_type(RevisionLocationType::S3).s3_location(place).build();
        let request = self.cloud.codedeploy.create_deployment().application_name(self.name);
        let request = request.deployment_group_name(self.name).revision(revision);
        request.file_exists_behavior(FileExistsBehavior::Disallow)
    }

    pub async fn deploy(&self, revision: &str) -> String {
        self.request(revision).send().await.unwrap().deployment_id.unwrap()
    }

    pub async fn ended(&self, id: &str) -> DeploymentInfo {
        until("the end of the deployment", async || {
            let found = self.cloud.codedeploy.get_deployment().deployment_id(id).send().await.unwrap();
            let info = found.deployment_info.unwrap();
            let is_open = matches!(info.status(), Some(DeploymentStatus::Created | DeploymentStatus::InProgress));
            (!is_open).then_some(info)
        })
        .await
    }

    /// What is installed on each host: the names of the files with what is in them.
    pub fn sites(&self) -> Vec<String> {
        let of_host = |host: &String| {
            let folder = self.root(host).join("files/srv/site");
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .map(|file| {
                    let path = file.unwrap().path();
                    let text = std::fs::read_to_string(&path).unwrap();
                    format!("{} {text}", path.file_name().unwrap().to_string_lossy())
                })
                .collect();
            files.sort();
            files.join(", ")
        };
        self.hosts.keys().map(of_host).collect()
    }

    pub async fn close(self) {
        for host in self.hosts.into_values() {
            assert!(host.stop().await.unwrap().success(), "an agent that is asked to end says that it did");
        }
    }
}

#[test]
fn a_bad_revision_stops_at_the_first_host_and_the_touched_host_gets_the_old_one_back() {
    use std::os::unix::fs::PermissionsExt;
    in_cloud(async |cloud| {
        let fleet = Fleet::open(cloud, "fleet-waves", 3, "CodeDeployDefault.OneAtATime").await;
        fleet.put("one", &["index.html", "old.html"], 0).await;
        fleet.put("two", &["index.html"], 0).await;
        fleet.put("three", &["index.html"], 7).await;
        let first = fleet.ended(&fleet.deploy("one").await).await;
        assert_eq!(first.status(), Some(&DeploymentStatus::Succeeded), "{first:#?}");
        assert_eq!(fleet.sites(), ["index.html one, old.html one"; 3]);
        let page = fleet.root("fleet-waves-1").join("files/srv/site/index.html");
        assert_eq!(std::fs::metadata(page).unwrap().permissions().mode() & 0o777, 0o640);

        let second = fleet.ended(&fleet.deploy("two").await).await;
        assert_eq!(second.status(), Some(&DeploymentStatus::Succeeded), "{second:#?}");
        assert_eq!(fleet.sites(), ["index.html two"; 3], "what the old revision had more is gone");

        let third = fleet.ended(&fleet.deploy("three").await).await;
        let error = third.error_information().unwrap();
        let (code, words) = (error.code().unwrap().as_str(), error.message().unwrap());
        assert_eq!((third.status(), code), (Some(&DeploymentStatus::Failed), "HEALTH_CONSTRAINTS"), "{words}");
        assert!(
            words.contains("Of 3 hosts, at least 2 must stay healthy; 0 succeeded, 1 failed, 2 not touched."),
            "{words}"
        );
        assert!(words.contains("check.sh failed with exit code 7 ([stdout]checking three)"), "{words}");
        let rollback = third.rollback_info().unwrap().rollback_deployment_id().unwrap().to_owned();
        let rollback = fleet.ended(&rollback).await;
        assert_eq!(rollback.status(), Some(&DeploymentStatus::Succeeded), "{rollback:#?}");
        assert_eq!(fleet.sites(), ["index.html two"; 3]);
        fleet.close().await;
    });
}

#[test]
fn an_agent_that_starts_late_takes_up_what_waits_for_its_host() {
    in_cloud(async |cloud| {
        let mut fleet = Fleet::open(cloud, "fleet-late", 1, "CodeDeployDefault.AllAtOnce").await;
        fleet.put("one", &["index.html"], 0).await;
        fleet.put("two", &["index.html"], 0).await;
        fleet.ended(&fleet.deploy("one").await).await;
        fleet.hosts.remove("fleet-late-1").unwrap().stop().await.unwrap();
        let id = fleet.deploy("two").await;
        until("the name of the host that is waited for", async || {
            let found = cloud.codedeploy.get_deployment().deployment_id(&id).send().await.unwrap();
            let messages = format!("{:?}", found.deployment_info.unwrap().deployment_status_messages());
            messages.contains("No answer yet from fleet-late-1 (its agent stopped at 2").then_some(())
        })
        .await;
        fleet.start("fleet-late-1").await;
        let ended = fleet.ended(&id).await;
        assert_eq!(ended.status(), Some(&DeploymentStatus::Succeeded), "{ended:#?}");
        assert_eq!(fleet.sites(), ["index.html two"]);
        fleet.close().await;
    });
}

#[test]
fn an_instance_leaves_its_load_balancers_and_returns_to_them() {
    in_cloud(async |cloud| {
        const NAME: &str = "fleet-balanced";
        let endpoints = cloud.endpoints();
        let network = cloud.local.network().await.unwrap();
        let ask = async |service, fields: &[(&str, &str)]| {
            let answer = Query::new(&endpoints.containers, service).unwrap().ask(fields).await.unwrap();
            assert!(!answer.contains("<Error>"), "{answer}");
            answer
        };
        let group = [("Action", "CreateTargetGroup"), ("Name", NAME), ("Protocol", "HTTP"), ("Port", "80")];
        let group = ask(TARGET_GROUPS, &[&group[..], &[("VpcId", network.vpc.as_str())]].concat()).await;
        let group = element(&group, "TargetGroupArn").unwrap();
        let listener = [
            ("Listeners.member.1.Protocol", "HTTP"),
            ("Listeners.member.1.LoadBalancerPort", "80"),
            ("Listeners.member.1.InstancePort", "80"),
            ("AvailabilityZones.member.1", "us-east-1a"),
        ];
        let balancer = [("Action", "CreateLoadBalancer"), ("LoadBalancerName", NAME)];
        ask(CLASSIC, &[&balancer[..], &listener].concat()).await;

        let codedeploy = &cloud.codedeploy;
        let mut fleet = Fleet::open(cloud, NAME, 0, "CodeDeployDefault.AllAtOnce").await;
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::InPlace)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let info = LoadBalancerInfo::builder()
            .target_group_info_list(TargetGroupInfo::builder().name(NAME).build())
            .elb_info_list(ElbInfo::builder().name(NAME).build());
        let tag = Ec2TagFilter::builder().key("fleet").value(NAME).r#type(Ec2TagFilterType::KeyAndValue).build();
        let update = codedeploy.update_deployment_group().application_name(NAME).current_deployment_group_name(NAME);
        let update = update.deployment_style(style.build()).load_balancer_info(info.build()).ec2_tag_filters(tag);
        update.send().await.unwrap();
        ec2::make_profile(endpoints).await.unwrap();
        let home = fleet.home.path().canonicalize().unwrap();
        let instance = ec2::run(endpoints, &network.subnets[0], &[("fleet", NAME)], |id| home.join(id)).await.unwrap();
        let register = [("Action", "RegisterTargets"), ("TargetGroupArn", group.as_str())];
        ask(TARGET_GROUPS, &[&register[..], &[("Targets.member.1.Id", instance.id.as_str())]].concat()).await;
        let register = [("Action", "RegisterInstancesWithLoadBalancer"), ("LoadBalancerName", NAME)];
        ask(CLASSIC, &[&register[..], &[("Instances.member.1.InstanceId", instance.id.as_str())]].concat()).await;
        let members = async || {
            let health = [("Action", "DescribeTargetHealth"), ("TargetGroupArn", group.as_str())];
            let target = element(&ask(TARGET_GROUPS, &health).await, "Id");
            let health = [("Action", "DescribeInstanceHealth"), ("LoadBalancerName", NAME)];
            [target, element(&ask(CLASSIC, &health).await, "InstanceId")]
        };
        let both = [Some(instance.id.clone()), Some(instance.id.clone())];
        assert_eq!(members().await, both);
        let agent = host::agent().await.unwrap();
        let host = Host::start(&instance.id, &home.join(&instance.id), &agent, Stdio::null()).unwrap();
        fleet.add(&instance.id, host);
        fleet.put("one", &["index.html"], 0).await;

        let id = fleet.deploy("one").await;
        let nothing_installed = fleet.sites();
        until("both load balancers to let the instance go", async || (members().await == [None, None]).then_some(()))
            .await;
        assert_eq!(fleet.sites(), nothing_installed, "nothing is installed before that");
        let ended = fleet.ended(&id).await;
        assert_eq!(ended.status(), Some(&DeploymentStatus::Succeeded), "{ended:#?}");
        assert_eq!(fleet.sites(), ["index.html one"]);
        assert_eq!(members().await, both);
        let target =
            codedeploy.get_deployment_target().deployment_id(&id).target_id(&instance.id).send().await.unwrap();
        let events = target.deployment_target.unwrap().instance_target.unwrap().lifecycle_events.unwrap_or_default();
        let events: Vec<String> = events
            .iter()
            .map(|event| {
                let (name, status) = (event.lifecycle_event_name().unwrap(), event.status().unwrap());
                format!("{name} {status}")
            })
            .collect();
        let wanted = HostEvent::BEHIND_LOAD_BALANCERS.map(|event| format!("{event} Succeeded"));
        assert_eq!(events, wanted);
        fleet.close().await;
    });
}
