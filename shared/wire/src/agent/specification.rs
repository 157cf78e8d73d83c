//! The specification of a deployment, as a host gets it: the payload of
//! [`GetDeploymentSpecificationOutput`](super::GetDeploymentSpecificationOutput).
//!
//! Every member is optional here. What a host must have, the host says in its own refusal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A deployment, for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Specification {
    /// The deployment, by its id or its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// The deployment group's id, under which hosts keep what they have installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_group_id: Option<String>,
    /// The deployment group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_group_name: Option<String>,
    /// The application's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// The application's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_name: Option<String>,
    /// What created the deployment; `user` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_creator: Option<String>,
    /// `IN_PLACE` unless given, or `BLUE_GREEN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_type: Option<String>,
    /// The path of the AppSpec in the revision; `appspec.yml` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_spec_filename: Option<String>,
    /// What the deployment sets for hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_action_overrides: Option<AgentActionOverrides>,
    /// Every lifecycle event that an AppSpec may name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_possible_lifecycle_events: Option<Vec<String>>,
    /// The deployment whose unpacked revision a host may use, where it still has it, in place of fetching the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse_archive_from_deployment_id: Option<String>,
    /// The revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<SpecifiedRevision>,
    /// What reads the repository of a revision of type `GitHub`; none for a repository that all may read.
    #[serde(default, rename = "GitHubAccessToken", skip_serializing_if = "Option::is_none")]
    pub git_hub_access_token: Option<AccessToken>,
}

/// What proves to GitHub who asks. No message shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(pub String);

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(****)")
    }
}

/// What a deployment sets for hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AgentActionOverrides {
    /// The settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_overrides: Option<AgentOverrides>,
}

/// The settings of a deployment for hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AgentOverrides {
    /// `DISALLOW`, `OVERWRITE` or `RETAIN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_exists_behavior: Option<String>,
}

/// A revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SpecifiedRevision {
    /// `S3`, `GitHub`, `Local File` or `Local Directory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_type: Option<String>,
    /// Where it is, of type `S3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_revision: Option<S3Revision>,
    /// Where it is, of type `GitHub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_hub_revision: Option<GitHubRevision>,
    /// Where it is, of type `Local File` or `Local Directory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_revision: Option<LocalRevision>,
}

/// A bundle in S3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct S3Revision {
    /// The bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `tar`, `tgz` or `zip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_type: Option<String>,
    /// The version; the newest unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The ETag that it must have.
    #[serde(default, rename = "ETag", skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// A commit in GitHub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GitHubRevision {
    /// The owner of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The repository's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_id: Option<String>,
    /// `tar` or `zip`; `tar` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_type: Option<String>,
}

/// A bundle on the host itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LocalRevision {
    /// Its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `tar`, `tgz`, `zip` or `directory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_type: Option<String>,
}
