//! What every `main` needs: [`run`] around the use case, a [`setting`], the AWS configuration, the clock, fresh ids.
//!
//! This is the only place that reads the clock, draws random numbers and looks at the environment.

mod aws;
mod run;
mod setting;
mod telemetry;

pub use aws::aws;
pub use run::{Failure, Invocation, run};
pub use setting::{Miswired, setting, table};

use aws_smithy_async::rt::sleep::{AsyncSleep, TokioSleep};
use jiff::{SignedDuration, Timestamp};
use spillway_domain::names::DeploymentId;
use spillway_engine::ports::clock::Clock;
use uuid::Uuid;

/// The time. Every invocation reads it once and hands it down.
#[allow(clippy::disallowed_methods)] // the clock that the rule points to
pub fn now() -> Timestamp {
    // jiff is built without its own clock, so that nobody else reads it by accident.
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn sleep(&self, time: SignedDuration) {
        TokioSleep::new().sleep(time.unsigned_abs()).await;
    }
}

/// A number drawn at random.
pub fn random_number() -> u64 {
    Uuid::new_v4().as_u64_pair().1
}

/// An id for a new deployment, drawn at random.
pub fn fresh_deployment_id() -> DeploymentId {
    DeploymentId::from_number(Uuid::new_v4().as_u128())
}

/// A UUID for anything else that is new.
pub fn fresh_id() -> String {
    Uuid::new_v4().to_string()
}

/// A secret, from 244 random bits.
pub fn fresh_secret() -> String {
    format!("{}{}", fresh_id(), fresh_id())
}
