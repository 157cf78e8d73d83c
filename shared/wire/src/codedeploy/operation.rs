//! From the headers of a request to its operation.

use std::fmt;
use std::str::FromStr;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::http::CONTENT_TYPE;

const TARGET_PREFIX: &str = "CodeDeploy_20141006.";

macro_rules! operations {
    ($($name:ident),+ $(,)?) => {
        /// The operations of CodeDeploy's API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(#[doc = stringify!($name)] $name,)+
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Operation] = &[$(Self::$name),+];

            /// As the API spells it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

operations!(
    AddTagsToOnPremisesInstances,
    BatchGetApplicationRevisions,
    BatchGetApplications,
    BatchGetDeploymentGroups,
    BatchGetDeploymentInstances,
    BatchGetDeploymentTargets,
    BatchGetDeployments,
    BatchGetOnPremisesInstances,
    ContinueDeployment,
    CreateApplication,
    CreateDeployment,
    CreateDeploymentConfig,
    CreateDeploymentGroup,
    DeleteApplication,
    DeleteDeploymentConfig,
    DeleteDeploymentGroup,
    DeleteGitHubAccountToken,
    DeleteResourcesByExternalId,
    DeregisterOnPremisesInstance,
    GetApplication,
    GetApplicationRevision,
    GetDeployment,
    GetDeploymentConfig,
    GetDeploymentGroup,
    GetDeploymentInstance,
    GetDeploymentTarget,
    GetOnPremisesInstance,
    ListApplicationRevisions,
    ListApplications,
    ListDeploymentConfigs,
    ListDeploymentGroups,
    ListDeploymentInstances,
    ListDeploymentTargets,
    ListDeployments,
    ListGitHubAccountTokenNames,
    ListOnPremisesInstances,
    ListTagsForResource,
    PutLifecycleEventHookExecutionStatus,
    RegisterApplicationRevision,
    RegisterOnPremisesInstance,
    RemoveTagsFromOnPremisesInstances,
    SkipWaitTimeForInstanceTermination,
    StopDeployment,
    TagResource,
    UntagResource,
    UpdateApplication,
    UpdateDeploymentGroup,
);

impl Operation {
    /// The operation that the headers `X-Amz-Target` and `Content-Type` of a request ask for.
    pub fn of_request(target: Option<&str>, content_type: Option<&str>) -> Result<Self, Exception> {
        let Some(target) = target else {
            return Err(unknown(format!(
                "The header X-Amz-Target is missing. Name the operation in it, such as {TARGET_PREFIX}GetDeployment."
            )));
        };
        let Some(name) = target.strip_prefix(TARGET_PREFIX) else {
            return Err(unknown(format!(
                "The X-Amz-Target '{}' is not one of CodeDeploy's, which begin with {TARGET_PREFIX}",
                cut(target)
            )));
        };
        let operation = name.parse()?;
        check_content_type(content_type)?;
        Ok(operation)
    }

    /// Refuses CodeDeploy's other protocol, which names the operation in its path and is told by the header
    /// `Smithy-Protocol`.
    pub fn check_protocol(path: &str, smithy_protocol: Option<&str>) -> Result<(), Exception> {
        if smithy_protocol.is_none() && !path.starts_with("/service/") {
            return Ok(());
        }
        let words = format!(
            "The protocol '{}' is not supported. Have the client speak AWS JSON 1.1: POST / with the operation in the \
             header X-Amz-Target, and Content-Type {}.",
            cut(smithy_protocol.unwrap_or("rpc-v2-cbor")),
            CONTENT_TYPE
        );
        Err(Exception::new("SerializationException", words))
    }
}

impl FromStr for Operation {
    type Err = Exception;

    fn from_str(name: &str) -> Result<Self, Exception> {
        if let Some(operation) = Self::ALL.iter().find(|known| known.name() == name) {
            return Ok(*operation);
        }
        Err(unknown(format!("CodeDeploy has no operation '{}'.", cut(name))))
    }
}

impl From<Operation> for &'static str {
    fn from(operation: Operation) -> Self {
        operation.name()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Bodies are JSON. A request without a content type is taken at its word.
pub(crate) fn check_content_type(given: Option<&str>) -> Result<(), Exception> {
    const JSON: [&str; 3] = [CONTENT_TYPE, "application/x-amz-json-1.0", "application/json"];
    let kind = given.map(|given| given.split(';').next().unwrap_or(given).trim().to_ascii_lowercase());
    match kind {
        Some(kind) if !JSON.contains(&kind.as_str()) => Err(Exception::new(
            "SerializationException",
            format!("The Content-Type '{}' is not supported. Send JSON, as {}.", cut(&kind), CONTENT_TYPE),
        )),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn unknown(message: String) -> Exception {
    Exception::new("UnknownOperationException", message)
}

pub(crate) fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(target: Option<&str>, content_type: Option<&str>) -> String {
        Operation::of_request(target, content_type).unwrap_err().to_string()
    }

    #[test]
    fn an_operation_is_named_in_the_target_header() {
        for operation in Operation::ALL {
            let target = format!("CodeDeploy_20141006.{operation}");
            for kind in [None, Some("application/x-amz-json-1.1"), Some("Application/JSON; charset=utf-8")] {
                assert_eq!(Operation::of_request(Some(&target), kind), Ok(*operation));
            }
        }
    }

    #[test]
    fn every_operation_of_the_47_is_there() {
        assert_eq!(Operation::ALL.len(), 47);
    }

    #[test]
    fn anything_else_is_refused_with_what_was_given() {
        assert_eq!(
            refusal(None, None),
            "UnknownOperationException: The header X-Amz-Target is missing. Name the operation in it, such as \
             CodeDeploy_20141006.GetDeployment."
        );
        for foreign in ["", "GetDeployment", "DynamoDB_20120810.GetItem", "codedeploy_20141006.GetDeployment"] {
            assert_eq!(
                refusal(Some(foreign), None),
                format!(
                    "UnknownOperationException: The X-Amz-Target '{foreign}' is not one of CodeDeploy's, which begin with \
                     CodeDeploy_20141006."
                )
            );
        }
        for name in ["", "Nonsense", "getdeployment", "GetDeployment ", "GetDeployment.x"] {
            assert_eq!(
                refusal(Some(&format!("CodeDeploy_20141006.{name}")), None),
                format!("UnknownOperationException: CodeDeploy has no operation '{name}'.")
            );
        }
        assert!(refusal(Some(&"x".repeat(100_000)), None).len() < 300);
    }

    #[test]
    fn the_protocol_with_its_operation_in_the_path_is_refused_with_what_to_speak() {
        let path = "/service/CodeDeploy_20141006/operation/GetDeployment";
        for (path, header) in [(path, Some("rpc-v2-cbor")), (path, None), ("/", Some("rpc-v2-cbor"))] {
            assert_eq!(
                Operation::check_protocol(path, header).unwrap_err().to_string(),
                "SerializationException: The protocol 'rpc-v2-cbor' is not supported. Have the client speak AWS JSON \
                 1.1: POST / with the operation in the header X-Amz-Target, and Content-Type application/x-amz-json-1.1."
            );
        }
        assert_eq!(Operation::check_protocol("/", None), Ok(()));
    }

    #[test]
    fn only_json_is_read() {
        for kind in
            ["application/cbor", "application/x-amz-cbor-1.1", "text/plain", "application/x-www-form-urlencoded", ""]
        {
            assert_eq!(
                refusal(Some("CodeDeploy_20141006.GetDeployment"), Some(kind)),
                format!(
                    "SerializationException: The Content-Type '{kind}' is not supported. Send JSON, as \
                     application/x-amz-json-1.1."
                )
            );
        }
    }
}
