//! Items and their attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spillway_domain::problem::{Problem, ProblemKind};

/// An item, or the key of one.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The key of an item, which is also the item without any content.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// The item at `key` with these attributes besides.
pub(crate) fn with<const N: usize>(mut key: Item, attributes: [(&str, AttributeValue); N]) -> Item {
    key.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    key
}

/// A text.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The format of everything that is stored as JSON. A release that changes what a stored member means, or takes one
/// away, raises it, and reads the formats of the releases that can be upgraded to it; to add a member with a default
/// changes no format.
const FORMAT: u64 = 1;

/// What is stored, with its format.
#[derive(Serialize)]
struct Formatted<'a, T> {
    format: u64,
    #[serde(flatten)]
    thing: &'a T,
}

/// One of our own things, as JSON.
pub(crate) fn json(thing: &impl Serialize) -> AttributeValue {
    text(serde_json::to_string(thing).expect("all that is stored has text as its keys"))
}

/// What an item is about, as JSON with its format.
pub(crate) fn doc(thing: &impl Serialize) -> AttributeValue {
    json(&Formatted { format: FORMAT, thing })
}

/// The text of an attribute.
pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The thing in an attribute, where the item has it.
pub(crate) fn read_json<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Option<T>, Problem> {
    let parse = |json| serde_json::from_str(json).map_err(|error| broken(item, name, &error));
    read_text(item, name).map(parse).transpose()
}

/// The thing that the item holds.
pub(crate) fn read_doc<T: DeserializeOwned>(item: &Item) -> Result<T, Problem> {
    let doc = read_text(item, "doc");
    let doc = doc.ok_or_else(|| Problem::new(ProblemKind::Refused, "An item of the table has no doc."))?;
    let broken = |error| broken(item, "doc", &error);
    let mut stored: serde_json::Map<String, Value> = serde_json::from_str(doc).map_err(broken)?;
    // What is left is the thing alone, which may be an enum and know no other member.
    match stored.remove("format").and_then(|format| format.as_u64()) {
        Some(FORMAT) => serde_json::from_value(Value::Object(stored)).map_err(broken),
        format => Err(unreadable(
            item,
            "doc",
            &format!(
                "it has format {}, and this version of Spillway reads format {FORMAT}. Update Spillway's stack to \
                 the version that wrote it.",
                format.map_or_else(|| "none".to_owned(), |format| format.to_string())
            ),
        )),
    }
}

fn broken(item: &Item, name: &str, error: &serde_json::Error) -> Problem {
    unreadable(item, name, &format!("{error}. It was changed by hand, or by another version of Spillway."))
}

fn unreadable(item: &Item, name: &str, why: &str) -> Problem {
    let of = |name| read_text(item, name).unwrap_or_default();
    let words = format!("Attribute {name} of item ({}, {}) cannot be read: {why}", of("pk"), of("sk"));
    Problem::new(ProblemKind::Refused, words)
}

/// The attribute names in an expression, each written as `#name`, as DynamoDB wants them declared. All names are
/// written so, because nobody knows its 573 reserved words.
pub(crate) fn names_in(expression: &str) -> HashMap<String, String> {
    let names = expression.split('#').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    });
    names.map(|name| (format!("#{name}"), name.to_owned())).collect()
}

/// Values by their placeholders; `None` when there are none, which DynamoDB wants said so.
pub(crate) fn values(of: &[(&str, AttributeValue)]) -> Option<HashMap<String, AttributeValue>> {
    let values: HashMap<_, _> = of.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    (!values.is_empty()).then_some(values)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_names_of_an_expression_are_declared() {
        let mut names: Vec<_> = names_in("SET #a = :a, #expires_at = :e REMOVE #b").into_iter().collect();
        names.sort();
        let declared = |name: &str| (format!("#{name}"), name.to_owned());
        assert_eq!(names, [declared("a"), declared("b"), declared("expires_at")]);
        assert!(names_in("size(:a) > :b").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let item = with(key("configs", "mine"), [("doc", text(""))]);
        let problem = read_doc::<bool>(&item).unwrap_err();
        assert!(problem.words.starts_with("Attribute doc of item (configs, mine) cannot be read: EOF"), "{problem}");
    }

    #[test]
    fn what_a_later_version_stored_is_refused() {
        let stored = BTreeMap::from([("name", "mine")]);
        let AttributeValue::S(json) = doc(&stored) else { panic!("not a text") };
        assert_eq!(json, r#"{"format":1,"name":"mine"}"#);
        let item = |json: &str| with(key("configs", "mine"), [("doc", text(json))]);
        let read: BTreeMap<String, Value> = read_doc(&item(&json)).unwrap();
        assert_eq!(read["name"], "mine");
        let ownership = BTreeMap::from([("Alias", 1)]);
        let AttributeValue::S(stored) = doc(&ownership) else { panic!("not a text") };
        assert_eq!(read_doc::<BTreeMap<String, u8>>(&item(&stored)).unwrap().len(), 1, "the format is no member of it");
        let problem = read_doc::<BTreeMap<String, String>>(&item(&json.replace(":1,", ":2,"))).unwrap_err();
        assert_eq!(
            problem.words,
            "Attribute doc of item (configs, mine) cannot be read: it has format 2, and this version of Spillway reads \
             format 1. Update Spillway's stack to the version that wrote it."
        );
    }
}
