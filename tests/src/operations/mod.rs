//! Operations of the API, through the door.

mod catalog;
mod groups;
mod instances;
mod model;
mod revisions;
mod services;
mod waits;
