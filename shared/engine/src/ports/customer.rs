//! What else is the customer's: objects, alarms, hooks, and those who are notified.

use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::names::{AlarmName, FunctionName};
use spillway_domain::problem::Problem;
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;

/// The customer's objects in S3.
pub trait Objects {
    /// The text of an object of at most so many bytes. One that is not there, or is another than was meant by its
    /// version or ETag, is [`Missing`](spillway_domain::problem::ProblemKind::Missing); one that is too large or is no text is
    /// [`Refused`](spillway_domain::problem::ProblemKind::Refused).
    async fn read(&self, session: &RoleSession, object: &S3Object, most: usize) -> Result<String, Problem>;
    /// That an object is there, whatever is in it; a problem as of [`read`](Self::read) where it is not.
    async fn find(&self, session: &RoleSession, object: &S3Object) -> Result<(), Problem>;
}

/// The customer's alarms.
pub trait Alarms {
    /// What can be read of these alarms. What cannot be read is part of the reading, not a problem.
    async fn read(&self, session: &RoleSession, names: &[AlarmName]) -> AlarmReading;
}

/// What a hook function returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookReply {
    /// A verdict.
    Verdict {
        /// Whether it said Succeeded.
        succeeded: bool,
        /// Its words.
        message: Option<String>,
        /// The end of its log.
        log_tail: String,
    },
    /// No verdict: it will call back, or has.
    Silent {
        /// What it did in place of giving one, after its name.
        said: String,
    },
    /// It may have run, and nobody knows what it answered.
    Lost {
        /// Why.
        why: String,
    },
    /// It threw, or timed out.
    Threw {
        /// Whether it timed out.
        timed_out: bool,
        /// Its own words.
        message: String,
        /// The end of its log.
        log_tail: String,
    },
}

/// The customer's hook functions.
pub trait Hooks {
    /// Invokes the hook of `event` once and waits for its return. A problem means that it did not run.
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem>;
}

/// Those who want to know.
pub trait Notices {
    /// Tells the triggers and the event bus of the deployment's start, or of its end when it has ended. Answers with
    /// what could not be told, in sentences for the deployment's messages; that harms nothing.
    async fn tell(&self, deployment: &CountedDeployment) -> Vec<String>;
}

/// Those who want to know of single hosts.
pub trait HostNotices {
    /// Tells the triggers and the event bus of a state of a host. Answers with what could not be told, in sentences that
    /// are the same for every host; that harms nothing.
    async fn tell_of_host(&self, deployment: &Deployment, work: &HostWork, state: InstanceState) -> Vec<String>;
}
