//! The use cases by noun, and the ports that they need.
//!
//! A use case loads, asks [`spillway_domain`] what is to be done, saves, and only then acts. It is told the time and
//! any randomness. Its ports are traits: the `aws-*` crates implement them for AWS, `testkit` for tests.
//!
//! The order everywhere is: save, then do. Whoever finds the record at another generation than it read has come too
//! late and goes home.

// The futures of the ports run on one thread each and need not be Send.
#![allow(async_fn_in_trait)]

pub mod access;
pub mod deployment;
pub mod ecs;
pub mod lambda;
pub mod operations;
pub mod pipeline;
pub mod ports;
mod retry;
pub mod server;
pub mod stack;
