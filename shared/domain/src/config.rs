//! Deployment configurations: how fast, by platform.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ConfigName, Routing};

/// What is deployed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ComputePlatform {
    /// EC2 and on-premises instances.
    Server,
    /// Lambda aliases.
    #[default]
    Lambda,
    /// ECS services.
    #[serde(rename = "ECS")]
    Ecs,
}

/// How many hosts stay healthy during a deployment to servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthyHosts {
    /// So many hosts.
    HostCount(u32),
    /// So many percent of the fleet.
    FleetPercent(u32),
    /// All but so many, as `CodeDeployDefault.OneAtATime` has it.
    MostConcurrency(u32),
}

/// CodeDeploy's `ZonalConfig`, as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZonalConfig {
    /// How long the first zone is watched; when absent, as long as the others.
    pub first_monitor_seconds: Option<u32>,
    /// How long a zone is watched before the next; when absent, not at all.
    pub monitor_seconds: Option<u32>,
    /// How many hosts of a zone stay healthy; when absent, none has to.
    pub hosts_per_zone: Option<HealthyHosts>,
}

/// How a deployment moves, in the form in which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// All traffic in one step.
    AllAtOnce,
    /// Two increments.
    TimeBasedCanary {
        /// The first increment in percent.
        percentage: u32,
        /// Minutes until the second.
        minutes: u32,
    },
    /// Equal increments.
    TimeBasedLinear {
        /// Each increment in percent.
        percentage: u32,
        /// Minutes between increments.
        minutes: u32,
    },
    /// Any list of steps, from a self-describing name.
    Steps(Routing),
    /// Servers, so many at a time.
    Hosts(HealthyHosts),
    /// Servers, so many at a time, and one Availability Zone after the other.
    HostsByZone {
        /// How many of all stay healthy.
        hosts: HealthyHosts,
        /// How it goes from zone to zone.
        zones: ZonalConfig,
    },
}

impl Strategy {
    /// The steps of the traffic shift; `None` where hosts are replaced instead.
    pub fn routing(&self) -> Option<Routing> {
        match self {
            Self::AllAtOnce => Some(Routing::all_at_once()),
            Self::TimeBasedCanary { percentage, minutes } => Some(Routing::canary(*percentage, *minutes)),
            Self::TimeBasedLinear { percentage, minutes } => Some(Routing::linear(*percentage, *minutes)),
            Self::Steps(routing) => Some(routing.clone()),
            Self::Hosts(_) | Self::HostsByZone { .. } => None,
        }
    }
}

/// A deployment configuration. It never changes; it is made and deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentConfig {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: ConfigName,
    /// The platform that it is for.
    pub platform: ComputePlatform,
    /// How fast.
    pub strategy: Strategy,
    /// When it was made; the predefined ones were always there.
    pub created_at: Option<Timestamp>,
}

/// The 17 configurations that are there from the start.
pub static PREDEFINED: [(&str, ComputePlatform, Strategy); 17] = {
    use ComputePlatform::{Ecs, Lambda, Server};
    const fn canary(percentage: u32, minutes: u32) -> Strategy {
        Strategy::TimeBasedCanary { percentage, minutes }
    }
    const fn linear(percentage: u32, minutes: u32) -> Strategy {
        Strategy::TimeBasedLinear { percentage, minutes }
    }
    const fn hosts(hosts: HealthyHosts) -> Strategy {
        Strategy::Hosts(hosts)
    }
    [
        ("CodeDeployDefault.AllAtOnce", Server, hosts(HealthyHosts::FleetPercent(0))),
        ("CodeDeployDefault.HalfAtATime", Server, hosts(HealthyHosts::FleetPercent(50))),
        ("CodeDeployDefault.OneAtATime", Server, hosts(HealthyHosts::MostConcurrency(1))),
        ("CodeDeployDefault.LambdaAllAtOnce", Lambda, Strategy::AllAtOnce),
        ("CodeDeployDefault.LambdaCanary10Percent5Minutes", Lambda, canary(10, 5)),
        ("CodeDeployDefault.LambdaCanary10Percent10Minutes", Lambda, canary(10, 10)),
        ("CodeDeployDefault.LambdaCanary10Percent15Minutes", Lambda, canary(10, 15)),
        ("CodeDeployDefault.LambdaCanary10Percent30Minutes", Lambda, canary(10, 30)),
        ("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", Lambda, linear(10, 1)),
        ("CodeDeployDefault.LambdaLinear10PercentEvery2Minutes", Lambda, linear(10, 2)),
        ("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes", Lambda, linear(10, 3)),
        ("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes", Lambda, linear(10, 10)),
        ("CodeDeployDefault.ECSAllAtOnce", Ecs, Strategy::AllAtOnce),
        ("CodeDeployDefault.ECSCanary10Percent5Minutes", Ecs, canary(10, 5)),
        ("CodeDeployDefault.ECSCanary10Percent15Minutes", Ecs, canary(10, 15)),
        ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", Ecs, linear(10, 1)),
        ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", Ecs, linear(10, 3)),
    ]
};

/// The configuration of a group that names none: for its platform, the one that CodeDeploy has by default, or all at
/// once where CodeDeploy has none.
pub fn default_config(platform: ComputePlatform) -> ConfigName {
    let name = match platform {
        ComputePlatform::Server => "CodeDeployDefault.OneAtATime",
        ComputePlatform::Lambda => "CodeDeployDefault.LambdaAllAtOnce",
        ComputePlatform::Ecs => "CodeDeployDefault.ECSAllAtOnce",
    };
    name.parse().expect("a predefined name is well-formed")
}

/// The configuration of that name that nobody has to make: a predefined one, or one that its name describes.
pub fn find_built_in(name: &ConfigName) -> Option<(ComputePlatform, Strategy)> {
    find_predefined(name.as_str()).or_else(|| {
        let routing: Routing = name.as_str().parse().ok().filter(|_| name.as_str() != "AllAtOnce")?;
        Some((ComputePlatform::Lambda, Strategy::Steps(routing)))
    })
}

/// The predefined configuration of that name.
pub fn find_predefined(name: &str) -> Option<(ComputePlatform, Strategy)> {
    let found = PREDEFINED.iter().find(|(known, _, _)| *known == name);
    found.map(|(_, platform, strategy)| (*platform, strategy.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_predefined_configurations_have_valid_and_different_names() {
        let mut names: Vec<&str> = PREDEFINED.iter().map(|(name, _, _)| *name).collect();
        assert!(names.iter().all(|name| name.parse::<ConfigName>().is_ok()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 17);
        for platform in [ComputePlatform::Server, ComputePlatform::Lambda, ComputePlatform::Ecs] {
            let default = find_predefined(default_config(platform).as_str());
            assert_eq!(default.map(|(own, _)| own), Some(platform));
        }
    }

    #[test]
    fn canary_and_linear_become_steps() {
        let text = |name| find_predefined(name).and_then(|(_, s)| s.routing()).map(|r| r.to_string());
        assert_eq!(text("CodeDeployDefault.LambdaCanary10Percent5Minutes").as_deref(), Some("Steps.10@5m"));
        assert_eq!(
            text("CodeDeployDefault.LambdaLinear10PercentEvery1Minute").as_deref(),
            Some("Steps.10@1m,20@1m,30@1m,40@1m,50@1m,60@1m,70@1m,80@1m,90@1m")
        );
        assert_eq!(text("CodeDeployDefault.LambdaAllAtOnce").as_deref(), Some("AllAtOnce"));
        assert_eq!(text("CodeDeployDefault.OneAtATime"), None);
    }
}
