//! Spillway's own functions that the API and its like ask: the one that knows the policies ([`Authorize`]), and the one that
//! sets lifecycle hooks ([`SetLifecycleHook`]).
//!
//! One signed POST is all that is needed. The SDK for Lambda would make a function a third larger, and so too large.

mod authorize;
mod function;
mod set_lifecycle_hook;

pub use authorize::Authorize;
pub use set_lifecycle_hook::SetLifecycleHook;
