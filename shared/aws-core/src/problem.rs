//! What an error of an AWS call means: one table from AWS's codes to our kinds of problem.

use std::error::Error;

use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use spillway_domain::names::RoleArn;
use spillway_domain::problem::{Problem, ProblemKind};

/// The problem that `error` is. `what` was tried: the action and its object.
pub fn problem<E>(what: &str, error: &SdkError<E>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(problem) = causes(error).find_map(<dyn Error>::downcast_ref::<Problem>) {
        // The service role could not be assumed, which says more than that the call was not made.
        return Problem::new(problem.kind, format!("{what} was not tried. {problem}"));
    }
    match answer(error) {
        Some((kind, words)) => Problem::new(kind, format!("{what} failed: {words}.")).with_code(code(error)),
        None => Problem::new(ProblemKind::Transient, format!("{what} was not answered: {}.", in_one_line(error))),
    }
}

/// AWS's code of the error, when AWS answered.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Why `role` could not be assumed.
pub(crate) fn refused_role(role: &RoleArn, error: &(dyn Error + 'static)) -> Problem {
    let answered = causes(error).find_map(<dyn Error>::downcast_ref::<SdkError<AssumeRoleError>>);
    let Some((kind, words)) = answered.and_then(answer) else {
        let words = format!("sts:AssumeRole of {role} was not answered: {}.", in_one_line(error));
        return Problem::new(ProblemKind::Transient, words);
    };
    let advice = match kind {
        ProblemKind::Denied | ProblemKind::Missing => {
            " The role must exist, its trust policy must allow sts:AssumeRole and sts:TagSession to Spillway's function \
             roles (output FunctionRoles of Spillway's stack) for this application, and its name must match parameter \
             ServiceRoleNames."
        }
        ProblemKind::Refused | ProblemKind::Stale | ProblemKind::Transient | ProblemKind::TooLarge => "",
    };
    Problem::new(kind, format!("sts:AssumeRole of {role} failed: {words}.{advice}"))
}

/// What AWS answered: the kind of problem, and AWS's code and message.
fn answer<E>(error: &SdkError<E>) -> Option<(ProblemKind, String)>
where
    E: ProvideErrorMetadata,
{
    let response = error.raw_response().filter(|response| !response.status().is_success())?;
    let status = response.status().as_u16();
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let words = match (code, service.and_then(ProvideErrorMetadata::message)) {
        ("", None) => format!("HTTP status {status}"),
        ("", Some(message)) => message.trim_end_matches('.').to_owned(),
        (code, None) => code.to_owned(),
        (code, Some(message)) => format!("{code}: {}", message.trim_end_matches('.')),
    };
    Some((kind(code, status), words))
}

fn kind(code: &str, status: u16) -> ProblemKind {
    const DENIED: [&str; 4] = ["AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError"];
    const MISSING: [&str; 2] = ["NotFound", "DoesNotExist"];
    const STALE: [&str; 2] = ["PreconditionFailed", "ConditionalCheckFailed"];
    const TRANSIENT: [&str; 10] = [
        "Throttl",
        "TooManyRequests",
        "RequestLimitExceeded",
        "ThroughputExceeded",
        "ResourceConflict",
        "TransactionConflict",
        "TransactionInProgress",
        "ServiceException",
        "ServiceUnavailable",
        "ExpiredToken",
    ];
    let one_of = |names: &[&str]| names.iter().any(|name| code.contains(name));
    if one_of(&DENIED) {
        ProblemKind::Denied
    } else if one_of(&TRANSIENT) {
        ProblemKind::Transient
    } else if one_of(&MISSING) {
        ProblemKind::Missing
    } else if one_of(&STALE) {
        ProblemKind::Stale
    } else {
        match status {
            401 | 403 => ProblemKind::Denied,
            404 => ProblemKind::Missing,
            412 => ProblemKind::Stale,
            408 | 429 | 500.. => ProblemKind::Transient,
            _ => ProblemKind::Refused,
        }
    }
}

/// An error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn in_one_line(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_before_statuses() {
        for (code, status, wanted) in [
            ("AccessDeniedException", 403, ProblemKind::Denied),
            ("AccessDenied", 403, ProblemKind::Denied),
            ("AuthorizationError", 403, ProblemKind::Denied),
            ("ResourceNotFoundException", 404, ProblemKind::Missing),
            ("ExecutionDoesNotExist", 400, ProblemKind::Missing),
            ("PreconditionFailedException", 412, ProblemKind::Stale),
            ("ConditionalCheckFailedException", 400, ProblemKind::Stale),
            ("ThrottlingException", 400, ProblemKind::Transient),
            ("TooManyRequestsException", 429, ProblemKind::Transient),
            ("ProvisionedThroughputExceededException", 400, ProblemKind::Transient),
            ("ResourceConflictException", 409, ProblemKind::Transient),
            ("ServiceException", 500, ProblemKind::Transient),
            ("ExpiredTokenException", 403, ProblemKind::Transient),
            ("InvalidParameterValueException", 400, ProblemKind::Refused),
            ("", 503, ProblemKind::Transient),
            ("", 403, ProblemKind::Denied),
            ("Whatever", 400, ProblemKind::Refused),
        ] {
            assert_eq!(kind(code, status), wanted, "{code} {status}");
        }
    }
}
