//! BatchGetApplicationRevisions.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::revision::{Revision, RevisionLocation};
use spillway_domain::names::ApplicationName;

use crate::input::{APPLICATION, Object, count_given, read};
use crate::shapes::revision_location;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    revisions: Option<Vec<Object<revision_location::Input>>>,
}

/// The application, and where its revisions are, each once.
pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Vec<RevisionLocation>), Exception> {
    let input: Input = read(body)?;
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
        missing => format!("No revision of application {application} is registered at {}", missing.join(" nor at ")),
    };
    json!({ "applicationName": application.as_str(), "revisions": shown, "errorMessage": words })
}
