//! Finds and reads the AppSpec of a revision.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use spillway_appspec::finding::Finding;
use spillway_appspec::server::{self, Expected, Os, ServerAppSpec};

/// The name unless the deployment gives another one.
const DEFAULT: &str = "appspec.yml";
/// More than the reader takes, so that it is the reader who refuses.
const MOST: u64 = 1 << 20;

/// Why a revision's AppSpec is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not there.
    #[error(
        "The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative \
         path \"{name}\".{hint}"
    )]
    Missing {
        /// The path.
        name: String,
        /// What is there instead.
        hint: String,
    },
    /// It says what cannot be done.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<Finding>),
    /// The disk says no.
    #[error("the AppSpec file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// The AppSpec of a revision, and the warnings.
pub fn read(
    revision: &Dir,
    name: Option<&str>,
    events: Option<&[String]>,
) -> Result<(ServerAppSpec, Vec<Finding>), Unreadable> {
    let content = find(revision, name)?;
    let expected = Expected { os: Some(Os::Linux), events };
    server::read(&content, &expected).into_result().map_err(Unreadable::Refused)
}

fn find(revision: &Dir, name: Option<&str>) -> Result<Vec<u8>, Unreadable> {
    let given = name.unwrap_or(DEFAULT);
    // The official agents take the other ending, too, where no name is given.
    let names: &[&str] = if given == DEFAULT { &[DEFAULT, "appspec.yaml"] } else { &[given] };
    for name in names {
        match revision.open(name) {
            Ok(file) if file.metadata()?.is_file() => {
                let mut content = Vec::new();
                file.take(MOST).read_to_end(&mut content)?;
                return Ok(content);
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    let hint = match find_near(revision, Path::new("."), &given.to_lowercase(), 1) {
        Some(near) if near.components().count() == 1 => format!(" [found \"{}\"; rename it]", near.display()),
        Some(near) => format!(" [found \"{}\"; pack the bundle from that folder]", near.display()),
        None => String::new(),
    };
    Err(Unreadable::Missing { name: given.to_owned(), hint })
}

/// A file that is spelled in other letters, or lies one folder down.
fn find_near(revision: &Dir, folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let mut folders = Vec::new();
    for entry in revision.read_dir(folder).ok()?.flatten().take(1_000) {
        let path = if folder == Path::new(".") { entry.file_name().into() } else { folder.join(entry.file_name()) };
        let own = entry.file_name().to_string_lossy().to_lowercase();
        if own == name || (name == DEFAULT && own == "appspec.yaml") {
            return Some(path);
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(path);
        }
    }
    folders.iter().filter(|_| depth > 0).find_map(|folder| find_near(revision, folder, name, depth - 1))
}
