//! YAML and JSON, read into one tree that keeps every key, also one that stands twice.

use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use spillway_domain::words::cut;

/// A value of a document.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A number by its text, which is what it is to AWS: `02` names no version, and `1.10` is not `1.1`.
#[derive(Debug, PartialEq)]
pub(super) struct Number {
    /// As it is written in YAML. In JSON, which has one spelling for most of them, by its value.
    pub(super) text: String,
    /// The bytes in which it is written, until the text was taken from there.
    written: Option<Range<usize>>,
}

impl Node {
    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// The document, or what is wrong with its syntax, with line and column. A text that begins with `{` is JSON if it can
/// be, but may be YAML, too.
pub(super) fn parse(content: &str) -> Result<Node, String> {
    let content = content.trim_start_matches('\u{feff}');
    if !content.trim_start().starts_with('{') {
        return parse_yaml(content);
    }
    match serde_json::from_str(content) {
        Ok(node) => Ok(node),
        Err(error) => parse_yaml(content).map_err(|_| malformed("JSON", &error.to_string())),
    }
}

/// YAML, within bounds far above any AppSpec and far below what costs time.
fn parse_yaml(content: &str) -> Result<Node, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            flow_nesting_limit: 32,
            max_events: 20_000,
            max_nodes: 10_000,
            max_aliases: 100,
            max_anchors: 100,
            max_merge_keys: 100,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 16,
        },
        // `on` and `no` are names here; only true and false are not.
        strict_booleans: true,
        // A CloudFormation `!Ref` that was never resolved must not become the name of a function.
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let parsed: Result<Node, _> = serde_saphyr::from_str_with_options(content, options);
    let mut node =
        parsed.map_err(|error| malformed("YAML", &error.render_with_formatter(&serde_saphyr::UserMessageFormatter)))?;
    node.write_numbers(content);
    Ok(node)
}

/// CodeDeploy's words for a document that cannot be parsed, which clients match, and the parser's.
fn malformed(language: &str, words: &str) -> String {
    format!(
        "The input AppSpec file is a not well-formed yaml. The template cannot be parsed. {language}: {}.",
        cut(words, 200)
    )
}

impl Node {
    /// The node, which knows where it is written if it is a number.
    fn placed(Spanned { value, defined, .. }: Spanned<Self>) -> Self {
        match (value, defined.span().byte_offset(), defined.span().byte_len()) {
            (Self::Number(number), Some(start), Some(length)) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
                Self::Number(Number { written: Some(start..end), ..number })
            }
            (value, _, _) => value,
        }
    }

    /// Takes the texts of its numbers from where they are written.
    fn write_numbers(&mut self, content: &str) {
        match self {
            Self::Number(Number { text, written }) => {
                if let Some(own) = written.take().and_then(|range| content.get(range)) {
                    own.trim().clone_into(text);
                }
            }
            Self::List(items) => items.iter_mut().for_each(|item| item.write_numbers(content)),
            Self::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.write_numbers(content)),
            Self::Null | Self::Bool(_) | Self::Text(_) => {}
        }
    }

    /// A number that is nowhere written yet.
    fn number(value: impl fmt::Debug) -> Self {
        Self::Number(Number { text: format!("{value:?}"), written: None })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::number(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::number(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::number(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(Node::placed(item));
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry()? {
            map.push((key, Node::placed(value)));
        }
        Ok(Node::Map(map))
    }
}
