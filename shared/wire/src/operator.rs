//! Spillway's own operations, for what CodeDeploy's API has no word for. They come through the same door, under a target
//! prefix of their own ([`http::read`]), and each has a `parse` and a `render` as CodeDeploy's have. Their exceptions have
//! the same form.

pub mod http;
pub mod ledger;
pub mod operation;
pub mod rollback;
pub mod summary;

#[cfg(test)]
mod tests;
