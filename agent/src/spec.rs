//! What a deployment asks of this host.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use spillway_appspec::server::FileExistsBehavior;
use spillway_wire::agent::specification::AccessToken;

use crate::bundle::Kind;

/// A deployment, as far as a host must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentSpec {
    /// The deployment.
    pub deployment_id: String,
    /// The deployment group, by the id under which its files are kept.
    pub group_id: String,
    /// The deployment group's name.
    pub group_name: String,
    /// The application's name.
    pub application_name: String,
    /// Whether it rolls back a blue/green deployment, which runs the scripts of other revisions.
    pub is_blue_green_rollback: bool,
    /// Where its revision is.
    pub revision: Revision,
    /// The deployment whose archive is the same revision, so that it need not be fetched where that is still here.
    pub archive_of: Option<String>,
    /// The AppSpec's path in the revision; `appspec.yml` unless given.
    pub appspec_filename: Option<String>,
    /// What happens to files that exist, where the AppSpec does not say it.
    pub file_exists_behavior: FileExistsBehavior,
    /// All events of the deployment, where they are known.
    pub events: Option<Vec<String>>,
}

/// Where a revision is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// On this host.
    Local {
        /// A file or a folder.
        location: PathBuf,
        /// How it is packed, if that is not to be seen from its first bytes.
        kind: Option<Kind>,
    },
    /// In S3.
    S3(S3Object),
    /// In GitHub.
    GitHub(GitHubCommit),
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { location, .. } => write!(f, "{}", location.display()),
            Self::S3(S3Object { bucket, key, version: None, .. }) => write!(f, "s3://{bucket}/{key}"),
            Self::S3(S3Object { bucket, key, version: Some(version), .. }) => {
                write!(f, "s3://{bucket}/{key} in version {version}")
            }
            Self::GitHub(commit) => write!(f, "{commit}"),
        }
    }
}

/// A bundle in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// How it is packed.
    pub kind: Kind,
    /// Which version; the newest unless given.
    pub version: Option<String>,
    /// The ETag that it must have.
    pub etag: Option<String>,
}

/// A commit in GitHub, which is one of its archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubCommit {
    /// The owner of the repository.
    pub account: String,
    /// The repository.
    pub repository: String,
    /// The commit.
    pub commit: String,
    /// How it is packed.
    pub packing: Packing,
    /// What reads the repository, if the deployment brings it.
    pub token: Option<AccessToken>,
}

impl fmt::Display for GitHubCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commit {} of {}/{} in GitHub", self.commit, self.account, self.repository)
    }
}

/// The archives that GitHub makes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A tar archive, compressed by gzip.
    Tarball,
    /// A zip archive.
    Zipball,
}

/// Fetches commits from where they are kept.
pub trait Commits {
    /// Writes the archive of a commit into a new file.
    fn fetch(&self, commit: &GitHubCommit, into: &Path) -> io::Result<()>;
}

/// Fetches bundles from where they are stored.
pub trait Bundles {
    /// Writes an object into a new file, unless it has another ETag than it must have, and returns its ETag.
    fn fetch(&self, object: &S3Object, into: &Path) -> io::Result<String>;
}

/// Whether a name can be that of a file, so that no path made of it leads anywhere else.
pub fn is_safe_name(name: &str) -> bool {
    (1..=200).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
}
