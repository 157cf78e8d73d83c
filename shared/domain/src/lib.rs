//! What a deployment is, and what it does next.
//!
//! Everything here is arithmetic: no async, no clock, no AWS, no environment. [`plan::plan`] takes the
//! [`Deployment`](deployment::record::Deployment) as it is recorded, what was
//! [`Seen`](deployment::decision::Seen) of the world, and the time; it answers with a
//! [`Plan`](deployment::decision::Plan): the next record, the one move to make, what is waited for, and why.
//!
//! The modules import only downwards: [`plan`] alone names all platforms; [`lambda`] and [`ecs`] do not know each other;
//! [`deployment`] is what they share; [`catalog`], [`access`], and names are below.

pub mod access;
pub mod arn;
pub mod catalog;
pub mod deployment;
pub mod ecs;
pub mod lambda;
pub mod names;
pub mod percent;
pub mod pipeline;
pub mod plan;
pub mod problem;
pub mod rejection;
pub mod server;
pub mod shared;
pub mod stack;
pub mod words;
