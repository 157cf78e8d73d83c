//! From settings of a group that do not fit to CodeDeploy's exception. Where CodeDeploy's own words are known, they are
//! used.

use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::fit::{Setting, Unfit};

use crate::codedeploy::shapes::platform;

const STYLE: &str = "InvalidDeploymentStyleException";
const BLUE_GREEN: &str = "InvalidBlueGreenDeploymentConfigurationException";
const LOAD_BALANCER: &str = "InvalidLoadBalancerInfoException";
const PAIR: &str = "InvalidTargetGroupPairException";
const SERVICE: &str = "InvalidECSServiceException";

/// The name of the exception, and its message.
pub(crate) fn words(unfit: Unfit) -> (&'static str, String) {
    match unfit {
        Unfit::Style(given) => (
            STYLE,
            format!(
                "For {} deployment, the deployment type must be BLUE_GREEN, and deployment option must be \
                 WITH_TRAFFIC_CONTROL.",
                loud(given)
            ),
        ),
        Unfit::BlueGreenWithoutTrafficControl => {
            (STYLE, "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option".to_owned())
        }
        Unfit::Foreign(given, setting) => (exception(setting), foreign(given, setting)),
        Unfit::Missing(given, setting) => (
            exception(setting),
            format!("For {} deployment group, {} must be specified", platform::text(given), member(setting)),
        ),
        Unfit::NoReadyOption => {
            (BLUE_GREEN, "Deployment ready option cannot be null for blue green deployment".to_owned())
        }
        Unfit::NoTermination => {
            (BLUE_GREEN, "Blue instance termination option cannot be null for blue green deployment".to_owned())
        }
        Unfit::NoLoadBalancer => (
            LOAD_BALANCER,
            "The deploymentOption value is set to WITH_TRAFFIC_CONTROL, but no load balancer or target group has been \
             specified in loadBalancerInfo."
                .to_owned(),
        ),
        Unfit::OnePair(given) => (
            PAIR,
            format!(
                "For ECS deployment group, targetGroupPairInfoList must contain one target group pair; {given} were \
                 specified."
            ),
        ),
        Unfit::OneService(given) => (
            SERVICE,
            format!("For ECS deployment group, ecsServices must contain one service; {given} were specified."),
        ),
        Unfit::BothEc2Tags => ("InvalidEC2TagCombinationException", both(Setting::Ec2TagFilters, Setting::Ec2TagSet)),
        Unfit::BothOnPremisesTags => (
            "InvalidOnPremisesTagCombinationException",
            both(Setting::OnPremisesInstanceTagFilters, Setting::OnPremisesTagSet),
        ),
    }
}

fn foreign(given: ComputePlatform, setting: Setting) -> String {
    let member = member(setting);
    match (given, setting) {
        (ComputePlatform::Server, _) => {
            "Server Deployment Groups should not define a value for ecsServices, eksClusters, or \
             targetGroupPairInfoList"
                .to_owned()
        }
        (ComputePlatform::Ecs, Setting::ClassicLoadBalancers) => {
            "For ECS deployment group, loadBalancerInfo must not contain elbInfo list".to_owned()
        }
        (ComputePlatform::Ecs, Setting::TargetGroups) => {
            "For ECS deployment group, loadBalancerInfo must not contain targetGroupInfo list".to_owned()
        }
        (ComputePlatform::Lambda, Setting::BlueGreen) => {
            format!("For Lambda deployment group, {member} can not be specified")
        }
        (ComputePlatform::Lambda | ComputePlatform::Ecs, _) => {
            format!("For {} deployment group, {member} can not be specified", loud(given))
        }
    }
}

fn both(one: Setting, other: Setting) -> String {
    let (one, other) = (member(one), member(other));
    format!(
        "Both {one} and {other} are specified, and a deployment group has one of them. Leave one out; an update empties \
         the one that the group has had."
    )
}

fn member(setting: Setting) -> &'static str {
    match setting {
        Setting::Ec2TagFilters => "ec2TagFilters",
        Setting::Ec2TagSet => "ec2TagSet",
        Setting::OnPremisesInstanceTagFilters => "onPremisesInstanceTagFilters",
        Setting::OnPremisesTagSet => "onPremisesTagSet",
        Setting::AutoScalingGroups => "autoScalingGroups",
        Setting::BlueGreen => "blueGreenDeploymentConfiguration",
        Setting::LoadBalancer => "loadBalancerInfo",
        Setting::ClassicLoadBalancers => "elbInfoList",
        Setting::TargetGroups => "targetGroupInfoList",
        Setting::TargetGroupPairs => "targetGroupPairInfoList",
        Setting::EcsServices => "ecsServices",
    }
}

fn exception(setting: Setting) -> &'static str {
    match setting {
        Setting::Ec2TagFilters | Setting::Ec2TagSet => "InvalidEC2TagException",
        Setting::OnPremisesInstanceTagFilters | Setting::OnPremisesTagSet => "InvalidTagException",
        Setting::AutoScalingGroups => "InvalidAutoScalingGroupException",
        Setting::BlueGreen => BLUE_GREEN,
        Setting::LoadBalancer | Setting::ClassicLoadBalancers | Setting::TargetGroups => LOAD_BALANCER,
        Setting::TargetGroupPairs => PAIR,
        Setting::EcsServices => SERVICE,
    }
}

/// The platform, as CodeDeploy has it in the middle of most of its sentences on groups.
fn loud(given: ComputePlatform) -> String {
    platform::text(given).to_uppercase()
}

#[cfg(test)]
mod tests {
    use spillway_domain::catalog::config::ComputePlatform::{Ecs, Lambda, Server};

    use super::*;

    #[test]
    fn every_misfit_has_its_exception_and_words() {
        let style = "deployment, the deployment type must be BLUE_GREEN, and deployment option must be \
                     WITH_TRAFFIC_CONTROL.";
        let server = "Server Deployment Groups should not define a value for ecsServices, eksClusters, or \
                      targetGroupPairInfoList";
        let cases = [
            (Unfit::Style(Lambda), STYLE, format!("For LAMBDA {style}")),
            (Unfit::Style(Ecs), STYLE, format!("For ECS {style}")),
            (
                Unfit::BlueGreenWithoutTrafficControl,
                STYLE,
                "BLUE_GREEN deployment type not supported with WITHOUT_TRAFFIC_CONTROL option".to_owned(),
            ),
            (
                Unfit::Foreign(Lambda, Setting::BlueGreen),
                BLUE_GREEN,
                "For Lambda deployment group, blueGreenDeploymentConfiguration can not be specified".to_owned(),
            ),
            (
                Unfit::Foreign(Lambda, Setting::LoadBalancer),
                LOAD_BALANCER,
                "For LAMBDA deployment group, loadBalancerInfo can not be specified".to_owned(),
            ),
            (
                Unfit::Foreign(Lambda, Setting::EcsServices),
                SERVICE,
                "For LAMBDA deployment group, ecsServices can not be specified".to_owned(),
            ),
            (
                Unfit::Foreign(Ecs, Setting::ClassicLoadBalancers),
                LOAD_BALANCER,
                "For ECS deployment group, loadBalancerInfo must not contain elbInfo list".to_owned(),
            ),
            (
                Unfit::Foreign(Ecs, Setting::TargetGroups),
                LOAD_BALANCER,
                "For ECS deployment group, loadBalancerInfo must not contain targetGroupInfo list".to_owned(),
            ),
            (Unfit::Foreign(Server, Setting::EcsServices), SERVICE, server.to_owned()),
            (Unfit::Foreign(Server, Setting::TargetGroupPairs), PAIR, server.to_owned()),
            (
                Unfit::Missing(Ecs, Setting::BlueGreen),
                BLUE_GREEN,
                "For ECS deployment group, blueGreenDeploymentConfiguration must be specified".to_owned(),
            ),
            (
                Unfit::Missing(Ecs, Setting::LoadBalancer),
                LOAD_BALANCER,
                "For ECS deployment group, loadBalancerInfo must be specified".to_owned(),
            ),
            (
                Unfit::Missing(Ecs, Setting::EcsServices),
                SERVICE,
                "For ECS deployment group, ecsServices must be specified".to_owned(),
            ),
            (
                Unfit::NoReadyOption,
                BLUE_GREEN,
                "Deployment ready option cannot be null for blue green deployment".to_owned(),
            ),
            (
                Unfit::NoTermination,
                BLUE_GREEN,
                "Blue instance termination option cannot be null for blue green deployment".to_owned(),
            ),
            (
                Unfit::NoLoadBalancer,
                LOAD_BALANCER,
                "The deploymentOption value is set to WITH_TRAFFIC_CONTROL, but no load balancer or target group has been \
                 specified in loadBalancerInfo."
                    .to_owned(),
            ),
            (
                Unfit::OnePair(2),
                PAIR,
                "For ECS deployment group, targetGroupPairInfoList must contain one target group pair; 2 were specified."
                    .to_owned(),
            ),
            (
                Unfit::OneService(2),
                SERVICE,
                "For ECS deployment group, ecsServices must contain one service; 2 were specified.".to_owned(),
            ),
            (
                Unfit::BothEc2Tags,
                "InvalidEC2TagCombinationException",
                "Both ec2TagFilters and ec2TagSet are specified, and a deployment group has one of them. Leave one out; an \
                 update empties the one that the group has had."
                    .to_owned(),
            ),
            (
                Unfit::BothOnPremisesTags,
                "InvalidOnPremisesTagCombinationException",
                "Both onPremisesInstanceTagFilters and onPremisesTagSet are specified, and a deployment group has one of \
                 them. Leave one out; an update empties the one that the group has had."
                    .to_owned(),
            ),
        ];
        for (unfit, name, message) in cases {
            assert_eq!(words(unfit), (name, message));
        }
    }

    #[test]
    fn what_is_of_servers_is_refused_by_name() {
        let cases = [
            (Setting::Ec2TagFilters, "InvalidEC2TagException", "ec2TagFilters"),
            (Setting::Ec2TagSet, "InvalidEC2TagException", "ec2TagSet"),
            (Setting::OnPremisesInstanceTagFilters, "InvalidTagException", "onPremisesInstanceTagFilters"),
            (Setting::OnPremisesTagSet, "InvalidTagException", "onPremisesTagSet"),
            (Setting::AutoScalingGroups, "InvalidAutoScalingGroupException", "autoScalingGroups"),
        ];
        for (setting, name, member) in cases {
            for (platform, shown) in [(Lambda, "LAMBDA"), (Ecs, "ECS")] {
                let message = format!("For {shown} deployment group, {member} can not be specified");
                assert_eq!(words(Unfit::Foreign(platform, setting)), (name, message));
            }
        }
    }
}
