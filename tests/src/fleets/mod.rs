//! Deployments to fleets of hosts: their timelines, what accidents do to them, and random ones.

mod blue_green;
mod news;
mod properties;
mod scaling;
mod stories;
mod timelines;

pub use stories::stories;
