//! `RevisionLocation`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::revision::{
    APPSPEC_BYTES, BundleType, NewRevision, Revision, RevisionKind, RevisionLocation, S3Object, sha256,
};
use spillway_domain::names::GroupName;
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, one_of};
use crate::codedeploy::shapes::time;

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    revision_type: Option<String>,
    s3_location: Option<Object<S3Input>>,
    git_hub_location: Option<Object<GitHubInput>>,
    string: Option<Object<TextInput>>,
    app_spec_content: Option<Object<TextInput>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Input {
    bucket: Option<String>,
    key: Option<String>,
    bundle_type: Option<String>,
    version: Option<String>,
    e_tag: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GitHubInput {
    repository: Option<String>,
    commit_id: Option<String>,
}

#[derive(Deserialize)]
struct TextInput {
    content: Option<String>,
    sha256: Option<String>,
}

/// What is given, checked: a type, its location and no other, and the text in it. Of a text its sum is enough, since it
/// may be registered.
pub(crate) fn parse(input: Option<Object<Input>>) -> Result<NewRevision, Exception> {
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
        "s3Location" => s3(input.s3_location.ok_or_else(missing)?.0),
        "gitHubLocation" => git_hub(input.git_hub_location.ok_or_else(missing)?.0),
        "string" => text(RevisionKind::String, own, input.string.ok_or_else(missing)?.0),
        _ => text(RevisionKind::AppSpecContent, own, input.app_spec_content.ok_or_else(missing)?.0),
    }
}

fn s3(given: S3Input) -> Result<NewRevision, Exception> {
    // Callers write `yaml` and `json`, too, as CodeDeploy lets them.
    let known = |text: &str| BundleType::ALL.into_iter().find(|own| own.as_str().eq_ignore_ascii_case(text));
    let bundle = given.bundle_type.map(|text| match known(&text) {
        Some(bundle) => Ok(bundle),
        None => one_of(&text, BundleType::ALL, BundleType::as_str),
    });
    let bundle = bundle.transpose().map_err(|words| invalid(format!("revision.s3Location.bundleType {words}")))?;
    let location = RevisionLocation::S3(S3Object {
        bucket: required("s3Location.bucket", given.bucket, S3_BUCKET)?,
        key: required("s3Location.key", given.key, S3_KEY)?,
        bundle,
        version: optional("s3Location.version", given.version, S3_KEY)?,
        e_tag: optional("s3Location.eTag", given.e_tag, S3_KEY)?.map(|tag| tag.trim_matches('"').to_owned()),
    });
    Ok(NewRevision { location, content: None })
}

fn git_hub(given: GitHubInput) -> Result<NewRevision, Exception> {
    let repository = required("gitHubLocation.repository", given.repository, S3_KEY)?;
    let commit = required("gitHubLocation.commitId", given.commit_id, S3_KEY)?;
    if !repository.split_once('/').is_some_and(|(owner, name)| is_git_hub_name(owner) && is_git_hub_name(name)) {
        return Err(invalid(format!(
            "revision.gitHubLocation.repository '{}' is not <owner>/<repository>, such as shop/web.",
            cut(&repository, 120)
        )));
    }
    // A branch may move while hosts are deployed to, and they would have different revisions.
    if commit.len() != 40 || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(invalid(format!(
            "revision.gitHubLocation.commitId '{}' is not the whole id of a commit: 40 hexadecimal digits, as `git \
             rev-parse` prints them. Branches and tags are not taken, since they may move during a deployment.",
            cut(&commit, 120)
        )));
    }
    Ok(NewRevision { location: RevisionLocation::GitHub { repository, commit }, content: None })
}

/// Whether it can be the name of an owner or a repository, so that no path made of it leads elsewhere.
fn is_git_hub_name(name: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(is_fit) && !name.chars().all(|c| c == '.')
}

/// The most bytes of a bucket's name.
const S3_BUCKET: usize = 255;
/// The most bytes of a key, and of every other part of a location.
const S3_KEY: usize = 1024;

fn required(member: &str, given: Option<String>, most: usize) -> Result<String, Exception> {
    let given = optional(member, given, most)?;
    given.ok_or_else(|| invalid(format!("revision.{member} is required and was not given.")))
}

fn optional(member: &str, given: Option<String>, most: usize) -> Result<Option<String>, Exception> {
    match given.filter(|text| !text.is_empty()) {
        Some(text) if text.len() > most => {
            Err(invalid(format!("revision.{member} has {} bytes; it may have {most}.", text.len())))
        }
        given => Ok(given),
    }
}

fn text(kind: RevisionKind, member: &str, input: TextInput) -> Result<NewRevision, Exception> {
    let Some(content) = input.content.filter(|content| !content.is_empty()) else {
        return by_sum(kind, member, input.sha256);
    };
    if content.len() > APPSPEC_BYTES {
        return Err(invalid(format!(
            "revision.{member}.content has {} bytes; an AppSpec may have {}.",
            content.len(),
            APPSPEC_BYTES
        )));
    }
    if let Some(given) = input.sha256 {
        let found = sha256(&content);
        if !given.eq_ignore_ascii_case(&found) {
            return Err(invalid(format!(
                "revision.{member}.sha256 is '{}', but the SHA-256 of the content is {found}. Leave it out, or give the \
                 sum of exactly these bytes.",
                cut(&given, 120)
            )));
        }
    }
    Ok(NewRevision::text(kind, content))
}

fn by_sum(kind: RevisionKind, member: &str, sum: Option<String>) -> Result<NewRevision, Exception> {
    let Some(sum) = sum.filter(|sum| !sum.is_empty()) else {
        return Err(invalid(format!(
            "revision.{member}.content is required and was not given: it is the whole AppSpec as one text."
        )));
    };
    if sum.len() != 64 || !sum.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(invalid(format!(
            "revision.{member}.sha256 '{}' is not a SHA-256: 64 hexadecimal digits.",
            cut(&sum, 120)
        )));
    }
    Ok(NewRevision { location: RevisionLocation::Text { kind, sha256: sum.to_ascii_lowercase() }, content: None })
}

/// As it is shown: a text by its sum. CodeDeploy keeps the text for GetApplicationRevision.
pub(crate) fn render(location: &RevisionLocation) -> Value {
    match location {
        RevisionLocation::Text { kind, sha256 } => {
            let text = json!({ "content": null, "sha256": sha256 });
            match kind {
                RevisionKind::AppSpecContent => json!({ "revisionType": "AppSpecContent", "appSpecContent": text }),
                RevisionKind::String => json!({ "revisionType": "String", "string": text }),
            }
        }
        RevisionLocation::S3(S3Object { bucket, key, bundle, version, e_tag }) => {
            let mut s3 = json!({ "bucket": bucket, "key": key });
            let more = [
                ("bundleType", bundle.map(BundleType::as_str)),
                ("version", version.as_deref()),
                ("eTag", e_tag.as_deref()),
            ];
            for (member, value) in more {
                if let Some(value) = value {
                    s3[member] = json!(value);
                }
            }
            json!({ "revisionType": "S3", "s3Location": s3 })
        }
        RevisionLocation::GitHub { repository, commit } => {
            json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": repository, "commitId": commit } })
        }
    }
}

/// As it is shown where its text is asked for, which stands in both members that clients look into.
pub(crate) fn render_whole(revision: &Revision) -> Value {
    let mut shown = render(&revision.location);
    if let RevisionLocation::Text { sha256, .. } = &revision.location {
        let text = json!({ "content": revision.content, "sha256": sha256 });
        shown["string"] = text.clone();
        shown["appSpecContent"] = text;
    }
    shown
}

/// `GenericRevisionInfo`.
pub(crate) fn render_info(revision: &Revision) -> Value {
    let groups: Vec<&str> = revision.groups.iter().map(GroupName::as_str).collect();
    let mut info = json!({ "deploymentGroups": groups, "registerTime": time::render(revision.registered_at) });
    let more = [
        ("description", revision.description.as_ref().map(|words| json!(words))),
        ("firstUsedTime", revision.first_used_at.map(time::render)),
        ("lastUsedTime", revision.last_used_at.map(time::render)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            info[member] = value;
        }
    }
    info
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidRevisionException", words)
}
