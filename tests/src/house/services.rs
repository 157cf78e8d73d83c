//! What holds for the functions that have to do with ECS services.

use std::collections::BTreeSet;

use spillway_domain::deployment::decision::LATEST_WRITE_SECONDS;
use spillway_tests::template::{functions, template};

use super::relations::{dependencies, links, manifests, statements, words};
use super::{camel, none, sources};

/// They make moves on services, and move traffic.
const MOVERS: [&str; 4] = ["install-task-set", "promote-task-set", "retire-task-set", "shift-listener"];
const OBSERVER: &str = "observe-service";

/// Nothing is deleted before a move that was under way has come, and no deployment to an alias ends before a shift that
/// was, which nobody could know if it took longer.
#[test]
fn a_move_takes_no_longer_than_the_domain_expects() {
    let template = template();
    let timeout =
        |name: &str| template["Resources"][format!("{}Function", camel(name))]["Properties"]["Timeout"].as_u64();
    let is_bounded = |name: &&str| timeout(name).is_some_and(|seconds| seconds <= u64::from(LATEST_WRITE_SECONDS));
    let faults =
        MOVERS.into_iter().chain(["shift-alias", "control-traffic", "settle-fleet"]).filter(|name| !is_bounded(name));
    none(faults.map(|name| format!("{name}: its Timeout is not at most {LATEST_WRITE_SECONDS}")).collect());
}

/// What deploys functions stays as small as it was.
#[test]
fn only_the_functions_of_services_link_ecs_and_load_balancers() {
    let mut faults = Vec::new();
    for function in functions() {
        let linked = links(&function);
        let name = function.name;
        let links = linked.contains("spillway-aws-ecs") || linked.contains("spillway-aws-elb");
        let may = name == OBSERVER || MOVERS.contains(&name.as_str());
        if links != may {
            faults.push(format!("{name}: links ECS or load balancers: {links}; has to do with services: {may}"));
        }
    }
    for (sdk, adapter) in [("aws-sdk-ecs", "shared/aws-ecs/"), ("aws-sdk-elasticloadbalancingv2", "shared/aws-elb/")] {
        let linking = manifests().into_iter().filter(|(_, text)| dependencies(text).contains(sdk));
        let others = linking.filter(|(path, _)| path.starts_with("shared/") && !path.starts_with(adapter));
        faults.extend(others.map(|(path, _)| format!("{path} links {sdk}")));
    }
    none(faults);
}

/// The emulators ask nobody for rights, so that this is where a missing one is found.
#[test]
fn the_service_role_may_do_what_is_done_with_it_and_no_more() {
    // An adapter that works with service roles, and how IAM calls its service.
    let adapters = [
        ("cloudwatch", "cloudwatch"),
        ("ecs", "ecs"),
        ("elb", "elasticloadbalancing"),
        ("lambda", "lambda"),
        ("notices", "sns"),
    ];
    // What no call of an SDK shows.
    let by_hand = ["s3:GetObject", "s3:GetObjectVersion", "ecs:RegisterTaskDefinition"];
    let asked_by_aws =
        ["iam:PassRole", "cognito-idp:DescribeUserPoolClient", "ecs:TagResource", "kms:Decrypt", "kms:GenerateDataKey"];
    let sources = sources();
    let mut done: BTreeSet<String> =
        [&by_hand[..], &asked_by_aws[..]].concat().into_iter().map(str::to_owned).collect();
    for (adapter, service) in adapters {
        let of_it = sources.iter().filter(|(path, _)| path.starts_with(&format!("shared/aws-{adapter}/src/")));
        let calls: BTreeSet<String> = of_it.flat_map(|(_, source)| calls(source)).collect();
        // The event bus is Spillway's own.
        let own = calls.into_iter().filter(|call| call != "PutEvents");
        done.extend(own.map(|call| format!("{service}:{call}")));
    }
    let asked_in_forms = sources.iter().filter(|(path, _)| path.starts_with("shared/aws-ec2/src/"));
    // Instance profiles are read with the right of the function itself.
    done.extend(asked_in_forms.flat_map(|(_, source)| queries(source)).filter(|action| !action.starts_with("iam:")));
    let rights = statements(&template()["Resources"]["ServiceRole"]["Properties"]["Policies"]);
    let allowed: BTreeSet<String> = rights.iter().flat_map(|right| words(&right["Action"])).collect();
    let missing =
        done.difference(&allowed).map(|action| format!("ServiceRole: may not {action}, which is done with it"));
    let spare = allowed.difference(&done).map(|action| format!("ServiceRole: may {action}, which nothing does"));
    none(missing.chain(spare).collect());
}

/// The operations of AWS's Query protocol in a source, as IAM names them.
fn queries(source: &str) -> BTreeSet<String> {
    let value = |members: &str, name: &str| {
        let (_, rest) = members.split_once(&format!("{name}: \""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let services =
        source.split("Service {").skip(1).filter_map(|rest| rest.split_once('}').map(|(members, _)| members));
    services.filter_map(|members| Some(format!("{}:{}", value(members, "name")?, value(members, "action")?))).collect()
}

/// The calls of AWS in a source, as IAM names them.
fn calls(source: &str) -> BTreeSet<String> {
    const VERBS: [&str; 9] = ["create", "delete", "describe", "get", "list", "modify", "publish", "put", "update"];
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let methods = source.split('.').skip(1).filter_map(|rest| rest.split_once("()").map(|(name, _)| name));
    let builders =
        source.split("operation::").skip(1).filter_map(|rest| rest.split_once("::builders").map(|(op, _)| op));
    let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let names = methods.chain(builders).filter(is_name);
    let named = names.filter_map(|name| match name {
        "invoke" => Some("InvokeFunction".to_owned()),
        _ => VERBS.contains(&name.split('_').next()?).then(|| camel(&name.replace('_', "-"))),
    });
    named.collect()
}
