use serde_json::{Value, json};
use spillway_domain::catalog::config::{ComputePlatform, DeploymentConfig, HealthyHosts, PREDEFINED, Strategy};
use spillway_domain::names::ConfigName;

use super::*;
use crate::testing::{at, named};

#[test]
fn a_configuration_says_how_fast() {
    let read = |platform: &str, member: &str, block: Value| {
        let body = json!({ "deploymentConfigName": "slow", "computePlatform": platform, member: block });
        CreateDeploymentConfig::parse(body.to_string().as_bytes(), &context()).map(|config| config.strategy)
    };
    let routing = |block: Value| read("Lambda", "trafficRoutingConfig", block);
    assert_eq!(routing(json!({ "type": "AllAtOnce" })), Ok(Strategy::AllAtOnce));
    let canary = |p: i64, m: i64| {
        let block = json!({ "canaryPercentage": p, "canaryInterval": m });
        routing(json!({ "type": "TimeBasedCanary", "timeBasedCanary": block }))
    };
    let linear = |p: i64, m: i64| {
        let block = json!({ "linearPercentage": p, "linearInterval": m });
        routing(json!({ "type": "TimeBasedLinear", "timeBasedLinear": block }))
    };
    for (percentage, minutes) in [(1, 1), (99, 2880)] {
        assert_eq!(canary(percentage.into(), minutes.into()), Ok(Strategy::TimeBasedCanary { percentage, minutes }));
    }
    for (percentage, minutes) in [(99, 2880), (50, 1440), (33, 960), (10, 288), (1, 28)] {
        assert_eq!(linear(percentage.into(), minutes.into()), Ok(Strategy::TimeBasedLinear { percentage, minutes }));
        let total = (100 / percentage) * (minutes + 1);
        let words = linear(percentage.into(), i64::from(minutes) + 1).unwrap_err().message;
        assert!(
            words == "Linear interval must be between 1 and 2880 minutes (2 days)"
                || words
                    == format!(
                        "Linear total duration must not be more than 2880 minutes (2 days); {percentage} percent every \
                         {} minutes takes {total}",
                        minutes + 1
                    ),
            "{words}"
        );
    }
    for bad in [i64::MIN, -1, 0, 100, i64::MAX] {
        for answer in [canary(bad, 1), linear(bad, 1)] {
            assert_eq!(answer.unwrap_err().message, "Valid traffic routing percentage is from 1 to 99");
        }
    }
    for bad in [i64::MIN, 0, 2881, i64::MAX] {
        assert_eq!(
            canary(10, bad).unwrap_err().to_string(),
            "InvalidTrafficRoutingConfigurationException: Canary interval must be between 1 and 2880 minutes (2 days)"
        );
    }
    let hosts = |kind: &str, value: i64| read("Server", "minimumHealthyHosts", json!({ "type": kind, "value": value }));
    assert_eq!(hosts("HOST_COUNT", 3), Ok(Strategy::Hosts(HealthyHosts::HostCount(3))));
    assert_eq!(hosts("FLEET_PERCENT", 0), Ok(Strategy::Hosts(HealthyHosts::FleetPercent(0))));
    assert_eq!(hosts("FLEET_PERCENT", 99), Ok(Strategy::Hosts(HealthyHosts::FleetPercent(99))));
}

#[test]
fn zones_are_for_servers_and_shown_as_they_were_given() {
    let blocks = [
        json!({}),
        json!({ "monitorDurationInSeconds": 60 }),
        json!({ "firstZoneMonitorDurationInSeconds": 0, "minimumHealthyHostsPerZone": { "type": "FLEET_PERCENT", "value": 0 } }),
        json!({
            "firstZoneMonitorDurationInSeconds": 4294967295u64, "monitorDurationInSeconds": 1,
            "minimumHealthyHostsPerZone": { "type": "HOST_COUNT", "value": 3 },
        }),
    ];
    let hosts = json!({ "type": "FLEET_PERCENT", "value": 50 });
    for zones in blocks {
        let body = json!({ "deploymentConfigName": "slow", "minimumHealthyHosts": hosts, "zonalConfig": zones });
        let read = CreateDeploymentConfig::parse(body.to_string().as_bytes(), &context()).unwrap();
        let shown = config("slow", read.platform, read.strategy);
        assert_eq!((&shown["zonalConfig"], &shown["minimumHealthyHosts"]), (&zones, &hosts));
    }
}

#[test]
fn a_configuration_that_contradicts_itself_is_refused() {
    let block = || json!({ "canaryPercentage": 10, "canaryInterval": 5 });
    let one = || json!({ "type": "HOST_COUNT", "value": 1 });
    let per_zone =
        |hosts: Value| json!({ "minimumHealthyHosts": one(), "zonalConfig": { "minimumHealthyHostsPerZone": hosts } });
    let routing = "InvalidTrafficRoutingConfigurationException";
    let hosts = "InvalidMinimumHealthyHostValueException";
    let zonal = "InvalidZonalDeploymentConfigurationException";
    let cases = [
        (json!({}), hosts, "minimum healthy hosts argument is missing"),
        (
            json!({ "computePlatform": "Lambda" }),
            routing,
            "Traffic routing configuration cannot be null nor empty for deployment configurations on this platform.",
        ),
        (
            json!({ "trafficRoutingConfig": {} }),
            routing,
            "Traffic routing configuration should be null for Server deployment configuration",
        ),
        (
            json!({ "computePlatform": "ECS", "minimumHealthyHosts": {} }),
            hosts,
            "minimum healthy hosts should be null for ECS deployment configuration",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": {} }),
            routing,
            "trafficRoutingConfig.type is required and was not given.",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "TimeBasedFlexible" } }),
            routing,
            "trafficRoutingConfig.type 'TimeBasedFlexible' is not valid. Valid values are [TimeBasedCanary, \
             TimeBasedLinear, AllAtOnce]",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "AllAtOnce", "timeBasedCanary": block() } }),
            routing,
            "TimeBasedCanaryConfiguration should be null for AllAtOnce type",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "TimeBasedCanary", "timeBasedLinear": {} } }),
            routing,
            "TimeBasedLinearConfiguration should be null for TimeBasedCanary type",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "TimeBasedLinear" } }),
            routing,
            "TimeBasedLinearConfiguration should not be null for TimeBasedLinear type",
        ),
        (
            json!({ "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "AllAtOnce" }, "zonalConfig": {} }),
            zonal,
            "Zonal deployments are only supported with EC2 deployments.",
        ),
        (
            json!({ "minimumHealthyHosts": one(), "zonalConfig": { "monitorDurationInSeconds": -1 } }),
            zonal,
            "monitorDurationInSeconds -1 is not valid: it may be from 0 to 4294967295 seconds.",
        ),
        (
            json!({ "minimumHealthyHosts": one(), "zonalConfig": { "firstZoneMonitorDurationInSeconds": 4294967296u64 } }),
            zonal,
            "firstZoneMonitorDurationInSeconds 4294967296 is not valid: it may be from 0 to 4294967295 seconds.",
        ),
        (
            per_zone(json!({ "type": "FLEET_PERCENT", "value": 100 })),
            zonal,
            "The value of the 'Minimum health hosts per zone' setting when configured with a 'Type' value of \
             'FLEET_PERCENT' must be positive and less than 100.",
        ),
        (
            per_zone(json!({ "type": "HOST_COUNT", "value": -1 })),
            zonal,
            "minimumHealthyHostsPerZone.value -1 of type HOST_COUNT should be 0 or a positive number of hosts.",
        ),
        (
            per_zone(json!({ "value": 1 })),
            zonal,
            "minimumHealthyHostsPerZone.type '' is not valid. Valid values are [HOST_COUNT, FLEET_PERCENT]",
        ),
        (
            per_zone(json!({ "type": "HOST_COUNT" })),
            zonal,
            "minimumHealthyHostsPerZone.value is required and was not given.",
        ),
        (
            json!({ "minimumHealthyHosts": { "type": "FLEET_PERCENT", "value": 100 } }),
            hosts,
            "minimumHealthyHosts.value 100 of type FLEET_PERCENT should be positive and less than 100",
        ),
        (
            json!({ "minimumHealthyHosts": { "type": "HOST_COUNT", "value": -1 } }),
            hosts,
            "minimumHealthyHosts.value -1 of type HOST_COUNT should be 0 or a positive number of hosts.",
        ),
        (
            json!({ "minimumHealthyHosts": { "type": "MOST_CONCURRENCY", "value": 1 } }),
            hosts,
            "minimumHealthyHosts.type 'MOST_CONCURRENCY' is not valid. Valid values are [HOST_COUNT, FLEET_PERCENT]",
        ),
        (
            json!({ "minimumHealthyHosts": { "type": "HOST_COUNT" } }),
            hosts,
            "minimumHealthyHosts.value is required and was not given.",
        ),
    ];
    for (mut request, name, words) in cases {
        request["deploymentConfigName"] = json!("slow");
        let found = refusal(Operation::CreateDeploymentConfig, &request);
        assert_eq!(found, format!("{name}: {words}"), "{request}");
    }
}

#[test]
fn names_of_configurations_that_are_not_made_are_reserved() {
    assert_eq!(
        refused(Operation::CreateDeploymentConfig, "deploymentConfigName", json!("Steps.5@1m")),
        "InvalidDeploymentConfigNameException: deploymentConfigName: 'Steps.5@1m' begins with Steps. and cannot be \
         created: such a name describes itself and needs no creation; use it as it is."
    );
    assert_eq!(
        refused(Operation::CreateDeploymentConfig, "deploymentConfigName", json!("CodeDeployDefault.Mine")),
        "InvalidDeploymentConfigNameException: deploymentConfigName: 'CodeDeployDefault.Mine' begins with \
         CodeDeployDefault. and cannot be created: such names are those of the predefined configurations; choose another."
    );
}

#[test]
fn a_name_that_describes_itself_is_checked_wherever_it_is_given() {
    let operations = [
        Operation::GetDeploymentConfig,
        Operation::CreateDeploymentGroup,
        Operation::UpdateDeploymentGroup,
        Operation::CreateDeployment,
    ];
    for operation in operations {
        assert_eq!(
            refused(operation, "deploymentConfigName", json!("Steps.5@1d")),
            "InvalidDeploymentConfigNameException: deploymentConfigName: 'Steps.5@1d' does not fit \
             Steps.<percent>@<wait>[,<percent>@<wait>...]: 'd' at character 10, a wait ends with s, m or h"
        );
        let request = with(operation, "deploymentConfigName", json!("Steps.0.5@30s,5@2m,25@10m"));
        assert!(parse(operation, request.to_string().as_bytes()).is_ok());
    }
    let long: Vec<String> = (1..=900).map(|n| format!("{}.{:02}@1s", n / 10, n % 10 * 10)).collect();
    let long = format!("Steps.{}", long.join(","));
    assert_eq!(
        GetDeploymentConfig::parse(json!({ "deploymentConfigName": long }).to_string().as_bytes(), &context()),
        Ok(named::<ConfigName>(&long))
    );
}

fn config(name: &str, platform: ComputePlatform, strategy: Strategy) -> Value {
    let config = DeploymentConfig { id: String::new(), name: named(name), platform, strategy, created_at: None };
    GetDeploymentConfig::render(&named("any"), &config, &context())["deploymentConfigInfo"].clone()
}

#[test]
fn the_predefined_configurations_are_shown_with_ids_that_stay() {
    let mut ids: Vec<String> = Vec::new();
    for (name, platform, strategy) in &PREDEFINED {
        let shown = config(name, *platform, strategy.clone());
        assert_eq!(shown["createTime"], 1511460000.0);
        ids.push(shown["deploymentConfigId"].as_str().unwrap().to_owned());
        assert_eq!(shown.get("minimumHealthyHosts").is_some(), *platform == ComputePlatform::Server);
        assert_eq!(shown.get("trafficRoutingConfig").is_some(), *platform != ComputePlatform::Server);
    }
    assert_eq!(ids[0], "40754641-eb79-5252-81ce-e34fe5a7b046");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 17);
    let (name, platform, strategy) = PREDEFINED[2].clone();
    assert_eq!(
        config(name, platform, strategy)["minimumHealthyHosts"],
        json!({ "type": "MOST_CONCURRENCY", "value": 1 })
    );
    let (name, platform, strategy) = PREDEFINED[15].clone();
    assert_eq!(
        config(name, platform, strategy)["trafficRoutingConfig"],
        json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": 10, "linearInterval": 1 } })
    );
}

#[test]
fn steps_are_shown_in_codedeploys_words_where_it_has_some() {
    let canary = |p: u32, m: u32| json!({ "type": "TimeBasedCanary", "timeBasedCanary": { "canaryPercentage": p, "canaryInterval": m } });
    let linear = |p: u32, m: u32| json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": p, "linearInterval": m } });
    for (name, expected) in [
        ("Steps.10@5m", Some(canary(10, 5))),
        ("Steps.10@300s", Some(canary(10, 5))),
        ("Steps.25@2m,50@2m,75@2m", Some(linear(25, 2))),
        ("Steps.33@1h,66@1h,99@1h", Some(linear(33, 60))),
        ("Steps.25@2m,50@3m,75@2m", None),
        ("Steps.25@2m,75@2m", None),
        ("Steps.10@30s", None),
        ("Steps.0.5@5m", None),
    ] {
        let shown = config(name, ComputePlatform::Lambda, Strategy::Steps(named(name)));
        assert_eq!(shown.get("trafficRoutingConfig").cloned(), expected, "{name}");
        assert_eq!(shown["computePlatform"], "Lambda");
    }
}

#[test]
fn a_configuration_that_a_caller_created_has_its_own_id() {
    let made = DeploymentConfig {
        id: "c-id".to_owned(),
        name: named("slow"),
        platform: ComputePlatform::Lambda,
        strategy: Strategy::AllAtOnce,
        created_at: Some(at(0)),
    };
    assert_eq!(
        GetDeploymentConfig::render(&named("any"), &made, &context()),
        json!({ "deploymentConfigInfo": {
            "deploymentConfigId": "c-id", "deploymentConfigName": "slow", "createTime": 1786000000.0,
            "computePlatform": "Lambda", "trafficRoutingConfig": { "type": "AllAtOnce" },
        } })
    );
}
