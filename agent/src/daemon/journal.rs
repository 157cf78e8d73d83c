//! The agent's own log: one line for each command and for each change of state. No line has a secret.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::system::clock::Clock;

/// Where lines go, and which state the last one named.
pub struct Journal<'a> {
    clock: &'a dyn Clock,
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    state: Option<String>,
}

impl<'a> Journal<'a> {
    /// A journal on standard error, which the host's service manager keeps.
    pub fn on_standard_error(clock: &'a dyn Clock) -> Self {
        Self::new(clock, Box::new(io::stderr()))
    }

    /// A journal that writes somewhere else.
    pub fn new(clock: &'a dyn Clock, out: Box<dyn Write + Send>) -> Self {
        Self { clock, inner: Mutex::new(Inner { out, state: None }) }
    }

    /// Notes something.
    pub fn line(&self, words: &str) {
        self.with(|inner, time| inner.write(time, words));
    }

    /// Notes that the agent is in a state, unless it was in that state already.
    pub fn enter(&self, state: &str, words: &str) {
        self.with(|inner, time| {
            if inner.state.as_deref() != Some(state) {
                inner.state = Some(state.to_owned());
                inner.write(time, words);
            }
        });
    }

    fn with(&self, work: impl FnOnce(&mut Inner, &str)) {
        let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner), &time);
    }
}

impl Inner {
    /// A line of several lines is indented, so that each entry begins with a time. A log that cannot be written must not
    /// end the agent.
    fn write(&mut self, time: &str, words: &str) {
        writeln!(self.out, "{time} {}", words.trim_end().replace('\n', "\n    ")).ok();
    }
}
