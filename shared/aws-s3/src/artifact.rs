//! The artifacts of pipelines: zip archives that are read with the keys of a job.

use std::io::{Cursor, Read};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use spillway_aws_core::{SdkConfig, code};
use spillway_domain::catalog::revision::{BundleType, S3Object};
use spillway_domain::pipeline::Artifact;
use spillway_domain::problem::{Problem, ProblemKind};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::get::{Found, get};
use crate::{can_be, refused};

/// The most bytes of an artifact that files are read from: the function holds it in its memory. A bundle for hosts is
/// not read, so it may be as large as S3 takes it.
const ARTIFACT_BYTES: usize = 32 * 1024 * 1024;

/// The artifacts of the pipelines of a Region.
#[derive(Debug)]
pub struct Artifacts {
    config: SdkConfig,
}

impl Artifacts {
    /// Artifacts that are read with `config`, but with the keys of each job.
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }

    /// The beginning of an artifact.
    async fn get(&self, artifact: &Artifact, most: usize) -> Result<Found, Problem> {
        let object = object(artifact);
        can_be(&object)?;
        let keys = &artifact.keys;
        let keys = Credentials::new(&keys.id, &keys.secret, Some(keys.token.clone()), None, "the job of a pipeline");
        let config = self.config.to_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build();
        match Box::pin(get(&config, &object, most)).await {
            // There is no first byte of an empty object.
            Err(error) if code(&error) == Some("InvalidRange") => Err(no_archive(artifact, "it is empty")),
            found => found.map_err(|error| refused(&object, &error)),
        }
    }
}

impl spillway_engine::ports::pipelines::Artifacts for Artifacts {
    async fn read(&self, artifact: &Artifact, path: &str, most: usize) -> Result<Option<String>, Problem> {
        let found = self.get(artifact, ARTIFACT_BYTES + 1).await?;
        if found.bytes.len() > ARTIFACT_BYTES {
            let words = format!(
                "{} is larger than the {ARTIFACT_BYTES} bytes that an artifact with an AppSpec or a task definition may \
                 have. Have the build put these files into an artifact of their own.",
                named(artifact)
            );
            return Err(Problem::new(ProblemKind::Refused, words));
        }
        file(artifact, found.bytes, path, most)
    }

    async fn bundle(&self, artifact: &Artifact) -> Result<S3Object, Problem> {
        let found = self.get(artifact, 1).await?;
        let e_tag = Some(found.e_tag).filter(|e_tag| !e_tag.is_empty());
        Ok(S3Object { bundle: Some(BundleType::Zip), e_tag, ..object(artifact) })
    }
}

fn object(Artifact { bucket, key, .. }: &Artifact) -> S3Object {
    S3Object { bucket: bucket.clone(), key: key.clone(), bundle: None, version: None, e_tag: None }
}

/// An artifact as people know it.
fn named(Artifact { name, bucket, key, .. }: &Artifact) -> String {
    format!("Artifact {name} (s3://{bucket}/{key})")
}

fn no_archive(artifact: &Artifact, why: &str) -> Problem {
    let why = why.trim_end_matches('.');
    Problem::new(ProblemKind::Refused, format!("{} is no zip archive that can be read: {why}.", named(artifact)))
}

/// The text of a file of an archive. No more is unpacked than it may have, however much is in there.
fn file(artifact: &Artifact, bytes: Vec<u8>, path: &str, most: usize) -> Result<Option<String>, Problem> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| no_archive(artifact, &error.to_string()))?;
    let found = match archive.by_name(path) {
        Err(ZipError::FileNotFound) => return Ok(None),
        found => found.map_err(|error| no_archive(artifact, &error.to_string()))?,
    };
    let refused = |words: String| Problem::new(ProblemKind::Refused, format!("{path} of {}: {words}", named(artifact)));
    let mut bytes = Vec::new();
    let read = found.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| no_archive(artifact, &error.to_string()))?;
    if bytes.len() > most {
        return Err(refused(format!("it is larger than the {most} bytes that such a file may have.")));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| refused("it is no text in UTF-8.".to_owned()))
}

#[cfg(test)]
mod tests;
