//! The log: one JSON object per line on standard output.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log at the level that `RUST_LOG` names, `info` without it.
///
/// The level is for what Spillway says, under the target `spillway`. Libraries say warnings and errors only: below
/// that the SDK and the runtime write out requests, with whatever is in them.
pub(crate) fn begin() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok());
    let level = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("spillway", level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_filter(targets);
    // It is there already where a test runs several functions in one process.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
