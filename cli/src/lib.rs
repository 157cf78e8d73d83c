//! The `spillway` command as a library: the local cloud that the demo, chaos and the tests run in, and
//! the signing proxy.

#![allow(clippy::disallowed_methods, reason = "a command on a laptop reads the clock of the laptop")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for"))]

pub mod chaos;
pub mod demo;
pub mod local;
mod loopback;
pub mod proxy;
