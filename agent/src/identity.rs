//! Who this host is to the service, and what it signs with.
//!
//! A host on premises is named by a file, an instance of EC2 by its metadata service. Nothing else is asked: credentials of
//! the environment or of a user's home are a person's, and the service would take the host for that person.

pub mod metadata;
pub mod on_premises;

use std::path::Path;

use aws_credential_types::Credentials;
use jiff::Timestamp;

use crate::settings::Settings;
use metadata::Metadata;
use on_premises::{KeyFile, Registration};

/// A host.
#[derive(Debug)]
pub struct Identity {
    /// Its ARN, by which the service knows it.
    pub host: String,
    /// Its region.
    pub region: String,
    source: Source,
}

#[derive(Debug)]
enum Source {
    OnPremises(KeyFile),
    Instance(Box<Metadata>),
}

impl Identity {
    /// Finds out who this host is. What to do, if it is neither.
    pub fn find(settings: &Settings) -> Result<Self, String> {
        if let Some(Registration { host, region, keys }) = Registration::read(&settings.on_premises_file)? {
            return Ok(Self { host, region, source: Source::OnPremises(keys) });
        }
        let metadata = Metadata::new(settings.metadata.clone());
        let instance = metadata.instance().map_err(|words| no_identity(&settings.on_premises_file, &words))?;
        Ok(Self { host: instance.arn, region: instance.region, source: Source::Instance(Box::new(metadata)) })
    }

    /// What the host signs with now.
    pub fn credentials(&self, now: Timestamp) -> Result<Credentials, String> {
        match &self.source {
            Source::OnPremises(keys) => keys.credentials(),
            Source::Instance(metadata) => metadata.credentials(now),
        }
    }

    /// Forgets what the host signs with, since a server has refused it: there may be something newer.
    pub fn forget_credentials(&self) {
        match &self.source {
            Source::OnPremises(keys) => keys.forget(),
            Source::Instance(metadata) => metadata.forget(),
        }
    }

    /// The files that have its keys.
    pub fn files(&self) -> Vec<&Path> {
        match &self.source {
            Source::OnPremises(keys) => keys.files().collect(),
            Source::Instance(_) => Vec::new(),
        }
    }

    /// What kind of host it is, in words.
    pub fn kind(&self) -> &'static str {
        match &self.source {
            Source::OnPremises(_) => "an on-premises host",
            Source::Instance(_) => "an EC2 instance",
        }
    }

    /// What names it, in words.
    pub fn source(&self) -> String {
        match &self.source {
            Source::OnPremises(keys) => format!("the file {}", keys.registration().display()),
            Source::Instance(_) => "the instance's metadata service".to_owned(),
        }
    }

    /// What the names of servers end in.
    pub fn domain(&self) -> &'static str {
        if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else if self.region.starts_with("eusc-") {
            "amazonaws.eu"
        } else {
            "amazonaws.com"
        }
    }
}

fn no_identity(file: &Path, words: &str) -> String {
    format!(
        "this host has no identity: the file {} does not exist, so the host is not registered on premises, and {words}",
        file.display()
    )
}
