//! The rules of the AppSpec for ECS.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use spillway_domain::arn::Arn;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::ecs::target::{AwsvpcConfiguration, CapacityProvider, EcsTarget};

use super::document::{Node, Number};
use super::grammar::{Check, Dialect, check};
use spillway_domain::words::cut;

const DIALECT: Dialect = Dialect {
    platform: "an ECS",
    thing: "service",
    kind: "AWS::ECS::Service",
    events: &[
        EventName::BeforeInstall,
        EventName::AfterInstall,
        EventName::AfterAllowTestTraffic,
        EventName::BeforeAllowTraffic,
        EventName::AfterAllowTraffic,
    ],
};

/// The most tasks of a `Base`, as in ECS.
const MOST_BASE: u32 = 100_000;
/// The highest `Weight`, as in ECS.
const MOST_WEIGHT: u32 = 1_000;

/// The target that the document describes, or every rule that it breaks.
pub(super) fn read(document: &Node) -> Result<EcsTarget, Vec<String>> {
    let (target, hooks) = check(document, &DIALECT, properties)?;
    Ok(EcsTarget { hooks, ..target })
}

fn properties(check: &mut Check, place: &str, node: Option<&Node>) -> Option<EcsTarget> {
    const KNOWN: [&str; 5] =
        ["TaskDefinition", "LoadBalancerInfo", "PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy"];
    let Some(node) = node else {
        check.violation(place, "missing; it has at least TaskDefinition and LoadBalancerInfo");
        return None;
    };
    let [definition, load_balancer, version, network, providers] = check.fields(place, node, KNOWN)?;
    let definition = task_definition(check, &format!("{place}.TaskDefinition"), definition);
    let container = container(check, &format!("{place}.LoadBalancerInfo"), load_balancer);
    let version = version.map(|node| check.text(&format!("{place}.PlatformVersion"), Some(node)));
    let network = network.and_then(|node| network_of(check, &format!("{place}.NetworkConfiguration"), node));
    let place = format!("{place}.CapacityProviderStrategy");
    let providers = providers.map(|node| capacity_providers(check, &place, node)).unwrap_or_default();
    let (container, port) = container?;
    Some(EcsTarget {
        task_definition: definition?,
        container,
        port,
        platform_version: version.flatten(),
        network,
        capacity_providers: providers,
        hooks: BTreeMap::new(),
    })
}

fn task_definition(check: &mut Check, place: &str, node: Option<&Node>) -> Option<String> {
    let text = check.text(place, node)?;
    let shown = cut(&text, 120);
    let words = if text.starts_with('<') && text.ends_with('>') {
        format!(
            "'{shown}' is the placeholder that a pipeline replaces; where no pipeline does, put the task definition's ARN \
             there, or its family and revision such as web:7"
        )
    } else if !is_task_definition(&text) {
        format!(
            "'{shown}' is not a task definition; give its ARN, its family and revision such as web:7, or its family \
             alone, which means the latest ACTIVE revision"
        )
    } else {
        return Some(text);
    };
    check.violation(place, &words);
    None
}

/// Whether a text is an ARN of a task definition, or its last part, with a revision or without one.
fn is_task_definition(text: &str) -> bool {
    let name = match Arn::parse(text).filter(|arn| arn.service() == "ecs") {
        Some(arn) => arn.resource().strip_prefix("task-definition/"),
        None => Some(text),
    };
    let Some(name) = name else { return false };
    let (family, revision) = name.split_once(':').map_or((name, None), |(family, own)| (family, Some(own)));
    (1..=255).contains(&family.len())
        && family.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && revision.is_none_or(|own| {
            own.bytes().all(|byte| byte.is_ascii_digit()) && own.parse::<u32>().is_ok_and(|number| number > 0)
        })
}

/// The container that gets the traffic, and its port.
fn container(check: &mut Check, place: &str, node: Option<&Node>) -> Option<(String, u16)> {
    let Some(node) = node else {
        check.violation(place, "missing; it has ContainerName and ContainerPort");
        return None;
    };
    let [name, port] = check.fields(place, node, ["ContainerName", "ContainerPort"])?;
    let name = check.text(&format!("{place}.ContainerName"), name);
    let place = format!("{place}.ContainerPort");
    let Some(port) = port else {
        check.violation(&place, "missing; it is the port on which the container gets the traffic");
        return None;
    };
    let port = check.number(&place, port, 1, u32::from(u16::MAX))?;
    Some((name?, u16::try_from(port).ok()?))
}

fn network_of(check: &mut Check, place: &str, node: &Node) -> Option<AwsvpcConfiguration> {
    let [awsvpc] = check.fields(place, node, ["AwsvpcConfiguration"])?;
    let place = format!("{place}.AwsvpcConfiguration");
    let fields = check.fields(&place, awsvpc?, ["Subnets", "SecurityGroups", "AssignPublicIp"])?;
    if fields.iter().all(Option::is_none) {
        return None;
    }
    let mut field = |n: usize, name: &str| {
        if fields[n].is_none() {
            let words = "missing; Subnets, SecurityGroups and AssignPublicIp are given all three, or none";
            check.violation(&format!("{place}.{name}"), words);
        }
        fields[n]
    };
    let [subnets, groups, public] = [field(0, "Subnets"), field(1, "SecurityGroups"), field(2, "AssignPublicIp")];
    let subnets = subnets.and_then(|node| texts(check, &format!("{place}.Subnets"), node));
    if subnets.as_ref().is_some_and(Vec::is_empty) {
        check.violation(&format!("{place}.Subnets"), "must list at least one subnet");
    }
    let groups = groups.and_then(|node| texts(check, &format!("{place}.SecurityGroups"), node));
    let public = public.and_then(|node| assign_public_ip(check, &format!("{place}.AssignPublicIp"), node));
    Some(AwsvpcConfiguration { subnets: subnets?, security_groups: groups?, assign_public_ip: public? })
}

fn texts(check: &mut Check, place: &str, node: &Node) -> Option<Vec<String>> {
    let items = check.list(place, node)?;
    let texts: Vec<_> =
        items.iter().enumerate().map(|(n, node)| check.text(&format!("{place}[{n}]"), Some(node))).collect();
    texts.into_iter().collect()
}

fn assign_public_ip(check: &mut Check, place: &str, node: &Node) -> Option<bool> {
    let found = match node {
        Node::Text(text) if text == "ENABLED" => return Some(true),
        Node::Text(text) if text == "DISABLED" => return Some(false),
        Node::Text(text) | Node::Number(Number { text, .. }) => format!("'{}'", cut(text, 60)),
        Node::Null | Node::Bool(_) | Node::List(_) | Node::Map(_) => node.kind().to_owned(),
    };
    check.violation(place, &format!("must be ENABLED or DISABLED, not {found}"));
    None
}

fn capacity_providers(check: &mut Check, place: &str, node: &Node) -> Vec<CapacityProvider> {
    let items = check.list(place, node).unwrap_or_default();
    let providers =
        items.iter().enumerate().filter_map(|(n, node)| capacity_provider(check, &format!("{place}[{n}]"), node));
    let providers: Vec<CapacityProvider> = providers.collect();
    let bases = providers.iter().filter(|provider| provider.base > 0).count();
    if bases > 1 {
        check.violation(place, &format!("only one of its entries may have a Base above 0, and {bases} have"));
    }
    if providers.len() > 1 && providers.iter().all(|provider| provider.weight == 0) {
        check.violation(place, "with several entries, at least one of them has a Weight above 0, and none has");
    }
    providers
}

fn capacity_provider(check: &mut Check, place: &str, node: &Node) -> Option<CapacityProvider> {
    let [base, name, weight] = check.fields(place, node, ["Base", "CapacityProvider", "Weight"])?;
    let base = base.map_or(Some(0), |node| check.number(&format!("{place}.Base"), node, 0, MOST_BASE));
    let name = check.text(&format!("{place}.CapacityProvider"), name);
    let weight = weight.map_or(Some(0), |node| check.number(&format!("{place}.Weight"), node, 0, MOST_WEIGHT));
    Some(CapacityProvider { name: name?, base: base?, weight: weight? })
}
