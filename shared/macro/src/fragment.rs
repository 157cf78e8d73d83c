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

/// Conditions by their names, and how each of them turns out.
pub(crate) type Conditions<'a> = Vec<(&'a str, bool)>;

/// All that a value may be, each with the conditions under which it is that.
pub(crate) fn leaves(value: &Value) -> Vec<(Conditions<'_>, &Value)> {
    let Some((condition, both)) = choice(value) else { return vec![(Vec::new(), value)] };
    let condition = condition.as_str().unwrap_or_default();
    let under = |(branch, holds): (_, bool)| {
        leaves(branch).into_iter().map(move |(mut conditions, leaf)| {
            conditions.insert(0, (condition, holds));
            (conditions, leaf)
        })
    };
    both.into_iter().zip([true, false]).flat_map(under).collect()
}

/// A value with each leaf of its `Fn::If`s changed; none where no leaf has anything to be changed to.
pub(crate) fn map_leaves(value: &Value, change: &impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let Some((condition, both)) = choice(value) else { return change(value) };
    let [first, second] = both.map(|branch| map_leaves(branch, change));
    let there = first.is_some() || second.is_some();
    there.then(|| json!({"Fn::If": [condition, first.unwrap_or_else(no_value), second.unwrap_or_else(no_value)]}))
}

/// Has a resource wait for others.
pub(crate) fn depend(resource: &mut Members, on: impl IntoIterator<Item = String>) {
    let mut all = match resource.remove("DependsOn") {
        None => Vec::new(),
        Some(Value::Array(ids)) => ids,
        Some(id) => vec![id],
    };
    all.extend(on.into_iter().map(Value::String));
    if !all.is_empty() {
        resource.insert("DependsOn".to_owned(), all.into());
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
