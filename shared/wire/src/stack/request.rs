//! A request of CloudFormation.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use spillway_domain::arn::Arn;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::sha256;
use spillway_domain::names::{AliasName, DeploymentId, FunctionName, Version};
use spillway_domain::stack::resource::{AliasSettings, DesiredAlias, DesiredResource, StackRequest, StackResource};

use super::properties::{Properties, api_form};
use crate::codedeploy::application::CreateApplication;
use crate::codedeploy::configuration::CreateDeploymentConfig;
use crate::codedeploy::context::Context;
use crate::codedeploy::group::CreateDeploymentGroup;
use crate::codedeploy::token::Seal;
use crate::place::Place;

/// CloudFormation's custom resources have an hour; the last minutes are for the answer.
const MOST_SECONDS: i64 = 3600;
const ANSWER_AFTER: (i64, i64) = (11, 12);
/// For how long CloudFormation signs a URL, where it says only until when.
const GOOD_FOR_SECONDS: i64 = 7200;

/// The member of a request that lets its bearer answer, and the one that an execution gets in its place.
const RESPONSE_URL: &str = "ResponseURL";
const ASKED_AT: &str = "AskedAt";

/// No request of a stack has pages, which is what a secret is for.
const NO_PAGES: &str = "";

/// Who asks, and where the answer is waited for, if that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The resource.
    pub resource: StackResource,
    /// CloudFormation's id of the request.
    pub request_id: String,
    /// What the resource is called so far.
    pub physical_id: Option<String>,
    /// Where the answer is put. An execution is not told.
    pub response_url: Option<String>,
}

impl Asked {
    /// What the execution that carries it out is called: the same however often the request is delivered.
    pub fn execution_name(&self) -> String {
        self.resource.execution_name(&self.request_id)
    }
}

/// Which stack asks. Without all of it no stack can be answered.
pub fn asked(event: &Value) -> Result<Asked, String> {
    let text = |member: &str| {
        let found = event[member].as_str().filter(|text| !text.is_empty());
        found.map(str::to_owned).ok_or_else(|| absent(member))
    };
    Ok(Asked {
        resource: StackResource { stack: text("StackId")?, logical_id: text("LogicalResourceId")? },
        request_id: text("RequestId")?,
        physical_id: text("PhysicalResourceId").ok(),
        response_url: text(RESPONSE_URL).ok(),
    })
}

/// A request that is taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenUp {
    /// The name of its execution.
    pub name: String,
    /// Where the answer is put.
    pub response_url: String,
    /// The input of its execution, which is in histories and events: the request without that URL, and with the moment
    /// at which it was signed. It is the same however often the request is delivered.
    pub input: String,
}

/// Takes a request of CloudFormation up.
pub fn take_up(event: &Value) -> Result<TakenUp, String> {
    let asked = asked(event)?;
    let name = asked.execution_name();
    let response_url = asked.response_url.ok_or_else(|| absent(RESPONSE_URL))?;
    let mut request = event.as_object().cloned().unwrap_or_default();
    request.remove(RESPONSE_URL);
    request.remove(ASKED_AT);
    if let Some(at) = signed_at(&response_url) {
        request.insert(ASKED_AT.to_owned(), json!(at));
    }
    Ok(TakenUp { name, response_url, input: json!({ "request": request }).to_string() })
}

fn absent(member: &str) -> String {
    format!("This is no request of CloudFormation to a custom resource: {member} is not there.")
}

/// What is asked for, or, in words, why it is not understood.
pub fn parse(event: &Value, received_at: Timestamp, quotas: &Quotas) -> Result<StackRequest, String> {
    let Asked { resource, request_id, physical_id, response_url: _ } = asked(event)?;
    let kind = event["ResourceType"].as_str().unwrap_or_default();
    let given = event["ResourceProperties"].as_object().cloned().unwrap_or_default();
    let seconds = Properties::new(kind, &given).number("ServiceTimeout")?.map_or(MOST_SECONDS, i64::from);
    let (part, whole) = ANSWER_AFTER;
    let signed = event[ASKED_AT].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let asked_at = signed.map_or(received_at, |signed| signed.min(received_at));
    let answer_by = asked_at + SignedDuration::from_secs(seconds.min(MOST_SECONDS) * part / whole);
    let desired = match event["RequestType"].as_str() {
        Some("Delete") => DesiredResource::Nothing { unnamed: is_made_up(physical_id.as_deref(), &resource) },
        Some("Create" | "Update") => {
            let old = event["OldResourceProperties"].as_object();
            Template { kind, resource: &resource, given, old, place: place(&resource)?, quotas }.desired()?
        }
        other => {
            return Err(format!("RequestType is {}, which CloudFormation does not send.", other.unwrap_or("absent")));
        }
    };
    Ok(StackRequest { resource, request_id, physical_id, asked_at, answer_by, desired })
}

/// When CloudFormation signed the URL for the answer, which is when it asked. A request may come long after that.
fn signed_at(url: &str) -> Option<Timestamp> {
    let (_, query) = url.split_once('?')?;
    let given = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    match given("X-Amz-Date") {
        Some(date) => date.parse().ok(),
        None => Timestamp::from_second(given("Expires")?.parse::<i64>().ok()? - GOOD_FOR_SECONDS).ok(),
    }
}

/// Whether CloudFormation made a physical id up, as it does for a resource of which it never had an answer.
fn is_made_up(physical_id: Option<&str>, resource: &StackResource) -> bool {
    let begin = format!("{}-{}-", stack_name(resource), resource.logical_id);
    let end = physical_id.and_then(|id| id.strip_prefix(&begin));
    end.is_some_and(|end| end.len() >= 8 && end.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
}

fn stack_name(resource: &StackResource) -> &str {
    resource.stack_name().unwrap_or("stack")
}

/// Where a stack is, from its id.
fn place(resource: &StackResource) -> Result<Place, String> {
    let arn = Arn::parse(&resource.stack).filter(|arn| arn.service() == "cloudformation");
    let arn = arn.ok_or_else(|| format!("StackId is {}, which is no ARN of a stack.", resource.stack))?;
    let [partition, region, account] = [arn.partition(), arn.region(), arn.account()].map(str::to_owned);
    Ok(Place { partition, region, account })
}

/// A resource as a template has it.
struct Template<'a> {
    kind: &'a str,
    resource: &'a StackResource,
    given: Map<String, Value>,
    old: Option<&'a Map<String, Value>>,
    place: Place,
    quotas: &'a Quotas,
}

impl Template<'_> {
    fn desired(mut self) -> Result<DesiredResource, String> {
        match self.kind {
            "Custom::SpillwayApplication" => {
                self.known(&["ApplicationName", "ComputePlatform", "Tags"])?;
                self.name("ApplicationName", "");
                CreateApplication::parse(&self.body(), &self.context())
                    .map(DesiredResource::Application)
                    .map_err(|refused| refused.to_string())
            }
            "Custom::SpillwayDeploymentConfig" => {
                self.known(&CONFIG)?;
                // A configuration never changes: another content has another name.
                let content: Map<_, _> = CONFIG
                    .iter()
                    .filter_map(|key| Some((*key).to_owned()).zip(self.given.get(*key).cloned()))
                    .collect();
                self.name("DeploymentConfigName", &Value::Object(content).to_string());
                CreateDeploymentConfig::parse(&self.body(), &self.context())
                    .map(DesiredResource::Config)
                    .map_err(|refused| refused.to_string())
            }
            "Custom::SpillwayDeploymentGroup" => {
                self.known(&GROUP)?;
                self.name("DeploymentGroupName", "");
                let group = CreateDeploymentGroup::parse(&self.body(), &self.context());
                group.map(|group| DesiredResource::Group(Box::new(group))).map_err(|refused| refused.to_string())
            }
            "Custom::SpillwayAlias" => self.alias().map(|desired| DesiredResource::Alias(Box::new(desired))),
            "Custom::SpillwayWait" => {
                self.known(&["DeploymentIds", "MoreWaiting"])?;
                let given = Properties::new(self.kind, &self.given);
                let old = self.old.map(|old| Properties::new(self.kind, old));
                // What was waited for in an update before is no matter of this one.
                let old = old.and_then(|old| old.texts("DeploymentIds").ok()).unwrap_or_default();
                let new = given.texts("DeploymentIds")?.into_iter().filter(|id| *id != "none" && !old.contains(id));
                let parse =
                    |id: &str| id.parse::<DeploymentId>().map_err(|bad| format!("{}: DeploymentIds: {bad}", self.kind));
                let deployments = new.map(parse).collect::<Result<_, String>>()?;
                Ok(DesiredResource::Ended { deployments, more_waiting: given.boolean("MoreWaiting")?.unwrap_or(false) })
            }
            other => Err(format!(
                "Spillway has no resource {other}. It has Custom::SpillwayApplication, Custom::SpillwayDeploymentConfig, \
                 Custom::SpillwayDeploymentGroup, Custom::SpillwayAlias and Custom::SpillwayWait."
            )),
        }
    }

    /// Says no to what is probably misspelled.
    fn known(&self, properties: &[&str]) -> Result<(), String> {
        let unknown = |key: &&String| !properties.contains(&key.as_str()) && !OWN.contains(&key.as_str());
        match self.given.keys().find(unknown) {
            None => Ok(()),
            Some(key) => Err(format!("{} has no property {key}. It has {}.", self.kind, properties.join(", "))),
        }
    }

    /// Gives it a name, where the template gives none: the same for the same resource and content.
    fn name(&mut self, property: &str, content: &str) {
        if !self.given.contains_key(property) {
            let name = stack_name(self.resource);
            let StackResource { stack, logical_id } = self.resource;
            let sum = sha256(&format!("{stack} {logical_id} {content}"));
            let cut = |text: &str| text.chars().take(40).collect::<String>();
            let name = format!("{}-{}-{}", cut(name), cut(logical_id), &sum[..12]);
            self.given.insert(property.to_owned(), Value::String(name));
        }
    }

    /// The properties as CodeDeploy's API has them.
    fn body(&self) -> Vec<u8> {
        let given = self.given.iter().filter(|(key, _)| !OWN.contains(&key.as_str()));
        let given: Map<String, Value> = given.map(|(key, value)| (key.clone(), value.clone())).collect();
        api_form(&Value::Object(given)).to_string().into_bytes()
    }

    fn context(&self) -> Context {
        Context { place: self.place.clone(), quotas: self.quotas.clone(), seal: Seal::new(NO_PAGES), caller: None }
    }

    fn alias(&self) -> Result<DesiredAlias, String> {
        self.known(&ALIAS)?;
        let given = Properties::new(self.kind, &self.given);
        let function: FunctionName = given.required("FunctionName")?;
        let alias: AliasName = given.required("Name")?;
        let version: Version = given.required("FunctionVersion")?;
        let arn = self.place.arn("lambda", &format!("function:{}:{alias}", function.bare()));
        let old = self.old.map(|old| Properties::new(self.kind, old));
        // What is no longer understood has changed.
        let old_settings = old.as_ref().and_then(|old| settings(old).ok());
        let old_version = old.and_then(|old| old.optional("FunctionVersion").ok()).flatten();
        Ok(DesiredAlias {
            application: given.required("ApplicationName")?,
            group: given.required("DeploymentGroupName")?,
            arn,
            function,
            alias,
            version,
            old_version,
            before: given.optional("BeforeAllowTrafficHook")?,
            after: given.optional("AfterAllowTrafficHook")?,
            settings: settings(&given)?,
            old_settings,
            waits: given.boolean("WaitForCompletion")?.unwrap_or(true),
            more_waiting: given.boolean("MoreWaiting")?.unwrap_or(false),
            adopts: given.boolean("Adopt")?.unwrap_or(false),
        })
    }
}

fn settings(given: &Properties<'_>) -> Result<AliasSettings, String> {
    let provisioned = given.part("ProvisionedConcurrencyConfig")?;
    let provisioned = provisioned.map(|config| config.number("ProvisionedConcurrentExecutions")).transpose()?;
    Ok(AliasSettings { description: given.optional("Description")?, provisioned_concurrency: provisioned.flatten() })
}

/// CloudFormation's own.
const OWN: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

const CONFIG: [&str; 5] =
    ["DeploymentConfigName", "ComputePlatform", "MinimumHealthyHosts", "TrafficRoutingConfig", "ZonalConfig"];

const GROUP: [&str; 19] = [
    "ApplicationName",
    "DeploymentGroupName",
    "ServiceRoleArn",
    "DeploymentConfigName",
    "AlarmConfiguration",
    "AutoRollbackConfiguration",
    "AutoScalingGroups",
    "BlueGreenDeploymentConfiguration",
    "DeploymentStyle",
    "ECSServices",
    "Ec2TagFilters",
    "Ec2TagSet",
    "LoadBalancerInfo",
    "OnPremisesInstanceTagFilters",
    "OnPremisesTagSet",
    "OutdatedInstancesStrategy",
    "Tags",
    "TerminationHookEnabled",
    "TriggerConfigurations",
];

const ALIAS: [&str; 12] = [
    "FunctionName",
    "Name",
    "FunctionVersion",
    "Description",
    "ProvisionedConcurrencyConfig",
    "ApplicationName",
    "DeploymentGroupName",
    "BeforeAllowTrafficHook",
    "AfterAllowTrafficHook",
    "WaitForCompletion",
    "MoreWaiting",
    "Adopt",
];
