//! Spillway's host agent: deploys revisions to the host it runs on.

pub mod bundle;
pub mod system;
