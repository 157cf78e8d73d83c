//! Unpacking by the agent beside `unzip` and `tar`. All take turns, so that whatever else the machine does falls on all of
//! them alike, and each is a process of its own. Folders are removed when the bench ends: for half a minute, ext4 looks for
//! places that are not those of removed files, and that would be most of what is measured.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bundles::Content;
use crate::{Effort, Row, Stopwatch, median, programs};

const ROUNDS: usize = 5;
const FILES: usize = 2_000;
const FILES_OF_SMOKE: usize = 20;
/// So that all files have 100 MB.
const BYTES: usize = 50_000;

/// A kind of bundle, the program that unpacks it elsewhere, and how many times as fast the agent must be.
struct Contest {
    kind: &'static str,
    program: &'static str,
    rival: fn(&Path, &Path) -> Command,
    least: f64,
}

const CONTESTS: [Contest; 2] = [
    Contest { kind: "zip", program: "unzip", rival: unzip, least: 1.8 },
    Contest { kind: "tgz", program: "tar", rival: tar, least: 1.0 },
];

fn unzip(bundle: &Path, into: &Path) -> Command {
    let mut command = Command::new("unzip");
    command.arg("-qo").arg(bundle).arg("-d").arg(into);
    command
}

fn tar(bundle: &Path, into: &Path) -> Command {
    fs::create_dir(into).unwrap();
    let mut command = Command::new("tar");
    command.arg("-xzf").arg(bundle).arg("-C").arg(into);
    command
}

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let agent = programs::build(effort).unpack;
    let home = tempfile::tempdir().unwrap();
    let content = Content::new(effort.take(FILES, FILES_OF_SMOKE), BYTES);
    let bundle = |kind: &str| home.path().join(format!("bundle.{kind}"));
    content.zip(&bundle("zip"));
    fs::write(bundle("tgz"), content.tgz()).unwrap();
    let own = |bundle: &Path, into: &Path| {
        let mut command = Command::new(&agent);
        command.arg(bundle).arg(into);
        command
    };
    let mut times = [(); CONTESTS.len()].map(|()| (Vec::new(), Vec::new()));
    for _ in 0..effort.take(ROUNDS, 1) {
        for (Contest { kind, rival, .. }, (of_agent, of_rival)) in CONTESTS.iter().zip(&mut times) {
            of_agent.extend(run(|into| own(&bundle(kind), into), home.path()));
            of_rival.extend(run(|into| rival(&bundle(kind), into), home.path()));
        }
    }
    let (megabytes, files) = (content.bytes() / 1_000_000, content.files());
    let row = |(contest, (of_agent, of_rival)): (&Contest, (Vec<f64>, Vec<f64>))| {
        let Contest { kind, program, least, .. } = contest;
        let what = format!("unpacking a {kind} of {megabytes} MB in {files} files");
        let (own, bar) = (median(of_agent), format!("≥ {least} × {program}"));
        if of_rival.is_empty() {
            let measured = format!("{own:.3} s; {program} is not installed, so there is nothing to compare with");
            return Row { what, measured, bar, holds: true };
        }
        let rival = median(of_rival);
        let times = rival / own;
        let measured = format!("{times:.2} × as fast as {program} ({own:.3} s, {program} {rival:.3} s)");
        Row { what, measured, bar, holds: times >= *least }
    };
    CONTESTS.iter().zip(times).map(row).collect()
}

/// The seconds that a program takes to unpack into a new folder; none if it is not installed.
fn run(program: impl FnOnce(&Path) -> Command, home: &Path) -> Option<f64> {
    let into = tempfile::Builder::new().prefix("unpacked-").tempdir_in(home).unwrap().keep().join("revision");
    let mut command = program(&into);
    let watch = Stopwatch::start();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let seconds = watch.passed().as_secs_f64();
    match status {
        Ok(status) => {
            assert!(status.success(), "{command:?} ends with {status}");
            Some(seconds)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => panic!("{command:?} cannot be run: {error}"),
    }
}
