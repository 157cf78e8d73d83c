//! What a platform asks of a deployment group: the rules over more than one setting.

use crate::catalog::config::ComputePlatform;
use crate::catalog::environment::{DeploymentOption, DeploymentStyle, DeploymentType, Environment, LoadBalancerInfo};

/// Why settings do not fit together, or not the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The platform has one style, and this is not it.
    Style(ComputePlatform),
    /// Blue/green needs a load balancer.
    BlueGreenWithoutTrafficControl,
    /// The setting belongs to other platforms.
    Foreign(ComputePlatform, Setting),
    /// The platform cannot do without the setting.
    Missing(ComputePlatform, Setting),
    /// Blue/green needs to be told when the traffic goes over.
    NoReadyOption,
    /// Blue/green needs to be told what becomes of the original.
    NoTermination,
    /// With traffic control, and nothing that controls it.
    NoLoadBalancer,
    /// An ECS service has one pair of target groups.
    OnePair(usize),
    /// A group is for one ECS service.
    OneService(usize),
    /// The tags of EC2 instances are given in one of two ways.
    BothEc2Tags,
    /// The tags of on-premises instances are given in one of two ways.
    BothOnPremisesTags,
}

/// A setting that not every platform has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `ec2TagFilters`.
    Ec2TagFilters,
    /// `ec2TagSet`.
    Ec2TagSet,
    /// `onPremisesInstanceTagFilters`.
    OnPremisesInstanceTagFilters,
    /// `onPremisesTagSet`.
    OnPremisesTagSet,
    /// `autoScalingGroups`.
    AutoScalingGroups,
    /// `blueGreenDeploymentConfiguration`.
    BlueGreen,
    /// `loadBalancerInfo`.
    LoadBalancer,
    /// `loadBalancerInfo.elbInfoList`.
    ClassicLoadBalancers,
    /// `loadBalancerInfo.targetGroupInfoList`.
    TargetGroups,
    /// `loadBalancerInfo.targetGroupPairInfoList`.
    TargetGroupPairs,
    /// `ecsServices`.
    EcsServices,
}

impl Environment {
    /// Whether it can be the environment of a group of that platform.
    pub fn fit(&self, platform: ComputePlatform) -> Result<(), Unfit> {
        self.fit_style(platform)?;
        for (setting, given) in self.foreign(platform) {
            ensure(!given, Unfit::Foreign(platform, setting))?;
        }
        match platform {
            ComputePlatform::Lambda => Ok(()),
            ComputePlatform::Ecs => self.fit_ecs(),
            ComputePlatform::Server => self.fit_server(),
        }
    }

    fn fit_style(&self, platform: ComputePlatform) -> Result<(), Unfit> {
        match platform {
            ComputePlatform::Lambda | ComputePlatform::Ecs => {
                ensure(self.style == DeploymentStyle::of(platform), Unfit::Style(platform))
            }
            ComputePlatform::Server => {
                let DeploymentStyle { kind, option } = self.style;
                let alone = kind == DeploymentType::BlueGreen && option == DeploymentOption::WithoutTrafficControl;
                ensure(!alone, Unfit::BlueGreenWithoutTrafficControl)
            }
        }
    }

    /// The settings that the platform does not have, and whether they are given.
    fn foreign(&self, platform: ComputePlatform) -> Vec<(Setting, bool)> {
        let LoadBalancerInfo { classic, target_groups, pairs } = &self.load_balancer;
        let of_servers = [
            (Setting::Ec2TagFilters, !self.ec2_tags.filters.is_empty()),
            (Setting::Ec2TagSet, !self.ec2_tags.set.is_empty()),
            (Setting::OnPremisesInstanceTagFilters, !self.on_premises_tags.filters.is_empty()),
            (Setting::OnPremisesTagSet, !self.on_premises_tags.set.is_empty()),
            (Setting::AutoScalingGroups, !self.auto_scaling_groups.is_empty()),
        ];
        let services = (Setting::EcsServices, !self.ecs_services.is_empty());
        let others: &[(Setting, bool)] = match platform {
            ComputePlatform::Lambda => &[
                (Setting::BlueGreen, !self.blue_green.is_empty()),
                (Setting::LoadBalancer, !self.load_balancer.is_empty()),
                services,
            ],
            ComputePlatform::Ecs => &[
                (Setting::ClassicLoadBalancers, !classic.is_empty()),
                (Setting::TargetGroups, !target_groups.is_empty()),
            ],
            ComputePlatform::Server => return vec![(Setting::TargetGroupPairs, !pairs.is_empty()), services],
        };
        [&of_servers, others].concat()
    }

    fn fit_ecs(&self) -> Result<(), Unfit> {
        let missing = |setting| Unfit::Missing(ComputePlatform::Ecs, setting);
        ensure(!self.blue_green.is_empty(), missing(Setting::BlueGreen))?;
        self.fit_blue_green()?;
        ensure(!self.load_balancer.is_empty(), missing(Setting::LoadBalancer))?;
        let (pairs, services) = (self.load_balancer.pairs.len(), self.ecs_services.len());
        ensure(pairs == 1, Unfit::OnePair(pairs))?;
        ensure(services != 0, missing(Setting::EcsServices))?;
        ensure(services == 1, Unfit::OneService(services))
    }

    fn fit_server(&self) -> Result<(), Unfit> {
        // Without any of its blocks, blue/green of servers goes by CodeDeploy's defaults.
        if self.style.kind == DeploymentType::BlueGreen && !self.blue_green.is_empty() {
            self.fit_blue_green()?;
        }
        let controlled = self.style.option == DeploymentOption::WithTrafficControl;
        ensure(!controlled || !self.load_balancer.is_empty(), Unfit::NoLoadBalancer)?;
        for (tags, both) in [(&self.ec2_tags, Unfit::BothEc2Tags), (&self.on_premises_tags, Unfit::BothOnPremisesTags)]
        {
            ensure(tags.filters.is_empty() || tags.set.is_empty(), both)?;
        }
        Ok(())
    }

    fn fit_blue_green(&self) -> Result<(), Unfit> {
        ensure(self.blue_green.ready.is_some(), Unfit::NoReadyOption)?;
        ensure(self.blue_green.termination.is_some(), Unfit::NoTermination)
    }
}

fn ensure(holds: bool, unfit: Unfit) -> Result<(), Unfit> {
    if holds { Ok(()) } else { Err(unfit) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::environment::{
        BlueGreen, EcsService, ReadyOption, TagSelection, TargetGroupPair, Termination, TerminationAction,
    };
    use crate::catalog::instance::TagFilter;
    use ComputePlatform::{Ecs, Lambda, Server};

    type Change = fn(&mut Environment);

    fn blue_green() -> BlueGreen {
        BlueGreen {
            termination: Some(Termination { action: TerminationAction::Terminate, minutes: 5 }),
            ready: Some(ReadyOption::Continue),
            green_fleet: None,
        }
    }

    fn pair() -> TargetGroupPair {
        TargetGroupPair {
            groups: ["blue", "green"].map(|name| name.parse().unwrap()),
            listener: "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/web/1/2".parse().unwrap(),
            test_listener: None,
        }
    }

    fn service() -> EcsService {
        EcsService { service: "web".parse().unwrap(), cluster: "prod".parse().unwrap() }
    }

    fn tags() -> Vec<TagFilter> {
        vec![TagFilter::Key("Name".to_owned())]
    }

    fn sound(platform: ComputePlatform) -> Environment {
        let mut environment = Environment::of(platform);
        if platform == Ecs {
            environment.blue_green = blue_green();
            environment.load_balancer.pairs = vec![pair()];
            environment.ecs_services = vec![service()];
        }
        environment
    }

    #[test]
    fn what_needs_nothing_else_fits() {
        for platform in [Lambda, Ecs, Server] {
            assert_eq!(sound(platform).fit(platform), Ok(()), "{platform:?}");
        }
    }

    #[test]
    fn every_rule_refuses_what_breaks_it() {
        let foreign: [(Change, Setting); 5] = [
            (|e| e.ec2_tags.filters = tags(), Setting::Ec2TagFilters),
            (|e| e.ec2_tags.set = vec![tags()], Setting::Ec2TagSet),
            (|e| e.on_premises_tags.filters = tags(), Setting::OnPremisesInstanceTagFilters),
            (|e| e.on_premises_tags.set = vec![tags()], Setting::OnPremisesTagSet),
            (|e| e.auto_scaling_groups = vec!["asg".parse().unwrap()], Setting::AutoScalingGroups),
        ];
        let for_servers = foreign
            .iter()
            .flat_map(|(change, setting)| [Lambda, Ecs].map(|p| (p, *change, Unfit::Foreign(p, *setting))));
        let missing = |setting| Unfit::Missing(Ecs, setting);
        let cases: [(ComputePlatform, Change, Unfit); 24] = [
            (Lambda, |e| e.style.kind = DeploymentType::InPlace, Unfit::Style(Lambda)),
            (Lambda, |e| e.style.option = DeploymentOption::WithoutTrafficControl, Unfit::Style(Lambda)),
            (Lambda, |e| e.blue_green = blue_green(), Unfit::Foreign(Lambda, Setting::BlueGreen)),
            (Lambda, |e| e.load_balancer.pairs = vec![pair()], Unfit::Foreign(Lambda, Setting::LoadBalancer)),
            (Lambda, |e| e.ecs_services = vec![service()], Unfit::Foreign(Lambda, Setting::EcsServices)),
            (Ecs, |e| e.style = DeploymentStyle::of(Server), Unfit::Style(Ecs)),
            (Ecs, |e| e.blue_green = BlueGreen::default(), missing(Setting::BlueGreen)),
            (Ecs, |e| e.blue_green.ready = None, Unfit::NoReadyOption),
            (Ecs, |e| e.blue_green.termination = None, Unfit::NoTermination),
            (Ecs, |e| e.load_balancer = LoadBalancerInfo::default(), missing(Setting::LoadBalancer)),
            (
                Ecs,
                |e| e.load_balancer.classic = vec!["lb".parse().unwrap()],
                Unfit::Foreign(Ecs, Setting::ClassicLoadBalancers),
            ),
            (
                Ecs,
                |e| e.load_balancer.target_groups = vec!["tg".parse().unwrap()],
                Unfit::Foreign(Ecs, Setting::TargetGroups),
            ),
            (Ecs, |e| e.load_balancer.pairs.push(pair()), Unfit::OnePair(2)),
            (Ecs, |e| e.ecs_services.clear(), missing(Setting::EcsServices)),
            (Ecs, |e| e.ecs_services.push(service()), Unfit::OneService(2)),
            (Server, |e| e.style.kind = DeploymentType::BlueGreen, Unfit::BlueGreenWithoutTrafficControl),
            (Server, |e| e.style.option = DeploymentOption::WithTrafficControl, Unfit::NoLoadBalancer),
            (Server, |e| e.style = DeploymentStyle::of(Ecs), Unfit::NoLoadBalancer),
            (
                Server,
                |e| (e.style, e.blue_green.ready) = (DeploymentStyle::of(Ecs), Some(ReadyOption::Continue)),
                Unfit::NoTermination,
            ),
            (
                Server,
                |e| {
                    e.style = DeploymentStyle::of(Ecs);
                    e.blue_green = BlueGreen { ready: None, ..blue_green() };
                },
                Unfit::NoReadyOption,
            ),
            (Server, |e| e.load_balancer.pairs = vec![pair()], Unfit::Foreign(Server, Setting::TargetGroupPairs)),
            (Server, |e| e.ecs_services = vec![service()], Unfit::Foreign(Server, Setting::EcsServices)),
            (Server, |e| e.ec2_tags = TagSelection { filters: tags(), set: vec![tags()] }, Unfit::BothEc2Tags),
            (
                Server,
                |e| e.on_premises_tags = TagSelection { filters: tags(), set: vec![tags()] },
                Unfit::BothOnPremisesTags,
            ),
        ];
        for (platform, change, unfit) in cases.into_iter().chain(for_servers) {
            let mut environment = sound(platform);
            change(&mut environment);
            assert_eq!(environment.fit(platform), Err(unfit));
        }
    }

    #[test]
    fn servers_may_have_everything_of_servers() {
        let changes: [Change; 8] = [
            |e| e.ec2_tags.filters = tags(),
            |e| e.ec2_tags.set = vec![tags(), tags()],
            |e| e.on_premises_tags.set = vec![tags()],
            |e| e.auto_scaling_groups = vec!["asg".parse().unwrap()],
            |e| e.blue_green = blue_green(), // in place, it waits for the style to be changed
            |e| e.load_balancer.classic = vec!["lb".parse().unwrap()],
            |e| {
                e.style.option = DeploymentOption::WithTrafficControl;
                e.load_balancer.target_groups = vec!["tg".parse().unwrap()];
            },
            |e| {
                e.style = DeploymentStyle::of(Ecs);
                e.blue_green = blue_green();
                e.load_balancer.target_groups = vec!["tg".parse().unwrap()];
            },
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut environment = sound(Server);
            change(&mut environment);
            assert_eq!(environment.fit(Server), Ok(()), "{n}");
        }
    }
}
