//! What is told of an event that ended on a host.

use serde::{Deserialize, Serialize};

use crate::server::event::HostEvent;
use crate::words::{cut, end_of_log, excerpt};

/// The most characters of the sentence that a deployment's error has for a failed host.
const MOST_OF_REASON: usize = 300;

/// CodeDeploy's diagnostics of an event, as an agent reports them and the API shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDiagnostics {
    /// What kind of end it was.
    pub code: HostErrorCode,
    /// The script, where one was involved.
    pub script: String,
    /// What happened, in words.
    pub message: String,
    /// The end of the scripts' output.
    pub log_tail: String,
}

/// CodeDeploy's `LifecycleErrorCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::AsRefStr)]
pub enum HostErrorCode {
    /// Nothing went wrong.
    Success,
    /// The script is not there.
    ScriptMissing,
    /// The script cannot be made executable.
    ScriptNotExecutable,
    /// The script did not end in time.
    ScriptTimedOut,
    /// The script ended with another exit code than 0.
    ScriptFailed,
    /// Anything else.
    UnknownError,
}

impl HostErrorCode {
    /// The code of an agent's number.
    pub fn of_agent(number: i64) -> Self {
        match number {
            0 => Self::Success,
            1 => Self::ScriptMissing,
            2 => Self::ScriptNotExecutable,
            3 => Self::ScriptTimedOut,
            4 => Self::ScriptFailed,
            _ => Self::UnknownError,
        }
    }
}

impl HostDiagnostics {
    /// Diagnostics with no more of a host's words than a record holds.
    pub fn new(code: HostErrorCode, script: &str, message: &str, log_tail: &str) -> Self {
        Self { code, script: excerpt(script), message: excerpt(message), log_tail: end_of_log(log_tail) }
    }

    /// The end of the log of an event that has not ended.
    pub fn so_far(log_tail: &str) -> Self {
        Self::new(HostErrorCode::Success, "", "", log_tail)
    }

    pub(super) fn of_service(code: HostErrorCode, message: &str) -> Self {
        Self::new(code, "", message, "")
    }

    /// Event, message and the last line of the log, which is where a script says what it had against it.
    pub(super) fn reason(&self, event: HostEvent) -> String {
        let message = self.message.trim_end_matches('.');
        // The agent ends the log with the message itself.
        let says_more = |line: &&str| !line.is_empty() && !line.ends_with(message);
        let last = self.log_tail.lines().rev().map(str::trim).find(says_more);
        let last = last.map_or_else(String::new, |line| format!(" ({line})"));
        cut(&format!("{event}: {message}{last}"), MOST_OF_REASON)
    }
}
