//! Specifications that no service has sent yet.

use std::path::{Component, Path};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::state::Root;

/// Names as a service sends them, and as one that is not what it seems might.
const NAMES: [&str; 14] = [
    "d-75I7MBT7C",
    "arn:aws:codedeploy:eu-west-1:1:deployment/d-75I7MBT7C",
    "",
    ".",
    "..",
    "../up",
    "a/../../b",
    "/etc",
    "a/",
    "a\0b",
    "a\nb",
    "deployment-instructions",
    "ongoing-deployment",
    "naïve",
];

fn name() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => select(&NAMES[..]).prop_map(|name| json!(name)),
        1 => Just(Value::Null),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => ".{0,12}".prop_map(|text| json!(text)),
    ]
}

fn revision() -> impl Strategy<Value = Value> {
    let kinds = select(&["S3", "Local File", "Local Directory", "GitHub", "s3", ""][..]);
    let packings = select(&["tar", "tgz", "zip", "directory", "rar", ""][..]);
    (kinds, packings, name(), name()).prop_map(|(kind, packing, bucket, key)| {
        json!({ "RevisionType": kind, "S3Revision": { "Bucket": bucket, "Key": key, "BundleType": packing },
            "GitHubRevision": { "Account": bucket, "Repository": key, "CommitId": key, "BundleType": packing },
            "LocalRevision": { "Location": key, "BundleType": packing } })
    })
}

#[test]
fn a_commit_in_github_is_read_with_its_token_which_is_never_shown() {
    let specification = |more: &[(&str, Value)]| {
        let mut place = json!({ "Account": "shop", "Repository": "web", "CommitId": "c0ffee" });
        more.iter().for_each(|(name, value)| place[*name] = value.clone());
        json!({ "DeploymentId": "d-1", "DeploymentGroupId": "g", "DeploymentGroupName": "prod", "ApplicationName": "shop",
            "Revision": { "RevisionType": "GitHub", "GitHubRevision": place }, "GitHubAccessToken": "secret-of-github" })
        .to_string()
    };
    let spec = parse(&specification(&[("BundleType", json!("zip"))])).unwrap();
    let expected = GitHubCommit {
        account: "shop".to_owned(),
        repository: "web".to_owned(),
        commit: "c0ffee".to_owned(),
        packing: Packing::Zipball,
        token: Some(AccessToken("secret-of-github".to_owned())),
    };
    assert_eq!(spec.revision, Revision::GitHub(expected));
    let shown = format!("{spec:?} {}", spec.revision);
    assert!(!shown.contains("secret-of-github") && shown.ends_with(" commit c0ffee of shop/web in GitHub"), "{shown}");
    let anonymous = specification(&[("BundleType", Value::Null)]).replace("secret-of-github", "");
    let Revision::GitHub(commit) = parse(&anonymous).unwrap().revision else { panic!("it is a commit") };
    assert_eq!((commit.packing, commit.token), (Packing::Tarball, None));
    let refused = |name, value| parse(&specification(&[(name, value)])).unwrap_err().to_string();
    assert_eq!(
        refused("BundleType", json!("rar")),
        "the deployment specification is refused: an archive of type rar is none of GitHub's, which are tar and zip"
    );
    assert_eq!(refused("CommitId", json!("")), "the deployment specification has no Revision.GitHubRevision.CommitId");
}

#[test]
fn an_archive_that_may_be_used_is_named_by_a_deployment_and_never_by_a_path() {
    let specification = |archive: Value| {
        json!({ "DeploymentId": "d-2", "DeploymentGroupId": "g", "DeploymentGroupName": "prod", "ApplicationName": "shop",
            "ReuseArchiveFromDeploymentId": archive,
            "Revision": { "RevisionType": "Local File", "LocalRevision": { "Location": "/a" } } })
        .to_string()
    };
    assert_eq!(parse(&specification(Value::Null)).unwrap().archive_of, None);
    assert_eq!(parse(&specification(json!("d-75I7MBT7C"))).unwrap().archive_of.as_deref(), Some("d-75I7MBT7C"));
    for odd in ["", "d-", "d-1/../../x", "..", "g/d-1", "d-a"] {
        let words = format!(
            "the deployment specification is refused: ReuseArchiveFromDeploymentId {odd} is no id of a deployment"
        );
        assert_eq!(parse(&specification(json!(odd))).unwrap_err().to_string(), words);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_service_sends_is_refused_with_words_or_has_its_place_below_the_root(
        ids in proptest::array::uniform4(name()),
        revision in prop_oneof![5 => revision(), 1 => Just(Value::Null), 1 => Just(json!([1]))],
        behavior in select(&["DISALLOW", "overwrite", "NEVER", ""][..]),
    ) {
        let [deployment, group, group_name, application] = ids;
        let text = json!({ "DeploymentId": deployment, "DeploymentGroupId": group, "DeploymentGroupName": group_name,
            "ApplicationName": application, "Revision": revision,
            "AgentActionOverrides": { "AgentOverrides": { "FileExistsBehavior": behavior } } });
        match parse(&text.to_string()) {
            Err(refused) => prop_assert!(refused.to_string().starts_with("the deployment specification ")),
            Ok(spec) => {
                let root = Path::new("/var/deployments");
                match Root(root.to_owned()).place(&spec) {
                    Err(error) => prop_assert!(error.to_string().contains("cannot be the id of a deployment or its group")),
                    Ok(place) => {
                        let folder = place.folder();
                        let below = folder.strip_prefix(root).unwrap();
                        let parts: Vec<_> = below.components().collect();
                        prop_assert!(parts.len() == 2 && parts.iter().all(|part| matches!(part, Component::Normal(_))));
                        prop_assert!(!below.starts_with("deployment-instructions") && !below.starts_with("ongoing-deployment"));
                    }
                }
            }
        }
    }
}
