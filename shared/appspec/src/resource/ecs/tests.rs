use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::spec::Target;

use super::super::read as read_for;
use super::super::tests::{named, violations_for};
use super::*;

const GOOD: &str = "\
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: arn:aws:ecs:us-east-1:111122223333:task-definition/web-app:7
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 8080
        PlatformVersion: 1.4.0
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: [subnet-1, subnet-2]
            SecurityGroups: [sg-1]
            AssignPublicIp: DISABLED
        CapacityProviderStrategy:
          - Base: 1
            CapacityProvider: FARGATE
            Weight: 1
          - CapacityProvider: FARGATE_SPOT
            Weight: 3
Hooks:
  - BeforeInstall: a
  - AfterInstall: b
  - AfterAllowTestTraffic: c
  - BeforeAllowTraffic: d
  - AfterAllowTraffic: arn:aws:lambda:us-east-1:111122223333:function:e
";

/// The least that an AppSpec says.
const LEAST: &str = "\
version: 0.0
Resources:
  - web:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: web:7
        LoadBalancerInfo: { ContainerName: web, ContainerPort: '80' }
";

fn least() -> EcsTarget {
    EcsTarget {
        task_definition: "web:7".to_owned(),
        container: "web".to_owned(),
        port: 80,
        platform_version: None,
        network: None,
        capacity_providers: Vec::new(),
        hooks: BTreeMap::new(),
    }
}

fn good() -> EcsTarget {
    let provider = |name: &str, base, weight| CapacityProvider { name: name.to_owned(), base, weight };
    EcsTarget {
        task_definition: "arn:aws:ecs:us-east-1:111122223333:task-definition/web-app:7".to_owned(),
        container: "web".to_owned(),
        port: 8080,
        platform_version: Some("1.4.0".to_owned()),
        network: Some(AwsvpcConfiguration {
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
            assign_public_ip: false,
        }),
        capacity_providers: vec![provider("FARGATE", 1, 1), provider("FARGATE_SPOT", 0, 3)],
        hooks: BTreeMap::from([
            (EventName::BeforeInstall, named("a")),
            (EventName::AfterInstall, named("b")),
            (EventName::AfterAllowTestTraffic, named("c")),
            (EventName::BeforeAllowTraffic, named("d")),
            (EventName::AfterAllowTraffic, named("arn:aws:lambda:us-east-1:111122223333:function:e")),
        ]),
    }
}

fn read(content: &str) -> Target {
    read_for(content, ComputePlatform::Ecs)
}

fn violations(content: &str) -> Vec<String> {
    violations_for(ComputePlatform::Ecs, content)
}

#[test]
fn yaml_and_json_say_the_same() {
    let json = r#"{"version":"0.0","Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{
        "TaskDefinition":"arn:aws:ecs:us-east-1:111122223333:task-definition/web-app:7",
        "LoadBalancerInfo":{"ContainerName":"web","ContainerPort":8080},"PlatformVersion":"1.4.0",
        "NetworkConfiguration":{"awsvpcConfiguration":{
            "subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}},
        "CapacityProviderStrategy":[{"Base":1,"CapacityProvider":"FARGATE","Weight":1},
            {"Base":0,"CapacityProvider":"FARGATE_SPOT","Weight":"3"}]}}}],
        "Hooks":[{"AfterAllowTraffic":"arn:aws:lambda:us-east-1:111122223333:function:e"},
            {"BeforeInstall":"a"},{"AfterInstall":"b"},{"AfterAllowTestTraffic":"c"},{"BeforeAllowTraffic":"d"}]}"#;
    let lower = GOOD
        .replace("Resources", "resources")
        .replace("Type:", "type:")
        .replace("TaskDefinition:", "taskdefinition:")
        .replace("LoadBalancerInfo", "loadBalancerInfo")
        .replace("ContainerPort", "CONTAINERPORT")
        .replace("CapacityProvider:", "capacityprovider:")
        .replace("Hooks", "hooks");
    for content in [GOOD, json, &lower, &GOOD.replace("8080", "'8080'")] {
        assert_eq!(read(content), Target::Ecs(good()), "{content}");
    }
}

#[test]
fn what_may_be_left_out_stays_as_it_is_in_the_service() {
    let further = [
        "",
        "        NetworkConfiguration:\n",
        "        NetworkConfiguration: {}\n",
        "        NetworkConfiguration: { AwsvpcConfiguration: }\n",
        "        NetworkConfiguration: { awsvpcConfiguration: {} }\n",
        "        CapacityProviderStrategy: []\n",
        "        PlatformVersion:\n",
        "Hooks: []\n",
    ];
    for further in further {
        assert_eq!(read(&format!("{LEAST}{further}")), Target::Ecs(least()), "{further}");
    }
    let latest = EcsTarget { platform_version: Some("LATEST".to_owned()), ..least() };
    assert_eq!(read(&format!("{LEAST}        PlatformVersion: LATEST\n")), Target::Ecs(latest));
}

#[test]
fn what_a_target_says_of_itself_is_read_as_the_same_target() {
    let mut targets = vec![least(), good()];
    for (name, revision) in [("a", 1), ("A-b_9", 4_294_967_295_u32)] {
        targets.push(EcsTarget { task_definition: format!("{name}:{revision}"), ..good() });
    }
    for unresolved in ["web", "arn:aws:ecs:us-east-1:111122223333:task-definition/web"] {
        let target = EcsTarget { task_definition: unresolved.to_owned(), ..good() };
        assert_eq!(target.unresolved_family(), Some("web"));
        targets.push(target);
    }
    assert_eq!((good().unresolved_family(), least().unresolved_family()), (None, None));
    for port in [1, 65535] {
        targets.push(EcsTarget { port, ..least() });
    }
    for (security_groups, assign_public_ip) in [(Vec::new(), true), (vec!["sg-1".to_owned(), "sg-2".to_owned()], false)]
    {
        let network = AwsvpcConfiguration { subnets: vec!["subnet-1".to_owned()], security_groups, assign_public_ip };
        targets.push(EcsTarget { network: Some(network), ..least() });
    }
    for (base, weight) in [(0, 0), (0, 1), (1, 0), (100_000, 1000)] {
        let provider = CapacityProvider { name: "my \"own\" \\ provider".to_owned(), base, weight };
        targets.push(EcsTarget { capacity_providers: vec![provider], ..good() });
    }
    for event in DIALECT.events {
        targets.push(EcsTarget { hooks: BTreeMap::from([(*event, named("hook"))]), ..least() });
    }
    for target in targets {
        let text = target.appspec();
        assert_eq!(read(&text), Target::Ecs(target), "{text}");
    }
}

#[test]
fn every_event_with_a_hook_may_be_named() {
    let hookable = EventName::ALL.into_iter().filter(|event| event.is_hookable());
    assert_eq!(DIALECT.events, hookable.collect::<Vec<_>>());
}

/// One change to the good AppSpec, and all that is then said of it, after the place of the properties.
#[test]
fn every_rule_is_named_with_its_place() {
    let missing = "missing; Subnets, SecurityGroups and AssignPublicIp are given all three, or none";
    let weights = "with several entries, at least one of them has a Weight above 0, and none has";
    let definition = "is not a task definition; give its ARN, its family and revision such as web:7, or its family alone, \
                      which means the latest ACTIVE revision";
    let arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web-app:7";
    let awsvpc = "NetworkConfiguration.AwsvpcConfiguration";
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "        TaskDefinition: arn",
            "        taskdef: arn",
            &[
                "taskdef: unknown key; known here are TaskDefinition, LoadBalancerInfo, PlatformVersion, NetworkConfiguration \
             and CapacityProviderStrategy.",
                "TaskDefinition: missing.",
            ],
        ),
        (arn, "''", &["TaskDefinition: empty."]),
        (
            arn,
            "<TASK_DEFINITION>",
            &[
                "TaskDefinition: '<TASK_DEFINITION>' is the placeholder that a pipeline replaces; where no pipeline does, put \
             the task definition's ARN there, or its family and revision such as web:7.",
            ],
        ),
        (arn, "web:latest", &[&format!("TaskDefinition: 'web:latest' {definition}.")]),
        (arn, "web:0", &[&format!("TaskDefinition: 'web:0' {definition}.")]),
        (arn, "':7'", &[&format!("TaskDefinition: ':7' {definition}.")]),
        (arn, "we b:7", &[&format!("TaskDefinition: 'we b:7' {definition}.")]),
        (
            arn,
            "arn:aws:ecs:us-east-1:1:service/prod/web:7",
            &[&format!("TaskDefinition: 'arn:aws:ecs:us-east-1:1:service/prod/web:7' {definition}.")],
        ),
        ("ContainerName: web", "ContainerName:", &["LoadBalancerInfo.ContainerName: missing."]),
        (
            "ContainerPort: 8080",
            "Port: 8080",
            &[
                "LoadBalancerInfo.Port: unknown key; known here are ContainerName and ContainerPort.",
                "LoadBalancerInfo.ContainerPort: missing; it is the port on which the container gets the traffic.",
            ],
        ),
        ("8080", "0", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not '0'."]),
        ("8080", "65536", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not '65536'."]),
        ("8080", "8080.5", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not '8080.5'."]),
        ("8080", "-1", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not '-1'."]),
        ("8080", "'+80'", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not '+80'."]),
        ("8080", "''", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not ''."]),
        ("8080", "http", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not 'http'."]),
        ("8080", "true", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not true or false."]),
        ("8080", "[80]", &["LoadBalancerInfo.ContainerPort: must be a number from 1 to 65535, not a list."]),
        ("1.4.0", "[LATEST]", &["PlatformVersion: must be a text, not a list."]),
        (
            "AwsvpcConfiguration:",
            "Awsvpc:",
            &["NetworkConfiguration.Awsvpc: unknown key; known here is AwsvpcConfiguration."],
        ),
        ("            Subnets: [subnet-1, subnet-2]\n", "", &[&format!("{awsvpc}.Subnets: {missing}.")]),
        (
            "            SecurityGroups: [sg-1]\n            AssignPublicIp: DISABLED\n",
            "",
            &[&format!("{awsvpc}.SecurityGroups: {missing}."), &format!("{awsvpc}.AssignPublicIp: {missing}.")],
        ),
        ("[subnet-1, subnet-2]", "[]", &[&format!("{awsvpc}.Subnets: must list at least one subnet.")]),
        ("[subnet-1, subnet-2]", "subnet-1", &[&format!("{awsvpc}.Subnets: must be a list, not a text.")]),
        (
            "[sg-1]",
            "[sg-1, '', null]",
            &[
                &format!("{awsvpc}.SecurityGroups[1]: empty."),
                &format!("{awsvpc}.SecurityGroups[2]: must be a text, not nothing."),
            ],
        ),
        ("DISABLED", "disabled", &[&format!("{awsvpc}.AssignPublicIp: must be ENABLED or DISABLED, not 'disabled'.")]),
        ("DISABLED", "false", &[&format!("{awsvpc}.AssignPublicIp: must be ENABLED or DISABLED, not true or false.")]),
        ("            CapacityProvider: FARGATE\n", "", &["CapacityProviderStrategy[0].CapacityProvider: missing."]),
        (
            "Base: 1",
            "Base: 100001",
            &["CapacityProviderStrategy[0].Base: must be a number from 0 to 100000, not '100001'."],
        ),
        (
            "Weight: 3",
            "Weight: 1001",
            &["CapacityProviderStrategy[1].Weight: must be a number from 0 to 1000, not '1001'."],
        ),
        (
            "Weight: 3",
            "Weight: 3\n            Base: 2",
            &["CapacityProviderStrategy: only one of its entries may have a Base above 0, and 2 have."],
        ),
        (
            "Weight: 1\n          - CapacityProvider: FARGATE_SPOT\n            Weight: 3",
            "Weight: 0\n          - CapacityProvider: FARGATE_SPOT",
            &[&format!("CapacityProviderStrategy: {weights}.")],
        ),
        (
            "          - Base: 1\n",
            "          - FARGATE\n          - Base: 1\n",
            &["CapacityProviderStrategy[0]: must be a map with Base, CapacityProvider and Weight, not a text."],
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        let expected = expected.iter().map(|words| format!("Resources[0].TargetService.Properties.{words}"));
        assert_eq!(violations(&GOOD.replacen(from, to, 1)), expected.collect::<Vec<_>>(), "{from} -> {to}");
    }
}

#[test]
fn what_all_platforms_have_is_told_in_words_of_ecs() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "Resources:",
            "Res:",
            &[
                "Res: unknown key; known here are version, Resources and Hooks.",
                "Resources: missing; it lists the one service that is deployed.",
            ],
        ),
        (
            "  - TargetService:",
            "  - a: 1\n  - TargetService:",
            &[
                "Resources: must list exactly one service, not 2.",
                "Resources[0].a: must be a map with Type and Properties, not a number.",
            ],
        ),
        ("- TargetService:", "- '':", &["Resources[0].: the service's logical name is empty."]),
        (
            "AWS::ECS::Service",
            "AWS::ECS::TaskSet",
            &["Resources[0].TargetService.Type: 'AWS::ECS::TaskSet' cannot be deployed; an ECS application has \
             AWS::ECS::Service."],
        ),
        (
            "AWS::ECS::Service\n      Properties:",
            "AWS::ECS::Service\n      Other:",
            &[
                "Resources[0].TargetService.Other: unknown key; known here are Type and Properties.",
                "Resources[0].TargetService.Properties: missing; it has at least TaskDefinition and LoadBalancerInfo.",
            ],
        ),
        (
            "BeforeInstall",
            "Install",
            &["Hooks[0]: unknown event 'Install'; an ECS deployment has BeforeInstall, AfterInstall, \
             AfterAllowTestTraffic, BeforeAllowTraffic and AfterAllowTraffic."],
        ),
        ("BeforeInstall", "AfterInstall", &["Hooks[1]: a second hook for AfterInstall; an event has one function."]),
        ("- BeforeInstall: a", "- BeforeInstall:", &["Hooks[0].BeforeInstall: missing."]),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(violations(&GOOD.replacen(from, to, 1)), *expected, "{from} -> {to}");
    }
    assert_eq!(
        violations_for(ComputePlatform::Lambda, LEAST),
        ["Resources[0].web.Type: 'AWS::ECS::Service' is for ECS applications; a Lambda application has \
          AWS::Lambda::Function."]
    );
}
