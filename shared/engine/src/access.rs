//! What a caller may do.

pub mod authorize;
pub mod permit;
