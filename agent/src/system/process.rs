//! Runs a script, drains what it writes, and ends it and all that it started when its time is over.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::clock::Deadline;
use crate::mask::{Lines, Mask};

/// Between the request to end and the end by force.
const GRACE: Duration = Duration::from_secs(5);
/// How long the output of what outlives its script is waited for when it is silent.
const DRAIN: Duration = Duration::from_secs(2);
/// How long it is waited for when it is not.
const LONG_DRAIN: Duration = Duration::from_secs(10);
/// The variable by which the processes of a script are found, wherever they went.
const MARK: &str = "SPILLWAY_HOOK";

/// A program to run.
#[derive(Clone)]
pub struct Invocation {
    /// The program.
    pub program: PathBuf,
    /// Whether it runs by sudo.
    pub sudo: bool,
    /// The user as whom it runs, where it is another one.
    pub run_as: Option<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// What is masked in its output.
    pub mask: Mask,
    /// A text that no other running script has.
    pub mark: String,
    /// How long it may take.
    pub timeout: Duration,
    /// Between the request to end and the end by force.
    pub grace: Duration,
    /// Ends it before its time.
    pub cancellation: Cancellation,
}

impl fmt::Debug for Invocation {
    /// Without the environment, in which secrets are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("program", &self.program)
            .field("run_as", &self.run_as)
            .finish_non_exhaustive()
    }
}

impl Invocation {
    /// The usual time between the request to end and the end by force.
    pub const GRACE: Duration = GRACE;
}

/// A line that a program wrote.
#[derive(Debug, Clone, Copy)]
pub enum Output<'a> {
    /// To its standard output.
    Out(&'a str),
    /// To its standard error.
    Error(&'a str),
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited {
        /// Its exit code.
        code: i32,
        /// Processes that it left running with its output open.
        left: Vec<i32>,
    },
    /// By a signal.
    Killed {
        /// The signal, in words.
        signal: String,
    },
    /// It took too long, and was ended.
    TimedOut,
    /// It was cancelled, and was ended.
    Cancelled,
}

/// Ends a running program from another thread.
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<Mutex<Cancelling>>);

#[derive(Debug, Default)]
struct Cancelling {
    is_cancelled: bool,
    running: Option<SyncSender<Event>>,
}

impl Cancellation {
    /// Ends the program that runs, and every other one until [`reset`](Self::reset).
    pub fn cancel(&self) {
        let running = self.with(|state| {
            state.is_cancelled = true;
            state.running.take()
        });
        // The lock is free here, since a full channel makes the sender wait for what reads it.
        running.map(|running| running.send(Event::Cancelled));
    }

    /// Whether programs are ended.
    pub fn is_cancelled(&self) -> bool {
        self.with(|state| state.is_cancelled)
    }

    /// Lets programs run again.
    pub fn reset(&self) {
        self.with(|state| *state = Cancelling::default());
    }

    fn attach(&self, running: SyncSender<Event>) {
        self.with(|state| match state.is_cancelled {
            // An empty channel takes it without waiting.
            true => drop(running.send(Event::Cancelled)),
            false => state.running = Some(running),
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Cancelling) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
enum Event {
    Line(bool, String),
    Closed,
    Cancelled,
    Exited(io::Result<ExitStatus>),
}

/// Runs a program. `agent` is the program that becomes another user.
pub(super) fn run(agent: &Path, invocation: &Invocation, output: &mut dyn FnMut(Output<'_>)) -> io::Result<Ended> {
    let mut child = match command(agent, invocation).spawn() {
        // A script without a first line that names its interpreter is one for the shell.
        Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
            let mut shell = Command::new("/bin/sh");
            shell.arg(&invocation.program);
            prepare(&mut shell, invocation).spawn()?
        }
        outcome => outcome?,
    };
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let (send, receive) = sync_channel(64);
    invocation.cancellation.attach(send.clone());
    let mut open = 0;
    if let Some(stream) = child.stdout.take() {
        open += 1;
        read_lines(stream, true, invocation.mask.clone(), send.clone())?;
    }
    if let Some(stream) = child.stderr.take() {
        open += 1;
        read_lines(stream, false, invocation.mask.clone(), send.clone())?;
    }
    thread()?.spawn(move || send.send(Event::Exited(child.wait())).ok())?;
    let mut stage = Stage { receive, open, status: None, is_cancelled: false };
    if !stage.follow(Deadline::after(invocation.timeout), output)? {
        let ended = if stage.is_cancelled { Ended::Cancelled } else { Ended::TimedOut };
        stage.is_cancelled = false;
        end_all(group, invocation, Signal::SIGTERM);
        stage.follow(Deadline::after(invocation.grace), output)?;
        end_all(group, invocation, Signal::SIGKILL);
        stage.drain(output)?;
        return Ok(ended);
    }
    // The end of the script decides; what it left running keeps its output, and is not waited for.
    let drained = stage.drain(output)?;
    let status = stage.status.ok_or(io::ErrorKind::UnexpectedEof)?;
    if let Some(signal) = status.signal() {
        return Ok(Ended::Killed { signal: signal_in_words(signal) });
    }
    let left = if drained { Vec::new() } else { tree(group, invocation) };
    Ok(Ended::Exited { code: status.code().unwrap_or(-1), left })
}

fn signal_in_words(signal: i32) -> String {
    let name = Signal::try_from(signal).map_or_else(|_| "an unknown signal".to_owned(), |known| known.to_string());
    format!("{name} (signal {signal})")
}

/// What a shell means by an exit code, where it has a meaning by convention.
pub fn meaning_of_exit(code: i32) -> Option<String> {
    match code {
        126 => Some("a command in it cannot be executed".to_owned()),
        127 => Some("a command in it was not found".to_owned()),
        129..=192 => Some(format!("a command in it was ended by {}", signal_in_words(code - 128))),
        _ => None,
    }
}

/// What is still to come from a program.
struct Stage {
    receive: Receiver<Event>,
    open: usize,
    status: Option<ExitStatus>,
    is_cancelled: bool,
}

impl Stage {
    /// Takes what comes until the program has ended. Whether that came before the deadline, and before a cancellation.
    fn follow(&mut self, deadline: Deadline, output: &mut dyn FnMut(Output<'_>)) -> io::Result<bool> {
        while self.status.is_none() {
            if deadline.is_over() || !self.take(deadline.left(), output)? || self.is_cancelled {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes what the program and its children have still written. Whether its output was closed.
    fn drain(&mut self, output: &mut dyn FnMut(Output<'_>)) -> io::Result<bool> {
        let deadline = Deadline::after(LONG_DRAIN);
        while self.status.is_none() || self.open > 0 {
            if deadline.is_over() || !self.take(DRAIN.min(deadline.left()), output)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the next event. Whether one came in time.
    fn take(&mut self, within: Duration, output: &mut dyn FnMut(Output<'_>)) -> io::Result<bool> {
        match self.receive.recv_timeout(within) {
            Ok(Event::Line(true, line)) => output(Output::Out(&line)),
            Ok(Event::Line(false, line)) => output(Output::Error(&line)),
            Ok(Event::Closed) => self.open -= 1,
            Ok(Event::Cancelled) => self.is_cancelled = true,
            Ok(Event::Exited(status)) => self.status = Some(status?),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(false),
        }
        Ok(true)
    }
}

fn command(agent: &Path, invocation: &Invocation) -> Command {
    let mut command = match (&invocation.run_as, invocation.sudo) {
        (Some(user), true) => {
            let mut command = Command::new("sudo");
            command.arg("-u").arg(user).arg(&invocation.program);
            command
        }
        (Some(user), false) => {
            let mut command = Command::new(agent);
            command.arg("run-as").arg(user).arg(&invocation.program);
            command
        }
        (None, true) => {
            let mut command = Command::new("sudo");
            command.arg(&invocation.program);
            command
        }
        (None, false) => Command::new(&invocation.program),
    };
    prepare(&mut command, invocation);
    command
}

fn prepare<'a>(command: &'a mut Command, invocation: &Invocation) -> &'a mut Command {
    command
        .env_clear()
        .envs(invocation.environment.iter().map(|(name, value)| (name, value)))
        .env(MARK, &invocation.mark)
        .current_dir(&invocation.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
}

fn thread() -> io::Result<std::thread::Builder> {
    Ok(std::thread::Builder::new().stack_size(128 * 1024))
}

fn read_lines(
    mut stream: impl Read + Send + 'static,
    is_out: bool,
    mask: Mask,
    send: SyncSender<Event>,
) -> io::Result<()> {
    thread()?.spawn(move || {
        let mut lines = Lines::new(&mask);
        let mut block = vec![0; 8 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut block) {
            for line in block[..count].iter().filter_map(|byte| lines.take(*byte)) {
                if send.send(Event::Line(is_out, line)).is_err() {
                    return;
                }
            }
        }
        if let Some(line) = lines.rest() {
            send.send(Event::Line(is_out, line)).ok();
        }
        send.send(Event::Closed).ok();
    })?;
    Ok(())
}

/// Signals the process group of a script and every process that it started and that left the group.
fn end_all(group: Pid, invocation: &Invocation, signal: Signal) {
    // What has ended meanwhile needs no signal.
    killpg(group, signal).ok();
    for process in tree(group, invocation) {
        kill(Pid::from_raw(process), signal).ok();
    }
}

/// The processes of a script: those of its group, their children, and all that carry its mark.
fn tree(group: Pid, invocation: &Invocation) -> Vec<i32> {
    let mark = format!("{MARK}={}", invocation.mark).into_bytes();
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let mut all: Vec<(i32, i32, i32, bool)> = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name of the program, in parentheses, may have spaces and parentheses.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        let is_zombie = fields.next() == Some("Z");
        let mut number = || fields.next().and_then(|field| field.parse::<i32>().ok()).unwrap_or(0);
        let (parent, of_group) = (number(), number());
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let is_marked = environment.split(|byte| *byte == 0).any(|variable| variable == mark);
        if !is_zombie && process != own {
            all.push((process, parent, of_group, is_marked));
        }
    }
    let own_group = group.as_raw();
    let mut found: Vec<i32> = Vec::new();
    let members = all.iter().filter(|(_, _, of_group, is_marked)| *of_group == own_group || *is_marked);
    found.extend(members.map(|(process, ..)| *process));
    let mut next = 0;
    while next < found.len() {
        let children = all.iter().filter(|(_, parent, ..)| *parent == found[next]).map(|(process, ..)| *process);
        let new: Vec<i32> = children.filter(|process| !found.contains(process)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// Becomes a user and runs a program in place of this process. Returns only what went wrong.
pub fn run_as(user: &str, program: &Path) -> io::Error {
    let found = match nix::unistd::User::from_name(user) {
        Ok(Some(found)) => found,
        Ok(None) => return io::Error::new(io::ErrorKind::NotFound, format!("user {user} does not exist")),
        Err(error) => return error.into(),
    };
    if nix::unistd::geteuid() != found.uid {
        let Ok(name) = std::ffi::CString::new(user) else { return io::ErrorKind::InvalidInput.into() };
        let steps = nix::unistd::initgroups(&name, found.gid)
            .and_then(|()| nix::unistd::setgid(found.gid))
            .and_then(|()| nix::unistd::setuid(found.uid));
        if let Err(error) = steps {
            return io::Error::other(format!("the agent does not run as root and cannot become {user}: {error}"));
        }
    }
    let mut command = Command::new(program);
    command.env("HOME", &found.dir).env("USER", user).env("LOGNAME", user).env("SHELL", &found.shell);
    let error = command.exec();
    if error.raw_os_error() == Some(Errno::ENOEXEC as i32) {
        return Command::new("/bin/sh")
            .arg(program)
            .env("HOME", &found.dir)
            .env("USER", user)
            .env("LOGNAME", user)
            .exec();
    }
    error
}
