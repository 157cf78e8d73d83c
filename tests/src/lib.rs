//! What the tests and the benchmarks share.

pub mod door;
pub mod rewritten;
pub mod template;
