//! Values of Parameter Store and Secrets Manager, read in the name of a host. They are never on the disk.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::{Zeroize, Zeroizing};

use crate::http::endpoint::Endpoint;
use crate::http::signature::{self, Scope};
use crate::http::{Answer, Call, Http};
use crate::identity::Identity;
use crate::settings::Settings;
use crate::system::clock::{Bell, Clock};

/// The waits between tries. A script waits for its variables.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// How long an answer may take; a value has some kilobytes.
const READ: Duration = Duration::from_secs(15);
/// The most characters of a refusal that a message shows.
const MOST_SHOWN: usize = 300;

/// Reads values that scripts get and that are in no revision. What went wrong, in words.
pub trait Secrets {
    /// A parameter, by its name or ARN.
    fn parameter(&self, name: &str) -> Result<Zeroizing<String>, String>;
    /// The text of a secret, by its name or ARN.
    fn secret(&self, id: &str) -> Result<Zeroizing<String>, String>;
}

/// One of the services.
pub struct Server {
    /// The client.
    pub http: Http,
    /// The address, where it is not AWS's own.
    pub endpoint: Option<Endpoint>,
}

impl Server {
    fn new(settings: &Settings, endpoint: Option<&Endpoint>) -> Self {
        let http = Http::new(READ.min(settings.read_timeout), settings.proxy_to(endpoint));
        Self { http, endpoint: endpoint.cloned() }
    }
}

/// Parameter Store and Secrets Manager.
pub struct AwsSecrets<'a> {
    /// Parameter Store.
    pub ssm: Server,
    /// Secrets Manager.
    pub secrets_manager: Server,
    /// The host.
    pub identity: &'a Identity,
    /// The time of signatures, and between tries.
    pub clock: &'a dyn Clock,
    /// Ends the waiting between tries.
    pub stopping: &'a Bell,
}

/// A value that is asked for.
struct Asked<'a> {
    service: &'static str,
    server: &'a Server,
    target: &'static str,
    /// What it is, for messages.
    what: String,
    /// What IAM calls reading it.
    action: &'static str,
    /// What it is to IAM.
    arn: String,
    region: &'a str,
    body: Vec<u8>,
}

/// Why a value is not read.
enum Failure {
    /// Another try may succeed.
    Passing(String),
    /// The keys may be old.
    Denied(String),
    /// Another try fails, too.
    Lasting(String),
}

/// A value in the answer of one of the services.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    parameter: Option<AnsweredParameter>,
    secret_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnsweredParameter {
    value: String,
}

impl Secrets for AwsSecrets<'_> {
    fn parameter(&self, name: &str) -> Result<Zeroizing<String>, String> {
        let arn = self.arn(name, "ssm", &format!("parameter/{}", name.trim_start_matches('/')));
        self.read(&Asked {
            service: "ssm",
            server: &self.ssm,
            target: "AmazonSSM.GetParameter",
            what: format!("parameter {name}"),
            action: "ssm:GetParameter",
            arn,
            region: self.region_of(name),
            body: json!({ "Name": name, "WithDecryption": true }).to_string().into_bytes(),
        })
    }

    fn secret(&self, id: &str) -> Result<Zeroizing<String>, String> {
        // The ARN of a secret ends in six characters that its name does not have.
        let arn = self.arn(id, "secretsmanager", &format!("secret:{id}-??????"));
        self.read(&Asked {
            service: "secretsmanager",
            server: &self.secrets_manager,
            target: "secretsmanager.GetSecretValue",
            what: format!("secret {id}"),
            action: "secretsmanager:GetSecretValue",
            arn,
            region: self.region_of(id),
            body: json!({ "SecretId": id }).to_string().into_bytes(),
        })
    }
}

impl<'a> AwsSecrets<'a> {
    /// The services as a configuration has them.
    pub fn new(settings: &Settings, identity: &'a Identity, clock: &'a dyn Clock, stopping: &'a Bell) -> Self {
        let server = |endpoint: Option<&Endpoint>| Server::new(settings, endpoint);
        let (ssm, secrets_manager) = (server(settings.ssm.as_ref()), server(settings.secrets_manager.as_ref()));
        Self { ssm, secrets_manager, identity, clock, stopping }
    }

    /// The region that an ARN names, or that of the host.
    fn region_of<'n>(&'n self, name: &'n str) -> &'n str {
        let named = name.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
        named.filter(|region| !region.is_empty()).unwrap_or(&self.identity.region)
    }

    /// An ARN, or that of a resource of the host's own account.
    fn arn(&self, name: &str, service: &str, resource: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let mut host = self.identity.host.split(':').skip(1);
        let partition = host.next().unwrap_or("aws");
        let account = host.nth(2).unwrap_or("*");
        format!("arn:{partition}:{service}:{}:{account}:{resource}", self.identity.region)
    }

    fn read(&self, asked: &Asked<'_>) -> Result<Zeroizing<String>, String> {
        let mut has_fresh_keys = false;
        let mut waits = WAITS.iter();
        loop {
            match self.read_once(asked) {
                Ok(value) => return Ok(value),
                Err(Failure::Denied(_)) if !has_fresh_keys => {
                    has_fresh_keys = true;
                    self.identity.forget_credentials();
                }
                Err(Failure::Passing(words)) => match waits.next() {
                    Some(wait) if !self.clock.wait(self.stopping, *wait) => {}
                    Some(_) | None => return Err(words),
                },
                Err(Failure::Denied(words) | Failure::Lasting(words)) => return Err(words),
            }
        }
    }

    fn read_once(&self, asked: &Asked<'_>) -> Result<Zeroizing<String>, Failure> {
        let now = self.clock.now();
        let credentials = self.identity.credentials(now).map_err(Failure::Passing)?;
        let (service, region) = (asked.service, asked.region);
        let server = match &asked.server.endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => format!("https://{service}.{region}.{}", self.identity.domain()),
        };
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", asked.target)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let mut call = Call { method: "POST", url: format!("{server}/"), headers, body: asked.body.clone() };
        signature::add(&mut call, &credentials, Scope { service, region, now }).map_err(Failure::Lasting)?;
        let unanswered = |error| {
            let what = &asked.what;
            Failure::Passing(format!("{server} does not answer for {what}: {error}"))
        };
        let mut answer = asked.server.http.send(&call).map_err(unanswered)?;
        if answer.status != 200 {
            return Err(self.refusal(asked, &answer));
        }
        let read = serde_json::from_slice::<Answered>(&answer.body);
        answer.body.zeroize();
        let value = read.ok().and_then(|read| read.parameter.map(|parameter| parameter.value).or(read.secret_string));
        // What is wrong with an answer is not shown, since a value may be in it.
        let without = || Failure::Lasting(format!("{} has no text; store it as a text and not as bytes", asked.what));
        value.map(Zeroizing::new).ok_or_else(without)
    }

    fn refusal(&self, asked: &Asked<'_>, answer: &Answer) -> Failure {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |names: [&str; 2]| names.iter().find_map(|name| body[name].as_str()).unwrap_or_default();
        let kind = text(["__type", "code"]).rsplit('#').next().unwrap_or_default();
        let message = text(["message", "Message"]);
        let shown: String = message.chars().filter(|c| !c.is_control()).take(MOST_SHOWN).collect();
        let said = format!("{} {kind} {shown}", answer.status).trim_end().replace("  ", " ");
        let Asked { what, action, arn, region, .. } = asked;
        let host = &self.identity.host;
        match (answer.status, kind) {
            (429, _) | (_, "ThrottlingException" | "TooManyRequestsException") | (500..=599, _) => {
                Failure::Passing(format!("{} in {region} fails for {what} ({said})", asked.service))
            }
            (_, "ParameterNotFound" | "ParameterVersionNotFound" | "ResourceNotFoundException") => {
                Failure::Lasting(format!("{what} is not in {region} ({said}); create it, or correct the AppSpec"))
            }
            (_, "AccessDeniedException" | "KMSAccessDeniedException") if message.to_lowercase().contains("kms") => {
                Failure::Denied(format!(
                    "{host} may not decrypt {what} ({said}); allow its user or role kms:Decrypt on the key of {arn}"
                ))
            }
            (_, "AccessDeniedException") => Failure::Denied(format!(
                "{host} may not read {what} ({said}); allow its user or role {action} on {arn}"
            )),
            (401 | 403, _)
            | (_, "ExpiredTokenException" | "UnrecognizedClientException" | "InvalidSignatureException") => {
                Failure::Denied(format!(
                    "{} does not take the keys of {host} for {what} ({said}); look at the end of its keys and at its clock",
                    asked.service
                ))
            }
            (_, _) => Failure::Lasting(format!("{} in {region} refuses {what} ({said})", asked.service)),
        }
    }
}
