//! Deployment configurations: how fast, by platform.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::routing::Routing;
use crate::names::ConfigName;
use crate::server::fleet::FleetRules;

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

impl Strategy {
    /// How a fleet is deployed to; `None` where traffic is shifted instead.
    pub fn fleet_rules(&self) -> Option<FleetRules> {
        match self {
            Self::Hosts(minimum) => Some(FleetRules { minimum: *minimum, zones: None }),
            Self::HostsByZone { hosts, zones } => Some(FleetRules { minimum: *hosts, zones: Some(*zones) }),
            Self::AllAtOnce | Self::TimeBasedCanary { .. } | Self::TimeBasedLinear { .. } | Self::Steps(_) => None,
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

/// The most edits between two spellings of one name.
const MOST_EDITS: usize = 3;

/// The one of `known` that `text` spells almost, in any case of its letters.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_ascii_lowercase();
    let edits = |name: &str| strsim::osa_distance(&text, &name.to_ascii_lowercase());
    let candidates = known.into_iter().map(|name| (edits(name), name));
    let near = candidates.filter(|(edits, name)| *edits <= MOST_EDITS.min(name.len() / 3));
    near.min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

impl ConfigName {
    /// The configuration that a name was probably meant for, where none has that name: its steps, spelled as they have
    /// to be, or a predefined configuration of the platform; of any platform where none is given.
    pub fn suggestion(name: &str, platform: Option<ComputePlatform>) -> Option<Self> {
        // Comparing takes as long as the name is, and a longer one is near to none of them.
        const LONGEST: usize = 100;
        let steps = name
            .split_once('.')
            .map_or(name, |(first, rest)| if nearest(first, ["Steps", "Step"]).is_some() { rest } else { name });
        let steps = format!("Steps.{}", steps.to_ascii_lowercase());
        if steps.parse::<Routing>().is_ok() {
            return steps.parse().ok();
        }
        let own = |of: &ComputePlatform| platform.is_none_or(|given| given == *of);
        let known = PREDEFINED.iter().filter(|(_, of, _)| own(of)).map(|(known, of, _)| (*known, known_as(known, *of)));
        let known: Vec<(&str, [&str; 3])> = known.collect();
        let near = nearest(name.get(..LONGEST).unwrap_or(name), known.iter().flat_map(|(_, names)| *names))?;
        known.iter().find(|(_, names)| names.contains(&near))?.0.parse().ok()
    }
}

/// A predefined name, and what is left of it by those who leave out its prefix, or the platform, too, as SAM does.
fn known_as(name: &'static str, platform: ComputePlatform) -> [&'static str; 3] {
    let short = name.strip_prefix("CodeDeployDefault.").unwrap_or(name);
    let prefix = match platform {
        ComputePlatform::Server => "",
        ComputePlatform::Lambda => "Lambda",
        ComputePlatform::Ecs => "ECS",
    };
    [name, short, short.strip_prefix(prefix).unwrap_or(short)]
}

/// CreateDeploymentConfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConfig {
    /// Its name.
    pub name: ConfigName,
    /// Its platform.
    pub platform: ComputePlatform,
    /// How fast.
    pub strategy: Strategy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_almost_a_configuration_is_suggested_for_the_platform() {
        use ComputePlatform::{Ecs, Lambda, Server};
        let cases = [
            ("Canary10Percent5Minutes", Some(Lambda), "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
            ("Canary10Percent5Minute", Some(Lambda), "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
            ("Canary10Percent5Minutes", Some(Ecs), "CodeDeployDefault.ECSCanary10Percent5Minutes"),
            ("Canary10Percent5Minutes", None, "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
            ("LambdaCanary10Percent15Minutes", Some(Lambda), "CodeDeployDefault.LambdaCanary10Percent15Minutes"),
            ("Linear10PercentEvery1Minutes", Some(Lambda), "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
            ("codedeploydefault.ecsallatonce", Some(Ecs), "CodeDeployDefault.ECSAllAtOnce"),
            ("CodeDeployDefault.LambdaAllAtOnec", Some(Lambda), "CodeDeployDefault.LambdaAllAtOnce"),
            ("AllAtOnce", Some(Lambda), "CodeDeployDefault.LambdaAllAtOnce"),
            ("OneAtTime", Some(Server), "CodeDeployDefault.OneAtATime"),
            ("steps.10@5m", Some(Lambda), "Steps.10@5m"),
            ("Step.10@5M,50@1h", Some(Ecs), "Steps.10@5m,50@1h"),
            ("0.5@30s,5@2m", None, "Steps.0.5@30s,5@2m"),
        ];
        for (name, platform, expected) in cases {
            let found = ConfigName::suggestion(name, platform);
            assert_eq!(found.as_ref().map(ConfigName::as_str), Some(expected), "{name}");
        }
        let long = "Canary10Percent5Minutes".repeat(2_000);
        for name in ["", "slow", "orders-canary", "Steps.50@5m,10@5m", "steps.", "ステップ.10@5m", &long] {
            assert_eq!(ConfigName::suggestion(name, None), None, "{name}");
        }
    }

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
