//! Whom a role trusts.

use serde_json::{Value, json};

use crate::fragment::{choice, intrinsic, is_no_value, no_value};

/// Whom the roles of a template have to trust.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust<'a> {
    /// A pattern of the roles of Spillway's functions.
    pub function_roles: &'a str,
    /// Whether CodeDeploy uses the role still.
    pub codedeploy_too: bool,
}

impl Trust<'_> {
    /// Makes every statement that trusts CodeDeploy trust Spillway's functions, and says whether there was one.
    pub(super) fn renew(self, document: &mut Value) -> bool {
        if choice(document).is_some() {
            let parts = document["Fn::If"].as_array_mut().into_iter().flatten().skip(1);
            let changes: Vec<bool> = parts.map(|branch| self.renew(branch)).collect();
            return changes.contains(&true);
        }
        let Some(statement) = document.get_mut("Statement") else { return false };
        let new = self.statements(statement);
        let changes = new != *statement;
        *statement = new;
        changes
    }

    /// What stands under `Statement`, as it has to be; unchanged where nothing in it trusts CodeDeploy.
    fn statements(self, value: &Value) -> Value {
        if let Some((condition, both)) = choice(value).filter(|(_, both)| both.iter().any(|branch| branch.is_array())) {
            let [first, second] = both.map(|branch| self.statements(branch));
            return json!({"Fn::If": [condition, first, second]});
        }
        let old = items(value);
        let new: Vec<Value> = old.iter().flat_map(|statement| self.renewed(statement)).collect();
        if new == old { value.clone() } else { new.into() }
    }

    /// A statement as it has to be: what it says of others, and what it says of CodeDeploy said of Spillway's functions.
    fn renewed(self, statement: &Value) -> Vec<Value> {
        if let Some((condition, both)) = choice(statement) {
            let old = both.map(|branch| if is_no_value(branch) { vec![] } else { vec![branch.clone()] });
            let new = old.each_ref().map(|branch| branch.iter().flat_map(|one| self.renewed(one)).collect::<Vec<_>>());
            return if new == old { vec![statement.clone()] } else { joined(condition, new) };
        }
        if let Some(apart) = apart(statement) {
            let new = self.renewed(&apart);
            return if new == [apart] { vec![statement.clone()] } else { new };
        }
        let services = items(&statement["Principal"]["Service"]);
        let (codedeploy, others): (Vec<_>, Vec<_>) = services.into_iter().partition(is_codedeploy);
        if codedeploy.is_empty() || statement["Effect"] != "Allow" {
            return vec![statement.clone()];
        }
        let mut rest = statement.clone();
        if let Some(principal) = rest["Principal"].as_object_mut().filter(|_| !self.codedeploy_too) {
            principal.remove("Service");
            if !others.is_empty() {
                principal.insert("Service".to_owned(), others.into());
            }
        }
        let mut own = json!({
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"ArnLike": {"aws:PrincipalArn": self.function_roles}},
        });
        if rest["Principal"] != json!({}) {
            return vec![rest, own];
        }
        if let Some(sid) = rest.get("Sid") {
            own["Sid"] = sid.clone();
        }
        vec![own]
    }
}

/// What policies let stand alone where a list may stand.
fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The statements of both branches of an `Fn::If`, one beside the other, since no branch can stand for several.
fn joined(condition: &Value, [first, second]: [Vec<Value>; 2]) -> Vec<Value> {
    let join = |at: usize| match [first.get(at), second.get(at)] {
        [Some(first), Some(second)] if first == second => first.clone(),
        both => {
            let [first, second] = both.map(|statement| statement.cloned().unwrap_or_else(no_value));
            json!({"Fn::If": [condition, first, second]})
        }
    };
    (0..first.len().max(second.len())).map(join).collect()
}

/// A statement whose principal has an `Fn::If`, as an `Fn::If` of two statements.
fn apart(statement: &Value) -> Option<Value> {
    let services = statement["Principal"]["Service"].as_array().map_or(0, Vec::len);
    let each = (0..services).map(|at| format!("/Principal/Service/{at}"));
    let mut places = ["/Principal", "/Principal/Service"].into_iter().map(str::to_owned).chain(each);
    places.find_map(|place| {
        let (condition, both) = choice(statement.pointer(&place)?)?;
        let [first, second] = both.map(|branch| {
            let mut statement = statement.clone();
            statement.pointer_mut(&place).into_iter().for_each(|principal| *principal = branch.clone());
            statement
        });
        Some(json!({"Fn::If": [condition, first, second]}))
    })
}

/// Whether a principal is CodeDeploy, of whatever Region and however it is put together.
fn is_codedeploy(service: &Value) -> bool {
    let begin = match (service, intrinsic(service)) {
        (Value::String(text), _) | (_, Some(("Fn::Sub", Value::String(text)))) => text.clone(),
        (_, Some(("Fn::Sub", Value::Array(parts)))) => parts.first().and_then(Value::as_str).unwrap_or_default().into(),
        (_, Some(("Fn::Join", Value::Array(parts)))) => {
            let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
            word(parts.get(1).and_then(|words| words.get(0))) + &word(parts.first())
        }
        // As CDK looks it up in the mapping that it writes where it does not know the Region.
        (_, Some(("Fn::FindInMap", Value::Array(keys)))) if keys.last() == Some(&json!("codedeploy")) => return true,
        _ => return false,
    };
    begin.starts_with("codedeploy.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATTERN: &str = "arn:aws:iam::111122223333:role/spillway/spillway/*";

    fn ours() -> Value {
        json!({
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"ArnLike": {"aws:PrincipalArn": PATTERN}},
        })
    }

    fn trusting(service: Value) -> Value {
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}})
    }

    fn codedeploy() -> Value {
        trusting(json!("codedeploy.amazonaws.com"))
    }

    fn lambda() -> Value {
        trusting(json!("lambda.amazonaws.com"))
    }

    fn either(first: Value, second: Value) -> Value {
        json!({"Fn::If": ["C", first, second]})
    }

    fn trust(codedeploy_too: bool) -> Trust<'static> {
        Trust { function_roles: PATTERN, codedeploy_too }
    }

    fn changed(statement: Value) -> Option<Value> {
        let mut document = json!({"Version": "2012-10-17", "Statement": statement});
        trust(false).renew(&mut document).then(|| document["Statement"].clone())
    }

    #[test]
    fn a_statement_for_codedeploy_becomes_one_for_spillway() {
        for service in [
            json!("codedeploy.amazonaws.com"),
            json!(["codedeploy.amazonaws.com"]),
            json!(["codedeploy.us-east-1.amazonaws.com", "codedeploy.amazonaws.com"]),
            json!({"Fn::Sub": "codedeploy.${AWS::Region}.amazonaws.com"}),
            json!({"Fn::Sub": ["codedeploy.${R}.amazonaws.com", {"R": "us-east-1"}]}),
            json!({"Fn::Join": ["", ["codedeploy.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}),
            json!({"Fn::Join": [".", ["codedeploy", {"Ref": "AWS::Region"}, "amazonaws.com"]]}),
            either(json!("codedeploy.amazonaws.com.cn"), json!("codedeploy.amazonaws.com")),
            json!({"Fn::FindInMap": ["ServiceprincipalMap", {"Ref": "AWS::Region"}, "codedeploy"]}),
        ] {
            assert_eq!(changed(json!([trusting(service.clone())])), Some(json!([ours()])), "{service}");
            assert_eq!(changed(trusting(service.clone())), Some(json!([ours()])), "{service}");
        }
    }

    #[test]
    fn other_statements_and_other_principals_stay() {
        for other in [
            lambda(),
            trusting(json!({"Fn::Join": ["", ["lambda.", {"Ref": "AWS::URLSuffix"}]]})),
            trusting(json!({"Ref": "Service"})),
            trusting(json!([either(json!("lambda.amazonaws.com"), no_value()), "ecs.amazonaws.com"])),
            json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": "codedeploy.amazonaws.com"}}),
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}),
            either(lambda(), no_value()),
            ours(),
        ] {
            assert_eq!(changed(json!([other.clone()])), None, "{other}");
        }
        let mut mixed = trusting(json!(["lambda.amazonaws.com", "codedeploy.amazonaws.com"]));
        mixed["Sid"] = json!("Both");
        let mut rest = trusting(json!(["lambda.amazonaws.com"]));
        rest["Sid"] = json!("Both");
        assert_eq!(changed(json!([lambda(), mixed])), Some(json!([lambda(), rest, ours()])));

        let mut named = codedeploy();
        named["Sid"] = json!("Only");
        let mut expected = ours();
        expected["Sid"] = json!("Only");
        assert_eq!(changed(named), Some(json!([expected])));

        let other = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                           "Principal": {"AWS": "111122223333", "Service": "codedeploy.amazonaws.com"}});
        let rest = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}});
        assert_eq!(changed(other), Some(json!([rest, ours()])));
        assert_eq!(changed(Value::Null), None);
    }

    #[test]
    fn what_conditions_choose_is_renewed_where_it_stands() {
        let both = trusting(json!(["lambda.amazonaws.com", "codedeploy.amazonaws.com"]));
        let rest = trusting(json!(["lambda.amazonaws.com"]));
        for (before, after) in [
            (json!([either(codedeploy(), no_value())]), json!([either(ours(), no_value())])),
            (json!([either(lambda(), codedeploy())]), json!([either(lambda(), ours())])),
            (
                json!([either(lambda(), either(codedeploy(), no_value()))]),
                json!([either(lambda(), either(ours(), no_value()))]),
            ),
            (json!([either(both, codedeploy())]), json!([either(rest, ours()), either(ours(), no_value())])),
            (
                either(json!([codedeploy(), lambda()]), json!([lambda()])),
                either(json!([ours(), lambda()]), json!([lambda()])),
            ),
            (
                trusting(either(json!("codedeploy.amazonaws.com"), json!("lambda.amazonaws.com"))),
                json!([either(ours(), lambda())]),
            ),
            (
                json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": either(
                    json!({"Service": "lambda.amazonaws.com"}), json!({"Service": "codedeploy.amazonaws.com"}))}),
                json!([either(lambda(), ours())]),
            ),
        ] {
            assert_eq!(changed(before.clone()), Some(after), "{before}");
        }
        let document = |statement: Value| json!({"Statement": [statement]});
        let mut chosen = either(document(lambda()), document(codedeploy()));
        assert!(trust(false).renew(&mut chosen));
        assert_eq!(chosen, either(document(lambda()), document(ours())));
    }

    #[test]
    fn a_role_that_codedeploy_uses_too_trusts_both() {
        let mut document = json!({"Statement": codedeploy()});
        assert!(trust(true).renew(&mut document));
        assert_eq!(document, json!({"Statement": [codedeploy(), ours()]}));
    }
}
