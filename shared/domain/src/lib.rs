//! What a deployment is, and what it does next.
//!
//! Everything here is arithmetic: no async, no clock, no AWS, no environment. [`plan`] takes the [`Deployment`] as
//! it is recorded, what was [`Seen`] of the world, and the time; it answers with a [`Plan`]: the next record, the
//! one [`Move`] to make, what is waited for, and why.

mod access;
mod alarms;
mod alias;
mod caller;
mod change;
mod config;
mod deployment;
mod ecs;
mod environment;
mod fit;
mod group;
mod halt;
mod instance;
mod lifecycle;
mod names;
mod order;
mod percent;
mod plan;
mod quotas;
mod rejection;
mod request;
mod resource;
mod revision;
mod rollback;
mod routing;
mod session;
mod stack;
mod words;

pub use access::{Authorization, Denial, Permission, Protected, Question};
pub use alarms::{AlarmConfiguration, AlarmReading};
pub use alias::{AliasRouting, AliasState};
pub use caller::{Caller, CallerIdentity, CallerKind};
pub use config::{
    ComputePlatform, DeploymentConfig, HealthyHosts, PREDEFINED, Strategy, ZonalConfig, default_config, find_built_in,
    find_predefined, nearest,
};
pub use deployment::{Deployment, Doubt, Ending, Error, News, Parked, Stage, Status, Tidings};
pub use ecs::{
    Attachment, AwsvpcConfiguration, CapacityProvider, Controller, EcsProgress, EcsTarget, Forward, Groups,
    LATEST_WRITE_SECONDS, Listener, ListenerKind, ListenerRouting, ServiceState, TargetGroup, TaskSet, TaskSetStatus,
};
pub use environment::{
    AutoScalingGroupName, AutoScalingProcess, BlueGreen, DeploymentOption, DeploymentStyle, DeploymentType,
    EcsClusterName, EcsService, EcsServiceName, Environment, GreenFleet, ListenerArn, LoadBalancerInfo,
    LoadBalancerName, OutdatedInstances, ReadyOption, TagSelection, TargetGroupName, TargetGroupPair, Termination,
    TerminationAction,
};
pub use fit::{Setting, Unfit};
pub use group::{Application, DeploymentGroup, Filed, GroupState, LastDeployment, Slot, Trigger, TriggerEvent};
pub use halt::{Cause, ErrorCode, Halt, HookFault};
pub use instance::{
    IamSessionArn, IamUserArn, Identity, Instance, InstanceFilter, InstanceName, NewInstance, TagFilter,
};
pub use lifecycle::{Diagnostics, DiagnosticsCode, EventName, EventStatus, HookRun, LifecycleEvent, VainAsk, Verdict};
pub use names::{
    AlarmName, AliasName, ApplicationName, BadName, ConfigName, DeploymentId, FunctionName, GroupName, HookExecutionId,
    RoleArn, TopicArn, TriggerName, Version,
};
pub use order::{Creator, LambdaTarget, Order, Target};
pub use percent::Percent;
pub use plan::{LedgerEntry, Move, Plan, Problem, ProblemKind, Seen, Wait, plan};
pub use quotas::{BadQuotas, Quotas};
pub use rejection::{Quota, Rejection};
pub use request::{
    DeploymentFilter, ForServers, GroupChange, GroupSettings, HookAnswer, NewApplication, NewConfig, NewDeployment,
    NewGroup, Page, Tag, WaitType,
};
pub use resource::{Resource, merge_tags, remove_tags};
pub use revision::{
    BundleType, NewRevision, Registration, Revision, RevisionFilter, RevisionKind, RevisionLocation, RevisionSort,
    RevisionUnfit, S3Object, sha256,
};
pub use rollback::{AutoRollback, AutoRollbackEvent};
pub use routing::{GrammarError, MAX_STEPS, MAX_TOTAL_WAIT_MINUTES, Routing, Step};
pub use session::{Purpose, RoleSession};
pub use stack::{
    AliasSeen, AliasSettings, AliasStep, AliasWish, Claim, Fault, Moved, Progress, Settlement, StackRequest,
    StackResource, Wish, next_alias_step, way_back,
};
pub use words::{end_of_log, excerpt};
