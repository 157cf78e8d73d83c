//! Where news goes: the customer's SNS [`Topics`], with the service role, and the default event [`Bus`], with the
//! function's own. Nobody waits long for either.

mod bus;
mod topics;

pub use bus::Bus;
pub use topics::Topics;

use std::time::Duration;

/// How long one attempt to tell somebody may take, and how many there are.
const PATIENCE: Duration = Duration::from_secs(3);
const MOST_ATTEMPTS: u32 = 2;
