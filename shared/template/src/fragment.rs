//! A template as JSON: its resources, and what its intrinsic functions look like.

use serde_json::{Map, Value, json};

/// An object, or the resources of a template by their logical ids.
pub(crate) type Members = Map<String, Value>;

/// The one member of an object that has no other, which is what an intrinsic function looks like.
pub(crate) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, argument)| (name.as_str(), argument))
}

/// What a `Ref` names.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    intrinsic(value).filter(|(name, _)| *name == "Ref").and_then(|(_, id)| id.as_str())
}

/// What an `Fn::GetAtt` names, in either form: a resource, and its attribute where that is a text.
pub(crate) fn attribute(value: &Value) -> Option<(&str, &str)> {
    match intrinsic(value)? {
        ("Fn::GetAtt", Value::String(text)) => text.split_once('.'),
        ("Fn::GetAtt", Value::Array(parts)) => Some((parts.first()?.as_str()?, parts.get(1)?.as_str()?)),
        _ => None,
    }
}

/// The condition of an `Fn::If`, and its branches.
pub(crate) fn choice(value: &Value) -> Option<(&Value, [&Value; 2])> {
    match intrinsic(value)? {
        ("Fn::If", Value::Array(parts)) if parts.len() == 3 => Some((&parts[0], [&parts[1], &parts[2]])),
        _ => None,
    }
}

/// The value that stands for none.
pub(crate) fn no_value() -> Value {
    json!({"Ref": "AWS::NoValue"})
}

/// All that a value may be, whatever the conditions say.
pub(crate) fn possible(value: &Value) -> Vec<&Value> {
    match choice(value) {
        Some((_, both)) => both.into_iter().flat_map(possible).collect(),
        None => vec![value],
    }
}

/// Whether the value stands for none.
pub(crate) fn is_no_value(value: &Value) -> bool {
    reference(value) == Some("AWS::NoValue")
}

/// The type of a resource; nothing for what is none.
pub(crate) fn kind<'a>(resources: &'a Members, id: &str) -> &'a str {
    resources.get(id).and_then(|resource| resource["Type"].as_str()).unwrap_or_default()
}
