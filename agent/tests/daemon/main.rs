//! The agent against servers on ports of this host: the service, S3 and the metadata service.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod conversation;
mod doctor;
mod github;
mod host;
mod local;
mod metadata;
mod official;
mod on_premises;
mod register;
mod run;
mod secrets;
mod server;
mod service;
mod signature;
mod store;
mod systemd;
