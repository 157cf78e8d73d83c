//! Which operation a request asks for, of either API.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::http::{self, body, check_place, header};
use crate::codedeploy::operation::{Operation, check_content_type};
use crate::operator::operation::{OperatorOperation, TARGET_PREFIX};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// An operation of CodeDeploy's API.
    CodeDeploy(Operation),
    /// One of Spillway's own.
    Operator(OperatorOperation),
}

impl Asked {
    /// The operation, as its API spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeDeploy(operation) => operation.name(),
            Self::Operator(operation) => operation.name(),
        }
    }

    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        match self {
            Self::CodeDeploy(operation) => operation.is_read(),
            Self::Operator(operation) => operation.is_read(),
        }
    }
}

/// The operation that a request asks for, and its body, which may have so many bytes.
pub fn read(request: &Request, most: usize) -> Result<(Asked, Vec<u8>), Exception> {
    let Some(name) = header(request, "x-amz-target").and_then(|target| target.strip_prefix(TARGET_PREFIX)) else {
        return http::read(request, most).map(|(operation, body)| (Asked::CodeDeploy(operation), body));
    };
    check_place(request)?;
    let operation: OperatorOperation = name.parse()?;
    check_content_type(header(request, "content-type"))?;
    Ok((Asked::Operator(operation), body(request, most, operation.name())?))
}
