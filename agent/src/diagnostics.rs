//! How a lifecycle event ended, as CodeDeploy's service and API tell it.

use std::collections::VecDeque;

use spillway_wire::agent::{Diagnostics as WireDiagnostics, MOST_DIAGNOSTICS};

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

    /// The JSON that the service takes. What is too long for it loses the beginning of the log, and then the end of the
    /// message.
    pub fn payload(&self) -> String {
        let mut diagnostics = WireDiagnostics {
            error_code: self.code as u8,
            script_name: self.script_name.clone(),
            message: self.message.clone(),
            log: self.log.clone(),
        };
        loop {
            let payload = serde_json::to_string(&diagnostics).unwrap_or_default();
            let (log, message) = (diagnostics.log.len() / 2, diagnostics.message.len() / 2);
            if payload.len() <= MOST_DIAGNOSTICS || log + message == 0 {
                return payload;
            }
            match log {
                0 => diagnostics.message.truncate(diagnostics.message.floor_char_boundary(message)),
                _ => drop(diagnostics.log.drain(..diagnostics.log.ceil_char_boundary(log))),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_the_service_is_cut_and_never_refused() {
        // As JSON, such a character takes six.
        let odd = "\u{1}".repeat(MOST_LOG);
        let all = Diagnostics { log: odd.clone() + "the end", ..Diagnostics::failure("what happened") };
        let payload = all.payload();
        assert!(payload.len() <= MOST_DIAGNOSTICS && payload.contains("the end") && payload.contains("what happened"));
        let all = Diagnostics { log: odd, ..Diagnostics::failure(&"\u{1}é".repeat(MOST_MESSAGE)) };
        assert!((1_000..=MOST_DIAGNOSTICS).contains(&all.payload().len()));
        let usual = Diagnostics { log: "x".repeat(MOST_LOG), ..Diagnostics::failure(&"y".repeat(MOST_MESSAGE)) };
        let read: WireDiagnostics = serde_json::from_str(&usual.payload()).unwrap();
        assert_eq!((read.log, read.message), (usual.log, usual.message));
    }
}
