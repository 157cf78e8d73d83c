//! A function that a role may do something with, as a policy names it.

use serde_json::{Value, json};

use crate::fragment::{Members, attribute, intrinsic, is_no_value, kind, possible, reference};
use crate::reference::{depends, named};

const ANY: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
/// What comes between an ARN and the name of the function.
const MARK: &str = ":function:";

/// How much policies have to say, from the most to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brevity {
    /// Each function, and its versions and aliases.
    None,
    /// What begins with the name of a function: with a name that CloudFormation gives, nothing else does.
    Prefixes,
    /// All functions whose names CloudFormation gives at once.
    Stack,
}

/// A function, or the alias or version of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Function {
    /// One of the template, whose name CloudFormation gives.
    Generated(String),
    /// One of the template, which has its own name.
    Named(String),
    /// Any other, by its ARN, which is a text, or an `Fn::Sub` of one.
    Elsewhere(Value),
    /// One of the template that depends on the role, which can name it only as one of the stack.
    OfStack,
}

/// The function that a value without an `Fn::If` means, which may be its name or its ARN.
pub(super) fn function(resources: &Members, role: &str, value: &Value) -> Option<Function> {
    if intrinsic(value).is_none() && !value.is_string() {
        return None;
    }
    let circle = |value: &Value| named(value).into_iter().any(|id| id == role || depends(resources, id, role));
    let Some(id) = of_template(resources, value) else {
        return Some(if circle(value) { Function::OfStack } else { elsewhere(value) });
    };
    let name = &resources[id]["Properties"]["FunctionName"];
    let names = possible(name);
    let unnamed = |name: &&Value| name.is_null() || is_no_value(name);
    Some(match depends(resources, id, role) {
        false if names.iter().all(unnamed) => Function::Generated(id.to_owned()),
        false => Function::Named(id.to_owned()),
        true if names.iter().any(unnamed) || circle(name) => Function::OfStack,
        true => elsewhere(name),
    })
}

/// The id of the function of the template that a value is the name or the ARN of.
pub(super) fn of_template<'a>(resources: &Members, value: &'a Value) -> Option<&'a str> {
    let text = intrinsic(value).filter(|(name, _)| *name == "Fn::Sub").and_then(|(_, text)| text.as_str());
    let variable = text.and_then(|text| text.strip_prefix("${")?.strip_suffix('}')).map(str::trim);
    let by_variable = variable.map(|variable| variable.strip_suffix(".Arn").unwrap_or(variable));
    let by_arn = || attribute(value).filter(|(_, name)| *name == "Arn").map(|(id, _)| id);
    let id = by_variable.or_else(|| reference(value)).or_else(by_arn)?;
    ["AWS::Lambda::Function", "AWS::Serverless::Function"].contains(&kind(resources, id)).then_some(id)
}

fn elsewhere(value: &Value) -> Function {
    Function::Elsewhere(value.as_str().map_or_else(|| by_name(value), literal))
}

/// The ARN for a name, or for what is one, or a part of one, already.
fn literal(text: &str) -> Value {
    match text.split_once(MARK) {
        Some(_) if text.starts_with("arn:") => text.into(),
        Some((_, name)) => json!({"Fn::Sub": format!("{ANY}{name}")}),
        None => json!({"Fn::Sub": format!("{ANY}{text}")}),
    }
}

/// The ARN for a name or an ARN, whichever it turns out to be: what follows the mark, or the second of two names.
fn by_name(value: &Value) -> Value {
    let twice = json!({"Fn::Join": [MARK, [value, value]]});
    json!({"Fn::Sub": [format!("{ANY}${{Name}}"), {"Name": {"Fn::Select": [1, {"Fn::Split": [MARK, twice]}]}}]})
}

impl Function {
    /// The resources that a statement names for it.
    pub(super) fn arns(&self, brevity: Brevity) -> Vec<Value> {
        let of_stack = || vec![json!({"Fn::Sub": format!("{ANY}${{AWS::StackName}}-*")})];
        match (self, brevity) {
            (Self::OfStack, _) | (Self::Generated(_), Brevity::Stack) => of_stack(),
            (Self::Generated(id), Brevity::Prefixes) => vec![longer(&arn(id), "*")],
            (Self::Generated(id), Brevity::None) | (Self::Named(id), _) => vec![arn(id), longer(&arn(id), ":*")],
            (Self::Elsewhere(arn), _) => vec![arn.clone(), longer(arn, ":*")],
        }
    }
}

fn arn(id: &str) -> Value {
    json!({"Fn::GetAtt": [id, "Arn"]})
}

/// An ARN with something after it.
fn longer(arn: &Value, end: &str) -> Value {
    match (arn, intrinsic(arn)) {
        (Value::String(text), _) => json!(format!("{text}{end}")),
        (_, Some(("Fn::Sub", Value::String(text)))) => json!({"Fn::Sub": format!("{text}{end}")}),
        (_, Some(("Fn::Sub", parts))) => {
            json!({"Fn::Sub": [format!("{}{end}", parts[0].as_str().unwrap_or_default()), parts[1]]})
        }
        _ => json!({"Fn::Join": ["", [arn, end]]}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:orders";

    fn found(value: Value) -> Option<Function> {
        let own = |properties: Value, on: &str| json!({"Type": "AWS::Lambda::Function", "Properties": properties, "DependsOn": on});
        let resources = json!({
            "Role": {"Type": "AWS::IAM::Role", "DependsOn": "Topic"},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Group": {"DependsOn": "Role"},
            "Fn": own(json!({}), "Topic"),
            "Own": own(json!({"FunctionName": "own"}), "Topic"),
            "Late": own(json!({}), "Group"),
            "Either": own(json!({"FunctionName": {"Fn::If": ["C", "own", {"Ref": "AWS::NoValue"}]}}), "Topic"),
            "LateOrders": own(json!({"FunctionName": "orders"}), "Group"),
            "LateNamed": own(json!({"FunctionName": {"Ref": "Name"}}), "Group"),
            "LateTwice": own(json!({"FunctionName": {"Fn::Sub": "x-${Group}"}}), "Group"),
            "HookLive": {"Type": "AWS::Lambda::Alias"},
        });
        function(resources.as_object().unwrap(), "Role", &value)
    }

    #[test]
    fn a_function_of_the_template_is_named_by_its_arn() {
        for value in [
            json!({"Ref": "Fn"}),
            json!({"Fn::GetAtt": ["Fn", "Arn"]}),
            json!({"Fn::GetAtt": "Fn.Arn"}),
            json!({"Fn::Sub": "${Fn}"}),
            json!({"Fn::Sub": "${ Fn.Arn }"}),
        ] {
            assert_eq!(found(value.clone()), Some(Function::Generated("Fn".to_owned())), "{value}");
        }
        assert_eq!(found(json!({"Ref": "Either"})), Some(Function::Named("Either".to_owned())));
        assert_eq!(found(json!({"Ref": "Own"})), Some(Function::Named("Own".to_owned())));
    }

    #[test]
    fn one_that_depends_on_the_role_is_named_by_its_name_or_as_one_of_the_stack() {
        let by_name = |id: &str| found(json!({"Ref": id}));
        assert_eq!(by_name("LateOrders"), Some(Function::Elsewhere(json!({"Fn::Sub": ORDERS}))));
        assert_eq!(by_name("LateNamed"), Some(Function::Elsewhere(super::by_name(&json!({"Ref": "Name"})))));
        for circle in [json!({"Ref": "Late"}), json!({"Ref": "LateTwice"}), json!({"Fn::Sub": "x-${Group}"})] {
            assert_eq!(found(circle.clone()), Some(Function::OfStack), "{circle}");
        }
    }

    #[test]
    fn a_name_from_elsewhere_becomes_an_arn_unless_it_is_one() {
        let other = "arn:aws:lambda:eu-west-1:111122223333:function:orders";
        for (name, arn) in [
            ("orders", json!({"Fn::Sub": ORDERS})),
            ("111122223333:function:orders", json!({"Fn::Sub": ORDERS})),
            (other, json!(other)),
        ] {
            assert_eq!(found(json!(name)), Some(Function::Elsewhere(arn)), "{name}");
        }
        assert_eq!(found(Value::Null), None);
    }

    /// `Fn::Join`, `Fn::Split` and `Fn::Select` as CloudFormation carries them out.
    #[test]
    fn a_parameter_may_be_a_name_or_an_arn() {
        let value = json!({"Ref": "Name"});
        let Some(Function::Elsewhere(arn)) = found(value.clone()) else { panic!("no ARN") };
        let select = &arn["Fn::Sub"][1]["Name"]["Fn::Select"];
        let join = &select[1]["Fn::Split"][1]["Fn::Join"];
        let (at, split) = (select[0].as_u64().unwrap(), select[1]["Fn::Split"][0].as_str().unwrap());
        assert_eq!(join[1], json!([value, value]));
        for given in ["orders", "arn:aws:lambda:us-east-1:111122223333:function:orders", "111122223333:function:orders"]
        {
            let joined = [given, given].join(join[0].as_str().unwrap());
            assert_eq!(joined.split(split).nth(usize::try_from(at).unwrap()), Some("orders"), "{given}");
        }
        assert_eq!(arn["Fn::Sub"][0], ORDERS.replace("orders", "${Name}"));
        for value in
            [json!({"Fn::ImportValue": "x"}), json!({"Ref": "HookLive"}), json!({"Fn::GetAtt": ["Fn", "Name"]})]
        {
            assert_eq!(found(value.clone()), Some(Function::Elsewhere(by_name(&value))));
        }
    }

    #[test]
    fn its_versions_and_aliases_are_named_with_it() {
        let (exact, prefix) = (Brevity::None, Brevity::Prefixes);
        let all = |arn: Value, qualified: Value| vec![arn, qualified];
        let of_stack = json!({"Fn::Sub": ORDERS.replace("orders", "${AWS::StackName}-*")});
        let arn = json!({"Fn::GetAtt": ["Fn", "Arn"]});
        let qualified = json!({"Fn::Join": ["", [arn, ":*"]]});
        let generated = Function::Generated("Fn".to_owned());
        assert_eq!(generated.arns(exact), all(arn.clone(), qualified.clone()));
        assert_eq!(generated.arns(prefix), [json!({"Fn::Join": ["", [arn, "*"]]})]);
        assert_eq!(generated.arns(Brevity::Stack), std::slice::from_ref(&of_stack));
        assert_eq!(Function::OfStack.arns(exact), [of_stack]);
        for brevity in [exact, prefix, Brevity::Stack] {
            assert_eq!(Function::Named("Fn".to_owned()).arns(brevity), all(arn.clone(), qualified.clone()));
            for (arn, qualified) in [
                (json!("arn:x"), json!("arn:x:*")),
                (json!({"Fn::Sub": "${x}"}), json!({"Fn::Sub": "${x}:*"})),
                (json!({"Fn::Sub": ["${x}", {"x": 1}]}), json!({"Fn::Sub": ["${x}:*", {"x": 1}]})),
            ] {
                assert_eq!(Function::Elsewhere(arn.clone()).arns(brevity), all(arn, qualified));
            }
        }
    }
}
