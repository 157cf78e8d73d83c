//! A blue/green deployment from one EC2 instance to another, each with a real agent.

use std::process::Stdio;

use aws_sdk_codedeploy::types::{
    BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, DeploymentOption, DeploymentReadyAction,
    DeploymentReadyOption, DeploymentStatus, DeploymentStyle, DeploymentType, DeploymentWaitType, Ec2TagFilter,
    Ec2TagFilterType, GreenFleetProvisioningAction, GreenFleetProvisioningOption, InstanceAction, LoadBalancerInfo,
    TargetGroupInfo, TargetInstances,
};
use spillway_lab::host::query::{EC2, Query, TARGET_GROUPS, element};
use spillway_lab::host::{self, Host, ec2};

use super::fleets::Fleet;
use super::{in_cloud, until};

#[test]
fn the_traffic_moves_to_another_instance_and_the_original_is_terminated() {
    in_cloud(async |cloud| {
        const NAME: &str = "fleet-blue-green";
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
        let member = async || {
            let health = [("Action", "DescribeTargetHealth"), ("TargetGroupArn", group.as_str())];
            element(&ask(TARGET_GROUPS, &health).await, "Id")
        };
        let filter = |value: &str| {
            Ec2TagFilter::builder().key("fleet").value(value).r#type(Ec2TagFilterType::KeyAndValue).build()
        };

        let codedeploy = &cloud.codedeploy;
        let mut fleet = Fleet::open(cloud, NAME, 0, "CodeDeployDefault.AllAtOnce").await;
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl);
        let balancer =
            LoadBalancerInfo::builder().target_group_info_list(TargetGroupInfo::builder().name(NAME).build());
        let ready = DeploymentReadyOption::builder()
            .action_on_timeout(DeploymentReadyAction::StopDeployment)
            .wait_time_in_minutes(60);
        let termination = BlueInstanceTerminationOption::builder()
            .action(InstanceAction::Terminate)
            .termination_wait_time_in_minutes(0);
        let discovers = GreenFleetProvisioningOption::builder().action(GreenFleetProvisioningAction::DiscoverExisting);
        let blue_green = BlueGreenDeploymentConfiguration::builder()
            .deployment_ready_option(ready.build())
            .terminate_blue_instances_on_deployment_success(termination.build())
            .green_fleet_provisioning_option(discovers.build());
        let update = codedeploy.update_deployment_group().application_name(NAME).current_deployment_group_name(NAME);
        let update = update.deployment_style(style.build()).load_balancer_info(balancer.build());
        let update = update.blue_green_deployment_configuration(blue_green.build()).ec2_tag_filters(filter("blue"));
        update.send().await.unwrap();

        ec2::make_profile(endpoints).await.unwrap();
        let agent = host::agent().await.unwrap();
        let home = fleet.root("").parent().unwrap().to_owned();
        let mut instances = Vec::new();
        for color in ["blue", "green"] {
            let tags = [("fleet", color)];
            let instance = ec2::run(endpoints, &network.subnets[0], &tags, |id| home.join(id)).await.unwrap();
            let host = Host::start(&instance.id, &home.join(&instance.id), &agent, Stdio::null()).unwrap();
            fleet.add(&instance.id, host);
            instances.push(instance);
        }
        let [blue, green] = [instances[0].id.clone(), instances[1].id.clone()];
        let register = [("Action", "RegisterTargets"), ("TargetGroupArn", group.as_str())];
        ask(TARGET_GROUPS, &[&register[..], &[("Targets.member.1.Id", blue.as_str())]].concat()).await;

        fleet.put("two", &["index.html"], 0).await;
        let replacement = TargetInstances::builder().tag_filters(filter("green")).build();
        let id = fleet.request("two").target_instances(replacement).send().await.unwrap().deployment_id.unwrap();
        let ready = fleet.ended(&id).await;
        assert_eq!(ready.status(), Some(&DeploymentStatus::Ready), "{ready:#?}");
        assert_eq!(ready.deployment_overview().unwrap().ready(), 1);
        assert_eq!(member().await, Some(blue.clone()), "no traffic has moved");
        let targets = codedeploy.list_deployment_targets().deployment_id(&id);
        let targets = targets.target_filters("ServerInstanceLabel".into(), vec!["Green".to_owned()]);
        assert_eq!(targets.send().await.unwrap().target_ids(), std::slice::from_ref(&green));

        let wait = DeploymentWaitType::ReadyWait;
        codedeploy.continue_deployment().deployment_id(&id).deployment_wait_type(wait).send().await.unwrap();
        let over = until("the end of the deployment", async || {
            let info = fleet.ended(&id).await;
            (info.status() != Some(&DeploymentStatus::Ready)).then_some(info)
        })
        .await;
        assert_eq!(over.status(), Some(&DeploymentStatus::Succeeded), "{over:#?}");
        assert_eq!(
            over.additional_deployment_status_info(),
            Some(
                "Succeeded: the traffic is on 1 host of the replacement environment; the original hosts are terminated."
            )
        );
        assert_eq!(member().await, Some(green.clone()));
        let described = [("Action", "DescribeInstances"), ("InstanceId.1", blue.as_str())];
        assert!(ask(EC2, &described).await.contains("<name>terminated</name>"));
        let shown = codedeploy.get_deployment_group().application_name(NAME).deployment_group_name(NAME);
        let shown = shown.send().await.unwrap().deployment_group_info.unwrap();
        assert_eq!(shown.ec2_tag_filters(), [filter("green")]);
        fleet.close().await;
    });
}
