//! What is deployed to a Lambda alias.

use serde::{Deserialize, Serialize};

use crate::names::{AliasName, FunctionName, RoleArn, Version};

/// A Lambda alias, and the versions between which its traffic moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaTarget {
    /// The function.
    pub function: FunctionName,
    /// The alias.
    pub alias: AliasName,
    /// The version that has the traffic.
    pub current: Version,
    /// The version that is to have it.
    pub target: Version,
    /// The hook before traffic moves.
    pub before: Option<FunctionName>,
    /// The hook after it has moved.
    pub after: Option<FunctionName>,
}

impl LambdaTarget {
    /// By what the API names it: `<function>:<alias>`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.function.bare(), self.alias)
    }

    /// By what the alias is locked.
    pub fn address(&self, role: &RoleArn) -> String {
        self.function.address(&self.alias, role)
    }

    /// An AppSpec for this shift.
    pub fn appspec(&self) -> String {
        let mut appspec = serde_json::json!({
            "version": 0.0,
            "Resources": [{ self.function.bare(): { "Type": "AWS::Lambda::Function", "Properties": {
                "Name": self.function.as_str(),
                "Alias": self.alias.as_str(),
                "CurrentVersion": self.current.to_string(),
                "TargetVersion": self.target.to_string(),
            } } }],
        });
        let hooks = [("BeforeAllowTraffic", &self.before), ("AfterAllowTraffic", &self.after)];
        let hooks =
            hooks.iter().filter_map(|(event, hook)| Some(serde_json::json!({ *event: hook.as_ref()?.as_str() })));
        let hooks: Vec<_> = hooks.collect();
        if !hooks.is_empty() {
            appspec["Hooks"] = hooks.into();
        }
        appspec.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_has_one_address_however_its_function_is_spelled() {
        let role: RoleArn = "arn:aws:iam::111122223333:role/deployer".parse().unwrap();
        let address = |function: &str| {
            let target = LambdaTarget {
                function: function.parse().unwrap(),
                alias: "live".parse().unwrap(),
                current: "1".parse().unwrap(),
                target: "2".parse().unwrap(),
                before: None,
                after: None,
            };
            target.address(&role)
        };
        for function in [
            "orders",
            "orders:live",
            "111122223333:function:orders",
            "111122223333:function:orders:live",
            "arn:aws:lambda:us-east-1:111122223333:function:orders",
            "arn:aws:lambda:us-east-1:111122223333:function:orders:7",
        ] {
            assert_eq!(address(function), "111122223333/orders/live", "{function}");
        }
        for other in ["arn:aws:lambda:us-east-1:444455556666:function:orders", "444455556666:function:orders"] {
            assert_eq!(address(other), "444455556666/orders/live", "{other}");
        }
        assert_ne!(address("orders-2"), address("orders"));
    }
}
