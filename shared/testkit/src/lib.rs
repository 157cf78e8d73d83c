//! A cloud that fits in a test: every port in memory, the state machines of the template, a clock that is turned by
//! hand, a diary, and accidents on demand.
//!
//! [`World`] is the cloud. Each call of a port is a [`Moment`](World::moments), and an [`Accident`] can befall any of
//! them: it fails, the caller crashes, or it is paused and comes back much later. [`Runner`] turns the clock: it runs
//! the executions of a [`Machine`], delivers alarms, stops and call backs at their times, and sweeps.

mod accident;
mod agent;
mod check;
mod clock;
mod fleet_story;
mod look;
mod machine;
mod outside;
mod ports;
mod runner;
mod service;
mod service_story;
mod stack;
mod story;
mod world;

pub use accident::{Accident, Harm};
pub use agent::HostPlan;
pub use check::check;
pub use fleet_story::{BlueGreenPlan, FleetStory};
pub use machine::Machine;
pub use runner::{Duplicate, Runner, When, ways};
pub use service::{Service, ServiceEvent, TaskPlan, Tasks, target_group};
pub use service_story::ServiceStory;
pub use stack::{Part, Stack, StackEnd};
pub use story::{Event, HookPlan, Plot, RevisionPlan, Story};
pub use world::{Alias, OutsideWrite, World};
