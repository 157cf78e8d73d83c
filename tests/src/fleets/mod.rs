//! Deployments to fleets of hosts: their timelines, what accidents do to them, and random ones.

mod news;
mod properties;
mod scaling;
mod stories;
mod timelines;

pub use stories::stories;
