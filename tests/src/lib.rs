//! What the tests and the benchmarks share.

pub mod door;
pub mod port;
pub mod rewritten;
pub mod template;
