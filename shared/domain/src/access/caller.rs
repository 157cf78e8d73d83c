//! Who made a call.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::names::text_type;

text_type!(
    /// Who made a call, by ARN: the session of a role, a user, a federated user, the root user, an execution of Step
    /// Functions, or a CloudFormation stack.
    Caller,
    "caller",
    "the ARN of the session of a role, a user, a federated user, a root user, an execution or a stack",
    |text| text.len() <= 2048 && identity(text).is_some()
);

/// What the ARN of a caller says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerIdentity<'a> {
    /// What kind of caller it is.
    pub kind: CallerKind<'a>,
    /// The partition of the account.
    pub partition: &'a str,
    /// The account.
    pub account: &'a str,
    /// The name: of the session, the user, the execution or the stack.
    pub name: &'a str,
}

/// What kind of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind<'a> {
    /// The session of a role.
    Session {
        /// The role's name, without its path, which the ARN of a session does not have.
        role: &'a str,
    },
    /// A user.
    User,
    /// A federated user.
    FederatedUser,
    /// The root user of an account.
    Root,
    /// An execution of Step Functions.
    Execution,
    /// A CloudFormation stack.
    Stack,
}

impl Caller {
    /// What the ARN says.
    pub fn identity(&self) -> CallerIdentity<'_> {
        identity(self.as_str()).expect("a caller is valid from when it is made")
    }

    /// The caller, as a sentence names it.
    pub fn in_words(caller: Option<&Self>) -> &str {
        caller.map_or("an unknown caller", Self::as_str)
    }
}

fn identity(text: &str) -> Option<CallerIdentity<'_>> {
    let arn = Arn::parse(text)?;
    let (kind, name) = match (arn.service(), arn.resource()) {
        ("iam", "root") => (CallerKind::Root, "root"),
        ("iam", user) => (CallerKind::User, last(user.strip_prefix("user/")?)),
        ("sts", resource) => match resource.strip_prefix("federated-user/") {
            Some(name) => (CallerKind::FederatedUser, name),
            None => {
                let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
                (CallerKind::Session { role }, session)
            }
        },
        ("states", execution) => (CallerKind::Execution, execution.strip_prefix("execution:")?.split_once(':')?.1),
        ("cloudformation", stack) => (CallerKind::Stack, stack.strip_prefix("stack/")?.split('/').next()?),
        _ => return None,
    };
    let (partition, account) = (arn.partition(), arn.account());
    (arn.has_account() && !name.is_empty()).then_some(CallerIdentity { kind, partition, account, name })
}

/// A name without its path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_caller_is_known_by_its_arn() {
        for (arn, kind, name) in [
            ("arn:aws:sts::111122223333:assumed-role/build/alice", CallerKind::Session { role: "build" }, "alice"),
            ("arn:aws-cn:iam::111122223333:user/team/shop/alice", CallerKind::User, "alice"),
            ("arn:aws:sts::111122223333:federated-user/alice", CallerKind::FederatedUser, "alice"),
            ("arn:aws:iam::111122223333:root", CallerKind::Root, "root"),
            (
                "arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:release-7",
                CallerKind::Execution,
                "release-7",
            ),
            ("arn:aws:cloudformation:us-east-1:111122223333:stack/shop/f4c7b8a0", CallerKind::Stack, "shop"),
        ] {
            let caller: Caller = arn.parse().unwrap();
            let identity = caller.identity();
            assert_eq!((identity.kind, identity.name, identity.account), (kind, name, "111122223333"), "{arn}");
        }
    }

    #[test]
    fn anything_else_is_no_caller() {
        for bad in [
            "",
            "alice",
            "arn:aws:iam::111122223333:role/build",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::1111:user/alice",
            "arn:aws:sts::111122223333:assumed-role/build",
            "arn:aws:sts::111122223333:assumed-role/build/",
            "arn:aws:lambda:us-east-1:111122223333:function:orders",
        ] {
            assert!(bad.parse::<Caller>().is_err(), "{bad}");
        }
    }
}
