//! What every deployment has, whatever it deploys to.

mod change;
pub mod decision;
pub mod error_code;
mod events;
pub mod gate;
pub mod halt;
pub mod ledger;
pub mod lifecycle;
pub mod record;
pub mod request;
pub mod spec;
pub mod stage;
pub mod target;
mod texts;
pub mod trouble;
pub mod view;
