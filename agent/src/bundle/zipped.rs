//! Zip archives, inflated by as many threads as the host has processors: each entry stands by itself.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap_std::fs::Dir;
use zip::ZipArchive;
use zip::result::ZipError;

use super::Refused;
use super::name::{BadName, Name, shown};
use super::writer::{Budget, Writer, check_links, open_to_all};

const MOST_THREADS: usize = 4;
/// Each thread comes for more so often at least, so that none has much left when the others are done.
const LEAST_SHARES: usize = 8;
/// The most entries that a thread takes at once.
const MOST_SHARE: usize = 64;
/// The type in a Unix mode, and that of a link, a folder and a file.
const TYPE: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
/// A target longer than a path may be is none.
const MOST_TARGET: u64 = 4096;

pub(super) fn unpack(file: File, into: &Dir, budget: &Budget) -> Result<(), Refused> {
    let length = file.metadata().map_err(damaged_io)?.len();
    let source = Shared { file: Arc::new(file), length, at: 0, block: Vec::new(), block_at: 0 };
    check_count(&source, budget)?;
    let archive = ZipArchive::new(source).map_err(damaged)?;
    if archive.is_empty() {
        return Err(Refused::Empty);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(archive.len());
    let next = AtomicUsize::new(0);
    // Entries of one folder stand together, and threads that make files in one folder wait for each other.
    let share = (archive.len() / (threads * LEAST_SHARES)).clamp(1, MOST_SHARE);
    let work = || unpack_some(archive.clone(), &next, share, into, budget);
    let mut links = Vec::new();
    let mut first: Option<(usize, Refused)> = None;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let outcomes = std::iter::once(work()).chain(others.into_iter().filter_map(|other| other.join().ok()));
        for outcome in outcomes {
            match outcome {
                Ok(own) => links.extend(own),
                Err(error) if first.as_ref().is_none_or(|(n, _)| error.0 < *n) => first = Some(error),
                Err(_) => {}
            }
        }
    });
    if let Some((_, refused)) = first {
        return Err(refused);
    }
    // Links come last, so that no thread writes through one.
    let mut writer = Writer::new(into, budget);
    let mut written = Vec::new();
    for (name, target) in links {
        written.push(writer.link(&name, &target)?);
    }
    open_to_all(into).map_err(damaged_io)?;
    check_links(into, &written)
}

type Links = Vec<(Name, Vec<u8>)>;

/// Unpacks entries until none is left, and returns the links among them; or the entry that is refused.
fn unpack_some(
    mut archive: ZipArchive<Shared>,
    next: &AtomicUsize,
    share: usize,
    into: &Dir,
    budget: &Budget,
) -> Result<Links, (usize, Refused)> {
    let mut writer = Writer::new(into, budget);
    let mut links = Links::new();
    loop {
        let first = next.fetch_add(share, Ordering::Relaxed);
        if first >= archive.len() {
            return Ok(links);
        }
        for n in first..archive.len().min(first + share) {
            if let Err(refused) = unpack_one(&mut archive, n, &mut writer, &mut links) {
                next.store(archive.len(), Ordering::Relaxed);
                return Err((n, refused));
            }
        }
    }
}

fn unpack_one(
    archive: &mut ZipArchive<Shared>,
    n: usize,
    writer: &mut Writer<'_>,
    links: &mut Links,
) -> Result<(), Refused> {
    let mut entry = archive.by_index(n).map_err(damaged)?;
    let bytes = entry.name_raw().to_owned();
    let refuse = |why| Refused::Name { entry: shown(&bytes), why };
    if bytes.contains(&b'\\') {
        return Err(refuse(BadName::Backslash));
    }
    let Some(name) = Name::parse(&bytes).map_err(refuse)? else { return Ok(()) };
    let mode = entry.unix_mode().unwrap_or(0);
    match mode & TYPE {
        LINK => {
            let mut target = Vec::new();
            (&mut entry).take(MOST_TARGET).read_to_end(&mut target).map_err(damaged_io)?;
            links.push((name, target));
            Ok(())
        }
        FOLDER => writer.folder(&name),
        _ if bytes.ends_with(b"/") => writer.folder(&name),
        FILE | 0 => {
            // Programs for Windows and DOS store no mode.
            let mode = if mode & 0o7777 == 0 { 0o644 } else { mode & 0o7777 };
            writer.file(&name, mode, None, &mut entry, damaged_io).map(|_| ())
        }
        _ => Err(Refused::Special { entry: name.shown(), what: "a device, a named pipe or a socket" }),
    }
}

/// Refuses an archive whose directory would fill the memory before its first entry is unpacked.
fn check_count(source: &Shared, budget: &Budget) -> Result<(), Refused> {
    // An entry of the directory has 46 bytes and its name. What lies behind it, a comment, has at most 64 KiB.
    const ENTRY: u64 = 46;
    const END: u64 = 22 + 65_535;
    let start = source.length.saturating_sub(END);
    let mut tail = vec![0; usize::try_from(source.length - start).unwrap_or(0)];
    source.file.read_exact_at(&mut tail, start).map_err(damaged_io)?;
    let number =
        |at: usize| tail.get(at..at + 4).map_or(0, |four| u32::from_le_bytes(four.try_into().unwrap_or([0; 4])));
    let ends = (0..tail.len()).rev().filter(|at| tail[*at..].starts_with(b"PK\x05\x06"));
    let Some(end) = ends.take(1).next() else { return Ok(()) };
    // Without a directory of more than 4 GiB, whose size stands elsewhere, this bounds the entries.
    let directory = u64::from(number(end + 12)).min(source.length);
    if directory / ENTRY > budget.most_entries() { Err(Refused::TooMany(budget.most_entries())) } else { Ok(()) }
}

fn damaged_io(source: io::Error) -> Refused {
    Refused::Damaged { kind: "zip", source }
}

fn damaged(error: ZipError) -> Refused {
    let words = error.to_string();
    damaged_io(if let ZipError::Io(error) = error { error } else { io::Error::other(words) })
}

/// A file with a place of its own for each reader, read in blocks: an entry has a head of a few bytes, and the next one
/// stands behind it.
#[derive(Clone)]
struct Shared {
    file: Arc<File>,
    length: u64,
    at: u64,
    block: Vec<u8>,
    block_at: u64,
}

impl Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        const BLOCK: usize = 64 * 1024;
        let is_in_block = (self.block_at..self.block_at + self.block.len() as u64).contains(&self.at);
        if !is_in_block {
            self.block.resize(BLOCK, 0);
            let count = self.file.read_at(&mut self.block, self.at)?;
            self.block.truncate(count);
            self.block_at = self.at;
        }
        let rest = usize::try_from(self.at - self.block_at).ok().and_then(|from| self.block.get(from..));
        let rest = rest.unwrap_or_default();
        let count = into.len().min(rest.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
