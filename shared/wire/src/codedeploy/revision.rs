//! The revisions of applications, and the connections to GitHub that some of them need.

pub(crate) mod revision_location;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{
    Registration, Revision, RevisionFilter, RevisionLocation, RevisionSort, RevisionUnfit,
};
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::RevisionRejection;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, Object, count_given, description, one_of, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::platform;
use crate::codedeploy::token;

/// Registers a revision of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterApplicationRevision {
    application_name: Option<String>,
    description: Option<String>,
    revision: Option<Object<revision_location::Input>>,
}

impl RegisterApplicationRevision {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Registration, Exception> {
        let input: Self = read(body)?;
        Ok(Registration {
            application: APPLICATION.required(input.application_name)?,
            revision: revision_location::parse(input.revision)?,
            description: description(input.description, &cx.quotas)?,
        })
    }
}

/// Shows a revision of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetApplicationRevision {
    application_name: Option<String>,
    revision: Option<Object<revision_location::Input>>,
}

impl GetApplicationRevision {
    /// The application, and where its revision is.
    pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, RevisionLocation), Exception> {
        let input: Self = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        Ok((application, revision_location::parse(input.revision)?.location))
    }

    /// The answer.
    pub fn render((application, _): &(ApplicationName, RevisionLocation), revision: &Revision, _: &Context) -> Value {
        json!({
            "applicationName": application.as_str(),
            "revision": revision_location::render_whole(revision),
            "revisionInfo": revision_location::render_info(revision),
        })
    }
}

/// Shows several revisions of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetApplicationRevisions {
    application_name: Option<String>,
    revisions: Option<Vec<Object<revision_location::Input>>>,
}

impl BatchGetApplicationRevisions {
    /// The application, and where its revisions are, each once.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Vec<RevisionLocation>), Exception> {
        let input: Self = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        let given = input.revisions.unwrap_or_default();
        if given.is_empty() {
            let words = "revisions is required and was not given, or is empty.";
            return Err(Exception::new("RevisionRequiredException", words));
        }
        let most = cx.quotas.batch_revisions;
        if given.len() > most {
            let words = format!("revisions: there may be {most} in a request; {}.", count_given(given.len()));
            return Err(Exception::new("BatchLimitExceededException", words));
        }
        let mut locations: Vec<RevisionLocation> = Vec::with_capacity(given.len());
        for given in given {
            let location = revision_location::parse(Some(given))?.location;
            if locations.iter().all(|other| other.key() != location.key()) {
                locations.push(location);
            }
        }
        Ok((application, locations))
    }

    /// The answer, with what is not registered in words.
    pub fn render(
        (application, asked): &(ApplicationName, Vec<RevisionLocation>),
        revisions: &[Revision],
        _: &Context,
    ) -> Value {
        let shown = revisions.iter().map(|revision| {
            json!({
                "revisionLocation": revision_location::render_whole(revision),
                "genericRevisionInfo": revision_location::render_info(revision),
            })
        });
        let shown: Vec<Value> = shown.collect();
        let is_there = |location: &RevisionLocation| revisions.iter().any(|one| one.location.key() == location.key());
        let missing: Vec<String> = asked
            .iter()
            .filter(|location| !is_there(location))
            .map(|location| revision_location::render(location).to_string())
            .collect();
        let words = match missing.as_slice() {
            [] => String::new(), // as CodeDeploy has it
            missing => {
                format!("No revision of application {application} is registered at {}", missing.join(" nor at "))
            }
        };
        json!({ "applicationName": application.as_str(), "revisions": shown, "errorMessage": words })
    }
}

/// Lists the revisions of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListApplicationRevisions {
    application_name: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    s3_bucket: Option<String>,
    s3_key_prefix: Option<String>,
    deployed: Option<String>,
    next_token: Option<String>,
}

impl ListApplicationRevisions {
    const OPERATION: Operation = Operation::ListApplicationRevisions;

    /// The filter, and after what the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(RevisionFilter, Option<String>), Exception> {
        let input: Self = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        let invalid = |name, member: &str| {
            let member = member.to_owned();
            move |words: String| Exception::new(name, format!("{member} {words}"))
        };
        let sort = input.sort_by.map(|given| one_of(&given, RevisionSort::ALL, RevisionSort::as_str));
        let sort = sort.transpose().map_err(invalid("InvalidSortByException", "sortBy"))?;
        let order = input.sort_order.map(|given| one_of(&given, ["ascending", "descending"], |order| order));
        let order = order.transpose().map_err(invalid("InvalidSortOrderException", "sortOrder"))?;
        let bucket = part("InvalidBucketNameFilterException", "s3Bucket", input.s3_bucket, 255)?;
        let key_prefix = part("InvalidKeyPrefixFilterException", "s3KeyPrefix", input.s3_key_prefix, 1024)?;
        if key_prefix.is_some() && bucket.is_none() {
            let words = "s3KeyPrefix is the beginning of keys in a bucket; give s3Bucket, too.";
            return Err(Exception::new("BucketNameFilterRequiredException", words));
        }
        let deployed = input.deployed.map(|given| one_of(&given, ["include", "exclude", "ignore"], |state| state));
        let deployed = match deployed.transpose().map_err(invalid("InvalidDeployedStateFilterException", "deployed"))? {
            Some("include") => Some(true),
            Some("exclude") => Some(false),
            Some(_) | None => None,
        };
        let descending = order == Some("descending");
        let filter = RevisionFilter { application, sort, descending, bucket, key_prefix, deployed };
        let after = token::read(&cx.seal, Self::OPERATION, &scope(&filter), input.next_token.as_deref())?;
        Ok((filter, after))
    }

    /// The answer.
    pub fn render(
        (filter, _): &(RevisionFilter, Option<String>),
        page: &Page<RevisionLocation>,
        cx: &Context,
    ) -> Value {
        let revisions: Vec<Value> = page.items.iter().map(revision_location::render).collect();
        let mut answer = json!({ "revisions": revisions });
        if let Some(key) = &page.next {
            answer["nextToken"] = json!(token::write(&cx.seal, Self::OPERATION, &scope(filter), key));
        }
        answer
    }
}

fn part(name: &'static str, member: &str, given: Option<String>, most: usize) -> Result<Option<String>, Exception> {
    match given {
        Some(text) if text.is_empty() || text.len() > most => {
            let words = format!("{member} '{}' is not valid: 1 to {most} bytes.", cut(&text, 120));
            Err(Exception::new(name, words))
        }
        given => Ok(given),
    }
}

/// The filter as one text.
fn scope(filter: &RevisionFilter) -> String {
    let RevisionFilter { application, sort, descending, bucket, key_prefix, deployed } = filter;
    json!([application.as_str(), sort.map(RevisionSort::as_str), descending, bucket, key_prefix, deployed]).to_string()
}

/// Lists the connections to GitHub.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListGitHubAccountTokenNames {
    next_token: Option<String>,
}

impl ListGitHubAccountTokenNames {
    /// There is never a second page, hence no token that could be right.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(), Exception> {
        let input: Self = read(body)?;
        token::read(&cx.seal, Operation::ListGitHubAccountTokenNames, "", input.next_token.as_deref()).map(|_| ())
    }

    /// The answer. CodeDeploy's connections to GitHub are made in its console, by no operation; here is none.
    pub fn render((): &(), _: &Context) -> Value {
        json!({ "tokenNameList": [] })
    }
}

/// Deletes a connection to GitHub.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteGitHubAccountToken {
    token_name: Option<String>,
}

impl DeleteGitHubAccountToken {
    /// The name of the connection.
    pub fn parse(body: &[u8], _: &Context) -> Result<String, Exception> {
        let input: Self = read(body)?;
        let name = input.token_name.ok_or_else(|| {
            Exception::new("GitHubAccountTokenNameRequiredException", "tokenName is required and was not given.")
        })?;
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Exception::new(
                "InvalidGitHubAccountTokenNameException",
                "tokenName is not valid: it has 1 to 100 characters, none of them a control character.",
            ));
        }
        Ok(name)
    }
}

impl From<RevisionRejection> for Exception {
    fn from(rejection: RevisionRejection) -> Self {
        let (name, message) = match rejection {
            RevisionRejection::DoesNotExist { application, revision } => {
                let kind = revision_location::render(&revision);
                (
                    "RevisionDoesNotExistException",
                    format!(
                        "No revision of application {application} is registered at this location: {}",
                        cut(&kind.to_string(), 400)
                    ),
                )
            }
            RevisionRejection::Unfit(unfit, platform) => {
                let platform = platform::text(platform);
                let words = match unfit {
                    RevisionUnfit::Bundle => "BundleType must be either YAML or JSON".to_owned(),
                    RevisionUnfit::Archive => {
                        format!("For {platform} applications, bundleType must be one of tar, tgz and zip.")
                    }
                    RevisionUnfit::Text => {
                        format!("Revisions of {platform} applications are archives: give revisionType S3 or GitHub.")
                    }
                    RevisionUnfit::GitHub => format!(
                        "GitHub revisions are for Server applications only. Give the AppSpec of this {platform} \
                         application as revisionType AppSpecContent."
                    ),
                };
                ("InvalidRevisionException", words)
            }
            RevisionRejection::NoText => (
                "InvalidRevisionException",
                "No text is registered under this sha256; give the AppSpec as content.".to_owned(),
            ),
            RevisionRejection::NothingToRestart(group) => (
                "RevisionDoesNotExistException",
                format!(
                    "No deployment of the deployment group {group} has succeeded yet, so there is no revision to deploy \
                     again. Give a revision."
                ),
            ),
            RevisionRejection::NoGitHubToken(name) => (
                "GitHubAccountTokenDoesNotExistException",
                format!("No GitHub account connection found for name: {}", cut(&name, 100)),
            ),
        };
        Self::new(name, message)
    }
}
