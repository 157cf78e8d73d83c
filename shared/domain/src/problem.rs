//! A call to AWS that failed, by what follows from it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::excerpt;

/// A call that did not do what it should, in the ways that lead to different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which of the ways.
    pub kind: ProblemKind,
    /// The call, where it is known.
    pub call: Option<Call>,
    /// AWS's error code, where AWS answered.
    pub code: Option<String>,
    /// What AWS said, or the beginning of it.
    pub words: String,
}

/// A call to AWS, as IAM spells its action: `elasticloadbalancing:DescribeRules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The service's prefix in IAM.
    pub service: String,
    /// The operation.
    pub operation: String,
}

impl Call {
    /// The prefix of Elastic Load Balancing.
    pub const LOAD_BALANCING: &'static str = "elasticloadbalancing";
    /// The prefix of EC2 Auto Scaling.
    pub const AUTO_SCALING: &'static str = "autoscaling";
    /// The prefix of S3.
    pub const S3: &'static str = "s3";
    /// The prefix of the Security Token Service.
    pub const STS: &'static str = "sts";

    /// The call that a sentence begins with: what a function reports of a failed call begins with its action.
    fn at_start_of(words: &str) -> Option<Self> {
        let (service, operation) = words.split_whitespace().next()?.split_once(':')?;
        let is_service = !service.is_empty() && service.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let is_operation = operation.starts_with(|first: char| first.is_ascii_uppercase())
            && operation.bytes().all(|b| b.is_ascii_alphanumeric());
        let call = || Self { service: service.to_owned(), operation: operation.to_owned() };
        (is_service && is_operation).then(call)
    }
}

/// The ways in which a call does not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Its object does not exist.
    Missing,
    /// The service role may not.
    Denied,
    /// Refused for another reason.
    Refused,
    /// Somebody else was there first: look again.
    Stale,
    /// It may work later.
    Transient,
    /// It is more than its store holds.
    TooLarge,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of that kind, with what AWS said.
    pub fn new(kind: ProblemKind, words: impl Into<String>) -> Self {
        let words = excerpt(words);
        Self { kind, call: Call::at_start_of(&words), code: None, words }
    }

    /// With AWS's error code.
    pub fn with_code(self, code: Option<&str>) -> Self {
        Self { code: code.map(str::to_owned), ..self }
    }
}

impl ProblemKind {
    /// The name under which Step Functions sees it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Denied => "Denied",
            Self::Refused => "Refused",
            Self::Stale => "Stale",
            Self::Transient => "Transient",
            Self::TooLarge => "TooLarge",
        }
    }

    /// The kind of that name. Whatever else goes wrong with a function may go right the next time.
    pub fn of(name: &str) -> Self {
        let kinds = [Self::Missing, Self::Denied, Self::Refused, Self::Stale, Self::Transient, Self::TooLarge];
        kinds.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Transient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_is_known_from_the_action_that_the_words_begin_with() {
        let call =
            |words: &str| Problem::new(ProblemKind::Refused, words).call.map(|call| (call.service, call.operation));
        let known = |service: &str, operation: &str| Some((service.to_owned(), operation.to_owned()));
        assert_eq!(
            call("elasticloadbalancing:DescribeRules of listener a failed: x."),
            known("elasticloadbalancing", "DescribeRules")
        );
        assert_eq!(
            call("application-autoscaling:DescribeScalingPolicies failed"),
            known("application-autoscaling", "DescribeScalingPolicies")
        );
        for words in [
            "",
            "There is no deployment d-1.",
            "arn:aws:lambda:x failed",
            ":Describe failed",
            "ecs:describe failed",
            "ECS:Describe",
        ] {
            assert_eq!(call(words), None, "{words}");
        }
    }
}
