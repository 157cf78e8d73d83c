//! The agent's configuration, in the form of CodeDeploy's agent.

pub mod entries;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Proxy;

use crate::http::endpoint::Endpoint;
use crate::local::ROOT;
use entries::Entry;

/// Where the configuration is unless told otherwise.
pub const FILE: &str = "/etc/codedeploy-agent/conf/codedeployagent.yml";
/// Where the file of a host on premises is unless told otherwise.
pub const ON_PREMISES_FILE: &str = "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml";
const METADATA: &str = "http://169.254.169.254";

/// Keys of CodeDeploy's agents that mean nothing here.
const WITHOUT_EFFECT: [&str; 13] = [
    "children",
    "codedeploy_test_profile",
    "disable_imds_v1",
    "enable_auth_policy",
    "enable_deployments_log",
    "log_aws_wire",
    "log_dir",
    "ongoing_deployment_tracking",
    "pid_dir",
    "program_name",
    "use_fips_mode",
    "verbose",
    "wait_after_error",
];

/// What the configuration says.
#[derive(Debug)]
pub struct Settings {
    /// The folder of all deployments.
    pub root: PathBuf,
    /// The folder that stands for `/` in the destinations and permissions of AppSpecs, where it is another one.
    pub files_root: Option<PathBuf>,
    /// Between polls, where the service does not say it.
    pub wait_between_runs: Duration,
    /// How many revisions of a deployment group are kept.
    pub max_revisions: usize,
    /// How long the end of the agent waits for the command that runs.
    pub kill_wait: Duration,
    /// The file that names a host on premises.
    pub on_premises_file: PathBuf,
    /// The service.
    pub service: Endpoint,
    /// S3, where it is not AWS's own.
    pub s3: Option<Endpoint>,
    /// GitHub's API, where it is not GitHub's own.
    pub github: Option<Endpoint>,
    /// The file with what reads repositories in GitHub that not all may read.
    pub github_token_file: Option<PathBuf>,
    /// Parameter Store, where it is not AWS's own.
    pub ssm: Option<Endpoint>,
    /// Secrets Manager, where it is not AWS's own.
    pub secrets_manager: Option<Endpoint>,
    /// The metadata service of EC2.
    pub metadata: Endpoint,
    /// The way to the service, S3, GitHub, Parameter Store and Secrets Manager.
    pub proxy: Option<Proxy>,
    /// How long an answer may take.
    pub read_timeout: Duration,
    /// What the operator should know: keys that mean nothing.
    pub warnings: Vec<String>,
}

/// Why a configuration is not used: all that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub struct Unusable(Vec<String>);

impl Unusable {
    /// What the agent ends with for its sake, as programs of Unix do. A start without a change would end the same way, so
    /// the service manager does not try it.
    pub const EXIT_CODE: u8 = 78;
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Settings {
    /// Reads a configuration.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        let text = fs::read_to_string(path).map_err(|error| {
            let words = "write one that has at least :deploy_control_endpoint:, or name another one by --config";
            Unusable(vec![format!("the configuration {} cannot be read: {error}; {words}", path.display())])
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a configuration. The path is for messages.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Unusable> {
        let file = path.display().to_string();
        let entries = entries::read(text)
            .map_err(|words| Unusable(vec![format!("{file} must have lines of the form `:key: value`: {words}")]))?;
        let mut reader = Reader { file: &file, entries: &entries, faults: Vec::new(), known: Vec::new() };
        let absolute = "an absolute path";
        let path = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute()).ok_or(absolute);
        let root = reader.value("root_dir", path);
        let files_root = reader.value("files_root", path);
        let wait =
            reader.value("wait_between_runs", |text| number(text, 1..=3_600, "a number of seconds from 1 to 3600"));
        let revisions = reader.value("max_revisions", |text| number(text, 1..=1_000, "a number from 1 to 1000"));
        let kill_wait = reader.value("kill_agent_max_wait_time_seconds", |text| {
            number(text, 0..=86_400, "a number of seconds from 0 to 86400")
        });
        let on_premises = reader.value("on_premises_config_file", path);
        let service = reader.value("deploy_control_endpoint", Endpoint::parse);
        let s3 = reader.value("s3_endpoint_override", Endpoint::parse);
        let github = reader.value("github_endpoint", Endpoint::parse);
        let github_token_file = reader.value("github_token_file", path);
        let ssm = reader.value("ssm_endpoint", Endpoint::parse);
        let secrets_manager = reader.value("secretsmanager_endpoint", Endpoint::parse);
        let metadata = reader.value("imds_endpoint", Endpoint::parse_metadata);
        let proxy = reader.secret("proxy_uri", |text| {
            let expected = "the URL of a proxy, such as http://proxy.example.com:3128";
            Proxy::new(text).map_err(|_| expected)
        });
        let timeout =
            reader.value("http_read_timeout", |text| number(text, 5..=600, "a number of seconds from 5 to 600"));
        if !entries.iter().any(|entry| entry.key == "deploy_control_endpoint" && entry.value.is_some()) {
            let words = "set it to the URL at which the service answers agents";
            reader.faults.push((0, format!("{file} has no :deploy_control_endpoint:; {words}")));
        }
        let warnings = reader.warnings();
        let metadata = metadata.or_else(|| Endpoint::parse_metadata(METADATA).ok());
        let (Some(service), Some(metadata), true) = (service, metadata, reader.faults.is_empty()) else {
            reader.faults.sort();
            return Err(Unusable(reader.faults.into_iter().map(|(_, words)| words).collect()));
        };
        Ok(Self {
            root: root.unwrap_or_else(|| ROOT.into()),
            files_root,
            wait_between_runs: Duration::from_secs(wait.unwrap_or(30)),
            max_revisions: usize::try_from(revisions.unwrap_or(5)).unwrap_or(usize::MAX),
            kill_wait: Duration::from_secs(kill_wait.unwrap_or(7_200)),
            on_premises_file: on_premises.unwrap_or_else(|| ON_PREMISES_FILE.into()),
            service,
            s3,
            github,
            github_token_file,
            ssm,
            secrets_manager,
            metadata,
            proxy,
            read_timeout: Duration::from_secs(timeout.unwrap_or(80)),
            warnings,
        })
    }
}

impl Settings {
    /// The proxy on the way to a server: none to this host itself.
    pub fn proxy_to(&self, server: Option<&Endpoint>) -> Option<Proxy> {
        if server.is_some_and(Endpoint::is_loopback) { None } else { self.proxy.clone() }
    }
}

fn number(text: &str, within: std::ops::RangeInclusive<u64>, expected: &'static str) -> Result<u64, &'static str> {
    text.parse().ok().filter(|number| within.contains(number)).ok_or(expected)
}

/// Reads keys, and notes what is wrong with their values.
struct Reader<'a> {
    file: &'a str,
    entries: &'a [Entry],
    faults: Vec<(u64, String)>,
    known: Vec<&'static str>,
}

impl Reader<'_> {
    /// The value of a key, by its last mention.
    fn value<T>(&mut self, key: &'static str, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Option<T> {
        self.read(key, true, read)
    }

    /// The value of a key that no message may show.
    fn secret<T>(&mut self, key: &'static str, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Option<T> {
        self.read(key, false, read)
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        is_shown: bool,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        self.known.push(key);
        let entry = self.entries.iter().rfind(|entry| entry.key == key)?;
        let text = entry.value.as_deref()?;
        match read(text) {
            Ok(value) => Some(value),
            Err(expected) => {
                // An address with a user in it may have a password in it.
                let shown = if is_shown && !text.contains('@') {
                    format!("is '{text}', and")
                } else {
                    "is wrong: it".to_owned()
                };
                let words = format!("{}, line {}: :{key}: {shown} must be {expected}", self.file, entry.line);
                self.faults.push((entry.line, words));
                None
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        let is_idle = |entry: &&Entry| WITHOUT_EFFECT.contains(&entry.key.as_str());
        let is_unknown = |entry: &&Entry| !self.known.contains(&entry.key.as_str()) && !is_idle(entry);
        let list = |entries: Vec<&Entry>, words: &str| {
            let names: Vec<_> = entries.iter().map(|entry| format!(":{}: in line {}", entry.key, entry.line)).collect();
            (!names.is_empty()).then(|| format!("{} {words}: {}", self.file, names.join(", ")))
        };
        let unknown = list(self.entries.iter().filter(is_unknown).collect(), "has keys that this agent does not know");
        let idle = list(self.entries.iter().filter(is_idle).collect(), "has keys that change nothing here");
        unknown.into_iter().chain(idle).collect()
    }
}
