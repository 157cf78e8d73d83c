//! Auto Scaling groups that launch instances, each of which waits for a deployment of its own.

use std::process::Stdio;

use aws_sdk_codedeploy::types::{DeploymentCreator, DeploymentStatus};
use spillway_lab::host::query::{AUTO_SCALING, EC2, Query, element};
use spillway_lab::host::{self, Host, ec2};

use super::fleets::Fleet;
use super::{in_cloud, until};

#[test]
fn a_launched_instance_goes_into_service_with_the_revision_of_its_deployment_group() {
    in_cloud(async |cloud| {
        const NAME: &str = "fleet-scaling";
        let endpoints = cloud.endpoints();
        let ask = async |service, fields: &[(&str, &str)]| {
            let answer = Query::new(&endpoints.containers, service).unwrap().ask(fields).await.unwrap();
            assert!(!answer.contains("<Error>"), "{answer}");
            answer
        };
        let group = ("AutoScalingGroupName", NAME);
        ec2::make_profile(endpoints).await.unwrap();
        let template = [
            ("Action", "CreateLaunchTemplate"),
            ("LaunchTemplateName", NAME),
            ("LaunchTemplateData.ImageId", "ami-12c6146b"),
            ("LaunchTemplateData.InstanceType", "t3.micro"),
            ("LaunchTemplateData.IamInstanceProfile.Name", ec2::ROLE),
        ];
        ask(EC2, &template).await;
        let network = cloud.local.network().await.unwrap();
        let create = [
            ("Action", "CreateAutoScalingGroup"),
            ("LaunchTemplate.LaunchTemplateName", NAME),
            ("LaunchTemplate.Version", "$Default"),
            ("VPCZoneIdentifier", &network.subnets[0]),
            ("MinSize", "0"),
            ("MaxSize", "2"),
        ];
        ask(AUTO_SCALING, &[&create[..], &[group]].concat()).await;
        let hooks = async || ask(AUTO_SCALING, &[("Action", "DescribeLifecycleHooks"), group]).await;
        let instance = async || {
            let described = [("Action", "DescribeAutoScalingGroups"), ("AutoScalingGroupNames.member.1", NAME)];
            let answer = ask(AUTO_SCALING, &described).await;
            Some((element(&answer, "InstanceId")?, element(&answer, "LifecycleState")?))
        };

        let codedeploy = &cloud.codedeploy;
        let mut fleet = Fleet::open(cloud, NAME, 1, "CodeDeployDefault.AllAtOnce").await;
        let update = codedeploy.update_deployment_group().application_name(NAME).current_deployment_group_name(NAME);
        update.auto_scaling_groups(NAME).send().await.unwrap();
        let shown = codedeploy.get_deployment_group().application_name(NAME).deployment_group_name(NAME);
        let shown = shown.send().await.unwrap().deployment_group_info.unwrap();
        let hook = shown.auto_scaling_groups()[0].hook().unwrap().to_owned();
        assert_eq!(element(&hooks().await, "LifecycleHookName"), Some(hook));
        fleet.put("one", &["index.html"], 0).await;
        let first = fleet.deploy("one").await;
        assert_eq!(fleet.ended(&first).await.status(), Some(&DeploymentStatus::Succeeded));

        ask(AUTO_SCALING, &[("Action", "SetDesiredCapacity"), ("DesiredCapacity", "1"), group]).await;
        let (id, state) = instance().await.unwrap();
        assert_eq!(state, "Pending:Wait");
        let root = fleet.root(&id);
        let _metadata = ec2::furnish(endpoints, &id, &root).await.unwrap();
        let agent = host::agent().await.unwrap();
        fleet.add(&id, Host::start(&id, &root, &agent, Stdio::null()).unwrap());
        let own = until("the deployment of the instance", async || {
            let list = codedeploy.list_deployments().application_name(NAME).deployment_group_name(NAME);
            list.send().await.unwrap().deployments.unwrap_or_default().into_iter().find(|id| *id != first)
        });
        let ended = fleet.ended(&own.await).await;
        assert_eq!(ended.status(), Some(&DeploymentStatus::Succeeded), "{ended:#?}");
        assert_eq!(ended.creator(), Some(&DeploymentCreator::Autoscaling));
        assert_eq!(ended.deployment_overview().unwrap().succeeded(), 1);
        until("the instance to go into service", async || {
            (instance().await == Some((id.clone(), "InService".to_owned()))).then_some(())
        })
        .await;
        assert_eq!(fleet.sites(), ["index.html one", "index.html one"]);

        let delete = codedeploy.delete_deployment_group().application_name(NAME).deployment_group_name(NAME);
        assert!(delete.send().await.unwrap().hooks_not_cleaned_up().is_empty());
        assert_eq!(element(&hooks().await, "LifecycleHookName"), None);
        fleet.close().await;
    });
}
