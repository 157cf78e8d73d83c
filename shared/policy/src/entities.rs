//! Callers and resources as Cedar's entities, each with everything above it.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use spillway_domain::access::caller::{Caller, CallerKind};
use spillway_domain::access::permission::Protected;
use spillway_domain::names::{ApplicationName, GroupName, RoleArn};

type Found = HashMap<EntityUid, Entity>;

/// The caller, and what it is in.
pub(crate) fn of_caller(caller: &Caller) -> Result<(EntityUid, Found), String> {
    let identity = caller.identity();
    let kind = match identity.kind {
        CallerKind::Session { .. } => "Session",
        CallerKind::User => "User",
        CallerKind::FederatedUser => "FederatedUser",
        CallerKind::Root => "Root",
        CallerKind::Execution => "Execution",
        CallerKind::Stack => "Stack",
    };
    let (account, mut found) = account(identity.account)?;
    let above = match identity.kind {
        CallerKind::Session { role } => {
            let arn = format!("arn:{}:iam::{}:role/{role}", identity.partition, identity.account);
            role_entity(&arn, identity.account, role, &account, &mut found)?
        }
        CallerKind::User | CallerKind::FederatedUser | CallerKind::Root | CallerKind::Execution | CallerKind::Stack => {
            account
        }
    };
    let attributes = [("arn", caller.as_str()), ("account", identity.account), ("name", identity.name)];
    let uid = add(&mut found, uid(kind, caller.as_str()), &attributes, Some(above))?;
    Ok((uid, found))
}

/// The resource, and what it is in.
pub(crate) fn of_resource(resource: &Protected) -> Result<(EntityUid, Found), String> {
    let mut found = Found::new();
    let uid = match resource {
        Protected::Installation => add(&mut found, uid("Installation", "spillway"), &[], None)?,
        Protected::Application(name) => application(&mut found, name)?,
        Protected::Group(of, name) => group(&mut found, of, name)?,
        Protected::Deployment { id, group: of } => {
            let above = of.as_ref().map(|(of, name)| group(&mut found, of, name)).transpose()?;
            add(&mut found, uid("Deployment", id.as_str()), &[], above)?
        }
        Protected::Config(name) => {
            add(&mut found, uid("DeploymentConfig", name.as_str()), &[("name", name.as_str())], None)?
        }
        Protected::Instance(name) => add(&mut found, uid("Instance", name.as_str()), &[("name", name.as_str())], None)?,
        Protected::Role(arn) => role(&mut found, arn)?,
    };
    Ok((uid, found))
}

/// The entity of an action.
pub(crate) fn action(name: &str) -> EntityUid {
    uid("Action", name)
}

fn application(found: &mut Found, name: &ApplicationName) -> Result<EntityUid, String> {
    add(found, uid("Application", name.as_str()), &[("name", name.as_str())], None)
}

fn group(found: &mut Found, of: &ApplicationName, name: &GroupName) -> Result<EntityUid, String> {
    let above = application(found, of)?;
    let attributes = [("application", of.as_str()), ("name", name.as_str())];
    add(found, uid("DeploymentGroup", &format!("{of}/{name}")), &attributes, Some(above))
}

fn role(found: &mut Found, arn: &RoleArn) -> Result<EntityUid, String> {
    let (account, above) = account(arn.account())?;
    found.extend(above);
    role_entity(arn.as_str(), arn.account(), arn.name(), &account, found)
}

fn role_entity(
    arn: &str,
    account: &str,
    name: &str,
    above: &EntityUid,
    found: &mut Found,
) -> Result<EntityUid, String> {
    let attributes = [("arn", arn), ("account", account), ("name", name)];
    add(found, uid("Role", arn), &attributes, Some(above.clone()))
}

fn account(id: &str) -> Result<(EntityUid, Found), String> {
    let mut found = Found::new();
    let uid = add(&mut found, uid("Account", id), &[], None)?;
    Ok((uid, found))
}

fn add(
    found: &mut Found,
    uid: EntityUid,
    attributes: &[(&str, &str)],
    above: Option<EntityUid>,
) -> Result<EntityUid, String> {
    let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    let above = above.into_iter().collect::<HashSet<_>>();
    let entity = Entity::new(uid.clone(), attributes, above).map_err(|error| error.to_string())?;
    found.insert(uid.clone(), entity);
    Ok(uid)
}

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("the types of the schema have valid names");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}
