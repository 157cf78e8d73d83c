//! What deployments are made from: applications, groups, configurations, revisions, instances.

pub mod alarms;
pub mod application;
pub mod config;
pub mod environment;
pub mod fit;
pub mod group;
pub mod instance;
pub mod page;
pub mod quotas;
pub mod revision;
pub mod rollback;
pub mod routing;
pub mod tags;
