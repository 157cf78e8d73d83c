//! Who calls, what they may do, and under which session a role is assumed.

pub mod caller;
pub mod permission;
pub mod session;
