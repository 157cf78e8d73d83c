//! What proves to GitHub who asks.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use spillway_wire::agent::specification::AccessToken;

/// The most bytes of a token's file. GitHub's tokens have some hundred at most.
const MOST: u64 = 4 * 1024;

/// A token, and where it is from. No message shows it.
#[derive(Debug)]
pub struct Token {
    text: AccessToken,
    /// The file; none if the deployment has brought it.
    file: Option<PathBuf>,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "the token in {}", file.display()),
            None => f.write_str("the deployment's token"),
        }
    }
}

impl Token {
    /// The deployment's token, or else that of the host. A file is read at each download, so that a new token counts.
    pub fn find(given: Option<&AccessToken>, file: Option<&Path>) -> Result<Option<Self>, String> {
        match (given, file) {
            (Some(text), _) if is_header(&text.0) => Ok(Some(Self { text: text.clone(), file: None })),
            (Some(_), _) => Err("the deployment's token for GitHub has other characters than a token has".to_owned()),
            (None, Some(path)) => {
                let text = read(path)
                    .map_err(|words| format!("the file {} with the token for GitHub {words}", path.display()))?;
                Ok(Some(Self { text: AccessToken(text), file: Some(path.to_owned()) }))
            }
            (None, None) => Ok(None),
        }
    }

    /// The value of the header that carries it.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.text.0)
    }
}

/// Reads a file that only root, or the agent's user, can read and change.
fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err("is no file".to_owned());
    }
    if found.mode() & 0o077 != 0 {
        let mode = found.mode() & 0o7777;
        let shown = path.display();
        return Err(format!("has mode {mode:04o}, so other users may read or change it; `chmod 600 {shown}`"));
    }
    let owner = found.uid();
    if owner != 0 && owner != nix::unistd::geteuid().as_raw() {
        return Err(format!(
            "belongs to user {owner}, who can read and change it; `chown root {}`, or the agent's user",
            path.display()
        ));
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).map_err(unreadable)?;
    let text = text.trim();
    match is_header(text) {
        true => Ok(text.to_owned()),
        false => Err("has no token: it must have one, in one line".to_owned()),
    }
}

/// Whether a text can be in a header.
fn is_header(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic())
}
