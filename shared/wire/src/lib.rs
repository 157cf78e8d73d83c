//! The JSON of AWS ⇄ domain. Nothing else in Spillway knows how AWS spells things.
//!
//! CodeDeploy's API is [`codedeploy`], and Spillway's own operations are [`operator`]. Beside them: what a request needs to be permitted ([`access`]), what a hook receives
//! and returns ([`hook`]), what subscribers are told ([`notification`]), what an alarm's event says ([`alarm`]), and what
//! passes between us and CloudFormation ([`stack`]), Step Functions ([`execution`]) and CodePipeline ([`pipeline`]).

pub mod access;
pub mod agent;
pub mod alarm;
pub mod codedeploy;
pub mod execution;
pub mod hook;
pub mod lifecycle_action;
pub mod notification;
pub mod operator;
pub mod pipeline;
pub mod place;
pub mod stack;
pub mod stream;
#[cfg(test)]
mod testing;
