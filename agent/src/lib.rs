//! Spillway's host agent: deploys revisions to the host it runs on.
//!
//! [`daemon`] runs [`client`], which takes commands from a service. [`command`] runs one lifecycle event of a deployment and says how it ended. What it does to the host is decided first,
//! as a value ([`install::decide`]), and done through [`system::Host`], the one module that knows the operating system.

pub mod appspec_file;
pub mod bundle;
pub mod client;
pub mod command;
pub mod daemon;
pub mod diagnostics;
pub mod doctor;
pub mod explain;
pub mod github;
pub mod hooks;
pub mod http;
pub mod identity;
pub mod install;
pub mod local;
pub mod mask;
pub mod progress;
pub mod proxy;
pub mod register;
pub mod secrets;
pub mod service;
pub mod settings;
pub mod setup;
pub mod spec;
pub mod state;
pub mod status;
pub mod store;
pub mod system;
