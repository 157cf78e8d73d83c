//! The codes of errors that deployments end with.

use serde::{Deserialize, Serialize};

/// CodeDeploy's `ErrorCode`, as far as deployments to Lambda and ECS have use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// An alarm.
    AlarmActive,
    /// A hook.
    HookExecutionFailure,
    /// The ECS service, or a call to it.
    EcsUpdateError,
    /// The load balancer.
    ElasticLoadBalancingInvalid,
    /// The service role.
    IamRolePermissions,
    /// The ECS service is not one to deploy to.
    InvalidEcsService,
    /// The alias.
    InvalidLambdaConfiguration,
    /// The function, the alias or a version is not there.
    InvalidLambdaFunction,
    /// The AppSpec.
    InvalidRevision,
    /// The revision is not there.
    RevisionMissing,
    /// StopDeployment.
    ManualStop,
    /// Time ran out.
    Timeout,
    /// Throttled.
    Throttled,
    /// No host was found.
    NoInstances,
    /// Too many hosts were found.
    OverMaxInstances,
    /// Too many hosts failed.
    HealthConstraints,
    /// The minimum of healthy hosts leaves none to work on.
    HealthConstraintsInvalid,
    /// An Auto Scaling group of the deployment group.
    AutoScalingConfiguration,
    /// The service role may not call Auto Scaling.
    AutoScalingIamRolePermissions,
    /// The service role cannot be assumed.
    IamRoleMissing,
    /// Anything else that AWS refused.
    InternalError,
}

impl ErrorCode {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlarmActive => "ALARM_ACTIVE",
            Self::HookExecutionFailure => "HOOK_EXECUTION_FAILURE",
            Self::EcsUpdateError => "ECS_UPDATE_ERROR",
            Self::ElasticLoadBalancingInvalid => "ELASTIC_LOAD_BALANCING_INVALID",
            Self::InvalidEcsService => "INVALID_ECS_SERVICE",
            Self::IamRolePermissions => "IAM_ROLE_PERMISSIONS",
            Self::InvalidLambdaConfiguration => "INVALID_LAMBDA_CONFIGURATION",
            Self::InvalidLambdaFunction => "INVALID_LAMBDA_FUNCTION",
            Self::InvalidRevision => "INVALID_REVISION",
            Self::RevisionMissing => "REVISION_MISSING",
            Self::ManualStop => "MANUAL_STOP",
            Self::Timeout => "TIMEOUT",
            Self::NoInstances => "NO_INSTANCES",
            Self::OverMaxInstances => "OVER_MAX_INSTANCES",
            Self::HealthConstraints => "HEALTH_CONSTRAINTS",
            Self::HealthConstraintsInvalid => "HEALTH_CONSTRAINTS_INVALID",
            Self::AutoScalingConfiguration => "AUTO_SCALING_CONFIGURATION",
            Self::AutoScalingIamRolePermissions => "AUTO_SCALING_IAM_ROLE_PERMISSIONS",
            Self::IamRoleMissing => "IAM_ROLE_MISSING",
            Self::Throttled => "THROTTLED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }
}
