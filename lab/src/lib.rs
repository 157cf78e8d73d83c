//! The laboratory: a local cloud that Spillway is deployed in, what is played there (the demos, chaos
//! and the tests), and the packages that are deployed there and on AWS.

#![allow(clippy::disallowed_methods, reason = "a command on a laptop reads the clock of the laptop")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for"))]

pub mod chaos;
pub mod demo;
pub mod host;
pub mod local;
pub mod package;
