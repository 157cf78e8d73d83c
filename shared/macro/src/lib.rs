//! Rewrites a CloudFormation template so that Spillway carries out what it left to CodeDeploy.
//!
//! [`rewrite`] takes the expanded form, which is what SAM, CDK and the Serverless Framework all come to: an
//! `AWS::Lambda::Alias` whose `UpdatePolicy` names an application and a deployment group, and `AWS::CodeDeploy::*`
//! for Lambda and, where the template says so, for servers. What is not expanded yet [`needs_sam`] first. Pure: a template in, a template out, the same for the same, with the
//! keys of every object in alphabetical order.

mod alias;
mod chain;
mod config;
mod duration;
mod event;
mod fault;
mod fragment;
mod hook;
mod reference;
mod rewrite;
mod role;
mod sam;
mod settings;
mod takeover;

pub use event::{Answer, Event};
pub use fault::Faults;
pub use rewrite::{Home, rewrite};
pub use sam::needs_sam;
