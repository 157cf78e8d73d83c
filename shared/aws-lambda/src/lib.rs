//! The customer's Lambda functions: their [`Aliases`], which are read and written, and, where a stack owns them, made
//! and deleted; and their [`Hooks`], which are invoked. Both with the service role.

mod aliases;
mod hooks;
mod own_aliases;

pub use aliases::Aliases;
pub use hooks::{Hooks, Invoked};
