//! YAML (and JSON, which is YAML) as a tree that keeps the text, the quotes and the line of every scalar, and every key,
//! also one that stands twice. A number must keep its text: `0644` is a mode, not 420.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

/// The most bytes of an AppSpec: fifty times the largest one in use.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
/// How deep lists and maps may be nested.
const MOST_DEPTH: usize = 32;
/// The most values, counting again what an alias repeats.
const MOST_NODES: usize = 20_000;

/// A value, and the line on which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A scalar as it is written, without its quotes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) quoted: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) line: usize,
    pub(crate) name: String,
}

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Malformed {
    pub(crate) line: Option<usize>,
    pub(crate) detail: String,
}

/// A tree, and what was left out of it.
#[derive(Debug)]
pub(crate) struct Document {
    /// None where the text has comments and spaces only.
    pub(crate) root: Option<Node>,
    /// The line on which a second document begins.
    pub(crate) second: Option<usize>,
}

impl Scalar {
    /// Whether it is what YAML writes for nothing.
    pub(crate) fn is_null(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_null())
    }

    /// What it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => "nothing",
            Value::Scalar(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The values in it, itself included, and how deep they are nested.
    fn weight(&self) -> (usize, usize) {
        let all = |nodes: &mut dyn Iterator<Item = &Self>| {
            let weights = nodes.map(Self::weight);
            weights.fold((1, 1), |(nodes, depth), (own, deep)| (nodes + own, depth.max(deep + 1)))
        };
        match &self.value {
            Value::Scalar(_) => (1, 0),
            Value::List(items) => all(&mut items.iter()),
            Value::Map(entries) => all(&mut entries.iter().map(|(_, node)| node)),
        }
    }
}

/// The first document of a text.
pub(crate) fn parse(content: &[u8]) -> Result<Document, Malformed> {
    if content.len() > MOST_BYTES {
        let detail = format!("the AppSpec has {} bytes; it may have {MOST_BYTES}", content.len());
        return Err(Malformed { line: None, detail });
    }
    let text = str::from_utf8(content).map_err(|error| {
        let at = error.valid_up_to();
        let line = content[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Malformed { line: Some(line), detail: format!("byte {at} is not UTF-8; save the file as UTF-8") }
    })?;
    let text = text.trim_start_matches('\u{feff}');
    // JSON may be indented by tabs and has none in its texts, so that spaces say the same to a parser of YAML.
    let spaced = text.trim_start().starts_with('{').then(|| text.replace('\t', " "));
    Builder::new(spaced.as_deref().unwrap_or(text)).build()
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or a map whose end was not read yet.
struct Open {
    line: usize,
    anchor: usize,
    inner: Inner,
}

enum Inner {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None }
    }

    fn build(mut self) -> Result<Document, Malformed> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_comments: false,
            flow_nesting_limit: MOST_DEPTH,
            block_nesting_limit: MOST_DEPTH,
        };
        let mut ended = false;
        for event in Parser::new_from_str_with_options(self.text, options) {
            // Behind the first document, only whether there is another one matters.
            let (event, span) = match event {
                Ok(event) => event,
                Err(_) if ended => break,
                Err(error) => return Err(self.syntax(error.marker().line(), error.marker().col(), &error.info())),
            };
            if ended && matches!(event, Event::DocumentStart(..)) {
                return Ok(Document { root: self.root, second: Some(span.start.line()) });
            }
            if ended {
                continue;
            }
            ended = self.take(event, span)?;
        }
        Ok(Document { root: self.root, second: None })
    }

    /// Takes an event. Whether the document has ended.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a parser of another version may tell what means nothing here")]
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<bool, Malformed> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(tag.as_deref(), line)?;
                let scalar = Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain };
                self.add(Node { line, value: Value::Scalar(scalar) }, anchor, 1)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), line)?;
                self.begin(Open { line, anchor, inner: Inner::List(Vec::new()) })?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), line)?;
                self.begin(Open { line, anchor, inner: Inner::Map(Vec::new(), None) })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { line, anchor, inner }) = self.open.pop() {
                    let value = match inner {
                        Inner::List(items) => Value::List(items),
                        Inner::Map(entries, _) => Value::Map(entries),
                    };
                    self.add(Node { line, value }, anchor, 0)?;
                }
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(at(line, "the alias repeats the value in which it stands; write the value out"));
                };
                let (nodes, depth) = node.weight();
                if self.open.len() + depth > MOST_DEPTH {
                    return Err(too_deep(line));
                }
                if self.nodes + nodes > MOST_NODES {
                    return Err(too_many(line));
                }
                let node = Node { line, ..node.clone() };
                self.add(node, 0, nodes)?;
            }
            Event::UnresolvedAlias(name) => {
                let detail = if name.starts_with('*') || name.is_empty() {
                    format!("a * at the beginning of a value is an alias in YAML; quote it: \"*{name}\"")
                } else {
                    format!("*{name} is an alias in YAML, and nothing has the anchor &{name}; quote it: \"*{name}\"")
                };
                return Err(at(line, &detail));
            }
            Event::DocumentEnd => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    fn begin(&mut self, open: Open) -> Result<(), Malformed> {
        if self.open.len() >= MOST_DEPTH {
            return Err(too_deep(open.line));
        }
        self.count(1, open.line)?;
        self.open.push(open);
        Ok(())
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), Malformed> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES { Err(too_many(line)) } else { Ok(()) }
    }

    fn add(&mut self, node: Node, anchor: usize, nodes: usize) -> Result<(), Malformed> {
        self.count(nodes, node.line)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.inner) {
            None => self.root = Some(node),
            Some(Inner::List(items)) => items.push(node),
            Some(Inner::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(as_key(node)?),
            },
        }
        Ok(())
    }

    /// YAML's own tags say what the text says anyway. One like `!Ref` was to be resolved by somebody.
    fn check_tag(&self, tag: Option<&Tag>, line: usize) -> Result<(), Malformed> {
        match tag {
            Some(tag) if tag.is_custom() => Err(at(
                line,
                &format!("the tag {} means nothing in an AppSpec; write the value itself", tag.original()),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// What the parser says, and the line that it says it of.
    fn syntax(&self, line: usize, column: usize, words: &str) -> Malformed {
        let own = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let indent = &own[..own.len() - own.trim_start().len()];
        let hint = if indent.contains('\t') {
            "; YAML is not indented by tabs, use spaces"
        } else if words.contains("anchor or alias") {
            "; quote a value that begins with * or &"
        } else {
            ""
        };
        let shown: String = own.trim_end().chars().take(80).collect::<String>().replace('\t', "\\t");
        at(line, &format!("column {}: {words}, in '{shown}'{hint}", column + 1))
    }
}

fn as_key(node: Node) -> Result<Key, Malformed> {
    match node.value {
        Value::Scalar(scalar) => Ok(Key { line: node.line, name: scalar.text }),
        Value::List(_) | Value::Map(_) => Err(at(node.line, "a key is a list or a map; it must be a text")),
    }
}

fn at(line: usize, detail: &str) -> Malformed {
    Malformed { line: Some(line), detail: detail.to_owned() }
}

fn too_deep(line: usize) -> Malformed {
    at(line, &format!("lists and maps are nested more than {MOST_DEPTH} deep"))
}

fn too_many(line: usize) -> Malformed {
    at(line, &format!("the AppSpec has more than {MOST_NODES} values, counting again what aliases repeat"))
}
