//! What a deployment group deploys to, and how it goes about it: CodeDeploy's "environment configuration".

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::catalog::config::ComputePlatform;
use crate::catalog::instance::TagFilter;
use crate::catalog::tags::Tag;
use crate::names::text_type;

/// The environment of a deployment group. What does not belong to its platform is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// In place or blue/green, with or without a load balancer.
    pub style: DeploymentStyle,
    /// How a blue/green deployment goes about it.
    pub blue_green: BlueGreen,
    /// What routes the traffic.
    pub load_balancer: LoadBalancerInfo,
    /// The ECS services.
    pub ecs_services: Vec<EcsService>,
    /// The EC2 instances.
    pub ec2_tags: TagSelection,
    /// The on-premises instances.
    pub on_premises_tags: TagSelection,
    /// The Auto Scaling groups whose instances are meant, too.
    pub auto_scaling_groups: Vec<AutoScalingGroupName>,
    /// What becomes of new instances that got an older revision.
    pub outdated_instances: OutdatedInstances,
    /// Whether a hook ends the instances of Auto Scaling groups.
    pub termination_hook: bool,
    /// What Auto Scaling groups do not do during a deployment.
    pub suspended: Vec<AutoScalingProcess>,
}

/// CodeDeploy's `DeploymentStyle`. By default it is that of the first groups there were: those for Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentStyle {
    /// In place or blue/green.
    pub kind: DeploymentType,
    /// With or without a load balancer.
    pub option: DeploymentOption,
}

/// CodeDeploy's `DeploymentType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentType {
    /// Where the original is.
    InPlace,
    /// Beside the original.
    BlueGreen,
}

/// CodeDeploy's `DeploymentOption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentOption {
    /// A load balancer takes part.
    WithTrafficControl,
    /// None does.
    WithoutTrafficControl,
}

/// CodeDeploy's `BlueGreenDeploymentConfiguration`. One without any of its blocks is as good as none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlueGreen {
    /// What becomes of the original.
    pub termination: Option<Termination>,
    /// When the traffic goes over.
    pub ready: Option<ReadyOption>,
    /// Where the replacement comes from.
    pub green_fleet: Option<GreenFleet>,
}

/// CodeDeploy's `BlueInstanceTerminationOption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Termination {
    /// What is done to it.
    pub action: TerminationAction,
    /// How many minutes later.
    pub minutes: u32,
}

/// CodeDeploy's `InstanceAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TerminationAction {
    /// It is ended.
    Terminate,
    /// It goes on without traffic.
    KeepAlive,
}

/// CodeDeploy's `DeploymentReadyOption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadyOption {
    /// The traffic goes over as soon as the replacement is ready.
    Continue,
    /// The deployment waits to be continued, and stops when nobody does within so many minutes.
    Stop {
        /// How many.
        minutes: u32,
    },
}

/// CodeDeploy's `GreenFleetProvisioningAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GreenFleet {
    /// From instances that are there.
    DiscoverExisting,
    /// From a copy of the Auto Scaling group.
    CopyAutoScalingGroup,
}

/// CodeDeploy's `LoadBalancerInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerInfo {
    /// Classic load balancers.
    pub classic: Vec<LoadBalancerName>,
    /// Target groups of instances.
    pub target_groups: Vec<TargetGroupName>,
    /// Pairs of target groups of ECS services.
    pub pairs: Vec<TargetGroupPair>,
}

/// CodeDeploy's `TargetGroupPairInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroupPair {
    /// The two, in the order in which they were given.
    pub groups: [TargetGroupName; 2],
    /// The listener of the traffic.
    pub listener: ListenerArn,
    /// The listener of the test traffic.
    pub test_listener: Option<ListenerArn>,
}

/// CodeDeploy's `ECSService`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcsService {
    /// The service, by name or ARN.
    pub service: EcsServiceName,
    /// Its cluster, by name or ARN.
    pub cluster: EcsClusterName,
}

/// The instances that are meant, by their tags. An instance is meant when one of the filters fits it, and one of each
/// group of the set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TagSelection {
    /// One list of filters.
    pub filters: Vec<TagFilter>,
    /// Several.
    pub set: Vec<Vec<TagFilter>>,
}

/// CodeDeploy's `OutdatedInstancesStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OutdatedInstances {
    /// They are brought up to date.
    #[default]
    Update,
    /// They stay.
    Ignore,
}

/// CodeDeploy's `AutoScalingGroupProcess`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoScalingProcess {
    /// Instances are ended.
    Terminate,
    /// Instances move between Availability Zones.
    AzRebalance,
    /// Instances are replaced by newer ones.
    InstanceRefresh,
    /// What is planned for some time.
    ScheduledActions,
}

macro_rules! trimmed_name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        text_type!(
            $(#[$doc])*
            $name, $what, "1 to 255 characters, without a blank at either end",
            |text| (1..=255).contains(&text.chars().count()) && text.trim() == text
        );
    };
}

trimmed_name!(
    /// The name of an Auto Scaling group.
    AutoScalingGroupName, "Auto Scaling group name"
);
trimmed_name!(
    /// The name of a classic load balancer.
    LoadBalancerName, "load balancer name"
);
trimmed_name!(
    /// The name of a target group.
    TargetGroupName, "target group name"
);
text_type!(
    /// The ARN of a listener.
    ListenerArn,
    "listener ARN",
    "arn:<partition>:elasticloadbalancing:<region>:<account>:listener/<load balancer>/<listener>",
    |text| {
        let arn = Arn::parse(text).filter(|arn| arn.service() == "elasticloadbalancing");
        let listener = arn.and_then(|arn| arn.resource().strip_prefix("listener/"));
        text.len() <= 1024 && listener.is_some_and(|name| !name.is_empty())
    }
);
text_type!(
    /// An ECS service, by name or ARN.
    EcsServiceName,
    "ECS service",
    "a name of 1 to 255 letters, digits, - or _, or arn:<partition>:ecs:<region>:<account>:service/<cluster>/<name>",
    |text| ecs_name(text, "service/").is_some()
);
text_type!(
    /// An ECS cluster, by name or ARN.
    EcsClusterName,
    "ECS cluster",
    "a name of 1 to 255 letters, digits, - or _, or arn:<partition>:ecs:<region>:<account>:cluster/<name>",
    |text| ecs_name(text, "cluster/").is_some()
);

/// The name alone.
fn ecs_name<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let name = match Arn::parse(text) {
        Some(arn) if arn.service() == "ecs" => arn.resource().strip_prefix(kind)?.rsplit('/').next(),
        Some(_) => None,
        None => Some(text).filter(|name| !name.contains(':')),
    };
    name.filter(|name| {
        (1..=255).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}

impl Environment {
    /// What is meant when nothing is said.
    pub fn of(platform: ComputePlatform) -> Self {
        Self { style: DeploymentStyle::of(platform), ..Self::default() }
    }
}

impl Default for DeploymentStyle {
    fn default() -> Self {
        Self::of(ComputePlatform::Lambda)
    }
}

impl DeploymentStyle {
    /// What is meant when nothing is said: the only style there is, or for servers the one that needs nothing else.
    pub fn of(platform: ComputePlatform) -> Self {
        match platform {
            ComputePlatform::Lambda | ComputePlatform::Ecs => {
                Self { kind: DeploymentType::BlueGreen, option: DeploymentOption::WithTrafficControl }
            }
            ComputePlatform::Server => {
                Self { kind: DeploymentType::InPlace, option: DeploymentOption::WithoutTrafficControl }
            }
        }
    }
}

impl TagSelection {
    /// Whether it selects nothing.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.set.is_empty()
    }

    /// Whether it selects an instance with these tags: one of the filters fits, and one of each group of the set.
    pub fn fits(&self, tags: &[Tag]) -> bool {
        let any = |filters: &[TagFilter]| filters.iter().any(|filter| tags.iter().any(|tag| filter.fits(tag)));
        !self.is_empty()
            && (self.filters.is_empty() || any(&self.filters))
            && self.set.iter().all(|filters| any(filters))
    }
}

impl BlueGreen {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl LoadBalancerInfo {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl EcsService {
    /// `cluster/service`, by their names alone: the same however they were given.
    pub fn address(&self) -> String {
        let (cluster, service) = self.names();
        format!("{cluster}/{service}")
    }

    /// By what the API names it: `<cluster>:<service>`.
    pub fn id(&self) -> String {
        let (cluster, service) = self.names();
        format!("{cluster}:{service}")
    }

    /// The names alone, of the cluster and of the service.
    pub fn names(&self) -> (&str, &str) {
        let name = |text, kind| ecs_name(text, kind).unwrap_or_default();
        (name(self.cluster.as_str(), "cluster/"), name(self.service.as_str(), "service/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_selected_by_one_filter_and_by_one_of_each_group() {
        let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
        let filter = |key, value| TagFilter::KeyAndValue(tag(key, value));
        let (web, live, shop) = (filter("role", "web"), filter("stage", "live"), TagFilter::Key("shop".to_owned()));
        let any = TagSelection { filters: vec![web.clone(), live.clone()], set: Vec::new() };
        let all = TagSelection { filters: Vec::new(), set: vec![vec![web, shop], vec![live]] };
        for (tags, of_any, of_all) in [
            (vec![tag("role", "web"), tag("stage", "live")], true, true),
            (vec![tag("role", "web"), tag("stage", "test")], true, false),
            (vec![tag("shop", "x"), tag("stage", "live")], true, true),
            (vec![tag("role", "db")], false, false),
            (Vec::new(), false, false),
        ] {
            assert_eq!((any.fits(&tags), all.fits(&tags)), (of_any, of_all), "{tags:?}");
        }
        assert!(!TagSelection::default().fits(&[tag("role", "web")]), "no filter selects no instance");
    }

    #[test]
    fn a_service_is_the_same_by_name_and_by_arn() {
        let service = |cluster: &str, service: &str| EcsService {
            cluster: cluster.parse().unwrap(),
            service: service.parse().unwrap(),
        };
        let by_arn = "arn:aws:ecs:us-east-1:111122223333:";
        for cluster in ["prod", &format!("{by_arn}cluster/prod")] {
            for name in ["web", &format!("{by_arn}service/prod/web"), &format!("{by_arn}service/web")] {
                let service = service(cluster, name);
                assert_eq!((service.address(), service.id()), ("prod/web".to_owned(), "prod:web".to_owned()));
            }
        }
        for bad in ["", "a b", "a/b", "arn:aws:ecs:us-east-1:111122223333:cluster/", "arn:aws:ecs", &"a".repeat(256)] {
            assert!(bad.parse::<EcsClusterName>().is_err(), "{bad}");
            assert!(bad.parse::<EcsServiceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_listener_is_given_by_arn() {
        let good =
            "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2";
        assert!(good.parse::<ListenerArn>().is_ok());
        for bad in [
            "",
            "listener/app/web",
            "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/",
            "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1",
            "arn:aws:ecs:us-east-1:111122223333:listener/app/web",
        ] {
            assert!(bad.parse::<ListenerArn>().is_err(), "{bad}");
        }
    }
}
