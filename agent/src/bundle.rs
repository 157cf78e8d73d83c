//! Unpacks a revision's bundle into a folder that nothing else uses yet. A bundle is hostile until it is unpacked: what
//! it says of sizes, names and links is checked while it is written, and nothing is written outside of the folder.

mod folder;
mod name;
mod tape;
#[cfg(test)]
mod tests;
mod writer;
mod zipped;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use cap_std::fs::Dir;

pub use name::BadName;
use writer::Budget;

/// How a bundle is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A tar archive.
    Tar,
    /// A tar archive, compressed by gzip.
    Tgz,
    /// A zip archive.
    Zip,
    /// A folder of this host.
    Directory,
}

/// How large a revision may become. Counted while it is unpacked, not believed from what the archive says.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of all files.
    pub bytes: u64,
    /// The most files, folders and links.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 30, entries: 200_000 }
    }
}

/// Why a bundle is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be opened.
    #[error("the bundle {path} cannot be read: {source}")]
    Unreadable {
        /// Where it lies.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Its first bytes are of no kind that is known.
    #[error("the bundle {0} is neither a tar, a tgz, nor a zip archive; pack it as one of them")]
    Unknown(String),
    /// Not what its kind says, or cut off.
    #[error("the {kind} bundle is damaged: {source}; pack and upload it again")]
    Damaged {
        /// Its kind.
        kind: &'static str,
        /// What its reader says.
        source: io::Error,
    },
    /// Nothing in it.
    #[error("the bundle is empty")]
    Empty,
    /// A name that cannot be written.
    #[error("the bundle's entry {entry} is refused: {why}")]
    Name {
        /// The entry.
        entry: String,
        /// Why.
        why: BadName,
    },
    /// Neither a file, a folder nor a link.
    #[error("the bundle's entry \"{entry}\" is refused: it is {what}; a revision has files, folders and links")]
    Special {
        /// The entry.
        entry: String,
        /// What it is.
        what: &'static str,
    },
    /// A set-uid or set-gid bit.
    #[error(
        "the bundle's entry \"{entry}\" is refused: its mode {mode:04o} has a set-uid or set-gid bit; set it by \
         permissions in the AppSpec if it is meant"
    )]
    SetId {
        /// The entry.
        entry: String,
        /// Its mode.
        mode: u32,
    },
    /// A link that leads out.
    #[error("the bundle's entry \"{entry}\" is refused: it links to \"{target}\", which is outside of the revision")]
    Outside {
        /// The link.
        entry: String,
        /// To what it links.
        target: String,
    },
    /// More bytes than allowed.
    #[error("the bundle is refused: unpacked, it has more than {0} bytes")]
    TooLarge(u64),
    /// More entries than allowed.
    #[error("the bundle is refused: it has more than {0} files, folders and links")]
    TooMany(u64),
    /// The host cannot write it.
    #[error("the bundle's entry \"{entry}\" cannot be written: {source}{}", hint(.source))]
    Unwritable {
        /// The entry.
        entry: String,
        /// Why.
        source: io::Error,
    },
}

fn hint(source: &io::Error) -> &'static str {
    let kind = source.kind();
    if kind == io::ErrorKind::StorageFull {
        "; free space on the file system of the deployment root"
    } else if kind == io::ErrorKind::AlreadyExists {
        "; the bundle has a file or a link where it needs a folder"
    } else if matches!(kind, io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory) {
        "; the bundle has a file and a folder of one name"
    } else {
        ""
    }
}

/// What a bundle is, by its first bytes.
pub fn detect(path: &Path) -> Result<Kind, Refused> {
    let unreadable = |source| Refused::Unreadable { path: path.display().to_string(), source };
    if path.metadata().map_err(unreadable)?.is_dir() {
        return Ok(Kind::Directory);
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut head = [0; 262];
    let mut filled = 0;
    loop {
        match file.read_at(&mut head[filled..], filled as u64).map_err(unreadable)? {
            0 => break,
            count => filled += count,
        }
    }
    match &head[..filled] {
        [] => Err(Refused::Empty),
        [0x1f, 0x8b, ..] => Ok(Kind::Tgz),
        [b'P', b'K', 3 | 5, ..] => Ok(Kind::Zip),
        [.., b'u', b's', b't', b'a', b'r'] if filled == head.len() => Ok(Kind::Tar),
        _ => Err(Refused::Unknown(path.display().to_string())),
    }
}

/// Unpacks the bundle at `path` into the folder `into`, which is empty.
pub fn unpack(path: &Path, kind: Kind, into: &Dir, limits: Limits) -> Result<(), Refused> {
    let budget = Budget::new(limits);
    let open = || File::open(path).map_err(|source| Refused::Unreadable { path: path.display().to_string(), source });
    match kind {
        Kind::Directory => folder::copy(path, into, &budget),
        Kind::Zip => zipped::unpack(open()?, into, &budget),
        Kind::Tar => tape::unpack(open()?, "tar", into, &budget),
        Kind::Tgz => {
            let inflated = flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(64 * 1024, open()?));
            ahead(inflated, |reader| tape::unpack(reader, "tgz", into, &budget))
        }
    }
}

/// Lets `read` have the bytes of a reader that a second thread reads ahead: inflating and writing take about as long. A few
/// blocks go round, so that a bundle of any size takes no more memory than a small one.
fn ahead<T>(mut source: impl Read + Send, read: impl FnOnce(&mut dyn Read) -> T) -> T {
    const BLOCK: usize = 64 * 1024;
    const BLOCKS: usize = 6;
    let (send, filled) = sync_channel::<io::Result<(Vec<u8>, usize)>>(BLOCKS);
    let (give_back, empty) = sync_channel::<Vec<u8>>(BLOCKS);
    for _ in 0..BLOCKS {
        give_back.send(vec![0; BLOCK]).ok();
    }
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for mut block in empty {
                let outcome = source.read(&mut block);
                let is_last = matches!(outcome, Ok(0) | Err(_));
                if send.send(outcome.map(|count| (block, count))).is_err() || is_last {
                    return;
                }
            }
        });
        read(&mut Ahead { filled, give_back, block: Vec::new(), count: 0, at: 0 })
    })
}

/// What a second thread has read.
struct Ahead {
    filled: Receiver<io::Result<(Vec<u8>, usize)>>,
    give_back: SyncSender<Vec<u8>>,
    block: Vec<u8>,
    count: usize,
    at: usize,
}

impl Read for Ahead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.count {
            // A thread that has ended has sent all, and takes no block.
            let next = self.filled.recv().unwrap_or_else(|_| Ok((Vec::new(), 0)))?;
            let old = std::mem::replace(&mut self.block, next.0);
            if !old.is_empty() {
                self.give_back.send(old).ok();
            }
            (self.count, self.at) = (next.1, 0);
        }
        let count = into.len().min(self.count - self.at);
        into[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
