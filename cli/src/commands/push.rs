//! Packs a folder, puts it into S3, and registers it as a revision.

use std::fmt;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::arguments::Output;
use crate::commands::Session;
use crate::failure::Failure;

/// What a folder has at its top.
const APPSPECS: [&str; 2] = ["appspec.yml", "appspec.yaml"];

/// Where a bundle lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    bucket: String,
    key: String,
    version: Option<String>,
    e_tag: Option<String>,
}

impl Location {
    /// As a revision.
    pub fn revision(&self) -> Value {
        let kind = match self.key.rsplit('.').next() {
            Some("tar") => "tar",
            Some("tgz" | "gz") => "tgz",
            Some(_) | None => "zip",
        };
        let mut location = json!({ "bucket": self.bucket, "key": self.key, "bundleType": kind });
        for (member, value) in [("version", &self.version), ("eTag", &self.e_tag)] {
            if let Some(value) = value {
                location[member] = json!(value);
            }
        }
        json!({ "revisionType": "S3", "s3Location": location })
    }
}

impl FromStr for Location {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let parts = text.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        let parts = parts.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
        let (bucket, key) =
            parts.ok_or_else(|| Failure::Usage(format!("--s3-location {text} is not s3://BUCKET/KEY.")))?;
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version: None, e_tag: None })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " version {version}"))
    }
}

/// Pushes a folder, and says how it is deployed.
pub async fn push(
    session: &mut Session<'_>,
    application: &str,
    source: &Path,
    location: &str,
    description: Option<&str>,
) -> Result<(), Failure> {
    let location = upload(session, source, location.parse()?).await?;
    let mut body = json!({ "applicationName": application, "revision": location.revision() });
    if let Some(words) = description {
        body["description"] = json!(words);
    }
    let _: Value = session.client.codedeploy("RegisterApplicationRevision", &body).await?;
    match session.output {
        Output::Json => session.say_json(&body["revision"]),
        Output::Text => session.say(location.to_string()),
        Output::Table => {
            session.say(format!("{location} is a revision of {application}. Deploy it:"))?;
            session.say(format!(
                "  spillway deploy {application}/GROUP --s3-location s3://{}/{}",
                location.bucket, location.key
            ))
        }
    }
}

/// Packs a folder and puts it there; where it lies then.
pub async fn upload(session: &mut Session<'_>, source: &Path, location: Location) -> Result<Location, Failure> {
    let bundle = pack(source).map_err(Failure::Local)?;
    let (version, e_tag) = session.aws().await?.put_object(&location.bucket, &location.key, bundle).await?;
    Ok(Location { version, e_tag, ..location })
}

/// The files of a folder, by their names in order, so that the same folder makes the same bundle.
fn pack(folder: &Path) -> anyhow::Result<Vec<u8>> {
    if !APPSPECS.iter().any(|name| folder.join(name).is_file()) {
        bail!("{} has no appspec.yml, so hosts could not install it", folder.display());
    }
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for path in files {
        let name = path.strip_prefix(folder)?.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
        let mut file = File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(mode);
        zip.start_file(name, options)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Write::write_all(&mut zip, &bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_bucket_and_a_key() {
        let location: Location = "s3://artifacts/shop/web.tgz".parse().unwrap();
        assert_eq!(
            location.revision()["s3Location"],
            json!({ "bucket": "artifacts", "key": "shop/web.tgz", "bundleType": "tgz" })
        );
        for bad in ["artifacts/web.zip", "s3://artifacts", "s3:///web.zip", "s3://artifacts/"] {
            assert!(bad.parse::<Location>().is_err(), "{bad}");
        }
    }
}
