//! How a lifecycle event ended, as CodeDeploy's service and API tell it.

use std::collections::VecDeque;

use serde::Serialize;

/// The most bytes of a log that go with a result; CodeDeploy's own limit is just below.
const MOST_LOG: usize = 2_047;
/// The most characters of a message, so that all together fits into what the service takes.
const MOST_MESSAGE: usize = 3_000;

/// CodeDeploy's error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// Done.
    Success = 0,
    /// A script is not in the revision.
    ScriptMissing = 1,
    /// A script cannot be made executable.
    ScriptNotExecutable = 2,
    /// A script took too long.
    ScriptTimedOut = 3,
    /// A script failed, or could not be started.
    ScriptFailed = 4,
    /// Anything else.
    UnknownError = 5,
    /// The agent ended while the event ran.
    Restarted = 7,
}

/// How an event ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The code.
    pub code: ErrorCode,
    /// The script that failed, as the AppSpec has it.
    pub script_name: String,
    /// What happened, in words.
    pub message: String,
    /// The end of what the scripts wrote.
    pub log: String,
}

#[derive(Serialize)]
struct Payload<'a> {
    error_code: u8,
    script_name: &'a str,
    message: &'a str,
    log: &'a str,
}

impl Diagnostics {
    /// A success.
    pub fn success(log: String) -> Self {
        Self { code: ErrorCode::Success, script_name: String::new(), message: "Succeeded".to_owned(), log }
    }

    /// A failure that no script is to blame for.
    pub fn failure(message: &str) -> Self {
        let message = message.chars().take(MOST_MESSAGE).collect();
        Self { code: ErrorCode::UnknownError, script_name: String::new(), message, log: String::new() }
    }

    /// What is said of an event that ran when the agent ended.
    pub fn restarted() -> Self {
        let message = "Failed: Failing in-progress lifecycle event after an agent restart.";
        Self { code: ErrorCode::Restarted, ..Self::failure(message) }
    }

    /// Whether the event succeeded.
    pub fn is_success(&self) -> bool {
        self.code == ErrorCode::Success
    }

    /// The JSON that the service takes.
    pub fn payload(&self) -> String {
        let payload = Payload {
            error_code: self.code as u8,
            script_name: &self.script_name,
            message: &self.message,
            log: &self.log,
        };
        serde_json::to_string(&payload).unwrap_or_default()
    }
}

/// The newest whole lines of a log.
#[derive(Debug, Default)]
pub struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    /// Adds a line; what is longer than the whole tail is cut.
    pub fn push(&mut self, line: &str) {
        let end = line.floor_char_boundary(MOST_LOG - 1);
        self.lines.push_back(line[..end].to_owned());
        self.bytes += end + 1;
        while self.bytes > MOST_LOG {
            match self.lines.pop_front() {
                Some(first) => self.bytes -= first.len() + 1,
                None => break,
            }
        }
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}
