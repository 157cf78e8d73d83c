//! The customer's Lambda functions: their [`Aliases`], which are read and written, and, where a stack owns them, made
//! and deleted; and their [`Hooks`], which are invoked. Both with the service role. And Spillway's own functions that
//! others ask, with the rights of whoever asks: [`ObserveService`] and [`ShiftListener`].

mod aliases;
mod hooks;
mod own_aliases;
mod own_functions;
#[cfg(test)]
mod testing;

pub use aliases::Aliases;
pub use hooks::{Hooks, Invoked};
pub use own_functions::{ObserveService, ShiftListener};
