use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::spec::Target;

use super::super::read as read_for;
use super::super::tests::{named, violations_for};
use super::*;

const GOOD: &str = "\
version: 0.0
Resources:
  - myFunction:
      Type: AWS::Lambda::Function
      Properties:
        Name: orders
        Alias: live
        CurrentVersion: 1
        TargetVersion: \"2\"
Hooks:
  - BeforeAllowTraffic: CodeDeployHook_pre
  - AfterAllowTraffic: arn:aws:lambda:us-east-1:111122223333:function:post
";

fn good() -> Target {
    Target::Lambda(LambdaTarget {
        function: named("orders"),
        alias: named("live"),
        current: named("1"),
        target: named("2"),
        before: Some(named("CodeDeployHook_pre")),
        after: Some(named("arn:aws:lambda:us-east-1:111122223333:function:post")),
    })
}

fn read(content: &str) -> Target {
    read_for(content, ComputePlatform::Lambda)
}

fn violations(content: &str) -> Vec<String> {
    violations_for(ComputePlatform::Lambda, content)
}

#[test]
fn yaml_and_json_say_the_same() {
    let json = r#"{"version":"0.0",
        "Resources":[{"myFunction":{"Type":"AWS::Lambda::Function","Properties":{
            "Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":2}}}],
        "Hooks":[{"BeforeAllowTraffic":"CodeDeployHook_pre"},
                 {"AfterAllowTraffic":"arn:aws:lambda:us-east-1:111122223333:function:post"}]}"#;
    let lower = GOOD
        .replace("Resources", "resources")
        .replace("Hooks", "hooks")
        .replace("Type", "type")
        .replace("Properties", "properties")
        .replace("Name:", "name:")
        .replace("Alias:", "alias:")
        .replace("CurrentVersion", "currentversion")
        .replace("TargetVersion", "TARGETVERSION");
    let flow = json.replace('"', "").replace("::", "__").replace("AWS__Lambda__Function", "'AWS::Lambda::Function'");
    let flow = flow.replace(
        "arn:aws:lambda:us-east-1:111122223333:function:post",
        "'arn:aws:lambda:us-east-1:111122223333:function:post'",
    );
    let flow = flow.replace(":", ": ").replace("AWS: : Lambda: : Function", "AWS::Lambda::Function");
    let flow = flow.replace(
        "arn: aws: lambda: us-east-1: 111122223333: function: post",
        "arn:aws:lambda:us-east-1:111122223333:function:post",
    );
    for content in [
        GOOD.to_owned(),
        GOOD.replace('\n', "\r\n"),
        GOOD.replace("0.0", "\"0.0\""),
        GOOD.replace("0.0", "0"),
        GOOD.replace("0.0", "1"),
        GOOD.replace("0.0", "'1'"),
        GOOD.replace("0.0", "1.0"),
        format!("\u{feff}---\n# The deployment\n{GOOD}"),
        GOOD.replace("Hooks:\n", "Hooks: # both\n"),
        lower,
        json.to_owned(),
        format!("\n  {json}\n"),
        json.to_lowercase()
            .replace("aws::lambda::function", "AWS::Lambda::Function")
            .replace("codedeployhook", "CodeDeployHook")
            .replace("beforeallowtraffic", "BeforeAllowTraffic")
            .replace("afterallowtraffic", "AfterAllowTraffic"),
        flow,
    ] {
        assert_eq!(read(&content), good(), "{content}");
    }
}

/// Numbers are names to AWS: what stands in the document counts, be it in an alias or merged in, and however many bytes its
/// other characters have.
#[test]
fn numbers_are_taken_as_they_are_written() {
    let function = |content: &str| {
        let Target::Lambda(target) = read(content) else { panic!("{content}") };
        target.function.to_string()
    };
    for name in ["007", "0x1F", "1e3", "1.50", "1_000", "12"] {
        assert_eq!(function(&GOOD.replace("orders", name)), name);
        let commented = format!("# für ümläute\n{}", GOOD.replace("orders", &format!("{name}  # ✓")));
        assert_eq!(function(&commented), name);
        let anchored = GOOD.replace("myFunction:\n", &format!("&n {name}:\n")).replace("orders", "*n");
        assert_eq!(function(&anchored), name);
    }
}

#[test]
fn hooks_may_be_left_out_or_left_empty() {
    let (before, _) = GOOD.split_once("Hooks").unwrap();
    for hooks in ["", "Hooks:\n", "Hooks: []\n", "hooks: null\n"] {
        let Target::Lambda(target) = read(&format!("{before}{hooks}")) else {
            panic!("{hooks}");
        };
        assert_eq!((target.before, target.after), (None, None));
    }
}

/// One change to the good AppSpec, and all that is then said of it.
#[test]
fn every_rule_is_named_with_its_place() {
    let properties = "Resources[0].myFunction.Properties";
    let cases: &[(&str, &str, &[&str])] = &[
        ("version: 0.0\n", "", &["version: missing; it must be 0.0."]),
        ("version: 0.0", "version: 0.1", &["version: must be 0.0, not '0.1'."]),
        ("version: 0.0", "version: 2", &["version: must be 0.0, not '2'."]),
        ("version: 0.0", "version: [0.0]", &["version: must be 0.0, not a list."]),
        ("version: 0.0", "version: true", &["version: must be 0.0, not true or false."]),
        ("version: 0.0", "Version: 0.0\nversion: 0.0", &["version: version is given twice; give it once."]),
        ("version: 0.0", "version: 0.0\nos: linux", &["os: unknown key; known here are version, Resources and Hooks."]),
        ("Hooks:", "Hook:", &["Hook: unknown key; known here are version, Resources and Hooks."]),
        (
            "  - myFunction:",
            "  - a: 1\n  - myFunction:",
            &[
                "Resources: must list exactly one function, not 2.",
                "Resources[0].a: must be a map with Type and Properties, not a number.",
            ],
        ),
        ("- myFunction:", "- '':", &["Resources[0].: the function's logical name is empty."]),
        ("      Type: AWS::Lambda::Function\n", "", &["Resources[0].myFunction.Type: missing."]),
        (
            "AWS::Lambda::Function",
            "AWS::ECS::Service",
            &["Resources[0].myFunction.Type: 'AWS::ECS::Service' is for ECS applications; a Lambda application has \
               AWS::Lambda::Function."],
        ),
        (
            "AWS::Lambda::Function",
            "AWS::Lambda::function",
            &["Resources[0].myFunction.Type: 'AWS::Lambda::function' cannot be deployed; a Lambda application has \
               AWS::Lambda::Function."],
        ),
        ("Name: orders", "Name:", &["Resources[0].myFunction.Properties.Name: missing."]),
        ("Name: orders", "Name: ''", &["Resources[0].myFunction.Properties.Name: empty."]),
        (
            "Name: orders",
            "Name: true",
            &["Resources[0].myFunction.Properties.Name: must be a text, not true or false; put it in quotes."],
        ),
        ("Name: orders", "Name: [orders]", &["Resources[0].myFunction.Properties.Name: must be a text, not a list."]),
        ("Name: orders", "Name: {a: b}", &["Resources[0].myFunction.Properties.Name: must be a text, not a map."]),
        (
            "Name: orders",
            "Name: my orders",
            &[
                "Resources[0].myFunction.Properties.Name: function name 'my orders' is not valid: a Lambda function name or \
               ARN of at most 170 letters, digits or any of - _ : ..",
            ],
        ),
        (
            "Name: orders",
            "Name: orders:live",
            &["Resources[0].myFunction.Properties.Name: 'orders:live' names a version or an alias; name the function \
               alone."],
        ),
        (
            "Alias: live",
            "Alias: 7",
            &[
                "Resources[0].myFunction.Properties.Alias: alias name '7' is not valid: 1 to 128 letters, digits, - or _, \
               and not only digits.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: $LATEST",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '$LATEST' is not valid: a published version is \
               a positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: 1.0",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '1.0' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: 02 # the second",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '02' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: &old 010",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '010' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: 1e3",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '1e3' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: 0x1F",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '0x1F' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: -1",
            &[
                "Resources[0].myFunction.Properties.CurrentVersion: version '-1' is not valid: a published version is a \
               positive number such as 1; $LATEST cannot be deployed.",
            ],
        ),
        (
            "CurrentVersion: 1",
            "CurrentVersion: 2",
            &[
                "Resources[0].myFunction.Properties.TargetVersion: '2' is CurrentVersion, too; a deployment moves traffic to \
               another version.",
            ],
        ),
        (
            "TargetVersion:",
            "TargetVerison:",
            &[
                "Resources[0].myFunction.Properties.TargetVerison: unknown key; known here are Name, Alias, \
                 CurrentVersion and TargetVersion.",
                "Resources[0].myFunction.Properties.TargetVersion: missing.",
            ],
        ),
        (
            "Alias: live",
            "Alias: live\n        alias: other",
            &["Resources[0].myFunction.Properties.alias: Alias is given twice; give it once."],
        ),
        (
            "      Type:",
            "      DependsOn: x\n      Type:",
            &["Resources[0].myFunction.DependsOn: unknown key; known here are Type and Properties."],
        ),
        (
            "BeforeAllowTraffic:",
            "BeforeInstall:",
            &["Hooks[0]: unknown event 'BeforeInstall'; a Lambda deployment has BeforeAllowTraffic and \
               AfterAllowTraffic."],
        ),
        (
            "AfterAllowTraffic:",
            "afterAllowTraffic:",
            &["Hooks[1]: unknown event 'afterAllowTraffic'; a Lambda deployment has BeforeAllowTraffic and \
               AfterAllowTraffic. Did you mean AfterAllowTraffic?"],
        ),
        (
            "AfterAllowTraffic:",
            "BeforeAllowTraffic:",
            &["Hooks[1]: a second hook for BeforeAllowTraffic; an event has one function."],
        ),
        ("CodeDeployHook_pre", "", &["Hooks[0].BeforeAllowTraffic: missing."]),
        ("CodeDeployHook_pre", "''", &["Hooks[0].BeforeAllowTraffic: empty."]),
        ("CodeDeployHook_pre", "[a, b]", &["Hooks[0].BeforeAllowTraffic: must be a text, not a list."]),
        (
            "- BeforeAllowTraffic: CodeDeployHook_pre",
            "- pre",
            &["Hooks[0]: must be a map from one event to its function, not a text."],
        ),
        (
            "- BeforeAllowTraffic: CodeDeployHook_pre\n  - After",
            "- BeforeAllowTraffic: pre\n    After",
            &["Hooks[0]: must be a map from one event to its function, not one of 2 keys."],
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(violations(&GOOD.replacen(from, to, 1)), *expected, "{from} -> {to}");
    }
    let all = GOOD.replace("orders", "''").replace("live", "7").replace("1\n", "0\n").replace("\"2\"", "x");
    assert_eq!(violations(&all).iter().filter(|words| words.starts_with(properties)).count(), 4);
}

#[test]
fn other_trees_are_refused_by_what_they_are() {
    let function = "must be a map with version, Resources and Hooks";
    let resources = "Resources: missing; it lists the one function that is deployed.";
    let cases: &[(&str, &[&str])] = &[
        ("hello", &[&format!("The AppSpec: {function}, not a text.")]),
        ("42", &[&format!("The AppSpec: {function}, not a number.")]),
        ("- 1", &[&format!("The AppSpec: {function}, not a list.")]),
        ("{}", &["version: missing; it must be 0.0.", resources]),
        ("version: 0.0", &[resources]),
        ("version: 0.0\nResources:", &[resources]),
        ("version: 0.0\nResources: []", &["Resources: must list exactly one function, not 0."]),
        ("version: 0.0\nResources: {a: {}}", &["Resources: must be a list, not a map."]),
        (
            "version: 0.0\nResources: [a]",
            &["Resources[0]: must be a map from one name to the function's Type and Properties, not a text."],
        ),
        (
            "version: 0.0\nResources: [{a: {Type: AWS::Lambda::Function}}]",
            &["Resources[0].a.Properties: missing; it has Name, Alias, CurrentVersion and TargetVersion."],
        ),
        (
            "version: 0.0\nResources: [{a: {Type: AWS::Lambda::Function, Properties: [1]}}]\nHooks: {}",
            &[
                "Resources[0].a.Properties: must be a map with Name, Alias, CurrentVersion and TargetVersion, not a list.",
                "Hooks: must be a list, not a map.",
            ],
        ),
        (
            r#"{"version":0.0,"version":0.0,"Resources":[{"a":{"Type":"AWS::Lambda::Function"},"b":{}}]}"#,
            &[
                "version: version is given twice; give it once.",
                "Resources[0]: must be a map from one name to the function's Type and Properties, not one of 2 keys.",
            ],
        ),
    ];
    for (content, expected) in cases {
        assert_eq!(violations(content), *expected, "{content}");
    }
}

#[test]
fn what_lambda_deploys_is_not_for_other_platforms() {
    assert_eq!(
        violations_for(ComputePlatform::Server, GOOD),
        [
            "The AppSpec of a deployment to servers is a file in its bundle, which the hosts' agents read: give a bundle in \
             S3 as the revision."
        ]
    );
    let hooks = "BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic and AfterAllowTraffic";
    assert_eq!(
        violations_for(ComputePlatform::Ecs, &GOOD.replace("AfterAllowTraffic", "AllowTraffic")),
        [
            "Resources[0].myFunction.Type: 'AWS::Lambda::Function' is for Lambda applications; an ECS application has \
             AWS::ECS::Service.",
            &format!("Hooks[1]: unknown event 'AllowTraffic'; an ECS deployment has {hooks}."),
        ]
    );
}
