//! What a role is called, and whether Spillway may assume it, which its parameter ServiceRoleNames says.

use serde_json::Value;

use crate::fragment::{Members, intrinsic, possible};
use crate::reference::filled;

/// The path of roles that have no name and no path of their own.
const PATH: &str = "/spillway-service/";

/// Gives a role without a name and a path of its own one that Spillway may assume; or says why it may not.
pub(super) fn name(properties: &mut Members, assumed: &str) -> Result<(), String> {
    let (name, path) = (properties.get("RoleName"), properties.get("Path").filter(|path| *path != "/"));
    let otherwise =
        format!("give Spillway's parameter ServiceRoleNames, which is '{assumed}', a pattern that takes in");
    if name.is_none() && path.is_none() {
        // Stands for whatever name CloudFormation gives it, since no pattern can say it but by an asterisk.
        if !meet(assumed, &format!("{}\0", &PATH[1..])) {
            let prefix = PATH.trim_matches('/');
            return Err(format!(
                "Spillway may not assume roles under the path {PATH}, where this one would be: {otherwise} \
                 '{prefix}/*', or give the group a role of a name that it takes in."
            ));
        }
        properties.insert("Path".to_owned(), PATH.into());
        return Ok(());
    }
    let names = name.map_or_else(|| vec!["*".to_owned()], patterns);
    let paths = path.map_or_else(|| vec![String::new()], patterns);
    let paths = paths.iter().map(|path| path.strip_prefix('/').unwrap_or(path));
    let full: Vec<String> = paths.flat_map(|path| names.iter().map(move |name| format!("{path}{name}"))).collect();
    if full.iter().any(|full| meet(assumed, full)) {
        return Ok(());
    }
    Err(format!(
        "Spillway may not assume a role called '{}': call it otherwise by 'RoleName' and 'Path', or {otherwise} it.",
        full.join("' or '")
    ))
}

/// What a text may be, with an asterisk for what is known only when the stack is deployed.
fn patterns(value: &Value) -> Vec<String> {
    let pattern = |value: &Value| match (value, intrinsic(value)) {
        (Value::String(text), _) => text.clone(),
        (_, Some(("Fn::Sub", Value::String(text)))) => filled(text, |_| "*"),
        (_, Some(("Fn::Sub", Value::Array(parts)))) => {
            parts.first().and_then(Value::as_str).map_or_else(|| "*".to_owned(), |text| filled(text, |_| "*"))
        }
        _ => "*".to_owned(),
    };
    possible(value).into_iter().map(pattern).collect()
}

/// Whether there is a text that both patterns take in.
fn meet(one: &str, other: &str) -> bool {
    let [one, other]: [Vec<char>; 2] = [one, other].map(|pattern| pattern.chars().collect());
    let mut met = vec![vec![false; other.len() + 1]; one.len() + 1];
    for (here, there) in (0..=one.len()).rev().flat_map(|here| (0..=other.len()).rev().map(move |there| (here, there)))
    {
        met[here][there] = match (one.get(here), other.get(there)) {
            (None, None) => true,
            (Some('*'), None) => met[here + 1][there],
            (None, Some('*')) => met[here][there + 1],
            (Some('*'), Some(_)) | (Some(_), Some('*')) => met[here + 1][there] || met[here][there + 1],
            (Some(one), Some(other)) => one == other && met[here + 1][there + 1],
            (Some(_), None) | (None, Some(_)) => false,
        };
    }
    met[0][0]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(properties: Value, assumed: &str) -> Result<Value, String> {
        let mut properties = properties.as_object().unwrap().clone();
        name(&mut properties, assumed).map(|()| properties.get("Path").cloned().unwrap_or_default())
    }

    #[test]
    fn patterns_meet_where_a_text_is_taken_in_by_both() {
        for (one, other, expected) in [
            ("spillway-*", "spillway-orders", true),
            ("spillway-*", "spillway-service/x", true),
            ("spillway-*", "orders", false),
            ("spillway-*", "*-orders", true),
            ("spillway-*", "shop-*", false),
            ("*-deploy", "shop-*", true),
            ("*-deploy", "shop-*-x", false),
            ("*", "", true),
            ("a*b*c", "ab*bc", true),
            ("a*b*c", "a*d", false),
            ("orders", "orders", true),
            ("orders", "order", false),
        ] {
            assert_eq!(meet(one, other), expected, "{one} {other}");
            assert_eq!(meet(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_role_gets_a_path_unless_it_has_a_name_or_a_path() {
        assert_eq!(named(json!({}), "spillway-*"), Ok(json!("/spillway-service/")));
        assert_eq!(named(json!({"Path": "/"}), "spillway-*"), Ok(json!("/spillway-service/")));
        assert_eq!(named(json!({"RoleName": "spillway-orders"}), "spillway-*"), Ok(Value::Null));
        assert_eq!(named(json!({"RoleName": {"Ref": "Name"}}), "spillway-*"), Ok(Value::Null));
        assert_eq!(named(json!({"RoleName": {"Fn::Sub": "${Stage}-orders"}}), "spillway-*"), Ok(Value::Null));
        assert_eq!(named(json!({"RoleName": {"Fn::If": ["C", "spillway-x", "x"]}}), "spillway-*"), Ok(Value::Null));
        assert_eq!(named(json!({"Path": {"Ref": "P"}, "RoleName": "x"}), "shop/*"), Ok(json!({"Ref": "P"})));
        assert_eq!(named(json!({"Path": "/shop/"}), "shop/*"), Ok(json!("/shop/")));
        assert_eq!(named(json!({"Path": "/shop/", "RoleName": "orders"}), "shop/*"), Ok(json!("/shop/")));
    }

    #[test]
    fn a_role_that_spillway_may_not_assume_is_a_fault() {
        let words = |called: &str| {
            Err(format!(
                "Spillway may not assume a role called '{called}': call it otherwise by 'RoleName' and 'Path', or give \
                 Spillway's parameter ServiceRoleNames, which is 'spillway-*', a pattern that takes in it."
            ))
        };
        for (properties, called) in [
            (json!({"RoleName": "orders"}), "orders"),
            (json!({"RoleName": "orders", "Path": "/"}), "orders"),
            (json!({"Path": "/shop/"}), "shop/*"),
            (json!({"Path": "/shop/", "RoleName": "spillway-orders"}), "shop/spillway-orders"),
            (json!({"RoleName": {"Fn::Sub": "orders-${Stage}"}}), "orders-*"),
            (json!({"RoleName": {"Fn::Sub": ["orders-${s}", {"s": {"Ref": "Stage"}}]}}), "orders-*"),
            (json!({"RoleName": {"Fn::If": ["C", "orders", "mail"]}}), "orders' or 'mail"),
        ] {
            assert_eq!(named(properties.clone(), "spillway-*"), words(called), "{properties}");
        }
        for assumed in ["deploy-*", "spillway-service", "*-deploy"] {
            assert_eq!(
                named(json!({}), assumed),
                Err(format!(
                    "Spillway may not assume roles under the path /spillway-service/, where this one would be: give \
                     Spillway's parameter ServiceRoleNames, which is '{assumed}', a pattern that takes in \
                     'spillway-service/*', or give the group a role of a name that it takes in."
                ))
            );
        }
    }
}
