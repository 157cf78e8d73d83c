//! Runs the scripts of a lifecycle event.

mod log;
#[cfg(test)]
mod tests;
mod variables;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spillway_appspec::server::Script;

use crate::diagnostics::{Diagnostics, ErrorCode};
use crate::mask::Mask;
use crate::secrets::Secrets;
use crate::spec::{DeploymentSpec, Revision, S3Object};
use crate::state::Place;
use crate::system::process::meaning_of_exit;
use crate::system::{Cancellation, Ended, Host, Invocation, Output};
pub use log::HookLog;

/// Variables of the agent that a script does not get: it has its own rights, not the agent's.
const SECRET: [&str; 9] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_FILE",
    "AWS_CREDENTIALS_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
];
/// Variables by which a service manager speaks with the agent, and with no process of an application.
const OF_MANAGER: [&str; 8] = [
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The revision whose scripts an event runs; none if there is none, and nothing runs.
pub fn revision_of(event: &str, spec: &DeploymentSpec, place: &Place) -> io::Result<Option<PathBuf>> {
    let archive = |folder: Option<PathBuf>| folder.map(|folder| folder.join("deployment-archive"));
    let current = place.archive();
    let found = match (event, spec.is_blue_green_rollback) {
        ("BeforeBlockTraffic" | "AfterBlockTraffic", true) => archive(place.most_recent()?),
        ("ApplicationStop", true) | ("BeforeAllowTraffic" | "AfterAllowTraffic", true) => {
            archive(place.last_successful()?)
        }
        // Once this deployment's revision is there, its scripts are the ones that fit.
        ("BeforeBlockTraffic" | "AfterBlockTraffic" | "ApplicationStop", false) if !current.is_dir() => {
            archive(place.last_successful()?)
        }
        (_, _) => Some(current),
    };
    Ok(found.filter(|archive| archive.is_dir()))
}

/// The environment of scripts: the agent's own without its credentials, and what CodeDeploy documents.
pub fn environment(
    agent: impl Iterator<Item = (OsString, OsString)>,
    spec: &DeploymentSpec,
    event: &str,
) -> Vec<(OsString, OsString)> {
    let is_held_back = |name: &str| SECRET.contains(&name) || OF_MANAGER.contains(&name);
    let own = |name: &OsString| name.to_str().is_none_or(|name| !is_held_back(name));
    let mut all: Vec<(OsString, OsString)> = agent.filter(|(name, _)| own(name)).collect();
    if !all.iter().any(|(name, _)| name == "PATH") {
        all.push(("PATH".into(), PATH.into()));
    }
    let documented = [
        ("LIFECYCLE_EVENT", event),
        ("DEPLOYMENT_ID", &spec.deployment_id),
        ("APPLICATION_NAME", &spec.application_name),
        ("DEPLOYMENT_GROUP_NAME", &spec.group_name),
        ("DEPLOYMENT_GROUP_ID", &spec.group_id),
    ];
    all.retain(|(name, _)| !documented.iter().any(|(known, _)| name == known));
    all.extend(documented.map(|(name, value)| (name.into(), value.into())));
    let bundle = match &spec.revision {
        Revision::Local { .. } => Vec::new(),
        Revision::S3(S3Object { bucket, key, version, etag, .. }) => vec![
            ("BUNDLE_BUCKET", Some(bucket)),
            ("BUNDLE_KEY", Some(key)),
            ("BUNDLE_VERSION", version.as_ref()),
            ("BUNDLE_ETAG", etag.as_ref()),
        ],
        Revision::GitHub(commit) => vec![("BUNDLE_COMMIT", Some(&commit.commit))],
    };
    let known = bundle.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into())));
    all.extend(known);
    all
}

/// What all scripts of an event have in common.
pub struct Event<'a> {
    /// Its name.
    pub name: &'a str,
    /// The revision.
    pub archive: &'a Path,
    /// The environment.
    pub environment: &'a [(OsString, OsString)],
    /// A text that no other running event has.
    pub mark: &'a str,
    /// Between the request to end and the end by force.
    pub grace: Duration,
    /// Ends its scripts before their time.
    pub cancellation: &'a Cancellation,
    /// Where the values of the scripts' own variables are; none for an agent that has no access to them.
    pub secrets: Option<&'a dyn Secrets>,
}

/// Runs scripts one after another until one fails.
pub fn run(host: &dyn Host, event: &Event<'_>, scripts: &[Script], log: &mut HookLog) -> io::Result<Diagnostics> {
    if !scripts.is_empty() {
        log.note(&format!("LifecycleEvent - {}", event.name))?;
    }
    // What one script gets, another one may write.
    let mut mask = Mask::default();
    for script in scripts {
        log.note(&format!("Script - {}", script.written))?;
        if let Err((code, message)) = run_one(host, event, script, &mut mask, log)? {
            log.note(&format!("[stderr]{message}"))?;
            let message = message.chars().take(3_000).collect();
            return Ok(Diagnostics { code, script_name: script.written.clone(), message, log: log.tail() });
        }
    }
    Ok(Diagnostics::success(log.tail()))
}

type Failure = (ErrorCode, String);

fn run_one(
    host: &dyn Host,
    event: &Event<'_>,
    script: &Script,
    mask: &mut Mask,
    log: &mut HookLog,
) -> io::Result<Result<(), Failure>> {
    let program = event.archive.join(&script.location);
    let at = format!("Script at specified location: {}", script.written);
    let cancelled = |verb: &str| {
        let message = format!("{at} {verb}, since the deployment no longer waits for {}", event.name);
        Ok(Err((ErrorCode::ScriptFailed, message)))
    };
    if event.cancellation.is_cancelled() {
        return cancelled("was not started");
    }
    let metadata = match fs::metadata(&program) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) | Err(_) => return Ok(Err((ErrorCode::ScriptMissing, tell_missing(event.archive, script, &program)))),
    };
    if metadata.permissions().mode() & 0o111 == 0 {
        let mode = fs::Permissions::from_mode(metadata.permissions().mode() & 0o7777 | 0o111);
        if let Err(error) = fs::set_permissions(&program, mode) {
            let message = format!("{at} cannot be made executable: {error}");
            return Ok(Err((ErrorCode::ScriptNotExecutable, message)));
        }
    }
    let interpreter = interpreter_of(&program)?;
    if interpreter.as_ref().is_some_and(|name| name.ends_with('\r')) {
        let words = "its first line ends in a carriage return, so that its interpreter is not found; save it with Unix \
                     line ends";
        return Ok(Err((ErrorCode::ScriptFailed, format!("{at} cannot be run: {words}"))));
    }
    let as_user = script.run_as.as_ref().map(|user| format!(" run as user {user}")).unwrap_or_default();
    if let Some(user) = &script.run_as
        && host.user(user)?.is_none()
    {
        let message = format!("{at}{as_user} failed with exit code 1 [user {user} does not exist]");
        return Ok(Err((ErrorCode::ScriptFailed, message)));
    }
    let own = match variables::resolve(&script.environment, event.secrets, event.cancellation, mask) {
        Ok(own) => own,
        Err(words) => return Ok(Err((ErrorCode::ScriptFailed, format!("{at} was not started: {words}")))),
    };
    let mut environment = event.environment.to_owned();
    environment.retain(|(name, _)| !own.iter().any(|(known, _)| known == name));
    environment.extend(own);
    let invocation = Invocation {
        program,
        sudo: script.sudo,
        run_as: script.run_as.clone(),
        folder: event.archive.to_owned(),
        environment,
        mask: mask.clone(),
        mark: event.mark.to_owned(),
        timeout: Duration::from_secs(script.timeout_seconds.into()),
        grace: event.grace,
        cancellation: event.cancellation.clone(),
    };
    let mut lost = None;
    let ended = host.run(&invocation, &mut |output| {
        let written = match output {
            Output::Out(line) => log.line("[stdout]", line),
            Output::Error(line) => log.line("[stderr]", line),
        };
        lost = written.err().or(lost.take());
    });
    if let Some(error) = lost {
        log.note(&format!("[stderr]the log cannot be written: {error}")).ok();
    }
    let failed = |message: String| Ok(Err((ErrorCode::ScriptFailed, message)));
    match ended {
        Ok(Ended::Exited { code: 0, left }) => {
            if !left.is_empty() {
                let left: Vec<String> = left.iter().map(i32::to_string).collect();
                log.note(&format!(
                    "[stderr]warning: {} left processes running that hold its output ({}); redirect it: >log 2>&1 \
                     </dev/null &",
                    script.written,
                    left.join(", ")
                ))?;
            }
            Ok(Ok(()))
        }
        Ok(Ended::Exited { code, .. }) => {
            let meaning = meaning_of_exit(code).map(|words| format!(" [{words}]")).unwrap_or_default();
            failed(format!("{at}{as_user} failed with exit code {code}{meaning}"))
        }
        Ok(Ended::Killed { signal }) => failed(format!("{at}{as_user} was ended by {signal}")),
        Ok(Ended::TimedOut) => {
            let message = format!("{at} failed to complete in {} seconds", script.timeout_seconds);
            Ok(Err((ErrorCode::ScriptTimedOut, message)))
        }
        Ok(Ended::Cancelled) => cancelled("was ended"),
        Err(error) => {
            let hint = interpreter.filter(|_| error.kind() == io::ErrorKind::NotFound);
            let hint = hint.map(|name| format!("; its first line names the interpreter {name}")).unwrap_or_default();
            failed(format!("{at}{as_user} cannot be started: {error}{hint}"))
        }
    }
}

/// What the first line of a script names, with a carriage return if it ends in one.
fn interpreter_of(program: &Path) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    fs::File::open(program)?.take(256).read_to_end(&mut head)?;
    let Some(line) = head.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next()) else {
        return Ok(None);
    };
    Ok(Some(String::from_utf8_lossy(line).trim_start().to_owned()))
}

fn tell_missing(archive: &Path, script: &Script, program: &Path) -> String {
    let mut words = format!("Script does not exist at specified location: {}", program.display());
    let name = program.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let near = find_near(archive, Path::new(""), &name, 3);
    if script.written.contains(' ') {
        words.push_str(" [location is relative to the revision and takes no arguments]");
    } else if let Some(near) = near {
        words.push_str(&format!(" [the revision has {}]", near.display()));
    } else if script.written.starts_with('/') {
        words.push_str(" [location is relative to the revision, not to the host]");
    }
    words
}

/// A file of the revision with the same name elsewhere, or in other letters.
fn find_near(archive: &Path, folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let entries = fs::read_dir(archive.join(folder)).ok()?;
    let mut folders = Vec::new();
    for entry in entries.flatten().take(1_000) {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(path),
            Ok(_) if entry.file_name().to_string_lossy().to_lowercase() == name => return Some(path),
            Ok(_) | Err(_) => {}
        }
    }
    folders.iter().filter(|_| depth > 0).find_map(|folder| find_near(archive, folder, name, depth - 1))
}
