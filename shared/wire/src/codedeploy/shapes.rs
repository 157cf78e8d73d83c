//! The shapes of several nouns, each in the form in which it is given and the form in which it is shown.

pub(crate) mod platform;
pub(crate) mod tag_filters;
pub(crate) mod time;
