//! Deployments in few words: how each is, and what it waits for.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{RevisionLocation, S3Object};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::deployment::view::{SummaryFilter, SummaryView};

use crate::codedeploy::context::Context;
use crate::codedeploy::deployment::{deployment_info, list};
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, GROUP, read};
use crate::codedeploy::shapes::{platform, time};
use crate::codedeploy::token;
use crate::operator::operation::OperatorOperation;

/// How many deployments a page has, unless the request says it.
const FEW: usize = 20;
/// How many it may have.
const MOST: usize = 100;

/// Lists deployments, newest first, with how each is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentSummaries {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    include_only_statuses: Option<Vec<String>>,
    active_only: Option<bool>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl ListDeploymentSummaries {
    const OPERATION: OperatorOperation = OperatorOperation::ListDeploymentSummaries;

    /// Which deployments, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(SummaryFilter, Option<String>), Exception> {
        let input: Self = read(body)?;
        let group = match (APPLICATION.optional(input.application_name)?, GROUP.optional(input.deployment_group_name)?)
        {
            (Some(application), Some(group)) => Some((application, group)),
            (None, None) => None,
            (Some(_), None) => return Err(GROUP.missing()),
            (None, Some(_)) => return Err(APPLICATION.missing()),
        };
        let most = input.max_results.unwrap_or(FEW);
        if !(1..=MOST).contains(&most) {
            let words = format!("maxResults is {most}; it may be from 1 to {MOST}.");
            return Err(Exception::new("InvalidInputException", words));
        }
        let statuses = list::parse_statuses(&input.include_only_statuses.unwrap_or_default())?;
        let only_active = input.active_only == Some(true);
        if only_active && (!statuses.is_empty() || input.next_token.is_some()) {
            return Err(Exception::new(
                "InvalidInputException",
                "activeOnly lists all deployments that are active, on one page; leave includeOnlyStatuses and nextToken \
                 out.",
            ));
        }
        let filter = DeploymentFilter { group, statuses, from: None, to: None, most: Some(most) };
        let after = token::read(&cx.seal, Self::OPERATION, &list::scope(&filter), input.next_token.as_deref())?;
        Ok((SummaryFilter { deployments: filter, only_active }, after))
    }

    /// The answer, newest first.
    pub fn render((filter, _): &(SummaryFilter, Option<String>), view: &SummaryView, cx: &Context) -> Value {
        let Page { items, next } = &view.page;
        let mut answer = json!({ "deployments": items.iter().map(render).collect::<Vec<_>>() });
        if let Some(key) = next {
            let scope = list::scope(&filter.deployments);
            answer["nextToken"] = json!(token::write(&cx.seal, Self::OPERATION, &scope, key));
        }
        answer["askAgainSeconds"] = json!(view.ask_again_seconds);
        answer
    }
}

/// A deployment in few words. What is not known, or not the case, is left out.
pub(super) fn render(CountedDeployment { deployment, counts }: &CountedDeployment) -> Value {
    let spec = &deployment.spec;
    let mut shown = json!({
        "deploymentId": deployment.id.as_str(),
        "applicationName": spec.application.as_str(),
        "deploymentGroupName": spec.group.as_str(),
        "deploymentConfigName": spec.config.as_str(),
        "computePlatform": platform::text(spec.platform),
        "status": deployment.status().as_str(),
        "deploys": deploys(deployment),
        "generation": deployment.generation,
        "createTime": time::render(deployment.created_at),
        "lastUpdatedAt": time::render(deployment.updated_at),
        "words": deployment.note,
    });
    let ending = deployment.ending.as_ref();
    let is_on_its_way = ending.is_none().then_some(());
    let share = deployment.target_id().map(|_| json!(deployment.share.as_percentage()));
    let error = ending.and_then(|ending| ending.error.as_ref());
    let halt = deployment.halt.as_ref().filter(|_| ending.is_none());
    let more = [
        ("target", deployment.target_id().map(|id| json!(id))),
        ("trafficPercent", share),
        ("targets", deployment.server_target().map(|_| Value::Object(deployment_info::overview(counts)))),
        ("startTime", deployment.started_at.map(time::render)),
        ("completeTime", ending.map(|ending| time::render(ending.at))),
        ("waitsUntil", is_on_its_way.and(deployment.waits_until).map(time::render)),
        ("haltedFor", halt.map(|halt| json!(halt.cause.message(spec)))),
        ("errorInformation", error.map(|error| json!({ "code": error.code.as_str(), "message": error.message }))),
        ("caller", spec.caller.as_ref().map(|caller| json!(Caller::as_str(caller)))),
        ("description", spec.description.as_ref().map(|words| json!(words))),
        ("rollsBack", spec.rolls_back.as_ref().map(|id| json!(id.as_str()))),
        ("rolledBackBy", ending.and_then(|ending| ending.rolled_back_by.as_ref()).map(|id| json!(id.as_str()))),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            shown[member] = value;
        }
    }
    shown
}

/// What is deployed, in few words.
fn deploys(deployment: &Deployment) -> String {
    match &deployment.spec.target {
        Target::Lambda(target) if target.current == target.target => format!("version {}", target.target),
        Target::Lambda(target) => format!("version {} over {}", target.target, target.current),
        Target::Ecs(target) => target.task_definition.rsplit('/').next().unwrap_or_default().to_owned(),
        Target::Server(_) | Target::Invalid(_) | Target::Unread => match &deployment.spec.revision {
            RevisionLocation::S3(S3Object { bucket, key, version, .. }) => {
                let version = version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default();
                format!("s3://{bucket}/{key}{version}")
            }
            RevisionLocation::GitHub { repository, commit } => {
                format!("{repository} {}", &commit[..commit.len().min(7)])
            }
            RevisionLocation::Text { sha256, .. } => format!("AppSpec {}", &sha256[..sha256.len().min(7)]),
        },
    }
}
