//! CodeDeploy's JSON ⇄ domain. Nothing else in Spillway knows how AWS spells things.
//!
//! A request goes through [`http::read`], which finds the operation, then through the `parse` of the
//! operation's module in [`operations`]; what comes back from the use case goes through its `render`. Every refusal is
//! an [`Exception`]. Beside the API: what a hook receives and returns ([`hook`]),
//! what subscribers are told ([`notice`]), and what passes between us and
//! CloudFormation ([`stack`]).

pub mod access;
pub mod agent;
pub mod alarm;
pub mod bounds;
pub mod content;
mod context;
mod exception;
pub mod execution;
pub mod hook;
mod hook_execution;
pub mod http;
mod input;
pub mod notice;
mod operation;
pub mod operations;
mod place;
mod rejection;
mod shapes;
pub mod stack;
#[cfg(test)]
mod testing;
mod token;
mod unfit;

pub use context::Context;
pub use exception::Exception;
pub use operation::Operation;
pub use place::Place;
pub use shapes::target::TargetStatus;
pub use token::Seal;

/// The content type of every answer.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
