//! What a request needs to be permitted, and how its refusal reads.

use std::str::FromStr;

use serde_json::Value;
use spillway_domain::access::caller::Caller;
use spillway_domain::access::permission::{Denial, Permission, Protected};
use spillway_domain::catalog::tags::Resource;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::stack::resource::{DesiredResource, StackRequest};

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::operation::Operation;
use crate::codedeploy::tag::resource_arn;
use crate::operator::http::Asked;
use crate::operator::operation::OperatorOperation;
use crate::place::Place;

/// Where a request names what it acts on.
enum Of {
    /// The installation as a whole.
    Installation,
    /// One or several of a kind, in this member.
    Named(Kind, &'static str),
    /// The same in a member that may be left out, with the action that it takes where that is not the operation.
    Also(Kind, &'static str, Option<&'static str>),
    /// The deployment group, else the application, else everything.
    Narrowest,
}

#[derive(Clone, Copy)]
enum Kind {
    Application,
    Group,
    Deployment,
    Config,
    Instance,
    Tagged,
    Role,
}

const PASS_ROLE: &str = "iam:PassRole";
const CREATE_DEPLOYMENT: &str = "codedeploy:CreateDeployment";
const APPLICATION: Of = Of::Named(Kind::Application, "applicationName");
const GROUP: Of = Of::Named(Kind::Group, "deploymentGroupName");
const DEPLOYMENT: Of = Of::Named(Kind::Deployment, "deploymentId");
const CONFIG: Of = Of::Named(Kind::Config, "deploymentConfigName");
const INSTANCE: Of = Of::Named(Kind::Instance, "instanceName");
const INSTANCES: Of = Of::Named(Kind::Instance, "instanceNames");
const TAGGED: Of = Of::Named(Kind::Tagged, "ResourceArn");
const ROLE: Of = Of::Also(Kind::Role, "serviceRoleArn", Some(PASS_ROLE));

/// What each operation acts on.
fn targets(operation: Operation) -> &'static [Of] {
    use Operation::*;
    match operation {
        CreateApplication
        | DeleteApplication
        | GetApplication
        | GetApplicationRevision
        | BatchGetApplicationRevisions
        | ListApplicationRevisions
        | RegisterApplicationRevision
        | ListDeploymentGroups => &[APPLICATION],
        UpdateApplication => &[APPLICATION, Of::Also(Kind::Application, "newApplicationName", None)],
        BatchGetApplications => &[Of::Named(Kind::Application, "applicationNames")],
        CreateDeployment | DeleteDeploymentGroup | GetDeploymentGroup => &[GROUP],
        CreateDeploymentGroup => &[GROUP, ROLE],
        UpdateDeploymentGroup => &[
            Of::Named(Kind::Group, "currentDeploymentGroupName"),
            Of::Also(Kind::Group, "newDeploymentGroupName", None),
            ROLE,
        ],
        BatchGetDeploymentGroups => &[Of::Named(Kind::Group, "deploymentGroupNames")],
        BatchGetDeployments => &[Of::Named(Kind::Deployment, "deploymentIds")],
        BatchGetDeploymentInstances
        | BatchGetDeploymentTargets
        | ContinueDeployment
        | GetDeployment
        | GetDeploymentInstance
        | GetDeploymentTarget
        | ListDeploymentInstances
        | ListDeploymentTargets
        | PutLifecycleEventHookExecutionStatus
        | SkipWaitTimeForInstanceTermination
        | StopDeployment => &[DEPLOYMENT],
        ListDeployments => &[Of::Narrowest],
        CreateDeploymentConfig | DeleteDeploymentConfig | GetDeploymentConfig => &[CONFIG],
        DeregisterOnPremisesInstance | GetOnPremisesInstance | RegisterOnPremisesInstance => &[INSTANCE],
        AddTagsToOnPremisesInstances | BatchGetOnPremisesInstances | RemoveTagsFromOnPremisesInstances => &[INSTANCES],
        ListTagsForResource | TagResource | UntagResource => &[TAGGED],
        ListApplications
        | ListDeploymentConfigs
        | ListOnPremisesInstances
        | ListGitHubAccountTokenNames
        | DeleteGitHubAccountToken
        | DeleteResourcesByExternalId => &[Of::Installation],
    }
}

/// What each operation of our own acts on. Going back is a deployment, so that it takes the right to make one, too.
fn operator_targets(operation: OperatorOperation) -> &'static [Of] {
    match operation {
        OperatorOperation::GetDeploymentLedger => &[DEPLOYMENT],
        OperatorOperation::ListDeploymentSummaries => &[Of::Narrowest],
        OperatorOperation::RollBackDeploymentGroup => {
            &[GROUP, Of::Also(Kind::Group, "deploymentGroupName", Some(CREATE_DEPLOYMENT))]
        }
    }
}

/// The action of an operation, as IAM and policies spell it.
pub fn action(operation: Operation) -> String {
    format!("codedeploy:{operation}")
}

/// The action of an operation of our own, as policies spell it.
pub fn operator_action(operation: OperatorOperation) -> String {
    format!("spillway:{operation}")
}

/// Everything that a request needs. What names nothing, or nothing that is valid, counts as the whole installation: the
/// request is going to be refused, and a caller that may not do everything learns nothing from that.
pub fn permissions(asked: Asked, body: &[u8], cx: &Context) -> Vec<Permission> {
    let (targets, action) = match asked {
        Asked::CodeDeploy(operation) => (targets(operation), action(operation)),
        Asked::Operator(operation) => (operator_targets(operation), operator_action(operation)),
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let application = body["applicationName"].as_str().and_then(|name| name.parse().ok());
    let read = |kind: Kind, name: &str| protected(kind, name, application.as_ref(), cx);
    let of = |member: &str, kind: Kind| -> Vec<Protected> {
        let given = &body[member];
        let names: Vec<&Value> = match given.as_array() {
            Some(names) if !names.is_empty() => names.iter().collect(),
            Some(_) | None => vec![given],
        };
        let resource = |name: &Value| name.as_str().and_then(|name| read(kind, name));
        names.into_iter().map(|name| resource(name).unwrap_or(Protected::Installation)).collect()
    };
    let mut needed = Vec::new();
    for target in targets {
        let (own, resources) = match target {
            Of::Installation => (None, vec![Protected::Installation]),
            Of::Named(kind, member) => (None, of(member, *kind)),
            Of::Also(_, member, _) if body[*member].is_null() => continue,
            // A role that is none is refused by the request's own rules.
            Of::Also(Kind::Role, member, _)
                if body[*member].as_str().is_none_or(|arn| read(Kind::Role, arn).is_none()) =>
            {
                continue;
            }
            Of::Also(kind, member, own) => (*own, of(member, *kind)),
            Of::Narrowest if !body["deploymentGroupName"].is_null() => (None, of("deploymentGroupName", Kind::Group)),
            Of::Narrowest if !body["applicationName"].is_null() => (None, of("applicationName", Kind::Application)),
            Of::Narrowest => (None, vec![Protected::Installation]),
        };
        let action = own.unwrap_or(&action).to_owned();
        let new = resources.into_iter().map(|resource| Permission { action: action.clone(), resource });
        needed.extend(new);
    }
    needed
}

/// What a deployment to a deployment group needs, whatever starts it.
pub fn to_deploy(application: &ApplicationName, group: &GroupName) -> Permission {
    let resource = Protected::Group(application.clone(), group.clone());
    Permission { action: action(Operation::CreateDeployment), resource }
}

/// What a stack needs for a change. To delete what it has made, it needs nothing.
pub fn of_stack(request: &StackRequest) -> Vec<Permission> {
    let one = |operation, resource| vec![Permission { action: action(operation), resource }];
    match &request.desired {
        DesiredResource::Application(desired) => {
            one(Operation::CreateApplication, Protected::Application(desired.name.clone()))
        }
        DesiredResource::Config(desired) => {
            one(Operation::CreateDeploymentConfig, Protected::Config(desired.name.clone()))
        }
        DesiredResource::Group(desired) => {
            let group = Protected::Group(desired.application.clone(), desired.name.clone());
            let role = Permission { action: PASS_ROLE.to_owned(), resource: Protected::Role(desired.role.clone()) };
            one(Operation::CreateDeploymentGroup, group).into_iter().chain([role]).collect()
        }
        DesiredResource::Alias(desired) => vec![to_deploy(&desired.application, &desired.group)],
        DesiredResource::Ended { .. } | DesiredResource::Nothing { .. } => Vec::new(),
    }
}

fn protected(kind: Kind, name: &str, application: Option<&ApplicationName>, cx: &Context) -> Option<Protected> {
    fn made<T: FromStr>(name: &str, make: fn(T) -> Protected) -> Option<Protected> {
        name.parse().ok().map(make)
    }
    match kind {
        Kind::Application => made(name, Protected::Application),
        Kind::Group => Some(Protected::Group(application?.clone(), name.parse().ok()?)),
        Kind::Deployment => made(name, |id| Protected::Deployment { id, group: None }),
        Kind::Config => made(name, Protected::Config),
        Kind::Instance => made(name, Protected::Instance),
        Kind::Role => made(name, Protected::Role),
        Kind::Tagged => match resource_arn::parse(Some(name.to_owned()), cx).ok()? {
            Resource::Application(name) => Some(Protected::Application(name)),
            Resource::Group(application, name) => Some(Protected::Group(application, name)),
        },
    }
}

/// What a caller is told that is not permitted what it asks for, in AWS's words.
pub fn denied(caller: Option<&Caller>, denial: &Denial, place: &Place) -> Exception {
    let user = caller.map_or("anonymous", Caller::as_str);
    let Permission { action, resource } = &denial.permission;
    let because = if denial.is_forbidden {
        "with an explicit deny in an identity-based policy".to_owned()
    } else {
        format!("because no identity-based policy allows the {action} action")
    };
    let on = arn(resource, place);
    let words = format!("User: {user} is not authorized to perform: {action} on resource: {on} {because}");
    Exception::new("AccessDeniedException", words)
}

/// The ARN of a resource as CodeDeploy writes it. A deployment has none but that of its group.
fn arn(resource: &Protected, place: &Place) -> String {
    let group = |application: &ApplicationName, name: &GroupName| {
        place.arn("codedeploy", &format!("deploymentgroup:{application}/{name}"))
    };
    match resource {
        Protected::Installation | Protected::Deployment { group: None, .. } => "*".to_owned(),
        Protected::Application(name) => place.arn("codedeploy", &format!("application:{name}")),
        Protected::Group(application, name) | Protected::Deployment { group: Some((application, name)), .. } => {
            group(application, name)
        }
        Protected::Config(name) => place.arn("codedeploy", &format!("deploymentconfig:{name}")),
        Protected::Instance(name) => place.arn("codedeploy", &format!("instance:{name}")),
        Protected::Role(arn) => arn.to_string(),
    }
}

impl Operation {
    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        ["Get", "List", "BatchGet"].iter().any(|begin| self.name().starts_with(begin))
    }
}

#[cfg(test)]
mod tests;
