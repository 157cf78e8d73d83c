//! The rules of the AppSpec for Lambda. Keys stand in any case; values and the names of events do not.

use std::str::FromStr;

use spillway_domain::{AliasName, BadName, EventName, FunctionName, LambdaTarget, Version};

use super::document::Node;
use crate::input::cut;

/// The target that the document describes, or every rule that it breaks.
pub(super) fn check(document: &Node) -> Result<LambdaTarget, Vec<String>> {
    let mut check = Check::default();
    match check.document(document) {
        Some(target) if check.violations.is_empty() => Ok(target),
        Some(_) | None => Err(check.violations),
    }
}

#[derive(Default)]
struct Check {
    violations: Vec<String>,
}

impl Check {
    fn document(&mut self, document: &Node) -> Option<LambdaTarget> {
        let [version, resources, hooks] = self.fields("", document, ["version", "Resources", "Hooks"])?;
        self.version(version);
        let mut target = self.resources(resources);
        for (event, hook) in self.hooks(hooks) {
            if let Some(target) = &mut target {
                match event {
                    EventName::BeforeAllowTraffic => target.before = Some(hook),
                    EventName::AfterAllowTraffic => target.after = Some(hook),
                    EventName::AllowTraffic => {}
                }
            }
        }
        target
    }

    fn version(&mut self, node: Option<&Node>) {
        match node {
            Some(Node::Number(text) | Node::Text(text)) if ["0.0", "0"].contains(&text.as_str()) => {}
            Some(Node::Number(text) | Node::Text(text)) => {
                self.violation("version", &format!("must be 0.0, not '{}'", cut(text, 60)));
            }
            Some(other) => self.violation("version", &format!("must be 0.0, not {}", other.kind())),
            None => self.violation("version", "missing; it must be 0.0"),
        }
    }

    fn resources(&mut self, node: Option<&Node>) -> Option<LambdaTarget> {
        let Some(node) = node else {
            self.violation("Resources", "missing; it lists the one function that is deployed");
            return None;
        };
        let list = self.list("Resources", node)?;
        if list.len() != 1 {
            let words = format!("must list exactly one function, not {}", list.len());
            self.violation("Resources", &words);
        }
        // With more than one, each is looked at, so that all that is wrong is said at once.
        let targets: Vec<_> = list.iter().enumerate().map(|(n, node)| self.resource(n, node)).collect();
        targets.into_iter().next().flatten()
    }

    fn resource(&mut self, n: usize, node: &Node) -> Option<LambdaTarget> {
        let place = format!("Resources[{n}]");
        let (name, node) = self.entry(&place, node, "one name to the function's Type and Properties")?;
        let place = format!("{place}.{}", cut(name, 60));
        if name.is_empty() {
            self.violation(&place, "the function's logical name is empty");
        }
        let [kind, properties] = self.fields(&place, node, ["Type", "Properties"])?;
        match self.text(&format!("{place}.Type"), kind).as_deref() {
            Some("AWS::Lambda::Function") | None => {}
            Some(kind) => {
                let words = match kind {
                    "AWS::ECS::Service" => "is for ECS applications; a Lambda application has",
                    _ => "cannot be deployed; a Lambda application has",
                };
                let words = format!("'{}' {words} AWS::Lambda::Function", cut(kind, 60));
                self.violation(&format!("{place}.Type"), &words);
                return None;
            }
        }
        self.properties(&format!("{place}.Properties"), properties)
    }

    fn properties(&mut self, place: &str, node: Option<&Node>) -> Option<LambdaTarget> {
        const KNOWN: [&str; 4] = ["Name", "Alias", "CurrentVersion", "TargetVersion"];
        let Some(node) = node else {
            self.violation(place, "missing; it has Name, Alias, CurrentVersion and TargetVersion");
            return None;
        };
        let [name, alias, current, target] = self.fields(place, node, KNOWN)?;
        let function: Option<FunctionName> = self.value(&format!("{place}.Name"), name);
        if let Some(function) = &function
            && is_qualified(function)
        {
            let words = format!("'{function}' names a version or an alias; name the function alone");
            self.violation(&format!("{place}.Name"), &words);
        }
        let alias: Option<AliasName> = self.value(&format!("{place}.Alias"), alias);
        let current: Option<Version> = self.value(&format!("{place}.CurrentVersion"), current);
        let target: Option<Version> = self.value(&format!("{place}.TargetVersion"), target);
        if let (Some(current), Some(target)) = (current, target)
            && current == target
        {
            let words = format!("'{target}' is CurrentVersion, too; a deployment moves traffic to another version");
            self.violation(&format!("{place}.TargetVersion"), &words);
        }
        Some(LambdaTarget {
            function: function?,
            alias: alias?,
            current: current?,
            target: target?,
            before: None,
            after: None,
        })
    }

    fn hooks(&mut self, node: Option<&Node>) -> Vec<(EventName, FunctionName)> {
        let list = node.and_then(|node| self.list("Hooks", node)).unwrap_or_default();
        let mut hooks: Vec<(EventName, FunctionName)> = Vec::new();
        let mut seen: Vec<EventName> = Vec::new();
        for (n, node) in list.iter().enumerate() {
            let place = format!("Hooks[{n}]");
            let Some((name, node)) = self.entry(&place, node, "one event to its function") else {
                continue;
            };
            let event = match name {
                "BeforeAllowTraffic" => EventName::BeforeAllowTraffic,
                "AfterAllowTraffic" => EventName::AfterAllowTraffic,
                other => {
                    let words = format!(
                        "unknown event '{}'; a Lambda deployment has BeforeAllowTraffic and AfterAllowTraffic",
                        cut(other, 60)
                    );
                    self.violation(&place, &words);
                    continue;
                }
            };
            if seen.contains(&event) {
                self.violation(&place, &format!("a second hook for {event}; an event has one function"));
            }
            seen.push(event);
            let node = (*node != Node::Null).then_some(node);
            if let Some(hook) = self.value(&format!("{place}.{event}"), node) {
                hooks.push((event, hook));
            }
        }
        hooks
    }

    /// The fields of a map that are `known`, in their order; nothing where a field holds nothing.
    fn fields<'a, const N: usize>(
        &mut self,
        place: &str,
        node: &'a Node,
        known: [&'static str; N],
    ) -> Option<[Option<&'a Node>; N]> {
        let list = || [&known[..N - 1].join(", "), known[N - 1]].join(" and ");
        let Node::Map(entries) = node else {
            let place = if place.is_empty() { "The AppSpec" } else { place };
            self.violation(place, &format!("must be a map with {}, not {}", list(), node.kind()));
            return None;
        };
        let mut found = [None; N];
        let mut seen: Vec<usize> = Vec::new();
        for (key, value) in entries {
            let shown = cut(key, 60);
            let place = if place.is_empty() { shown } else { format!("{place}.{shown}") };
            let Some(index) = known.iter().position(|known| known.eq_ignore_ascii_case(key)) else {
                self.violation(&place, &format!("unknown key; known here are {}", list()));
                continue;
            };
            if seen.contains(&index) {
                self.violation(&place, &format!("{} is given twice; give it once", known[index]));
            }
            seen.push(index);
            if *value != Node::Null {
                found[index] = Some(value);
            }
        }
        Some(found)
    }

    /// The items of a list.
    fn list<'a>(&mut self, place: &str, node: &'a Node) -> Option<&'a [Node]> {
        if let Node::List(items) = node {
            return Some(items);
        }
        self.violation(place, &format!("must be a list, not {}", node.kind()));
        None
    }

    /// The only entry of a map.
    fn entry<'a>(&mut self, place: &str, node: &'a Node, what: &str) -> Option<(&'a str, &'a Node)> {
        let found = match node {
            Node::Map(entries) => {
                if let [(key, value)] = entries.as_slice() {
                    return Some((key, value));
                }
                format!("one of {} keys", entries.len())
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::List(_) => node.kind().to_owned(),
        };
        self.violation(place, &format!("must be a map from {what}, not {found}"));
        None
    }

    /// A value that is made from a text in one way only.
    fn value<T: FromStr<Err = BadName>>(&mut self, place: &str, node: Option<&Node>) -> Option<T> {
        let text = self.text(place, node)?;
        text.parse().map_err(|bad: BadName| self.violation(place, &bad.to_string())).ok()
    }

    /// A text that is not empty. A number without quotes is taken for its text.
    fn text(&mut self, place: &str, node: Option<&Node>) -> Option<String> {
        let words = match node {
            None => "missing",
            Some(Node::Text(text)) if text.is_empty() => "empty",
            Some(Node::Text(text) | Node::Number(text)) => return Some(text.clone()),
            Some(Node::Bool(_)) => "must be a text, not true or false; put it in quotes",
            Some(Node::List(_)) => "must be a text, not a list",
            Some(Node::Map(_)) => "must be a text, not a map",
            Some(Node::Null) => "must be a text, not nothing",
        };
        self.violation(place, words);
        None
    }

    fn violation(&mut self, place: &str, words: &str) {
        self.violations.push(format!("{place}: {words}."));
    }
}

/// Whether a function is named with a version or an alias behind it.
fn is_qualified(function: &FunctionName) -> bool {
    !function.as_str().ends_with(function.bare())
}
