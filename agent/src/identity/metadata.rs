//! An instance of EC2, as its metadata service (IMDSv2) knows it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::http::endpoint::Endpoint;
use crate::http::{Answer, Call, Http};

/// The service is on the link of the host, and answers at once or not at all.
const READ: Duration = Duration::from_secs(5);
/// How long a token is good.
const TOKEN_SECONDS: &str = "21600";
const TOKEN: &str = "x-aws-ec2-metadata-token";
/// Credentials are fetched anew so long before their end; EC2 has new ones by then.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The metadata service.
#[derive(Debug)]
pub struct Metadata {
    http: Http,
    endpoint: Endpoint,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    token: Option<String>,
    credentials: Option<(Credentials, Timestamp)>,
}

/// What the service says of the instance.
#[derive(Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    account_id: String,
    instance_id: String,
    region: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleCredentials {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    secret_access_key: String,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    expiration: Option<Timestamp>,
}

impl Metadata {
    /// The service at an address.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { http: Http::new(READ, None), endpoint, known: Mutex::default() }
    }

    /// Who the instance is.
    pub fn instance(&self) -> Result<Instance, String> {
        let text = self.get("dynamic/instance-identity/document")?;
        let text = text.ok_or_else(|| self.odd("has no identity document"))?;
        let document: Document =
            serde_json::from_str(&text).map_err(|error| self.odd(&format!("has an odd identity document: {error}")))?;
        let partition = self.get("meta-data/services/partition")?.unwrap_or_else(|| "aws".to_owned());
        let Document { account_id, instance_id, region } = document;
        Ok(Instance {
            arn: format!("arn:{}:ec2:{region}:{account_id}:instance/{instance_id}", partition.trim()),
            region,
        })
    }

    /// The credentials of the instance's role. Those that are still good serve while the service does not answer.
    pub fn credentials(&self, now: Timestamp) -> Result<Credentials, String> {
        let known = self.known().credentials.clone();
        match known {
            Some((credentials, until)) if now + MARGIN < until => Ok(credentials),
            Some((credentials, until)) if now < until => Ok(self.fetch().unwrap_or(credentials)),
            Some(_) | None => self.fetch(),
        }
    }

    /// Forgets the credentials.
    pub fn forget(&self) {
        self.known().credentials = None;
    }

    fn fetch(&self) -> Result<Credentials, String> {
        const FOLDER: &str = "meta-data/iam/security-credentials/";
        let roles = self.get(FOLDER)?.unwrap_or_default();
        let Some(role) = roles.lines().map(str::trim).find(|role| !role.is_empty()) else {
            return Err(
                "this instance has no role; attach an instance profile whose role may call the service".to_owned()
            );
        };
        let text = self.get(&format!("{FOLDER}{role}"))?.unwrap_or_default();
        let found: RoleCredentials = serde_json::from_str(&text)
            .map_err(|_| self.odd(&format!("has no credentials for the role {role}; look at its instance profile")))?;
        match found {
            RoleCredentials { code: Some(code), message, .. } if code != "Success" => {
                let message = message.map(|message| format!(": {message}")).unwrap_or_default();
                Err(self.odd(&format!(
                    "has no credentials for the role {role} ({code}{message}); look at its trust policy"
                )))
            }
            RoleCredentials { access_key_id, secret_access_key, token, expiration: Some(until), .. } => {
                let end = SystemTime::from(until);
                let credentials = Credentials::new(access_key_id, secret_access_key, token, Some(end), "instance");
                self.known().credentials = Some((credentials.clone(), until));
                Ok(credentials)
            }
            RoleCredentials { .. } => Err(self.odd(&format!("has credentials without an end for the role {role}"))),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn odd(&self, words: &str) -> String {
        format!("the metadata service {} {words}", self.endpoint)
    }

    /// A text of the service; none if it is not there.
    fn get(&self, path: &str) -> Result<Option<String>, String> {
        let known = self.known().token.clone();
        let is_new = known.is_none();
        let token = known.map_or_else(|| self.fetch_token(), Ok)?;
        let answer = self.call("GET", path, (TOKEN, &token))?;
        match answer.status {
            200 => Ok(Some(String::from_utf8_lossy(&answer.body).into_owned())),
            404 => Ok(None),
            // The token has ended, or the service was restarted.
            401 if !is_new => {
                self.known().token = None;
                self.get(path)
            }
            status => Err(self.odd(&format!("answers {path} with {status}"))),
        }
    }

    fn fetch_token(&self) -> Result<String, String> {
        let answer = self.call("PUT", "api/token", ("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS))?;
        if answer.status != 200 {
            let words = "gives no token; let the instance's metadata options enable the endpoint, with version 2";
            return Err(self.odd(&format!("{words} (status {})", answer.status)));
        }
        let token = String::from_utf8_lossy(&answer.body).into_owned();
        self.known().token = Some(token.clone());
        Ok(token)
    }

    fn call(&self, method: &'static str, path: &str, (name, value): (&str, &str)) -> Result<Answer, String> {
        let url = format!("{}/latest/{path}", self.endpoint);
        let call = Call { method, url, headers: vec![(name.to_owned(), value.to_owned())], body: Vec::new() };
        self.http.send(&call).map_err(|error| {
            let words = "on EC2, let the instance's metadata options enable it; elsewhere, register it by `spillway-agent register`";
            self.odd(&format!("does not answer ({error}), so the host is no instance of EC2; {words}"))
        })
    }
}
