//! How callers are routed, and a watch that notes every change of it with its time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::stage::{Seen, Stage};

/// The versions that callers are sent to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routing {
    pub main: String,
    /// A second version, with its weight.
    pub second: Option<(String, f64)>,
}

impl Routing {
    /// The share of the callers that a version is to get, from 0 to 1.
    pub fn share(&self, version: &str) -> f64 {
        match &self.second {
            Some((second, weight)) if second == version => *weight,
            Some((_, weight)) if self.main == version => 1.0 - weight,
            None if self.main == version => 1.0,
            Some(_) | None => 0.0,
        }
    }

    /// The one version that gets all calls, if it is one.
    pub fn only(&self) -> Option<&str> {
        self.second.is_none().then_some(self.main.as_str())
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.second {
            None => write!(f, "100 % to version {}", self.main),
            Some((second, weight)) => {
                let (new, main, old) = (percent(*weight), &self.main, percent(1.0 - weight));
                write!(f, "{new} % to version {second} and {old} % to version {main}")
            }
        }
    }
}

/// A share as people write it: 0.25 is 25, 0.005 is 0.5.
pub(super) fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

/// Seconds to the millisecond.
pub(super) fn to_milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// A change of the routing. It came after the one moment and was seen at the other.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// When a look was begun that still saw the routing before.
    pub after: Instant,
    /// When a look was over that saw this one.
    pub by: Instant,
    /// The routing.
    pub routing: Routing,
}

/// A look at the routing every few milliseconds, until it is dropped.
pub(super) struct Watch {
    changes: watch::Receiver<Vec<Change>>,
    task: AbortHandle,
}

impl Watch {
    /// Begins to watch.
    pub async fn start(stage: &Arc<Stage>, every: Duration) -> anyhow::Result<Self> {
        let began = Instant::now();
        let Seen { routing, .. } = stage.look().await?;
        let first = Change { after: began, by: Instant::now(), routing };
        let (sender, changes) = watch::channel(vec![first]);
        let stage = Arc::clone(stage);
        let task = tokio::spawn(async move {
            let mut still = began;
            loop {
                tokio::time::sleep(every).await;
                let began = Instant::now();
                // A look that fails tells nothing; the next one does.
                let Ok(Seen { routing, .. }) = stage.look().await else { continue };
                let by = Instant::now();
                sender.send_if_modified(|changes| {
                    let changed = changes.last().is_none_or(|last| last.routing != routing);
                    if changed {
                        changes.push(Change { after: still, by, routing });
                    }
                    changed
                });
                still = began;
            }
        });
        Ok(Self { changes, task: task.abort_handle() })
    }

    /// All changes so far; the first is the routing that was found.
    pub fn changes(&self) -> Vec<Change> {
        self.changes.borrow().clone()
    }

    /// The routing as it was last seen.
    pub fn last(&self) -> Option<Change> {
        self.changes.borrow().last().cloned()
    }

    /// When everything was seen to go to one version, for which it is waited.
    pub async fn restored(&self, version: &str) -> anyhow::Result<Instant> {
        let mut changes = self.changes.clone();
        let is_back = |changes: &Vec<Change>| changes.last().is_some_and(|last| last.routing.only() == Some(version));
        let waited = tokio::time::timeout(Duration::from_secs(20), changes.wait_for(is_back)).await;
        let changes =
            waited.with_context(|| format!("after 20 s version {version} has not got all traffic back"))??;
        Ok(changes.last().context("the routing was never seen")?.by)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
