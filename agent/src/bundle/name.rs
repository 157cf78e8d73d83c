//! The names of a bundle's entries.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadName {
    /// Not UTF-8.
    Encoding,
    /// From the root of the host.
    Absolute,
    /// With `..`.
    Parent,
    /// With a zero byte, a line end or another control character.
    Control,
    /// With backslashes, as some programs for Windows write them.
    Backslash,
    /// Longer than a path may be.
    Long,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "its name is not UTF-8; rename it, or pack it with UTF-8 names",
            Self::Absolute => "its name is an absolute path; pack it with relative names",
            Self::Parent => "its name has .. and leads out of the revision",
            Self::Control => "its name has a control character",
            Self::Backslash => "its name has backslashes; pack it with a program that writes / between folders",
            Self::Long => "its name is longer than 4096 bytes",
        })
    }
}

/// A path in a revision: relative, UTF-8, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(PathBuf);

impl Name {
    /// The name; none for the root itself.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, BadName> {
        let text = str::from_utf8(bytes).map_err(|_| BadName::Encoding)?;
        if text.starts_with('/') {
            return Err(BadName::Absolute);
        }
        if text.chars().any(char::is_control) {
            return Err(BadName::Control);
        }
        if text.len() > 4096 {
            return Err(BadName::Long);
        }
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        let parts: Vec<&str> = parts.collect();
        if parts.contains(&"..") {
            return Err(BadName::Parent);
        }
        Ok((!parts.is_empty()).then(|| Self(parts.iter().collect())))
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.0
    }

    pub(super) fn shown(&self) -> String {
        self.0.display().to_string()
    }
}

/// Any bytes, as a message shows them.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
    format!("{text:?}")
}
