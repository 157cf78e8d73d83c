//! Names and ids. Each is made in one way only, and is valid from then on.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::catalog::revision::sha256;

/// A name that does not fit its rule: what it was to be, what was given, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} '{given}' is not valid: {rule}")]
pub struct BadName {
    /// What the name was to be.
    pub what: &'static str,
    /// What was given, cut to a readable length.
    pub given: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

/// CodeDeploy's rule for the names of applications, groups and configurations.
const NAME_RULE: &str = "1 to 100 letters, digits or any of . _ + = , @ -";

pub(crate) fn fits_name_rule(text: &str) -> bool {
    (1..=100).contains(&text.chars().count())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._+=,@-".contains(c))
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $crate::names::BadName;

            fn from_str(text: &str) -> Result<Self, $crate::names::BadName> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(Self(text.into()))
                } else {
                    Err($crate::names::BadName { what: $what, given: text.chars().take(120).collect(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::names::BadName;

            fn try_from(text: String) -> Result<Self, $crate::names::BadName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                (*name.0).to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use text_type;

text_type!(
    /// The name of an application, unique in the account and Region.
    ApplicationName, "application name", NAME_RULE, fits_name_rule
);
text_type!(
    /// The name of a deployment group, unique in its application.
    GroupName, "deployment group name", NAME_RULE, fits_name_rule
);
text_type!(
    /// The name of a deployment configuration. A self-describing `Steps.…` name may be longer than others.
    ConfigName,
    "deployment configuration name",
    NAME_RULE,
    |text| fits_name_rule(text) || (text.starts_with("Steps.") && text.len() <= 32_768)
);
text_type!(
    /// `d-` and nine capital letters or digits.
    DeploymentId,
    "deployment id",
    "d- and nine capital letters or digits, such as d-75I7MBT7C",
    |text| {
        text.strip_prefix("d-").is_some_and(|rest| {
            rest.len() == 9 && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        })
    }
);
text_type!(
    /// A Lambda function, by name or by unqualified or qualified ARN, as Lambda's `FunctionName` parameter takes it.
    FunctionName,
    "function name",
    "a Lambda function name or ARN of at most 170 letters, digits or any of - _ : .",
    |text| {
        (1..=170).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_:.$".contains(c))
    }
);
text_type!(
    /// The name of a Lambda alias.
    AliasName,
    "alias name",
    "1 to 128 letters, digits, - or _, and not only digits",
    |text| {
        (1..=128).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !text.chars().all(|c| c.is_ascii_digit())
    }
);
text_type!(
    /// The name of a CloudWatch alarm.
    AlarmName, "alarm name", "1 to 255 characters", |text| (1..=255).contains(&text.chars().count())
);
text_type!(
    /// The name of a trigger of a deployment group.
    TriggerName, "trigger name", NAME_RULE, fits_name_rule
);
text_type!(
    /// The ARN of an IAM role.
    RoleArn,
    "role ARN",
    "arn:<partition>:iam::<account>:role/<name>",
    |text| {
        let role = Arn::parse(text).filter(|arn| arn.service() == "iam").and_then(|arn| arn.resource().strip_prefix("role/"));
        text.len() <= 2048 && role.is_some_and(|name| name.starts_with(|first| first != ':'))
    }
);
text_type!(
    /// The ARN of an SNS topic.
    TopicArn,
    "topic ARN",
    "arn:<partition>:sns:<region>:<account>:<topic>",
    |text| {
        let topic = Arn::parse(text).filter(|arn| arn.service() == "sns").map(Arn::resource);
        text.len() <= 2048 && topic.is_some_and(|name| !name.is_empty() && !name.contains(':'))
    }
);
text_type!(
    /// What a hook hands back with its verdict, so that it reaches its deployment and event and no other.
    HookExecutionId,
    "lifecycle event hook execution id",
    "the id that the hook received, unchanged",
    |text| (1..=1024).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic())
);

impl TopicArn {
    /// The partition that the topic is in.
    pub fn partition(&self) -> &str {
        self.arn().partition()
    }

    /// The Region that the topic is in.
    pub fn region(&self) -> &str {
        self.arn().region()
    }

    fn arn(&self) -> Arn<'_> {
        Arn::parse(&self.0).expect("a topic's ARN is one from when it is made")
    }
}

impl FunctionName {
    /// The bare name: the part of an ARN after `function:`, without a qualifier.
    pub fn bare(&self) -> &str {
        let rest = self.0.split_once(":function:").map_or(&*self.0, |(_, rest)| rest);
        rest.split(':').next().unwrap_or(rest)
    }

    /// By what an alias of it is locked, however it is spelled: account, function and alias. The account is that of the
    /// role unless the name says another; of Regions there is but one.
    pub fn address(&self, alias: &AliasName, role: &RoleArn) -> String {
        let named = self.0.split_once(":function:").and_then(|(before, _)| before.rsplit(':').next());
        format!("{}/{}/{alias}", named.unwrap_or(role.account()), self.bare())
    }
}

impl RoleArn {
    /// The account that the role is of.
    pub fn account(&self) -> &str {
        self.arn().account()
    }

    /// The name of the role, without its path.
    pub fn name(&self) -> &str {
        let resource = self.arn().resource();
        resource.rsplit('/').next().unwrap_or(resource)
    }

    fn arn(&self) -> Arn<'_> {
        Arn::parse(&self.0).expect("a role's ARN is one from when it is made")
    }
}

impl DeploymentId {
    /// The id that stands for `number`, which the caller draws at random.
    pub fn from_number(number: u128) -> Self {
        const DIGITS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let mut rest = number;
        let mut text = String::from("d-");
        for _ in 0..9 {
            text.push(char::from(DIGITS[(rest % 36) as usize]));
            rest /= 36;
        }
        Self(text.into())
    }

    /// The id of the deployment that an execution of the state machine asks for: whenever it asks, the same. An ARN
    /// may come again after 90 days, so that the moment of the start counts as well.
    pub fn of_execution(arn: &str, started_at: &str) -> Self {
        Self::of_text(&format!("{arn} {started_at}"))
    }

    /// The id of the deployment that an instance waits for at a lifecycle hook: the same however often Auto Scaling
    /// tells of it. Its token is of this one wait.
    pub fn of_lifecycle_action(hook: &str, token: &str) -> Self {
        Self::of_text(&format!("{hook} {token}"))
    }

    /// The id of the deployment that an action of a pipeline asks for: the same however often CodePipeline delivers the
    /// action's first job.
    pub fn of_pipeline_job(job: &str) -> Self {
        Self::of_text(&format!("job {job}"))
    }

    fn of_text(text: &str) -> Self {
        let sum = sha256(text);
        Self::from_number(u128::from_str_radix(&sum[..32], 16).expect("a sum has 64 hexadecimal digits"))
    }
}

/// A published version of a Lambda function: a positive number. `$LATEST` is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(u64);

impl FromStr for Version {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let plain = text.len() <= 18 && !text.starts_with('0') && text.chars().all(|c| c.is_ascii_digit());
        match text.parse() {
            Ok(number) if plain => Ok(Self(number)),
            _ => Err(BadName {
                what: "version",
                given: text.chars().take(120).collect(),
                rule: "a published version is a positive number such as 1; $LATEST cannot be deployed",
            }),
        }
    }
}

impl TryFrom<String> for Version {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_id_is_d_and_nine_capitals_or_digits() {
        assert!("d-75I7MBT7C".parse::<DeploymentId>().is_ok());
        for bad in ["", "d-", "d-75i7mbt7c", "d-75I7MBT7", "d-75I7MBT7CX", "75I7MBT7C"] {
            assert!(bad.parse::<DeploymentId>().is_err(), "{bad}");
        }
        let made = DeploymentId::from_number(u128::MAX);
        assert_eq!(made.as_str().parse::<DeploymentId>().as_ref(), Ok(&made));
    }

    #[test]
    fn an_execution_asks_for_one_deployment_and_another_for_another() {
        let arn = "arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:release-7";
        let id = DeploymentId::of_execution(arn, "2026-11-21T01:03:00.123Z");
        assert_eq!(id, DeploymentId::of_execution(arn, "2026-11-21T01:03:00.123Z"));
        assert_ne!(id, DeploymentId::of_execution(arn, "2027-11-21T01:03:00.123Z"));
        assert_ne!(id, DeploymentId::of_execution(&arn.replace('7', "8"), "2026-11-21T01:03:00.123Z"));
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn a_version_is_a_positive_number_without_ornaments() {
        assert_eq!("12".parse::<Version>().map(|v| v.to_string()), Ok("12".to_owned()));
        for bad in ["", "0", "01", "+1", "-1", "$LATEST", "1.0", "9999999999999999999"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_alias_name_is_not_only_digits() {
        assert!("live".parse::<AliasName>().is_ok());
        assert!("7".parse::<AliasName>().is_err());
    }

    #[test]
    fn a_bad_name_says_what_it_was_to_be_and_the_rule() {
        let error = "my app!".parse::<ApplicationName>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "application name 'my app!' is not valid: 1 to 100 letters, digits or any of . _ + = , @ -"
        );
    }

    #[test]
    fn a_role_is_given_by_arn() {
        let role: RoleArn = "arn:aws-cn:iam::111122223333:role/team/deployer".parse().unwrap();
        assert_eq!((role.account(), role.name()), ("111122223333", "deployer"));
        let longest = format!("arn:aws:iam::111122223333:role/{}", "a".repeat(2018));
        assert!(longest.parse::<RoleArn>().is_err());
        for bad in [
            "",
            "deployer",
            "arn:aws:iam::1:role/",
            "arn:aws:iam::1:role/:a",
            "arn:aws:iam::1:user/a",
            "arn:aws:sts::1:role/a",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_topic_is_given_by_arn() {
        let topic: TopicArn = "arn:aws-cn:sns:cn-north-1:111122223333:news".parse().unwrap();
        assert_eq!((topic.partition(), topic.region()), ("aws-cn", "cn-north-1"));
        for bad in [
            "",
            "news",
            "arn:aws:sns:us-east-1:1:",
            "arn:aws:sns:us-east-1:1:news:subscription",
            "arn:aws:sqs:us-east-1:1:news",
        ] {
            assert!(bad.parse::<TopicArn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_function_is_named_or_given_by_arn() {
        let arn: FunctionName = "arn:aws:lambda:us-east-1:111122223333:function:orders".parse().unwrap();
        assert_eq!(arn.bare(), "orders");
        assert_eq!("orders:live".parse::<FunctionName>().unwrap().bare(), "orders");
    }
}
