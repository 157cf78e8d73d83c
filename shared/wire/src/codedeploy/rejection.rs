//! From a rejection to CodeDeploy's exception, by noun: those of a noun are beside its operations. Where CodeDeploy's own
//! words are known, they are used.

use spillway_domain::rejection::{Quota, Rejection};

use crate::codedeploy::exception::Exception;

impl From<Rejection> for Exception {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Application(rejection) => rejection.into(),
            Rejection::Configuration(rejection) => rejection.into(),
            Rejection::Group(rejection) => rejection.into(),
            Rejection::Revision(rejection) => rejection.into(),
            Rejection::Deployment(rejection) => rejection.into(),
            Rejection::Target(rejection) => rejection.into(),
            Rejection::Instance(rejection) => rejection.into(),
            Rejection::Tag(rejection) => rejection.into(),
            Rejection::Full { quota, most } => full(quota, most),
            Rejection::Conflict(what) => Self::new(
                "ThrottlingException",
                format!("{what} was changed by another caller at the same moment, and not by this one. Try again."),
            ),
        }
    }
}

fn full(quota: Quota, most: usize) -> Exception {
    let (name, what, named) = match quota {
        Quota::Applications => ("ApplicationLimitExceededException", "applications", "Applications"),
        Quota::Groups => ("DeploymentGroupLimitExceededException", "groups in the application", "GroupsPerApplication"),
        Quota::Configs => ("DeploymentConfigLimitExceededException", "deployment configurations", "DeploymentConfigs"),
        Quota::ActiveDeployments => ("DeploymentLimitExceededException", "active deployments", "ActiveDeployments"),
    };
    Exception::new(
        name,
        format!(
            "The quota of {what} is {most}, and is used up. Try again when there are fewer, or raise {named} in the \
             parameter Quotas of Spillway's stack."
        ),
    )
}
