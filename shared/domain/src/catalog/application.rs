//! Applications.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::config::ComputePlatform;
use crate::catalog::tags::Tag;
use crate::names::ApplicationName;

/// An application: a name for a platform, over its groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its UUID, by which everything else refers to it.
    pub id: String,
    /// Its name.
    pub name: ApplicationName,
    /// What it deploys to, for ever.
    pub platform: ComputePlatform,
    /// Where the store files it and all that belongs to it: a word of the store's, which stays when it is renamed.
    pub home: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// CreateApplication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApplication {
    /// Its name.
    pub name: ApplicationName,
    /// Its platform.
    pub platform: ComputePlatform,
    /// Its tags.
    pub tags: Vec<Tag>,
}
