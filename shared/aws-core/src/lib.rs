//! The ground on which the other `aws-*` crates stand: the customer's service [`Roles`], with one set of [`Clients`]
//! for each, what an error of an AWS call means ([`problem`]), and requests without an SDK ([`send`]).

pub mod json;
mod problem;
mod request;
mod roles;

pub use problem::{code, problem};
pub use request::{Failure, HttpResponse, Request, domain, endpoint, send};
pub use roles::{Clients, Roles};

pub use aws_config::SdkConfig;
