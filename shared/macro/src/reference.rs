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

/// Everything that a resource depends on, over however many.
pub(crate) fn needed<'a>(resources: &'a Members, from: &str) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::new(), Vec::new());
    let waits_for = |id: &str| {
        let Some(resource) = resources.get(id) else { return Vec::new() };
        let mut ids: Vec<&str> = named(resource).into_iter().collect();
        match &resource["DependsOn"] {
            Value::String(id) => ids.push(id),
            Value::Array(all) => ids.extend(all.iter().filter_map(Value::as_str)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        ids
    };
    next.extend(waits_for(from));
    while let Some(id) = next.pop() {
        if resources.contains_key(id) && seen.insert(id) {
            next.extend(waits_for(id));
        }
    }
    seen
}

/// A text that is put together, written as one `Fn::Sub` without variables of its own: the same for `Fn::Join`, for
/// `Ref` and for every way to write `Fn::Sub`. None where something else has a part in it.
pub(crate) fn spelled(value: &Value) -> Option<String> {
    if let Some(id) = reference(value) {
        return Some(format!("${{{id}}}"));
    }
    if let Some((id, attribute)) = attribute(value) {
        return Some(format!("${{{id}.{attribute}}}"));
    }
    match (value, intrinsic(value)) {
        (Value::String(text), _) => Some(text.replace("${", "${!")),
        (_, Some(("Fn::Sub", Value::String(text)))) => spelled_text(text, &Value::Null),
        (_, Some(("Fn::Sub", Value::Array(parts)))) => match parts.as_slice() {
            [Value::String(text), own] => spelled_text(text, own),
            _ => None,
        },
        (_, Some(("Fn::Join", Value::Array(parts)))) => match parts.as_slice() {
            [Value::String(between), Value::Array(words)] => {
                let words: Option<Vec<String>> = words.iter().map(spelled).collect();
                words.map(|words| words.join(between))
            }
            _ => None,
        },
        _ => None,
    }
}

fn spelled_text(text: &str, own: &Value) -> Option<String> {
    let mut all = String::new();
    let mut rest = text;
    while let Some((before, variable, after)) = next_variable(rest) {
        all.push_str(&before[..before.len() - 2]);
        all.push_str(&match own.get(variable.trim()) {
            Some(value) => spelled(value)?,
            None => format!("${{{}}}", variable.trim()),
        });
        rest = &after[1..];
    }
    Some(all + rest)
}

/// Whether two values are the same text, however they are written.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    one == other || spelled(one).is_some_and(|text| spelled(other) == Some(text))
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
    fn what_a_resource_needs_is_found_over_others() {
        let resources = json!({
            "A": {"Properties": {"X": {"Fn::Sub": "${!C}${ B.Arn }"}}},
            "B": {"DependsOn": ["F", "C"]},
            "C": {"DependsOn": "D", "Properties": {"Y": {"Fn::GetAtt": "A.Arn"}}},
            "D": {"Properties": {"Z": {"Fn::Sub": ["${v}", {"v": {"Ref": "E"}}]}}},
            "E": {}, "F": {}, "G": {},
        });
        let resources = resources.as_object().unwrap();
        let all = |id: &str| needed(resources, id).into_iter().collect::<String>();
        assert_eq!(all("A"), "ABCDEF", "in a circle it needs itself");
        assert_eq!(all("D"), "E");
        assert_eq!(all("G"), "");
    }

    #[test]
    fn a_text_is_the_same_however_it_is_put_together() {
        let stage = || json!({"Ref": "Stage"});
        let all = [
            json!({"Fn::Sub": "${Stage}-orders-${Fn.Arn}"}),
            json!({"Fn::Sub": "${ Stage }-orders-${Fn.Arn}"}),
            json!({"Fn::Sub": ["${s}-orders-${Fn.Arn}", {"s": stage()}]}),
            json!({"Fn::Join": ["-", [stage(), "orders", {"Fn::GetAtt": ["Fn", "Arn"]}]]}),
            json!({"Fn::Join": ["", [{"Fn::Sub": "${Stage}-"}, "orders-", {"Fn::GetAtt": "Fn.Arn"}]]}),
        ];
        for one in &all {
            assert!(same(one, &all[0]), "{one}");
        }
        for other in [
            json!("${Stage}-orders-${Fn.Arn}"),
            json!({"Fn::Sub": "${!Stage}-orders-${Fn.Arn}"}),
            json!({"Fn::Join": ["-", [stage(), "orders"]]}),
            json!({"Fn::Join": ["-", {"Ref": "List"}]}),
            json!({"Fn::ImportValue": "x"}),
        ] {
            assert!(!same(&other, &all[0]), "{other}");
            assert!(same(&other, &other));
        }
    }
}
