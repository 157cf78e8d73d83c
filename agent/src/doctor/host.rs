//! The host itself: folders, room, users, shells and other agents.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Result;

use super::{Finding, Surroundings, Verdict};
use crate::github::token::Token;
use crate::settings::Settings;

/// With less, a bundle of a usual size and what it unpacks to have no room.
const FEW_BYTES: u64 = 1 << 30;
/// With less, hardly any bundle has.
const TOO_FEW_BYTES: u64 = 64 << 20;
/// The same for the number of files.
const FEW_FILES: u64 = 10_000;
const TOO_FEW_FILES: u64 = 500;
/// The program of CodeDeploy's agents.
const OFFICIAL: &str = "codedeploy-agent";

pub(super) fn examine(
    surroundings: &Surroundings<'_>,
    settings: Option<&Settings>,
    tell: &mut dyn FnMut(Finding) -> Result<()>,
) -> Result<()> {
    if let Some(settings) = settings {
        if let Some(file) = &settings.github_token_file {
            let verdict = match Token::find(None, Some(file)) {
                Ok(_) => Verdict::Good(format!("the token in {} is for its owner alone", file.display())),
                Err(words) => Verdict::Bad(words),
            };
            tell(Finding { check: "GitHub", verdict })?;
        }
        let existing = settings.root.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
        tell(Finding { check: "folder", verdict: folder(&settings.root, existing) })?;
        tell(Finding { check: "space", verdict: space(existing, (surroundings.space)(existing)) })?;
    }
    tell(Finding { check: "user", verdict: user(surroundings) })?;
    tell(Finding { check: "shell", verdict: shell(surroundings.shells) })?;
    tell(Finding { check: "other agents", verdict: others(surroundings.processes) })
}

/// Whether files can be made where deployments are, or will be.
fn folder(root: &Path, existing: &Path) -> Verdict {
    let shown = root.display();
    let outcome = tempfile::Builder::new().prefix(".spillway-doctor-").tempfile_in(existing);
    match outcome {
        Ok(_) if root == existing => Verdict::Good(format!("{shown} can be written")),
        Ok(_) => Verdict::Good(format!("{shown} is not there yet, and can be made")),
        Err(error) => {
            // The path of the file that was tried means nothing to an operator.
            let error = io::Error::from(error.kind());
            Verdict::Bad(format!(
                "{} cannot be written: {error}; the agent keeps its deployments in {shown}, so let its user write there, \
                 or name another folder by :root_dir:",
                existing.display()
            ))
        }
    }
}

fn space(folder: &Path, space: io::Result<crate::system::space::Space>) -> Verdict {
    let shown = folder.display();
    let space = match space {
        Ok(space) => space,
        Err(error) => return Verdict::Warning(format!("the room in {shown} cannot be read: {error}")),
    };
    let mebibytes = space.bytes >> 20;
    let files = space.files.unwrap_or(u64::MAX);
    let room = match space.files {
        Some(files) => format!("{mebibytes} MiB and {files} files"),
        None => format!("{mebibytes} MiB"),
    };
    let words = format!("the file system of {shown} has room for {room}");
    let advice = "a deployment needs its bundle, what it unpacks to, and the installed files; remove what is not needed, or \
                  keep fewer revisions by :max_revisions:";
    if space.bytes < TOO_FEW_BYTES || files < TOO_FEW_FILES {
        Verdict::Bad(format!("{words}; {advice}"))
    } else if space.bytes < FEW_BYTES || files < FEW_FILES {
        Verdict::Warning(format!("{words}; {advice}"))
    } else {
        Verdict::Good(words)
    }
}

fn user(surroundings: &Surroundings<'_>) -> Verdict {
    let user = &surroundings.user;
    if surroundings.is_root {
        return Verdict::Good("root: scripts may run as every user, and files may have every owner".to_owned());
    }
    Verdict::Warning(format!(
        "{user}, which is not root: an agent of this user writes only where {user} may, gives files to {user} only, and \
         fails scripts with runas and permissions with another owner; run this as the user of the agent"
    ))
}

fn shell(folder: &Path) -> Verdict {
    let is_program = |name: &str| {
        let found = fs::metadata(folder.join(name));
        found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let shown = folder.display();
    match (is_program("sh"), is_program("bash")) {
        (true, true) => Verdict::Good(format!("{shown}/sh and {shown}/bash")),
        (true, false) => Verdict::Warning(format!(
            "{shown}/bash is not there: scripts whose first line names it fail; install it, or name another interpreter"
        )),
        (false, _) => Verdict::Bad(format!(
            "{shown}/sh is not there: it runs scripts without a first line that names an interpreter; install a shell"
        )),
    }
}

/// Two agents on one host install the files of each other's deployments.
fn others(processes: &Path) -> Verdict {
    let entries = fs::read_dir(processes).into_iter().flatten().flatten();
    let mut found: Vec<u32> = entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            is_official(&fs::read(entry.path().join("cmdline")).ok()?).then_some(pid)
        })
        .collect();
    found.sort_unstable();
    if found.is_empty() {
        return Verdict::Good("CodeDeploy's own agent does not run".to_owned());
    }
    let found = found.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Verdict::Bad(format!(
        "CodeDeploy's own agent runs as well (process {found}): both would deploy to this host, and clean up each other's \
         files; end it with `systemctl disable --now {OFFICIAL}`"
    ))
}

/// Whether it is the agent in Ruby, which names its processes itself or is run by ruby, or the one in Rust.
fn is_official(command: &[u8]) -> bool {
    let words = command.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let is_named = |word: &str| {
        let name = Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == OFFICIAL || word.starts_with(&format!("{OFFICIAL}:"))
    };
    words.take(2).any(|word| is_named(&word))
}
