//! `RevisionLocation`.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::{Revision, RevisionKind};

use crate::input::{Object, cut};
use crate::{Exception, appspec, bounds};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    revision_type: Option<String>,
    s3_location: Option<Object<S3Input>>,
    git_hub_location: Option<Map<String, Value>>,
    string: Option<Object<TextInput>>,
    app_spec_content: Option<Object<TextInput>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Input {
    bundle_type: Option<String>,
}

#[derive(Deserialize)]
struct TextInput {
    content: Option<String>,
    sha256: Option<String>,
}

/// What is given, checked: a type, its location and no other, and the text in it.
pub(crate) fn parse(input: Option<Object<Input>>) -> Result<Revision, Exception> {
    let Some(Object(input)) = input else {
        return Err(Exception::new("RevisionRequiredException", "revision is required and was not given."));
    };
    let Some(kind) = input.revision_type else {
        return Err(invalid(
            "revision.revisionType is required and was not given. Give AppSpecContent, and the AppSpec as \
             appSpecContent.content."
                .to_owned(),
        ));
    };
    let own = match kind.as_str() {
        "S3" => "s3Location",
        "GitHub" => "gitHubLocation",
        "String" => "string",
        "AppSpecContent" => "appSpecContent",
        other => {
            return Err(invalid(format!(
                "revision.revisionType '{}' is not valid. Valid values are [S3, GitHub, String, AppSpecContent]",
                cut(other, 120)
            )));
        }
    };
    let given = [
        ("s3Location", input.s3_location.is_some()),
        ("gitHubLocation", input.git_hub_location.is_some()),
        ("string", input.string.is_some()),
        ("appSpecContent", input.app_spec_content.is_some()),
    ];
    if let Some((foreign, _)) = given.into_iter().find(|(member, there)| *there && *member != own) {
        return Err(invalid(format!(
            "revision.{foreign} does not belong to revisionType {kind}; give revision.{own} and nothing else."
        )));
    }
    let missing = || invalid(format!("revision.{own} is required for revisionType {kind} and was not given."));
    match own {
        "s3Location" => Err(s3(input.s3_location.ok_or_else(missing)?.0)),
        "gitHubLocation" => Err(invalid(
            "GitHub revisions are for Server applications only. Give the AppSpec as revisionType AppSpecContent."
                .to_owned(),
        )),
        "string" => text(RevisionKind::String, own, input.string.ok_or_else(missing)?.0),
        _ => text(RevisionKind::AppSpecContent, own, input.app_spec_content.ok_or_else(missing)?.0),
    }
}

fn s3(location: S3Input) -> Exception {
    invalid(match location.bundle_type.as_deref() {
        Some("YAML" | "JSON") => "Revisions in S3 are not available in Spillway yet. Give the AppSpec as revisionType \
                                  AppSpecContent."
            .to_owned(),
        Some(_) | None => "BundleType must be either YAML or JSON".to_owned(),
    })
}

fn text(kind: RevisionKind, member: &str, input: TextInput) -> Result<Revision, Exception> {
    let Some(content) = input.content.filter(|content| !content.is_empty()) else {
        return Err(invalid(format!(
            "revision.{member}.content is required and was not given: it is the whole AppSpec as one text."
        )));
    };
    if content.len() > bounds::APPSPEC_BYTES {
        return Err(invalid(format!(
            "revision.{member}.content has {} bytes; an AppSpec may have {}.",
            content.len(),
            bounds::APPSPEC_BYTES
        )));
    }
    if let Some(given) = input.sha256 {
        let found = appspec::sha256(&content);
        if !given.eq_ignore_ascii_case(&found) {
            return Err(invalid(format!(
                "revision.{member}.sha256 is '{}', but the SHA-256 of the content is {found}. Leave it out, or give the \
                 sum of exactly these bytes.",
                cut(&given, 120)
            )));
        }
    }
    Ok(Revision { kind, content })
}

/// As it is shown: by its sum. CodeDeploy keeps the text for GetApplicationRevision.
pub(crate) fn render(revision: &Revision) -> Value {
    let text = json!({ "content": null, "sha256": appspec::sha256(&revision.content) });
    match revision.kind {
        RevisionKind::AppSpecContent => json!({ "revisionType": "AppSpecContent", "appSpecContent": text }),
        RevisionKind::String => json!({ "revisionType": "String", "string": text }),
    }
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidRevisionException", words)
}
