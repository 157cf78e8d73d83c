//! A host on premises, in a folder of its own, with a clock that the test turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use spillway_agent::identity::Identity;
use spillway_agent::settings::Settings;
use spillway_agent::system::clock::{Bell, Clock};
use tempfile::TempDir;

pub const USER: &str = "arn:aws:iam::111122223333:user/host-1";
pub const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/hosts/host-1";
pub const KEY: &str = "AKIAHOST";
pub const SECRET: &str = "secret-of-the-host";
/// An address at which no server listens.
pub const NO_SERVER: &str = "http://127.0.0.1:1";

pub struct Host {
    home: TempDir,
    pub clock: Turned,
}

/// A clock that stands still; waits are over at once, and noted.
#[derive(Default)]
pub struct Turned {
    pub now: Mutex<Timestamp>,
    pub waits: Mutex<Vec<Duration>>,
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn wait(&self, bell: &Bell, at_most: Duration) -> bool {
        self.waits.lock().unwrap().push(at_most);
        bell.is_rung()
    }
}

impl Host {
    pub fn new() -> Self {
        let now = Mutex::new("2026-11-28T12:00:00Z".parse().unwrap());
        Self { home: tempfile::tempdir().unwrap(), clock: Turned { now, ..Turned::default() } }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The text without what differs from run to run.
    pub fn neutral(&self, text: &str) -> String {
        let home = self.path("").display().to_string();
        text.replace(&home, "~/").replace(home.trim_end_matches('/'), "~")
    }

    /// A configuration with everything in the host's folder.
    pub fn configuration(&self, service: &str, metadata: &str) -> String {
        format!(
            ":deploy_control_endpoint: {service}\n:imds_endpoint: {metadata}\n:root_dir: {}\n\
             :on_premises_config_file: {}\n",
            self.path("root").display(),
            self.path("host.yml").display()
        )
    }

    pub fn settings(&self, metadata: &str) -> Settings {
        Settings::parse(&self.configuration(NO_SERVER, metadata), Path::new("agent.yml")).unwrap()
    }

    /// The host as a user with keys.
    pub fn user(&self) -> Identity {
        self.write_user();
        Identity::find(&self.settings(NO_SERVER)).unwrap()
    }

    pub fn write_user(&self) {
        let text = format!(
            "---\nregion: eu-west-1\niam_user_arn: {USER}\naws_access_key_id: {KEY}\naws_secret_access_key: {SECRET}\n"
        );
        self.write("host.yml", &text);
    }

    /// The host as a session, whose keys are in another file.
    pub fn session(&self) -> Identity {
        let file = self.path("keys").display().to_string();
        let text = format!(":region: eu-west-1\n:iam_session_arn: {SESSION}\n:aws_credentials_file: {file}\n");
        self.write("host.yml", &text);
        Identity::find(&self.settings(NO_SERVER)).unwrap()
    }

    pub fn write_keys(&self, id: &str) {
        let text = format!(
            "# rotated\n[other]\naws_access_key_id = NOT\n\n[default]\naws_access_key_id = {id}\naws_secret_access_key = \
             {SECRET}\naws_session_token = token-{id}\n"
        );
        self.write("keys", &text);
    }
}
