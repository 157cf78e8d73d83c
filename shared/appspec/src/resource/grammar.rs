//! What the AppSpecs of all platforms have in common: version, resources and hooks, and the values in them. Keys stand
//! in any case; values and the names of events do not.

use std::collections::BTreeMap;
use std::str::FromStr;

use spillway_domain::catalog::config::nearest;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::names::{BadName, FunctionName};
use spillway_domain::words::cut;

use super::document::{Node, Number};

/// In what the AppSpec of a platform differs from others.
pub(super) struct Dialect {
    /// The platform, with its article.
    pub(super) platform: &'static str,
    /// What is deployed.
    pub(super) thing: &'static str,
    /// Its type.
    pub(super) kind: &'static str,
    /// The events that have hooks.
    pub(super) events: &'static [EventName],
}

/// The versions of an AppSpec, which all mean the same.
const VERSIONS: [&str; 4] = ["0.0", "0", "1.0", "1"];
/// The types that are deployed, and the platforms that deploy them.
const KINDS: [(&str, &str); 2] = [("AWS::Lambda::Function", "Lambda"), ("AWS::ECS::Service", "ECS")];

pub(super) type Hooks = BTreeMap<EventName, FunctionName>;

/// The resource that the document describes, made of its properties, and its hooks; or every rule that it breaks.
pub(super) fn check<T>(
    document: &Node,
    dialect: &Dialect,
    properties: impl Fn(&mut Check, &str, Option<&Node>) -> Option<T>,
) -> Result<(T, Hooks), Vec<String>> {
    let mut check = Check::default();
    match check.document(document, dialect, properties) {
        Some(read) if check.violations.is_empty() => Ok(read),
        Some(_) | None => Err(check.violations),
    }
}

#[derive(Default)]
pub(super) struct Check {
    violations: Vec<String>,
}

impl Check {
    fn document<T>(
        &mut self,
        document: &Node,
        dialect: &Dialect,
        properties: impl Fn(&mut Self, &str, Option<&Node>) -> Option<T>,
    ) -> Option<(T, Hooks)> {
        let [version, resources, hooks] = self.fields("", document, ["version", "Resources", "Hooks"])?;
        self.version(version);
        let resource = self.resources(resources, dialect, properties);
        let hooks = self.hooks(hooks, dialect);
        Some((resource?, hooks))
    }

    fn version(&mut self, node: Option<&Node>) {
        match node {
            // CodeDeploy's own is 0.0. Widely used scripts for Lambda and ECS send 1, and it takes that.
            Some(Node::Number(Number { text, .. }) | Node::Text(text)) if VERSIONS.contains(&text.as_str()) => {}
            Some(Node::Number(Number { text, .. }) | Node::Text(text)) => {
                self.violation("version", &format!("must be 0.0, not '{}'", cut(text, 60)));
            }
            Some(other) => self.violation("version", &format!("must be 0.0, not {}", other.kind())),
            None => self.violation("version", "missing; it must be 0.0"),
        }
    }

    fn resources<T>(
        &mut self,
        node: Option<&Node>,
        dialect: &Dialect,
        properties: impl Fn(&mut Self, &str, Option<&Node>) -> Option<T>,
    ) -> Option<T> {
        let Some(node) = node else {
            self.violation("Resources", &format!("missing; it lists the one {} that is deployed", dialect.thing));
            return None;
        };
        let list = self.list("Resources", node)?;
        if list.len() != 1 {
            let words = format!("must list exactly one {}, not {}", dialect.thing, list.len());
            self.violation("Resources", &words);
        }
        // With more than one, each is looked at, so that all that is wrong is said at once.
        let targets = list.iter().enumerate().map(|(n, node)| {
            let (place, node) = self.resource(n, node, dialect)?;
            properties(self, &place, node)
        });
        let targets: Vec<_> = targets.collect();
        targets.into_iter().next().flatten()
    }

    /// The properties of a resource of the dialect's type, and their place.
    fn resource<'a>(&mut self, n: usize, node: &'a Node, dialect: &Dialect) -> Option<(String, Option<&'a Node>)> {
        let place = format!("Resources[{n}]");
        let what = format!("one name to the {}'s Type and Properties", dialect.thing);
        let (name, node) = self.entry(&place, node, &what)?;
        let place = format!("{place}.{}", cut(name, 60));
        if name.is_empty() {
            self.violation(&place, &format!("the {}'s logical name is empty", dialect.thing));
        }
        let [kind, properties] = self.fields(&place, node, ["Type", "Properties"])?;
        match self.text(&format!("{place}.Type"), kind) {
            Some(kind) if kind != dialect.kind => {
                let words = match KINDS.iter().find(|(known, _)| *known == kind) {
                    Some((_, platform)) => format!("is for {platform} applications"),
                    None => "cannot be deployed".to_owned(),
                };
                let words =
                    format!("'{}' {words}; {} application has {}", cut(&kind, 60), dialect.platform, dialect.kind);
                self.violation(&format!("{place}.Type"), &words);
                None
            }
            Some(_) | None => Some((format!("{place}.Properties"), properties)),
        }
    }

    fn hooks(&mut self, node: Option<&Node>, dialect: &Dialect) -> Hooks {
        let list = node.and_then(|node| self.list("Hooks", node)).unwrap_or_default();
        let mut hooks = Hooks::new();
        let mut seen: Vec<EventName> = Vec::new();
        for (n, node) in list.iter().enumerate() {
            let place = format!("Hooks[{n}]");
            let Some((name, node)) = self.entry(&place, node, "one event to its function") else {
                continue;
            };
            let Some(event) = dialect.events.iter().copied().find(|event| event.as_str() == name) else {
                let events: Vec<&str> = dialect.events.iter().map(|event| event.as_str()).collect();
                let meant = nearest(name, events.iter().copied());
                let meant = meant.map_or_else(String::new, |meant| format!(". Did you mean {meant}?"));
                let words = format!(
                    "unknown event '{}'; {} deployment has {}{meant}",
                    cut(name, 60),
                    dialect.platform,
                    enumerate(&events)
                );
                self.violation(&place, &words);
                continue;
            };
            if seen.contains(&event) {
                self.violation(&place, &format!("a second hook for {event}; an event has one function"));
            }
            seen.push(event);
            let node = (*node != Node::Null).then_some(node);
            if let Some(hook) = self.value(&format!("{place}.{event}"), node) {
                hooks.insert(event, hook);
            }
        }
        hooks
    }

    /// The fields of a map that are `known`, in their order; nothing where a field holds nothing.
    pub(super) fn fields<'a, const N: usize>(
        &mut self,
        place: &str,
        node: &'a Node,
        known: [&'static str; N],
    ) -> Option<[Option<&'a Node>; N]> {
        let Node::Map(entries) = node else {
            let place = if place.is_empty() { "The AppSpec" } else { place };
            self.violation(place, &format!("must be a map with {}, not {}", enumerate(&known), node.kind()));
            return None;
        };
        let mut found = [None; N];
        let mut seen: Vec<usize> = Vec::new();
        for (key, value) in entries {
            let shown = cut(key, 60);
            let place = if place.is_empty() { shown } else { format!("{place}.{shown}") };
            let Some(index) = known.iter().position(|known| known.eq_ignore_ascii_case(key)) else {
                let verb = if N == 1 { "is" } else { "are" };
                self.violation(&place, &format!("unknown key; known here {verb} {}", enumerate(&known)));
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
    pub(super) fn list<'a>(&mut self, place: &str, node: &'a Node) -> Option<&'a [Node]> {
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
    pub(super) fn value<T: FromStr<Err = BadName>>(&mut self, place: &str, node: Option<&Node>) -> Option<T> {
        let text = self.text(place, node)?;
        text.parse().map_err(|bad: BadName| self.violation(place, &bad.to_string())).ok()
    }

    /// A text that is not empty. A number without quotes is taken for its text.
    pub(super) fn text(&mut self, place: &str, node: Option<&Node>) -> Option<String> {
        let words = match node {
            None => "missing",
            Some(Node::Text(text)) if text.is_empty() => "empty",
            Some(Node::Text(text) | Node::Number(Number { text, .. })) => return Some(text.clone()),
            Some(Node::Bool(_)) => "must be a text, not true or false; put it in quotes",
            Some(Node::List(_)) => "must be a text, not a list",
            Some(Node::Map(_)) => "must be a text, not a map",
            Some(Node::Null) => "must be a text, not nothing",
        };
        self.violation(place, words);
        None
    }

    /// A whole number within bounds. A text of digits is taken for it.
    pub(super) fn number(&mut self, place: &str, node: &Node, least: u32, most: u32) -> Option<u32> {
        let found = match node {
            Node::Number(Number { text, .. }) | Node::Text(text) => {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
                if number.is_some() {
                    return number;
                }
                format!("'{}'", cut(text, 60))
            }
            Node::Null | Node::Bool(_) | Node::List(_) | Node::Map(_) => node.kind().to_owned(),
        };
        self.violation(place, &format!("must be a number from {least} to {most}, not {found}"));
        None
    }

    pub(super) fn violation(&mut self, place: &str, words: &str) {
        let stop = if words.ends_with('?') { "" } else { "." };
        self.violations.push(format!("{place}: {words}{stop}"));
    }
}

/// `a, b and c`.
pub(super) fn enumerate(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
