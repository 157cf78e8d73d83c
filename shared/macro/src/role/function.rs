//! A function that a role may do something with, as a policy names it.

use serde_json::{Value, json};

use crate::fragment::{Members, attribute, intrinsic, is_no_value, kind, reference};

/// The ARN of whatever function, up to its name.
pub(super) const ANY: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
/// What comes between an ARN and the name of the function.
const MARK: &str = ":function:";

/// A function, or the alias or version of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Function {
    /// One of the template, by its logical id.
    OfTemplate(String),
    /// Any other.
    Elsewhere {
        /// A text, or an `Fn::Sub` of one.
        arn: Value,
        name: Value,
    },
}

/// The function that a value without an `Fn::If` means, which may be its name or its ARN.
pub(super) fn function(resources: &Members, value: &Value) -> Option<Function> {
    if is_no_value(value) || intrinsic(value).is_none() && !value.is_string() {
        return None;
    }
    Some(match (of_template(resources, value), value.as_str()) {
        (Some(id), _) => Function::OfTemplate(id.to_owned()),
        (None, Some(text)) => literal(text),
        (None, None) => by_name(value),
    })
}

/// The id of the function of the template that a value is the name or the ARN of.
fn of_template<'a>(resources: &Members, value: &'a Value) -> Option<&'a str> {
    let text = intrinsic(value).filter(|(name, _)| *name == "Fn::Sub").and_then(|(_, text)| text.as_str());
    let variable = text.and_then(|text| text.strip_prefix("${")?.strip_suffix('}')).map(str::trim);
    let by_variable = variable.map(|variable| variable.strip_suffix(".Arn").unwrap_or(variable));
    let by_arn = || attribute(value).filter(|(_, name)| *name == "Arn").map(|(id, _)| id);
    let id = by_variable.or_else(|| reference(value)).or_else(by_arn)?;
    ["AWS::Lambda::Function", "AWS::Serverless::Function"].contains(&kind(resources, id)).then_some(id)
}

/// The function of a name, or of what is its ARN, or a part of that, already.
fn literal(text: &str) -> Function {
    let name = text.split_once(MARK).map_or(text, |(_, name)| name);
    let arn = match text.starts_with("arn:") && name != text {
        true => text.into(),
        false => json!({"Fn::Sub": format!("{ANY}{name}")}),
    };
    Function::Elsewhere { arn, name: name.split(':').next().unwrap_or_default().into() }
}

/// The function of a name or an ARN, whichever it turns out to be: what follows the mark, or the second of two names.
fn by_name(value: &Value) -> Function {
    let twice = json!({"Fn::Join": [MARK, [value, value]]});
    let name = json!({"Fn::Select": [1, {"Fn::Split": [MARK, twice]}]});
    Function::Elsewhere { arn: json!({"Fn::Sub": [format!("{ANY}${{Name}}"), {"Name": name}]}), name }
}

impl Function {
    /// What a statement names for it: itself, and its versions and aliases.
    pub(super) fn arns(&self) -> [Value; 2] {
        let arn = match self {
            Self::OfTemplate(id) => json!({"Fn::GetAtt": [id, "Arn"]}),
            Self::Elsewhere { arn, .. } => arn.clone(),
        };
        [arn.clone(), longer(&arn, ":*")]
    }

    /// Its name.
    pub(super) fn name(&self) -> Value {
        match self {
            Self::OfTemplate(id) => json!({"Ref": id}),
            Self::Elsewhere { name, .. } => name.clone(),
        }
    }
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
        let resources = json!({
            "Fn": {"Type": "AWS::Lambda::Function"},
            "HookLive": {"Type": "AWS::Lambda::Alias"},
        });
        function(resources.as_object().unwrap(), &value)
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
            let function = found(value.clone()).unwrap();
            assert_eq!(function, Function::OfTemplate("Fn".to_owned()), "{value}");
            let arn = json!({"Fn::GetAtt": ["Fn", "Arn"]});
            assert_eq!(function.arns(), [arn.clone(), json!({"Fn::Join": ["", [arn, ":*"]]})]);
            assert_eq!(function.name(), json!({"Ref": "Fn"}));
        }
    }

    #[test]
    fn a_name_from_elsewhere_becomes_an_arn_unless_it_is_one() {
        let other = "arn:aws:lambda:eu-west-1:111122223333:function:orders";
        for (given, arns) in [
            ("orders", [json!({"Fn::Sub": ORDERS}), json!({"Fn::Sub": format!("{ORDERS}:*")})]),
            ("111122223333:function:orders", [json!({"Fn::Sub": ORDERS}), json!({"Fn::Sub": format!("{ORDERS}:*")})]),
            (other, [json!(other), json!(format!("{other}:*"))]),
        ] {
            let function = found(json!(given)).unwrap();
            assert_eq!((function.arns(), function.name()), (arns, json!("orders")), "{given}");
        }
        assert_eq!(found(json!(format!("{other}:live"))).unwrap().name(), "orders");
        for none in [Value::Null, json!({"Ref": "AWS::NoValue"}), json!(["orders"])] {
            assert_eq!(found(none), None);
        }
    }

    /// `Fn::Join`, `Fn::Split` and `Fn::Select` as CloudFormation carries them out.
    #[test]
    fn a_parameter_may_be_a_name_or_an_arn() {
        let value = json!({"Ref": "Name"});
        let Some(Function::Elsewhere { arn, name }) = found(value.clone()) else { panic!("no ARN") };
        let select = &arn["Fn::Sub"][1]["Name"]["Fn::Select"];
        assert_eq!(name["Fn::Select"], *select);
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
            assert_eq!(found(value.clone()), Some(by_name(&value)));
        }
    }
}
