//! Reads the specification of a deployment, as CodeDeploy's service writes it.

#[cfg(test)]
mod tests;

use spillway_appspec::server::FileExistsBehavior;
use spillway_wire::agent::specification::{AccessToken, Specification, SpecifiedRevision};

use crate::bundle::Kind;
use crate::spec::{DeploymentSpec, GitHubCommit, Packing, Revision, S3Object};

/// Why a specification is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is not what the protocol has.
    #[error("the deployment specification cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Something that it must have is not there.
    #[error("the deployment specification has no {0}")]
    Missing(&'static str),
    /// Something is there that this agent does not know.
    #[error("the deployment specification is refused: {0}")]
    Unknown(String),
}

/// Reads a specification.
pub fn parse(text: &str) -> Result<DeploymentSpec, Refused> {
    let wire: Specification = serde_json::from_str(text)?;
    let deployment = given(wire.deployment_id, "DeploymentId")?;
    let behavior = wire.agent_action_overrides.and_then(|given| given.agent_overrides?.file_exists_behavior);
    let creator = wire.deployment_creator.as_deref().unwrap_or("user");
    let kind = wire.deployment_type.as_deref().unwrap_or("IN_PLACE");
    Ok(DeploymentSpec {
        deployment_id: deployment.rsplit('/').next().unwrap_or_default().to_owned(),
        group_id: given(wire.deployment_group_id, "DeploymentGroupId")?,
        group_name: given(wire.deployment_group_name, "DeploymentGroupName")?,
        application_name: given(wire.application_name, "ApplicationName")?,
        is_blue_green_rollback: creator == "codeDeployRollback" && kind == "BLUE_GREEN",
        revision: revision(wire.revision.ok_or(Refused::Missing("Revision"))?, wire.git_hub_access_token)?,
        archive_of: wire.reuse_archive_from_deployment_id.map(read_archive).transpose()?,
        appspec_filename: wire.app_spec_filename.filter(|name| !name.is_empty()),
        file_exists_behavior: behavior.map_or(Ok(FileExistsBehavior::Disallow), |name| read_behavior(&name))?,
        events: wire.all_possible_lifecycle_events,
    })
}

fn given(text: Option<String>, name: &'static str) -> Result<String, Refused> {
    text.filter(|text| !text.is_empty()).ok_or(Refused::Missing(name))
}

/// An id, since it becomes a part of a path.
fn read_archive(id: String) -> Result<String, Refused> {
    let is_id = id.strip_prefix("d-").is_some_and(|rest| {
        !rest.is_empty() && rest.len() <= 100 && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    });
    match is_id {
        true => Ok(id),
        false => Err(Refused::Unknown(format!("ReuseArchiveFromDeploymentId {id} is no id of a deployment"))),
    }
}

fn read_behavior(name: &str) -> Result<FileExistsBehavior, Refused> {
    let found = FileExistsBehavior::from_name(&name.to_ascii_uppercase());
    found.ok_or_else(|| Refused::Unknown(format!("FileExistsBehavior {name} is not DISALLOW, OVERWRITE or RETAIN")))
}

fn revision(wire: SpecifiedRevision, token: Option<AccessToken>) -> Result<Revision, Refused> {
    let kind = given(wire.revision_type, "Revision.RevisionType")?;
    match kind.as_str() {
        "S3" => {
            let object = wire.s3_revision.ok_or(Refused::Missing("Revision.S3Revision"))?;
            Ok(Revision::S3(S3Object {
                bucket: given(object.bucket, "Revision.S3Revision.Bucket")?,
                key: given(object.key, "Revision.S3Revision.Key")?,
                kind: packing(&given(object.bundle_type, "Revision.S3Revision.BundleType")?)?,
                version: object.version,
                etag: object.etag,
            }))
        }
        "Local File" | "Local Directory" => {
            let local = wire.local_revision.ok_or(Refused::Missing("Revision.LocalRevision"))?;
            let location = given(local.location, "Revision.LocalRevision.Location")?.into();
            Ok(Revision::Local { location, kind: local.bundle_type.as_deref().map(packing).transpose()? })
        }
        "GitHub" => {
            let commit = wire.git_hub_revision.ok_or(Refused::Missing("Revision.GitHubRevision"))?;
            Ok(Revision::GitHub(GitHubCommit {
                account: given(commit.account, "Revision.GitHubRevision.Account")?,
                repository: given(commit.repository, "Revision.GitHubRevision.Repository")?,
                commit: given(commit.commit_id, "Revision.GitHubRevision.CommitId")?,
                packing: commit.bundle_type.as_deref().map_or(Ok(Packing::Tarball), archive)?,
                token: token.filter(|AccessToken(text)| !text.is_empty()),
            }))
        }
        other => Err(Refused::Unknown(format!(
            "this agent fetches no revision of type {other}; put the bundle into S3, or name a commit in GitHub"
        ))),
    }
}

/// Of an archive that GitHub makes. Its tar archives are compressed, whatever they are called.
fn archive(name: &str) -> Result<Packing, Refused> {
    match name {
        "tar" | "tgz" => Ok(Packing::Tarball),
        "zip" => Ok(Packing::Zipball),
        other => {
            Err(Refused::Unknown(format!("an archive of type {other} is none of GitHub's, which are tar and zip")))
        }
    }
}

fn packing(name: &str) -> Result<Kind, Refused> {
    match name {
        "tar" => Ok(Kind::Tar),
        "tgz" => Ok(Kind::Tgz),
        "zip" => Ok(Kind::Zip),
        "directory" => Ok(Kind::Directory),
        other => Err(Refused::Unknown(format!("a bundle of type {other} is none of tar, tgz and zip"))),
    }
}
