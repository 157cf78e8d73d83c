//! Moves on Lambda aliases.

pub mod shift_alias;
