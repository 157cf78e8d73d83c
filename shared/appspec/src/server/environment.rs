//! `environment`: the variables that scripts get, and where their values are.

use std::fmt;

use crate::check::{Check, cut};
use crate::tree::{Key, Node};

/// The most variables of a script.
const MOST: usize = 100;
/// The most bytes of a name.
const MOST_NAME: usize = 255;
/// The most bytes of a reference; an ARN has 2,048 at most.
const MOST_REFERENCE: usize = 2_048;
const PARAMETER: &str = "ssm:";
const SECRET: &str = "secretsmanager:";
/// Variables that the deployment or the agent sets itself.
const RESERVED: [&str; 11] = [
    "APPLICATION_NAME",
    "BUNDLE_BUCKET",
    "BUNDLE_COMMIT",
    "BUNDLE_ETAG",
    "BUNDLE_KEY",
    "BUNDLE_VERSION",
    "DEPLOYMENT_GROUP_ID",
    "DEPLOYMENT_GROUP_NAME",
    "DEPLOYMENT_ID",
    "LIFECYCLE_EVENT",
    "SPILLWAY_HOOK",
];

/// A variable of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The line of the entry.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Its value, or where that is.
    pub source: ValueSource,
}

/// Where the value of a variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// In the AppSpec.
    Plain(String),
    /// In Parameter Store, under a name or an ARN.
    Parameter(String),
    /// In Secrets Manager.
    Secret {
        /// Its name or ARN.
        id: String,
        /// The member of its JSON; all of its text unless given.
        key: Option<String>,
    },
}

impl fmt::Display for Variable {
    /// The name, and where the value is; never a value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.source {
            ValueSource::Plain(_) => f.write_str(name),
            ValueSource::Parameter(parameter) => write!(f, "{name} ({PARAMETER}{parameter})"),
            ValueSource::Secret { id, key: None } => write!(f, "{name} ({SECRET}{id})"),
            ValueSource::Secret { id, key: Some(key) } => write!(f, "{name} ({SECRET}{id}#{key})"),
        }
    }
}

/// The variables of one place, in the order of their names' last mention.
pub(super) fn read(check: &mut Check, place: &str, node: &Node) -> Vec<Variable> {
    let mut all: Vec<Variable> = Vec::new();
    let Some(entries) = check.map(place, node, "a variable each, such as DB_PASSWORD: ssm:/prod/db") else {
        return all;
    };
    for (key, node) in entries {
        let Some(variable) = read_one(check, place, key, node) else { continue };
        if let Some(known) = all.iter_mut().find(|known| known.name == variable.name) {
            let (name, first) = (&variable.name, known.line);
            check.warn(key.line, format!("{place}.{name} stands in line {first} already; this, the last one, counts"));
            *known = variable;
        } else {
            all.push(variable);
        }
    }
    if all.len() > MOST {
        check.refuse(node.line, format!("{place} has {} variables; it may have {MOST}", all.len()));
    }
    all
}

fn read_one(check: &mut Check, place: &str, key: &Key, node: &Node) -> Option<Variable> {
    let (name, line) = (&key.name, key.line);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= MOST_NAME;
    if !is_name {
        let name = cut(name);
        check.refuse(line, format!("{place} has \"{name}\", which is no name of a variable: letters, digits and _"));
        return None;
    }
    if RESERVED.contains(&name.as_str()) {
        check.refuse(line, format!("{place}.{name} is set by the deployment; use another name"));
        return None;
    }
    let place = format!("{place}.{name}");
    let text = if node.is_null() { String::new() } else { check.scalar(&place, node)?.text.clone() };
    if text.contains('\0') {
        check.refuse(line, format!("{place} has a zero byte, which no variable can have"));
        return None;
    }
    let source = match (text.strip_prefix(PARAMETER), text.strip_prefix(SECRET)) {
        (Some(parameter), _) => ValueSource::Parameter(reference(check, &place, line, parameter, "ssm:/prod/db")?),
        (_, Some(secret)) => {
            let (id, key) = match secret.split_once('#') {
                Some((id, key)) => (id, Some(key)),
                None => (secret, None),
            };
            if key.is_some_and(str::is_empty) {
                check.refuse(line, format!("{place} names no member behind #; write #password, or leave out the #"));
                return None;
            }
            let id = reference(check, &place, line, id, "secretsmanager:prod/db")?;
            ValueSource::Secret { id, key: key.map(str::to_owned) }
        }
        (None, None) => ValueSource::Plain(text),
    };
    Some(Variable { line, name: name.clone(), source })
}

/// The name or the ARN of a parameter or a secret.
fn reference(check: &mut Check, place: &str, line: usize, text: &str, example: &str) -> Option<String> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-:!".contains(c);
    if text.is_empty() || text.len() > MOST_REFERENCE || !text.chars().all(is_fit) {
        let text = cut(text);
        check.refuse(line, format!("{place} names \"{text}\", which is no name and no ARN; write it like {example}"));
        return None;
    }
    Some(text.to_owned())
}
