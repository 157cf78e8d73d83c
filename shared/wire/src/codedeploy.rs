//! CodeDeploy's API.
//!
//! A request goes through [`http::read`], which finds the operation, then through the `parse` of the operation's type, in
//! the module of the noun that it is about; what comes back from the use case goes through its `render`. An operation
//! that answers nothing answers `{}`. Every refusal is an [`Exception`](exception::Exception). A shape is beside the noun
//! that owns it, and in `shapes` if several do.

pub mod application;
pub mod configuration;
mod content;
pub mod context;
pub mod deployment;
pub mod exception;
pub mod group;
pub mod http;
pub(crate) mod input;
pub mod instance;
pub mod operation;
mod rejection;
pub mod revision;
pub(crate) mod shapes;
pub mod tag;
pub mod target;
pub mod token;

#[cfg(test)]
mod tests;
