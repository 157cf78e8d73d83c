//! On-premises instances.

pub(crate) mod instance_tags;

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::instance::{Identity, Instance, InstanceFilter, InstanceName, NewInstance, TagFilter};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::rejection::InstanceRejection;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{INSTANCE, INSTANCES, Object, SESSION, USER, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::{tag_filters, time};
use crate::codedeploy::token;
use crate::place::Place;

/// Registers an on-premises instance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterOnPremisesInstance {
    instance_name: Option<String>,
    iam_session_arn: Option<String>,
    iam_user_arn: Option<String>,
}

impl RegisterOnPremisesInstance {
    /// The request.
    pub fn parse(body: &[u8], _: &Context) -> Result<NewInstance, Exception> {
        let input: Self = read(body)?;
        let name = INSTANCE.required(input.instance_name)?;
        if input.iam_user_arn.as_deref() == Some("") {
            return Err(Exception::new(
                USER.required,
                "iamUserArn is empty; give the ARN of an IAM user, or leave it out.",
            ));
        }
        let identity = match (SESSION.optional(input.iam_session_arn)?, USER.optional(input.iam_user_arn)?) {
            (Some(session), None) => Identity::Session(session),
            (None, Some(user)) => Identity::User(user),
            (None, None) => {
                return Err(Exception::new(
                    "IamArnRequiredException",
                    format!("Neither iamSessionArn nor iamUserArn was given for {name}; give one of them."),
                ));
            }
            (Some(_), Some(_)) => {
                return Err(Exception::new(
                    "MultipleIamArnsProvidedException",
                    format!("Both iamSessionArn and iamUserArn were given for {name}; give one of them."),
                ));
            }
        };
        Ok(NewInstance { name, identity })
    }
}

/// Deregisters an on-premises instance. Its request is that of [`GetOnPremisesInstance`].
pub struct DeregisterOnPremisesInstance;

impl DeregisterOnPremisesInstance {
    /// The instance.
    pub fn parse(body: &[u8], cx: &Context) -> Result<InstanceName, Exception> {
        GetOnPremisesInstance::parse(body, cx)
    }
}

/// Shows an on-premises instance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetOnPremisesInstance {
    instance_name: Option<String>,
}

impl GetOnPremisesInstance {
    /// The instance.
    pub fn parse(body: &[u8], _: &Context) -> Result<InstanceName, Exception> {
        let input: Self = read(body)?;
        INSTANCE.required(input.instance_name)
    }

    /// The answer.
    pub fn render(_: &InstanceName, instance: &Instance, cx: &Context) -> Value {
        json!({ "instanceInfo": render_info(instance, &cx.place) })
    }
}

/// Shows several on-premises instances.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetOnPremisesInstances {
    instance_names: Option<Vec<String>>,
}

impl BatchGetOnPremisesInstances {
    /// The instances, each once.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<InstanceName>, Exception> {
        let input: Self = read(body)?;
        INSTANCES.list(input.instance_names, cx.quotas.batch_instances, "BatchLimitExceededException")
    }

    /// The answer.
    pub fn render(_: &[InstanceName], instances: &[Instance], cx: &Context) -> Value {
        let infos = instances.iter().map(|instance| render_info(instance, &cx.place));
        json!({ "instanceInfos": infos.collect::<Vec<_>>() })
    }
}

/// Lists the names of on-premises instances.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOnPremisesInstances {
    registration_status: Option<String>,
    tag_filters: Option<tag_filters::List>,
    next_token: Option<String>,
}

impl ListOnPremisesInstances {
    const OPERATION: Operation = Operation::ListOnPremisesInstances;

    /// The filter, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(InstanceFilter, Option<String>), Exception> {
        let input: Self = read(body)?;
        let registered = match input.registration_status.as_deref() {
            None => None,
            Some("Registered") => Some(true),
            Some("Deregistered") => Some(false),
            Some(other) => {
                return Err(Exception::new(
                    "InvalidRegistrationStatusException",
                    format!(
                        "registrationStatus '{}' is not valid. Valid values are [Registered, Deregistered]",
                        cut(other, 120)
                    ),
                ));
            }
        };
        let filter = InstanceFilter {
            registered,
            tags: tag_filters::LISTED.all("tagFilters", input.tag_filters.unwrap_or_default())?,
        };
        let after = token::read(&cx.seal, Self::OPERATION, &scope(&filter), input.next_token.as_deref())?;
        Ok((filter, after))
    }

    /// The answer, by name.
    pub fn render(
        (filter, _): &(InstanceFilter, Option<String>),
        page: &Page<impl fmt::Display>,
        cx: &Context,
    ) -> Value {
        Value::Object(token::render_page(&cx.seal, Self::OPERATION, &scope(filter), "instanceNames", page))
    }
}

/// The filter as one text.
fn scope(filter: &InstanceFilter) -> String {
    json!([filter.registered, filter.tags]).to_string()
}

/// Adds tags to on-premises instances.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddTagsToOnPremisesInstances {
    tags: Option<Vec<Object<instance_tags::Input>>>,
    instance_names: Option<Vec<String>>,
}

impl AddTagsToOnPremisesInstances {
    /// The instances, each once, and the tags.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(Vec<InstanceName>, Vec<Tag>), Exception> {
        let input: Self = read(body)?;
        let tags = instance_tags::parse_added(input.tags, &cx.quotas)?;
        let names =
            INSTANCES.list(input.instance_names, cx.quotas.batch_instances, "InstanceLimitExceededException")?;
        Ok((names, tags))
    }
}

/// Removes tags from on-premises instances.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveTagsFromOnPremisesInstances {
    tags: Option<Vec<Object<instance_tags::Input>>>,
    instance_names: Option<Vec<String>>,
}

impl RemoveTagsFromOnPremisesInstances {
    /// The instances, each once, and the tags.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(Vec<InstanceName>, Vec<TagFilter>), Exception> {
        let input: Self = read(body)?;
        let tags = instance_tags::parse_removed(input.tags, &cx.quotas)?;
        let names =
            INSTANCES.list(input.instance_names, cx.quotas.batch_instances, "InstanceLimitExceededException")?;
        Ok((names, tags))
    }
}

/// How much of the id CodeDeploy's ARNs show.
const SUFFIX: usize = 10;

/// `InstanceInfo`.
fn render_info(instance: &Instance, place: &Place) -> Value {
    let suffix: String = instance.id.chars().filter(char::is_ascii_alphanumeric).take(SUFFIX).collect();
    let identity = match instance.identity {
        Identity::User(_) => "iamUserArn",
        Identity::Session(_) => "iamSessionArn",
    };
    let tags = instance.tags.iter().map(|tag| json!({ "Key": tag.key, "Value": tag.value }));
    let mut info = json!({
        "instanceName": instance.name.as_str(),
        identity: instance.identity.as_str(),
        "instanceArn": place.arn("codedeploy", &format!("instance/{}_{suffix}", instance.name)),
        "registerTime": time::render(instance.registered_at),
        "tags": tags.collect::<Vec<_>>(),
    });
    if let Some(at) = instance.deregistered_at {
        info["deregisterTime"] = time::render(at);
    }
    info
}

impl From<InstanceRejection> for Exception {
    fn from(rejection: InstanceRejection) -> Self {
        let (name, message) = match rejection {
            InstanceRejection::NotRegistered(name) => (
                "InstanceNotRegisteredException",
                format!("No on-premises instance is registered with the name: {name}"),
            ),
            InstanceRejection::AlreadyExists(name) => (
                "InstanceNameAlreadyRegisteredException",
                format!(
                    "An on-premises instance is already registered with the name: {name}. Deregister it first, or choose \
                     another name."
                ),
            ),
            InstanceRejection::IdentityTaken { identity, by } => (
                match identity {
                    Identity::User(_) => "IamUserArnAlreadyRegisteredException",
                    Identity::Session(_) => "IamSessionArnAlreadyRegisteredException",
                },
                format!(
                    "{} is already registered with the on-premises instance {by}. Deregister that, or use an ARN of this \
                     instance's own.",
                    identity.as_str()
                ),
            ),
            InstanceRejection::TooManyTags { instance, tags, most } => (
                "TagLimitExceededException",
                format!(
                    "The on-premises instance {instance} would have {tags} tags; it may have {most}. Remove some first. No \
                     instance was tagged."
                ),
            ),
        };
        Self::new(name, message)
    }
}
