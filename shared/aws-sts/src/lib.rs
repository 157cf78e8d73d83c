//! The ground on which the other `aws-*` crates stand: the customer's service [`Roles`], with one set of [`Clients`]
//! for each, and what an error of an AWS call means ([`problem`]).

mod problem;
mod roles;

pub use problem::{code, problem};
pub use roles::{Clients, Roles};

pub use aws_config::SdkConfig;
