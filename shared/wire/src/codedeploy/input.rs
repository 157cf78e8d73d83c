//! Reading a request body: its JSON, its members, and the names in them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use spillway_domain::arn::Arn;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::routing::Routing;
use spillway_domain::names::{BadName, ConfigName};
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::http::BODY_BYTES;

/// The members of a request body. An empty body is `{}`; members that CodeDeploy does not have are passed over.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Exception> {
    let broken = |words: String| Exception::new("SerializationException", words);
    if body.len() > BODY_BYTES {
        return Err(broken(format!("The request body has {} bytes; it may have {}.", body.len(), BODY_BYTES)));
    }
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    let text = std::str::from_utf8(body).map_err(|error| broken(format!("The request body is not UTF-8: {error}.")))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let object: Object<T> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let words = cut(&error.to_string(), 300);
        broken(match error.classify() {
            serde_json::error::Category::Data => {
                let words = words.split(" at line ").next().unwrap_or_default();
                let place = if path == "." { "The request body".to_owned() } else { cut(&path, 200) };
                format!("{place}: {words}.")
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => format!("The request body is not JSON: {words}."),
        })
    })?;
    json.end().map_err(|error| broken(format!("The request body is not JSON: {error}.")))?;
    Ok(object.0)
}

/// A JSON object. By itself serde would take a list for it, too.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A member that names something: how it is spelled, and the exceptions for its absence and its form.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) required: &'static str,
    pub(crate) invalid: &'static str,
    /// CodeDeploy's own words for its absence, where they are known; clients match them.
    missing: Option<&'static str>,
    /// CodeDeploy's own words for its form, before what was given.
    malformed: Option<&'static str>,
}

macro_rules! member {
    ($name:literal, $required:literal, $invalid:literal) => {
        Member { name: $name, required: $required, invalid: $invalid, missing: None, malformed: None }
    };
}

pub(crate) const APPLICATION: Member =
    member!("applicationName", "ApplicationNameRequiredException", "InvalidApplicationNameException");
pub(crate) const NEW_APPLICATION: Member =
    member!("newApplicationName", "ApplicationNameRequiredException", "InvalidApplicationNameException");
pub(crate) const APPLICATIONS: Member =
    member!("applicationNames", "ApplicationNameRequiredException", "InvalidApplicationNameException");
pub(crate) const GROUPS: Member =
    member!("deploymentGroupNames", "DeploymentGroupNameRequiredException", "InvalidDeploymentGroupNameException");
pub(crate) const GROUP: Member = Member {
    missing: Some("Deployment Group name is missing"),
    ..member!("deploymentGroupName", "DeploymentGroupNameRequiredException", "InvalidDeploymentGroupNameException")
};
pub(crate) const CURRENT_GROUP: Member = member!(
    "currentDeploymentGroupName",
    "DeploymentGroupNameRequiredException",
    "InvalidDeploymentGroupNameException"
);
pub(crate) const NEW_GROUP: Member =
    member!("newDeploymentGroupName", "DeploymentGroupNameRequiredException", "InvalidDeploymentGroupNameException");
pub(crate) const CONFIG: Member =
    member!("deploymentConfigName", "DeploymentConfigNameRequiredException", "InvalidDeploymentConfigNameException");
pub(crate) const DEPLOYMENT: Member = Member {
    malformed: Some("Specified DeploymentId is not in the valid format"),
    ..member!("deploymentId", "DeploymentIdRequiredException", "InvalidDeploymentIdException")
};
pub(crate) const ROLE: Member = member!("serviceRoleArn", "RoleRequiredException", "InvalidRoleException");
pub(crate) const HOOK_EXECUTION: Member = member!(
    "lifecycleEventHookExecutionId",
    "InvalidLifecycleEventHookExecutionIdException",
    "InvalidLifecycleEventHookExecutionIdException"
);

pub(crate) const INSTANCE: Member =
    member!("instanceName", "InstanceNameRequiredException", "InvalidInstanceNameException");
pub(crate) const USER: Member = member!("iamUserArn", "IamUserArnRequiredException", "InvalidIamUserArnException");
pub(crate) const SESSION: Member = member!("iamSessionArn", "IamArnRequiredException", "InvalidIamSessionArnException");
pub(crate) const INSTANCES: Member =
    member!("instanceNames", "InstanceNameRequiredException", "InvalidInstanceNameException");
pub(crate) const DEPLOYMENTS: Member = Member {
    malformed: DEPLOYMENT.malformed,
    ..member!("deploymentIds", "DeploymentIdRequiredException", "InvalidDeploymentIdException")
};

impl Member {
    /// The names of a list, each once; there must be one, and at most so many.
    pub(crate) fn list<T: FromStr<Err = BadName> + PartialEq>(
        &self,
        given: Option<Vec<String>>,
        most: usize,
        too_many: &'static str,
    ) -> Result<Vec<T>, Exception> {
        let given = given.unwrap_or_default();
        if given.is_empty() {
            let words = format!("{} is required and was not given, or is empty.", self.name);
            return Err(Exception::new(self.required, words));
        }
        if given.len() > most {
            let words = format!("{}: there may be {most} in a request; {}.", self.name, count_given(given.len()));
            return Err(Exception::new(too_many, words));
        }
        let mut names = Vec::with_capacity(given.len());
        for (n, text) in given.into_iter().enumerate() {
            let name = text.parse().map_err(|bad| self.bad(&format!("{}[{n}]", self.name), &bad))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The name, which must be there. An empty one is there, and not well-formed.
    pub(crate) fn required<T: FromStr<Err = BadName>>(&self, given: Option<String>) -> Result<T, Exception> {
        self.optional(given)?.ok_or_else(|| self.missing())
    }

    /// The name, if it is there.
    pub(crate) fn optional<T: FromStr<Err = BadName>>(&self, given: Option<String>) -> Result<Option<T>, Exception> {
        let parsed = given.map(|text| text.parse()).transpose();
        parsed.map_err(|bad| self.bad(self.name, &bad))
    }

    /// The exception for its form.
    fn bad(&self, place: &str, bad: &BadName) -> Exception {
        let words = match self.malformed {
            Some(own) => format!("{own}: {} ({place}: {})", bad.given, bad.rule),
            None => format!("{place}: {bad}"),
        };
        Exception::new(self.invalid, words)
    }

    /// The exception for its absence.
    pub(crate) fn missing(&self) -> Exception {
        let words = format!("{} is required and was not given.", self.name);
        Exception::new(self.required, self.missing.map_or(words.clone(), |own| format!("{own}: {words}")))
    }
}

/// The name of a configuration, if it is there. One that describes itself, `Steps.…`, must be a routing.
pub(crate) fn config_name(given: Option<String>) -> Result<Option<ConfigName>, Exception> {
    if let Some(text) = given.as_deref().filter(|text| text.starts_with("Steps."))
        && let Err(error) = text.parse::<Routing>()
    {
        return Err(Exception::new(CONFIG.invalid, format!("{}: {error}", CONFIG.name)));
    }
    CONFIG.optional(given)
}

/// A description, if it is there.
pub(crate) fn description(given: Option<String>, quotas: &Quotas) -> Result<Option<String>, Exception> {
    match given {
        Some(words) if words.chars().count() > quotas.description => Err(Exception::new(
            "DescriptionTooLongException",
            format!("description is longer than {} characters; shorten it.", quotas.description),
        )),
        given => Ok(given),
    }
}

/// The value of a member that has one of a few, if it is one of them; else in words that it is not valid, and what would be.
pub(crate) fn one_of<T: Copy, const N: usize>(
    given: &str,
    all: [T; N],
    text: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter()
        .find(|value| text(*value) == given)
        .ok_or_else(|| format!("'{}' is not valid. Valid values are [{}]", cut(given, 120), all.map(text).join(", ")))
}

/// `1 was given`, `2 were given`.
pub(crate) fn count_given(count: usize) -> String {
    format!("{count} {} given", if count == 1 { "was" } else { "were" })
}

/// The name of something that is known by its name, and was not given by its ARN instead.
pub(crate) fn plain_name<T: FromStr<Err = BadName>>(text: &str) -> Result<T, String> {
    if let Some(name) = name_in_arn(text) {
        return Err(format!("'{}' is an ARN; give the name alone: {}", cut(text, 200), cut(name, 120)));
    }
    text.parse().map_err(|bad: BadName| bad.to_string())
}

/// The name in the ARN of an alarm, a target group, a classic load balancer, or an Auto Scaling group.
fn name_in_arn(text: &str) -> Option<&str> {
    let arn = Arn::parse(text)?;
    let resource = arn.resource();
    match arn.service() {
        "cloudwatch" => resource.strip_prefix("alarm:"),
        "elasticloadbalancing" => {
            let name = resource.strip_prefix("targetgroup/").or_else(|| resource.strip_prefix("loadbalancer/"))?;
            name.split('/').next()
        }
        "autoscaling" => resource.split_once("autoScalingGroupName/").map(|(_, name)| name),
        _ => None,
    }
}
