//! Deployments to ECS services: their timelines, what accidents do to them, and random ones.

mod kept;
mod looks;
mod properties;
mod races;
mod stories;
mod timelines;
mod trouble;
mod unfit;

pub use stories::stories;
