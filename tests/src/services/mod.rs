//! Deployments to ECS services: their timelines, what accidents do to them, and random ones.

mod looks;
mod properties;
mod races;
mod stories;
mod timelines;
mod trouble;

pub use stories::stories;
