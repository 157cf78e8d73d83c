//! What holds for the functions that have to do with ECS services.

use spillway_domain::LATEST_WRITE_SECONDS;
use spillway_tests::template::template;

use super::relations::{dependencies, links, manifests};
use super::{camel, folders, none};

/// They make moves on services, and move traffic.
const MOVERS: [&str; 4] = ["install-task-set", "promote-task-set", "retire-task-set", "shift-listener"];
const OBSERVER: &str = "observe-service";

/// Nothing is deleted before a move that was under way has come, which nobody could know if it took longer.
#[test]
fn a_move_on_a_service_takes_no_longer_than_the_domain_expects() {
    let template = template();
    let timeout =
        |name: &str| template["Resources"][format!("{}Function", camel(name))]["Properties"]["Timeout"].as_u64();
    let is_bounded = |name: &&str| timeout(name).is_some_and(|seconds| seconds <= u64::from(LATEST_WRITE_SECONDS));
    let faults = MOVERS.into_iter().filter(|name| !is_bounded(name));
    none(faults.map(|name| format!("{name}: its Timeout is not at most {LATEST_WRITE_SECONDS}")).collect());
}

/// What deploys functions stays as small as it was.
#[test]
fn only_the_functions_of_services_link_ecs_and_load_balancers() {
    let mut faults = Vec::new();
    for name in folders("functions") {
        let linked = links(&name);
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
