//! References: found, and changed when what they name has a new logical id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::fragment::{Members, attribute, intrinsic, reference};

/// New logical ids by the old ones.
pub(crate) type Renames = BTreeMap<String, String>;

/// Changes every reference in a section whose members are resources, outputs or rules.
pub(crate) fn rename_in_section(section: &mut Value, renames: &Renames) {
    for member in section.as_object_mut().into_iter().flat_map(Members::values_mut) {
        match member.get_mut("DependsOn") {
            Some(Value::String(id)) => rename_id(id, renames),
            Some(Value::Array(ids)) => ids.iter_mut().for_each(|id| {
                if let Value::String(id) = id {
                    rename_id(id, renames);
                }
            }),
            Some(_) | None => {}
        }
        rename(member, renames);
    }
}

/// Changes every `Ref`, `Fn::GetAtt` and `Fn::Sub` in a value.
fn rename(value: &mut Value, renames: &Renames) {
    match value {
        Value::Object(members) => {
            if members.len() == 1 {
                members.iter_mut().for_each(|(function, argument)| rename_argument(function, argument, renames));
            }
            members.values_mut().for_each(|value| rename(value, renames));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| rename(value, renames)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rename_argument(function: &str, argument: &mut Value, renames: &Renames) {
    match (function, argument) {
        ("Ref", Value::String(id)) => rename_id(id, renames),
        ("Fn::GetAtt", Value::String(text)) => {
            if let Some((id, attribute)) = text.split_once('.')
                && let Some(new) = renames.get(id)
            {
                *text = format!("{new}.{attribute}");
            }
        }
        ("Fn::GetAtt", Value::Array(parts)) => {
            if let Some(Value::String(id)) = parts.first_mut() {
                rename_id(id, renames);
            }
        }
        ("Fn::Sub", Value::String(text)) => *text = rename_in_text(text, renames, &Value::Null),
        ("Fn::Sub", Value::Array(parts)) => {
            if let [Value::String(text), own] = parts.as_mut_slice() {
                *text = rename_in_text(text, renames, own);
            }
        }
        _ => {}
    }
}

fn rename_id(id: &mut String, renames: &Renames) {
    if let Some(new) = renames.get(id) {
        new.clone_into(id);
    }
}

/// The text of an `Fn::Sub` with its variables changed, but for those that its `own` map defines.
fn rename_in_text(text: &str, renames: &Renames, own: &Value) -> String {
    let mut renamed = String::new();
    let mut rest = text;
    while let Some((before, variable, after)) = next_variable(rest) {
        let id = variable.split('.').next().unwrap_or_default();
        let new = renames.get(id.trim()).filter(|_| own.get(variable.trim()).is_none());
        renamed.push_str(before);
        match new {
            Some(new) => renamed.extend([new, &variable[id.len()..]]),
            None => renamed.push_str(variable),
        }
        rest = after;
    }
    renamed + rest
}

/// What precedes the next `${…}` with the opening, what is in it, and the rest with the closing. An `${!…}` is text,
/// and its `!` belongs to no name.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.match_indices('}').map(|(at, _)| at).find(|at| text[..*at].contains("${"))?;
    let start = text[..end].rfind("${")? + 2;
    Some((&text[..start], &text[start..end], &text[end..]))
}

/// The text of an `Fn::Sub` with its variables filled in.
pub(crate) fn filled<'a>(text: &str, fill: impl Fn(&str) -> &'a str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, variable, after)) = next_variable(rest) {
        filled.push_str(&before[..before.len() - 2]);
        filled.push_str(fill(variable.trim()));
        rest = &after[1..];
    }
    filled + rest
}

/// Every logical id that a value names.
pub(crate) fn named(value: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    found.extend(reference(value));
    found.extend(attribute(value).map(|(id, _)| id));
    match intrinsic(value) {
        Some(("Fn::Sub", Value::String(text))) => found.extend(variables(text)),
        Some(("Fn::Sub", Value::Array(parts))) => {
            found.extend(parts.first().and_then(Value::as_str).into_iter().flat_map(variables));
        }
        Some(_) | None => {}
    }
    match value {
        Value::Object(members) => members.values().for_each(|value| collect(value, found)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, variable, after) = next_variable(rest)?;
        rest = after;
        variable.split('.').next().map(str::trim)
    })
}

/// Whether a resource depends on another, over however many.
pub(crate) fn depends(resources: &Members, from: &str, on: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(id) = next.pop() {
        let Some(resource) = resources.get(id).filter(|_| seen.insert(id)) else { continue };
        next.extend(named(resource));
        match &resource["DependsOn"] {
            Value::String(id) => next.push(id),
            Value::Array(ids) => next.extend(ids.iter().filter_map(Value::as_str)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        if next.contains(&on) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn renamed(mut value: Value) -> Value {
        let renames = [("Live", "LiveSpillway"), ("Group", "GroupSpillway")];
        let renames = renames.map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        rename_in_section(&mut value, &renames);
        value
    }

    #[test]
    fn every_form_of_a_reference_follows() {
        let cases = [
            (json!({"Ref": "Live"}), json!({"Ref": "LiveSpillway"})),
            (json!({"Fn::GetAtt": ["Live", "AliasArn"]}), json!({"Fn::GetAtt": ["LiveSpillway", "AliasArn"]})),
            (
                json!({"Fn::GetAtt": ["Live", {"Ref": "Group"}]}),
                json!({"Fn::GetAtt": ["LiveSpillway", {"Ref": "GroupSpillway"}]}),
            ),
            (json!({"Fn::GetAtt": "Live.A.B"}), json!({"Fn::GetAtt": "LiveSpillway.A.B"})),
            (json!({"Fn::Sub": "a/${Live}/${Group.X}"}), json!({"Fn::Sub": "a/${LiveSpillway}/${GroupSpillway.X}"})),
            (json!({"Fn::Sub": "$${Live}}${ Live }"}), json!({"Fn::Sub": "$${LiveSpillway}}${LiveSpillway}"})),
            (json!({"Fn::Sub": "${ Live.A }${Live .A}"}), json!({"Fn::Sub": "${LiveSpillway.A }${LiveSpillway.A}"})),
            (json!({"Fn::Sub": "${${Live}"}), json!({"Fn::Sub": "${${LiveSpillway}"})),
            (
                json!({"Fn::Sub": ["${Live}${Group}", {"Group": {"Ref": "Group"}}]}),
                json!({"Fn::Sub": ["${LiveSpillway}${Group}", {"Group": {"Ref": "GroupSpillway"}}]}),
            ),
            (
                json!({"Fn::Join": ["", [{"Fn::If": ["C", {"Ref": "Live"}, ""]}]]}),
                json!({"Fn::Join": ["", [{"Fn::If": ["C", {"Ref": "LiveSpillway"}, ""]}]]}),
            ),
        ];
        for (before, after) in cases {
            assert_eq!(
                renamed(json!({"R": {"Properties": {"P": before}}})),
                json!({"R": {"Properties": {"P": after}}})
            );
        }
        assert_eq!(renamed(json!({"R": {"DependsOn": "Live"}})), json!({"R": {"DependsOn": "LiveSpillway"}}));
        assert_eq!(
            renamed(json!({"R": {"DependsOn": ["Other", "Group"]}})),
            json!({"R": {"DependsOn": ["Other", "GroupSpillway"]}})
        );
    }

    #[test]
    fn what_is_no_reference_stays() {
        for same in [
            json!("Live"),
            json!({"Ref": "LiveToo"}),
            json!({"Ref": "Live", "Other": 1}),
            json!({"Fn::Sub": "${!Live} Live $Live ${Live"}),
            json!({"Fn::Sub": ["${Live}", {"Live": "me"}]}),
            json!({"Fn::GetAtt": "Live"}),
            json!({"Fn::ImportValue": "Live"}),
            json!({"DependsOn": ["Live"]}),
        ] {
            let section = json!({"R": {"Properties": {"P": same}}});
            assert_eq!(renamed(section.clone()), section);
        }
        for section in [json!(null), json!({"Fn::ForEach::Loop": ["Live", 7]}), json!({"R": {"DependsOn": 7}})] {
            assert_eq!(renamed(section.clone()), section);
        }
    }

    #[test]
    fn one_resource_depends_on_another_over_others() {
        let resources = json!({
            "A": {"Properties": {"X": {"Fn::Sub": "${!C}${ B.Arn }"}}},
            "B": {"DependsOn": ["F", "C"]},
            "C": {"DependsOn": "D", "Properties": {"Y": {"Fn::GetAtt": "A.Arn"}}},
            "D": {"Properties": {"Z": {"Fn::Sub": ["${v}", {"v": {"Ref": "E"}}]}}},
        });
        let resources = resources.as_object().unwrap();
        for (on, expected) in [("B", true), ("D", true), ("E", true), ("F", true), ("G", false)] {
            assert_eq!(depends(resources, "A", on), expected, "{on}");
        }
        assert!(!depends(resources, "D", "A"));
    }
}
