//! The lifecycle of a deployment as its users see it: events, their hooks, their verdicts.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::words::{end_of_log, excerpt};

/// A lifecycle event, in order. Deployments to ECS services have all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventName {
    /// The hook before the replacement is made.
    BeforeInstall,
    /// The replacement is made, and gets steady.
    Install,
    /// The hook after that.
    AfterInstall,
    /// The test traffic moves.
    AllowTestTraffic,
    /// The hook after it has moved.
    AfterAllowTestTraffic,
    /// The hook before traffic moves.
    BeforeAllowTraffic,
    /// The shift.
    AllowTraffic,
    /// The hook after all traffic has moved.
    AfterAllowTraffic,
}

impl EventName {
    /// The events of a deployment to a Lambda alias.
    pub const OF_LAMBDA: [EventName; 3] = [Self::BeforeAllowTraffic, Self::AllowTraffic, Self::AfterAllowTraffic];
    /// All of them.
    pub const ALL: [EventName; 8] = [
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::AllowTestTraffic,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::Install => "Install",
            Self::AfterInstall => "AfterInstall",
            Self::AllowTestTraffic => "AllowTestTraffic",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }

    /// Whether it is there for test traffic only.
    pub fn is_of_test_traffic(self) -> bool {
        matches!(self, Self::AllowTestTraffic | Self::AfterAllowTestTraffic)
    }

    /// Whether an AppSpec may name a hook for it.
    pub fn is_hookable(self) -> bool {
        !matches!(self, Self::Install | Self::AllowTestTraffic | Self::AllowTraffic)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// CodeDeploy's `LifecycleEventStatus`, without `Unknown`, which we never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventStatus {
    /// Not yet.
    Pending,
    /// Now.
    InProgress,
    /// Done.
    Succeeded,
    /// It ended the deployment.
    Failed,
    /// Never begun, because the deployment had ended.
    Skipped,
}

/// CodeDeploy's `LifecycleErrorCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiagnosticsCode {
    /// The hook function does not exist.
    ScriptMissing,
    /// The hook function may not be invoked.
    ScriptNotExecutable,
    /// The hook function, or the wait for its verdict, timed out.
    ScriptTimedOut,
    /// The hook function threw, or said Failed.
    ScriptFailed,
    /// Anything else.
    UnknownError,
}

/// Why an event failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// The kind of failure.
    pub code: DiagnosticsCode,
    /// The hook function, where one was involved.
    pub script: String,
    /// What happened, in words; a hook's own words where it had some.
    pub message: String,
    /// The end of the hook function's log.
    pub log_tail: String,
}

impl Diagnostics {
    /// What became of that hook function, with no more of its words and its log than a record holds.
    pub fn of_hook(
        code: DiagnosticsCode,
        script: &str,
        message: impl Into<String>,
        log_tail: impl Into<String>,
    ) -> Self {
        let script = script.to_owned();
        Self { code, script, message: excerpt(message), log_tail: end_of_log(log_tail) }
    }
}

/// One lifecycle event of one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleEvent {
    /// Which.
    pub name: EventName,
    /// How far.
    pub status: EventStatus,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub diagnostics: Option<Diagnostics>,
    /// How its hook fared, from when it was first asked.
    pub hook: Option<HookRun>,
}

impl LifecycleEvent {
    /// The event before anything has happened.
    pub fn pending(name: EventName) -> Self {
        Self { name, status: EventStatus::Pending, started_at: None, ended_at: None, diagnostics: None, hook: None }
    }
}

/// How a hook fared. It is asked once; once more, with the same execution id, only when its answer was lost, and never
/// more than [`HookRun::MOST_ASKS`] times. What Lambda did not let run does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRun {
    /// How often it was asked and may have run.
    pub asked: u8,
    /// Until when its verdict is waited for.
    pub until: Timestamp,
    /// Whether it returned without a verdict, so that a call back is waited for and asking again is wrong.
    pub returned: bool,
    /// The first verdict.
    pub verdict: Option<Verdict>,
    /// What stands between it and its verdict, in words: how its answer was lost, why Lambda did not let it run, or what
    /// it returned in place of a verdict.
    pub trouble: Option<String>,
    /// When it is asked again, once its answer was lost or Lambda did not let it run.
    pub again_at: Option<Timestamp>,
}

impl HookRun {
    /// As often as Lambda itself tries an asynchronous invocation, which is how CodeDeploy asks.
    pub const MOST_ASKS: u8 = 3;
}

/// An asking that brought nothing: whether the hook may have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VainAsk {
    /// It has run, or still runs, and its answer is lost.
    AnswerLost,
    /// It did not run.
    NotRun,
}

/// What a hook said, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Go on.
    Succeeded,
    /// Do not.
    Failed(Diagnostics),
}
