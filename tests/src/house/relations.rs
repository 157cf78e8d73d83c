//! Who may know whom, and which rights follow from it. A crate's manifest says what it touches; the template says what
//! its function may touch; and both say the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spillway_tests::template::{Function, folders, functions, template};

use super::{camel, none, read, sources};

/// Every manifest of a member, with its path from the root.
pub fn manifests() -> Vec<(String, String)> {
    let mut paths = vec![
        "agent/Cargo.toml".to_owned(),
        "cli/Cargo.toml".to_owned(),
        "lab/Cargo.toml".to_owned(),
        "tests/Cargo.toml".to_owned(),
    ];
    let functions = functions().into_iter().filter(Function::is_in_rust);
    paths.extend(functions.map(|function| format!("{}/Cargo.toml", function.folder())));
    paths.extend(folders("shared").iter().map(|name| format!("shared/{name}/Cargo.toml")));
    paths.into_iter().map(|path| (path.clone(), read(path))).collect()
}

/// What a function links; one in Python has no manifest, and links none of ours.
pub fn links(function: &Function) -> BTreeSet<String> {
    match function.is_in_rust() {
        true => dependencies(&read(format!("{}/Cargo.toml", function.folder()))),
        false => BTreeSet::new(),
    }
}

/// What a crate links: the keys of its `[dependencies]`. Each is `name.workspace = true`, so that lines are enough.
pub fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
    let keys = section.lines().skip(1).filter_map(|line| line.split(['.', ' ', '=']).next());
    keys.filter(|key| !key.is_empty() && !key.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn versions_are_said_in_one_place() {
    let in_sections = |text: &str| {
        let sections = text.split("\n[").filter(|section| section.split(']').next().unwrap().ends_with("dependencies"));
        let lines = sections.flat_map(|section| section.lines().skip(1).map(str::to_owned).collect::<Vec<_>>());
        lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect::<Vec<_>>()
    };
    let mut faults = Vec::new();
    for (path, text) in manifests() {
        let own = in_sections(&text).into_iter().filter(|line| !line.contains("workspace = true"));
        faults.extend(own.map(|line| format!("{path}: '{line}' does not say workspace = true")));
    }
    none(faults);
}

#[test]
fn crates_know_only_whom_they_may_know() {
    let adapters: Vec<String> = folders("shared").into_iter().filter(|name| name.starts_with("aws-")).collect();
    let mut faults = Vec::new();
    for (path, text) in manifests() {
        let folder = path.trim_end_matches("/Cargo.toml");
        let parent = folder.split_once('/').map_or("", |(parent, _)| parent);
        let name = folder.rsplit_once('/').map_or("", |(_, name)| name);
        let mut may: Vec<&str> = match (parent, name) {
            _ if path.starts_with("agent/") => vec!["appspec", "wire"],
            ("functions", "macro") => vec!["runtime", "macro"],
            ("functions", "authorize") => vec!["runtime", "engine", "domain", "policy"],
            ("functions", _) => vec!["runtime", "door", "wire", "appspec", "engine", "domain"],
            ("shared", "domain") => vec![],
            ("shared", "appspec") => vec!["domain"],
            ("shared", "engine" | "wire" | "macro" | "aws-core") => vec!["domain"],
            ("shared", "runtime" | "testkit") => vec!["domain", "engine"],
            ("shared", "policy") => vec!["domain"],
            ("shared", "door") => vec!["runtime", "wire", "engine", "domain"],
            ("shared", adapter) if adapter.starts_with("aws-") => vec!["domain", "engine", "aws-core"],
            ("shared", other) => panic!("shared/{other} is new: say here whom it may know"),
            _ => continue,
        };
        if parent == "functions" {
            may.extend(adapters.iter().map(String::as_str));
        }
        for known in dependencies(&text).iter().filter_map(|key| key.strip_prefix("spillway-")) {
            if !may.contains(&known) {
                faults.push(format!("{path} knows spillway-{known}, and may know only {may:?}"));
            }
        }
    }
    none(faults);
}

#[test]
fn only_adapters_and_the_kit_link_an_sdk() {
    let is_sdk =
        |key: &&String| key.starts_with("aws-sdk-") || key.starts_with("aws-config") || key.starts_with("aws-smithy");
    let may = |path: &str| {
        ["shared/aws-", "shared/runtime/", "cli/", "lab/", "tests/"].iter().any(|begin| path.starts_with(begin))
    };
    let mut faults = Vec::new();
    for (path, text) in manifests().into_iter().filter(|(path, _)| !may(path)) {
        faults.extend(dependencies(&text).iter().filter(is_sdk).map(|key| format!("{path} links {key}")));
    }
    none(faults);
}

/// A test binary for each function would be linked for what the samples say of all of them.
#[test]
fn the_binary_of_a_function_has_no_tests_of_its_own() {
    let functions = functions().into_iter().filter(Function::is_in_rust);
    let manifests = functions.map(|function| format!("{}/Cargo.toml", function.folder()));
    none(manifests.filter(|path| !read(path).contains("\ntest = false\n")).collect());
}

/// It runs where there is neither the checkout nor a compiler.
#[test]
fn the_operators_command_links_no_sdk_of_a_service_and_knows_no_checkout() {
    let linked = dependencies(&read("cli/Cargo.toml"));
    let wrong = |key: &&String| key.starts_with("aws-sdk-") || key.starts_with("spillway-");
    let mut faults: Vec<_> = linked.iter().filter(wrong).map(|key| format!("cli/Cargo.toml links {key}")).collect();
    let own = sources().into_iter().filter(|(name, text)| name.starts_with("cli/") && text.contains("CARGO_MANIFEST"));
    faults.extend(own.map(|(name, _)| format!("{name} knows the checkout")));
    none(faults);
}

#[test]
fn a_function_links_what_its_rights_need_and_has_the_rights_for_what_it_links() {
    // An adapter of ours, and the actions by which the template shows that the function uses it.
    let pairs = [
        ("spillway-aws-dynamodb", "dynamodb:"),
        ("spillway-aws-stepfunctions", "states:"),
        ("spillway-aws-notices", "events:PutEvents"),
        ("spillway-aws-codepipeline", "codepipeline:"),
    ];
    // What is read with a role of the function's own.
    let by_itself = "s3:GetObject";
    let with_role = [
        "spillway-aws-cloudwatch",
        "spillway-aws-ec2",
        "spillway-aws-ecs",
        "spillway-aws-elb",
        "spillway-aws-lambda",
        "spillway-aws-notices",
        "spillway-aws-s3",
    ];
    let assume = ["sts:AssumeRole", "sts:TagSession"];
    let mut faults = Vec::new();
    for function in functions() {
        let linked = links(&function);
        let name = function.name;
        let actions = actions(&name);
        for (adapter, prefix) in pairs {
            let (links, may) = (linked.contains(adapter), actions.iter().any(|action| action.starts_with(prefix)));
            if links != may {
                faults.push(format!("{name}: links {adapter}: {links}; may {prefix}*: {may}"));
            }
        }
        let own = actions.contains(by_itself);
        let of_role = with_role.iter().filter(|adapter| !(own && **adapter == "spillway-aws-s3"));
        let links = of_role.into_iter().any(|adapter| linked.contains(*adapter));
        for action in assume.iter().filter(|action| links != actions.contains(**action)) {
            faults.push(format!("{name}: links one of {with_role:?}: {links}; may {action}: {}", !links));
        }
        // Which role speaks for a host.
        let of_profiles = linked.contains("spillway-aws-ec2").then_some("iam:GetInstanceProfile");
        let known = |action: &str| {
            action == by_itself
                || Some(action) == of_profiles
                || assume.contains(&action)
                || pairs.iter().any(|(_, own)| action.starts_with(own))
        };
        faults
            .extend(actions.iter().filter(|a| !known(a)).map(|a| format!("{name}: may {a}, and links nothing for it")));
    }
    none(faults);
}

/// Keeps the log of a script that runs, if the work of its host is as it was.
const LOOKS_AT_WORK: &str = "agent-api";

/// Transactions that write groups, deployments and stacks look at items that they leave as they are, which takes a right
/// of its own; the emulators ask for none.
#[test]
fn whoever_writes_the_catalog_may_check_its_items() {
    let mut faults = Vec::new();
    for Function { name, .. } in functions() {
        let actions = actions(&name);
        let may = |action: &str| actions.contains(&format!("dynamodb:{action}"));
        let looks = may("BatchGetItem") && may("UpdateItem") || name == LOOKS_AT_WORK;
        if looks != may("ConditionCheckItem") {
            faults.push(format!("{name}: may it write the catalog, and check its items?"));
        }
    }
    none(faults);
}

/// A list of deployments comes from an index, which is a resource of its own; the emulators know no resources.
#[test]
fn whoever_lists_deployments_may_query_the_index() {
    let mut faults = Vec::new();
    for function in functions().into_iter().filter(Function::is_in_rust) {
        let main = read(format!("{}/src/main.rs", function.folder()));
        let used = main.lines().filter_map(|line| line.strip_prefix("use spillway_engine::"));
        let lists = used.filter_map(|path| path.rsplit_once("::")).any(|(module, _)| {
            let file = format!("shared/engine/src/{}.rs", module.replace("::", "/"));
            sources().iter().any(|(path, text)| *path == file && text.contains("store.list("))
        });
        let role = template()["Resources"][format!("{}Role", camel(&function.name))].to_string();
        if lists && !role.contains("/index/") {
            faults.push(format!("{}: lists deployments, and may not query the index", function.name));
        }
    }
    none(faults);
}

/// SAM would give a role that it makes itself managed policies, and with them the logs of the whole account.
#[test]
fn every_role_is_written_out() {
    let mut faults = Vec::new();
    for (resource, value) in template()["Resources"].as_object().unwrap() {
        let properties = &value["Properties"];
        let of_sam = value["Type"].as_str().unwrap().starts_with("AWS::Serverless::");
        if of_sam && properties["Role"].is_null() {
            faults.push(format!("template.yaml: {resource} has no Role"));
        }
        if of_sam && !properties["Policies"].is_null() {
            faults.push(format!("template.yaml: {resource} has Policies, which belong into its role"));
        }
        if !properties["ManagedPolicyArns"].is_null() {
            faults.push(format!("template.yaml: {resource} has rights that are written elsewhere"));
        }
    }
    none(faults);
}

#[test]
fn a_function_has_its_own_role_and_writes_into_its_own_log_only() {
    let mut faults = Vec::new();
    for Function { name, .. } in functions() {
        let camel = camel(&name);
        let properties = &template()["Resources"][format!("{camel}Function")]["Properties"];
        if properties["Role"] != format!("{camel}Role.Arn") {
            faults.push(format!("{name}: its role is {}", properties["Role"]));
        }
        if properties["LoggingConfig"]["LogGroup"] != format!("{camel}LogGroup") {
            faults.push(format!("{name}: its log group is {}", properties["LoggingConfig"]["LogGroup"]));
        }
        let mut expected = vec![json!([["logs:CreateLogStream", "logs:PutLogEvents"], format!("{camel}LogGroup.Arn")])];
        if properties["Tracing"] != "PassThrough" {
            expected.push(json!([["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"]));
        }
        let queue = &properties["DeadLetterQueue"]["TargetArn"];
        if !queue.is_null() {
            expected.push(json!(["sqs:SendMessage", queue]));
        }
        let failed = &properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"];
        if !failed.is_null() {
            expected.push(json!(["lambda:InvokeFunction", failed]));
        }
        let variables = properties["Environment"]["Variables"].as_object().into_iter().flatten();
        for (variable, value) in variables.filter(|(variable, _)| variable.ends_with("_FUNCTION")) {
            let called = super::camel(&variable.to_lowercase().replace('_', "-"));
            expected.push(json!(["lambda:InvokeFunction", format!("{called}.Arn")]));
            if !value.as_str().unwrap().starts_with(&called) {
                faults.push(format!("{name}: its {variable} is {value}"));
            }
        }
        let rights = rights(&name).into_iter().filter(|right| words(&right["Action"]).iter().any(|a| is_plumbing(a)));
        let found: Vec<Value> = rights.map(|right| json!([right["Action"], right["Resource"]])).collect();
        if found.len() != expected.len() || expected.iter().any(|right| !found.contains(right)) {
            faults.push(format!("{name}: may {}, and needs {}", json!(found), json!(expected)));
        }
    }
    none(faults);
}

#[test]
fn no_right_is_wider_than_it_must_be() {
    let text = read("template.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let (mut faults, mut reasons) = (Vec::new(), 0);
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(r#""*""#) || line.contains("'*'")) {
        if line.contains(" # ") || index > 0 && lines[index - 1].trim_start().starts_with('#') {
            reasons += 1;
        } else {
            faults.push(format!("template.yaml:{}: Resource \"*\" without a reason", index + 1));
        }
    }
    let mut any_resource = 0;
    for (resource, value) in template()["Resources"].as_object().unwrap() {
        for statement in statements(value) {
            let wide = words(&statement["Action"]).into_iter().filter(|action| action.contains('*'));
            faults.extend(wide.map(|action| format!("template.yaml: {resource} may {action}")));
            any_resource += words(&statement["Resource"]).iter().filter(|named| *named == "*").count();
        }
        // Whom a function lets call it.
        any_resource += usize::from(value["Properties"]["Principal"] == "*");
    }
    if faults.is_empty() && any_resource != reasons {
        faults.push(format!("template.yaml: {any_resource} times Resource \"*\", and {reasons} lines say why"));
    }
    none(faults);
}

/// What is asked for function by function: be logged, be traced, and leave what it does not do itself, in the queue or to
/// another function.
fn is_plumbing(action: &str) -> bool {
    ["logs:", "xray:", "sqs:", "lambda:InvokeFunction"].iter().any(|service| action.starts_with(service))
}

/// What the role of a function allows.
fn rights(function: &str) -> Vec<Value> {
    statements(&template()["Resources"][format!("{}Role", camel(function))]["Properties"]["Policies"])
}

/// What a function may do with what it links.
fn actions(function: &str) -> BTreeSet<String> {
    let all = rights(function).into_iter().flat_map(|statement| words(&statement["Action"]));
    all.filter(|action| !is_plumbing(action)).collect()
}

/// Every statement that allows something, wherever it stands in the resource.
pub fn statements(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) if members.contains_key("Effect") => vec![value.clone()],
        Value::Object(members) => members.values().flat_map(statements).collect(),
        Value::Array(items) => items.iter().flat_map(statements).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

pub fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}
