//! AppSpecs, read into what they say and into findings: what is wrong, in which line, and what to write instead.
//!
//! The crate knows no SDK and no async runtime, so that the host agent links it.

mod check;
pub mod finding;
pub mod resource;
pub mod server;
mod tree;
