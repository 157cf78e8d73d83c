//! Saves the body of an answer in a file, within bounds.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ureq::Body;

use crate::system::clock::Deadline;
use crate::system::space;

const BLOCK: usize = 64 * 1024;

/// Why a body is not saved whole.
#[derive(Debug)]
pub enum Cut {
    /// The connection ended after so many bytes.
    Broken(u64),
    /// There are more bytes than allowed.
    TooLarge,
    /// It took longer than allowed.
    TooLate,
    /// The disk says no, in words.
    Disk(String),
}

/// Fails in words if a file of this length cannot be on its disk. The unpacked revision needs more, which nothing says
/// yet.
pub fn check_space(file: &Path, length: u64) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    let found =
        space::of(folder).map_err(|error| format!("the free space of {} cannot be read: {error}", folder.display()))?;
    let free = found.bytes;
    if free < length {
        let folder = folder.display();
        return Err(format!(
            "the bundle has {length} bytes, and {folder} has {free} free; remove what is not needed, or keep fewer \
             revisions by :max_revisions:"
        ));
    }
    Ok(())
}

/// Writes a body into a new file: at most so many bytes, and none after the deadline. How many there were.
pub fn save(body: Body, into: &Path, most: u64, deadline: Option<Deadline>) -> Result<u64, Cut> {
    let disk = |error: io::Error| Cut::Disk(format!("{} cannot be written: {error}", into.display()));
    // An earlier try may have left a part.
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(into).map_err(disk)?;
    let mut reader = body.into_reader();
    let mut block = vec![0; BLOCK];
    let mut copied = 0;
    loop {
        let count = reader.read(&mut block).map_err(|_| Cut::Broken(copied))?;
        if count == 0 {
            return Ok(copied);
        }
        copied += count as u64;
        if copied > most {
            return Err(Cut::TooLarge);
        }
        if deadline.is_some_and(Deadline::is_over) {
            return Err(Cut::TooLate);
        }
        file.write_all(&block[..count]).map_err(disk)?;
    }
}
