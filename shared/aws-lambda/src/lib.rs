//! The customer's Lambda functions: their [`Aliases`], which are read and written, and their [`Hooks`], which are
//! invoked. Both with the service role.

mod aliases;
mod hooks;

pub use aliases::Aliases;
pub use hooks::{Hooks, Invoked};
