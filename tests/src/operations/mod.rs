//! Operations of the API, through the door.

mod blue_green;
mod catalog;
mod fleets;
mod groups;
mod hook_answers;
mod instances;
mod launches;
mod live_logs;
mod model;
mod operator;
mod restarts;
mod revisions;
mod services;
mod waits;
