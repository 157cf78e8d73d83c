//! Revisions: what can be deployed, named by where it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalog::config::ComputePlatform;
use crate::names::{ApplicationName, GroupName};

/// Where a revision is. A text is where its sum says, and is kept with the registered revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RevisionLocation {
    /// An AppSpec that was given as text.
    Text {
        /// In which member it was given.
        kind: RevisionKind,
        /// The SHA-256 of its bytes, in lower-case hexadecimal.
        sha256: String,
    },
    /// An object in S3.
    S3(S3Object),
    /// A commit in GitHub.
    GitHub {
        /// `<owner>/<repository>`.
        repository: String,
        /// The commit.
        commit: String,
    },
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// What the object is.
    pub bundle: Option<BundleType>,
    /// Its version.
    pub version: Option<String>,
    /// Its ETag, without quotes.
    pub e_tag: Option<String>,
}

/// CodeDeploy's `RevisionLocationType`, as far as it carries the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RevisionKind {
    /// `appSpecContent`.
    AppSpecContent,
    /// `string`, its deprecated form.
    String,
}

/// CodeDeploy's `BundleType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BundleType {
    /// An archive.
    Tar,
    /// A compressed archive.
    Tgz,
    /// A compressed archive.
    Zip,
    /// An AppSpec in YAML.
    Yaml,
    /// An AppSpec in JSON.
    Json,
}

/// A revision as it is given: where it is, and its text where that was given, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevision {
    /// Where it is.
    pub location: RevisionLocation,
    /// Its text.
    pub content: Option<String>,
}

/// A registered revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Where it is.
    pub location: RevisionLocation,
    /// Its text, where it has one and it was asked for.
    pub content: Option<String>,
    /// The caller's words, or by which deployment it was registered.
    pub description: Option<String>,
    /// The groups that it was deployed to.
    pub groups: Vec<GroupName>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it was first deployed.
    pub first_used_at: Option<Timestamp>,
    /// When it was last deployed.
    pub last_used_at: Option<Timestamp>,
}

/// RegisterApplicationRevision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The application.
    pub application: ApplicationName,
    /// The revision.
    pub revision: NewRevision,
    /// The caller's words.
    pub description: Option<String>,
}

/// ListApplicationRevisions: which, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionFilter {
    /// The application.
    pub application: ApplicationName,
    /// By what they are sorted; by nothing that means anything when absent.
    pub sort: Option<RevisionSort>,
    /// The latest first.
    pub descending: bool,
    /// Only those in this bucket.
    pub bucket: Option<String>,
    /// Only those whose key begins so.
    pub key_prefix: Option<String>,
    /// Only those that are the target of a group, or only those that are not.
    pub deployed: Option<bool>,
}

/// CodeDeploy's `ApplicationRevisionSortBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionSort {
    /// When they were registered.
    RegisterTime,
    /// When they were first deployed.
    FirstUsedTime,
    /// When they were last deployed.
    LastUsedTime,
}

/// In what way a revision does not suit a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionUnfit {
    /// An AppSpec for Lambda or ECS is YAML or JSON.
    Bundle,
    /// Servers take archives.
    Archive,
    /// Servers take no text.
    Text,
    /// Only servers take GitHub.
    GitHub,
}

/// The bytes of an AppSpec. It is kept in a table item of its own, of 400 KB at most.
pub const APPSPEC_BYTES: usize = 100 * 1024;

/// The SHA-256 of a text, in lower-case hexadecimal.
pub fn sha256(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl NewRevision {
    /// A text.
    pub fn text(kind: RevisionKind, content: String) -> Self {
        Self { location: RevisionLocation::Text { kind, sha256: sha256(&content) }, content: Some(content) }
    }
}

impl RevisionLocation {
    /// By what it is found, whichever member a text was given in: of fixed length, and of hexadecimal digits only.
    pub fn key(&self) -> String {
        let absent = "";
        let parts: Vec<&str> = match self {
            Self::Text { sha256, .. } => return sha256.clone(),
            Self::S3(S3Object { bucket, key, bundle, version, e_tag }) => vec![
                "s3",
                bucket,
                key,
                bundle.map_or(absent, BundleType::as_str),
                version.as_deref().unwrap_or(absent),
                e_tag.as_deref().unwrap_or(absent),
            ],
            Self::GitHub { repository, commit } => vec!["github", repository, commit],
        };
        // Lengths keep apart what would read the same when run together.
        sha256(&parts.iter().map(|part| format!("{}:{part}", part.len())).collect::<String>())
    }

    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. })
    }

    /// In what way it does not suit a platform, if it does not.
    pub fn unfit(&self, platform: ComputePlatform) -> Option<RevisionUnfit> {
        use BundleType::{Json, Tar, Tgz, Yaml, Zip};
        match (self, platform) {
            (Self::Text { .. }, ComputePlatform::Server) => Some(RevisionUnfit::Text),
            (Self::Text { .. }, ComputePlatform::Lambda | ComputePlatform::Ecs) => None,
            (Self::GitHub { .. }, ComputePlatform::Server) => None,
            (Self::GitHub { .. }, ComputePlatform::Lambda | ComputePlatform::Ecs) => Some(RevisionUnfit::GitHub),
            (Self::S3(S3Object { bundle, .. }), ComputePlatform::Server) => match bundle {
                Some(Tar | Tgz | Zip) => None,
                Some(Yaml | Json) | None => Some(RevisionUnfit::Archive),
            },
            (Self::S3(S3Object { bundle, .. }), ComputePlatform::Lambda | ComputePlatform::Ecs) => match bundle {
                Some(Yaml | Json) => None,
                Some(Tar | Tgz | Zip) | None => Some(RevisionUnfit::Bundle),
            },
        }
    }
}

impl BundleType {
    /// All of them.
    pub const ALL: [BundleType; 5] = [Self::Tar, Self::Tgz, Self::Zip, Self::Yaml, Self::Json];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Tgz => "tgz",
            Self::Zip => "zip",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        }
    }
}

impl RevisionSort {
    /// All of them.
    pub const ALL: [RevisionSort; 3] = [Self::RegisterTime, Self::FirstUsedTime, Self::LastUsedTime];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegisterTime => "registerTime",
            Self::FirstUsedTime => "firstUsedTime",
            Self::LastUsedTime => "lastUsedTime",
        }
    }

    /// The moment that a revision is sorted by; none comes before all others.
    pub fn moment(self, revision: &Revision) -> Option<Timestamp> {
        match self {
            Self::RegisterTime => Some(revision.registered_at),
            Self::FirstUsedTime => revision.first_used_at,
            Self::LastUsedTime => revision.last_used_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_lower_case_hexadecimal() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    fn s3(bucket: &str, key: &str, bundle: Option<BundleType>) -> RevisionLocation {
        RevisionLocation::S3(S3Object { bucket: bucket.into(), key: key.into(), bundle, version: None, e_tag: None })
    }

    #[test]
    fn a_text_is_found_by_its_sum_whichever_member_it_was_given_in() {
        let key = |kind| NewRevision::text(kind, "abc".to_owned()).location.key();
        assert_eq!(key(RevisionKind::String), key(RevisionKind::AppSpecContent));
        assert_eq!(key(RevisionKind::String), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn places_that_differ_have_different_keys() {
        let all = [s3("a", "bc", None), s3("ab", "c", None), s3("a", "bc", Some(BundleType::Zip))];
        for (n, one) in all.iter().enumerate() {
            assert!(all[n + 1..].iter().all(|other| other.key() != one.key()), "{one:?}");
        }
    }

    #[test]
    fn each_platform_takes_its_own_revisions() {
        use ComputePlatform::{Lambda, Server};
        let text = NewRevision::text(RevisionKind::String, "abc".to_owned()).location;
        let hub = RevisionLocation::GitHub { repository: "a/b".into(), commit: "c".into() };
        assert_eq!((text.unfit(Lambda), text.unfit(Server)), (None, Some(RevisionUnfit::Text)));
        assert_eq!((hub.unfit(Lambda), hub.unfit(Server)), (Some(RevisionUnfit::GitHub), None));
        let zip = s3("b", "k", Some(BundleType::Zip));
        let yaml = s3("b", "k", Some(BundleType::Yaml));
        assert_eq!((zip.unfit(Lambda), zip.unfit(Server)), (Some(RevisionUnfit::Bundle), None));
        assert_eq!((yaml.unfit(Lambda), yaml.unfit(Server)), (None, Some(RevisionUnfit::Archive)));
    }
}
