//! The operator's `spillway` command as a library: what its commands do, the signing proxy, the servers on loopback that it
//! is one of, and the HTTP client and the end of a process that the laboratory shares.

#![allow(clippy::disallowed_methods, reason = "a command on a laptop reads the clock of the laptop")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for"))]

pub mod arguments;
pub mod aws;
mod card;
pub mod client;
pub mod commands;
pub mod connection;
pub mod failure;
pub mod loopback;
mod model;
pub mod process;
pub mod proxy;
pub mod signing;
mod style;
pub mod terminal;
