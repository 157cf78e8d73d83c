//! A host on premises, as CodeDeploy's file names it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;

use crate::settings::entries;

/// The profile of a credentials file that is the host's.
const PROFILE: &str = "default";

/// What the file says.
#[derive(Debug)]
pub struct Registration {
    /// The ARN of its user, or of its session.
    pub host: String,
    /// Its region.
    pub region: String,
    /// What it signs with.
    pub keys: KeyFile,
}

/// A file with the keys of a host. It is read again when it changes.
#[derive(Debug)]
pub struct KeyFile {
    registration: PathBuf,
    /// Another file with the keys; the registration has them unless there is one.
    profile: Option<PathBuf>,
    host: String,
    known: Mutex<Option<(Stamp, Credentials)>>,
}

/// By what a change of a file is seen.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(i64, i64, u64, u64);

/// The members of a registration.
#[derive(Debug, Default)]
struct Members {
    region: Option<String>,
    iam_user_arn: Option<String>,
    aws_access_key_id: Option<String>,
    aws_secret_access_key: Option<String>,
    iam_session_arn: Option<String>,
    aws_credentials_file: Option<String>,
}

impl Registration {
    /// Reads the file of a host; none if there is no file.
    pub fn read(path: &Path) -> Result<Option<Self>, String> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("the file {} cannot be read: {error}", path.display())),
        };
        let members = Members::parse(&text).map_err(|words| format!("the file {} {words}", path.display()))?;
        let refuse = |words: &str| Err(format!("the file {} {words}", path.display()));
        let Some(region) = members.region else { return refuse("has no region; add the region of the service") };
        let (host, profile) = match (members.iam_user_arn, members.iam_session_arn) {
            (Some(_), Some(_)) => {
                return refuse("has iam_user_arn and iam_session_arn; keep the one that the host is registered with");
            }
            (None, None) => {
                let words = "names no host; add iam_user_arn with aws_access_key_id and aws_secret_access_key, or \
                             iam_session_arn with aws_credentials_file";
                return refuse(words);
            }
            (Some(user), None) => {
                if members.aws_access_key_id.is_none() || members.aws_secret_access_key.is_none() {
                    return refuse("has iam_user_arn without aws_access_key_id and aws_secret_access_key; add both");
                }
                (user, None)
            }
            (None, Some(session)) => match members.aws_credentials_file {
                Some(file) if Path::new(&file).is_absolute() => (session, Some(PathBuf::from(file))),
                Some(_) => return refuse("has an aws_credentials_file that is not an absolute path"),
                None => return refuse("has iam_session_arn without aws_credentials_file; add the path of that file"),
            },
        };
        let registration = path.to_owned();
        let keys = KeyFile { registration, profile, host: host.clone(), known: Mutex::default() };
        Ok(Some(Self { host, region, keys }))
    }
}

impl Members {
    fn parse(text: &str) -> Result<Self, String> {
        let mut members = Self::default();
        for entry in entries::read(text).map_err(|words| format!("is not YAML: {words}"))? {
            let member = match entry.key.as_str() {
                "region" => &mut members.region,
                "iam_user_arn" => &mut members.iam_user_arn,
                "aws_access_key_id" => &mut members.aws_access_key_id,
                "aws_secret_access_key" => &mut members.aws_secret_access_key,
                "iam_session_arn" => &mut members.iam_session_arn,
                "aws_credentials_file" => &mut members.aws_credentials_file,
                // CodeDeploy's agents ignore other keys, so that files with them exist.
                _ => continue,
            };
            *member = entry.value;
        }
        Ok(members)
    }
}

impl KeyFile {
    /// The file that names the host.
    pub fn registration(&self) -> &Path {
        &self.registration
    }

    /// The file that names the host, and the one that has the keys, where it is another one.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.registration()).chain(self.profile.as_deref())
    }

    /// The keys. A file that is being written may be incomplete for a moment, so the keys that are known stay until a
    /// server refuses them.
    pub fn credentials(&self) -> Result<Credentials, String> {
        let path = self.profile.as_deref().unwrap_or(&self.registration);
        let stamp =
            fs::metadata(path).ok().map(|found| Stamp(found.mtime(), found.mtime_nsec(), found.size(), found.ino()));
        let mut known = self.known();
        if let Some((at, credentials)) = &*known
            && stamp.as_ref() == Some(at)
        {
            return Ok(credentials.clone());
        }
        match (self.read(path), &*known) {
            (Ok(credentials), _) => {
                *known = stamp.map(|stamp| (stamp, credentials.clone()));
                Ok(credentials)
            }
            (Err(_), Some((_, credentials))) => Ok(credentials.clone()),
            (Err(words), None) => Err(format!("the file {} {words}", path.display())),
        }
    }

    /// Forgets the keys.
    pub fn forget(&self) {
        *self.known() = None;
    }

    fn known(&self) -> MutexGuard<'_, Option<(Stamp, Credentials)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, path: &Path) -> Result<Credentials, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        if self.profile.is_some() {
            return of_profile(&text, PROFILE);
        }
        let members = Members::parse(&text)?;
        if members.iam_user_arn.as_ref() != Some(&self.host) {
            return Err(format!("no longer names {}; restart the agent for the new name", self.host));
        }
        match (members.aws_access_key_id, members.aws_secret_access_key) {
            (Some(id), Some(secret)) => Ok(Credentials::new(id, secret, None, None, "on premises")),
            (_, _) => Err("has no aws_access_key_id and aws_secret_access_key; add both".to_owned()),
        }
    }
}

/// The keys of a profile of a credentials file.
pub(crate) fn of_profile(text: &str, profile: &str) -> Result<Credentials, String> {
    let mut is_own = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_own = name.trim() == profile;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| is_own) {
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match key.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Credentials::new(id, secret, token, None, "session")),
        (_, _) => {
            Err(format!("has no aws_access_key_id and aws_secret_access_key in its profile [{profile}]; add both"))
        }
    }
}
