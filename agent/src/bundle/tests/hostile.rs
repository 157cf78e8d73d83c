//! Archives that no test has thought of: entries in every order, and sound archives with damaged bytes. Whatever becomes of
//! them, nothing is written outside of the revision, nothing in it leads out, and the limits hold.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

const LIMITS: Limits = Limits { bytes: 40_000, entries: 12 };

/// Names that lie within the revision, outside of it, and where a link may be by then.
const NAMES: [&str; 12] = [
    "a",
    "a/b",
    "a/b/c",
    "link",
    "link/a",
    "link/link",
    "other",
    "../out",
    "/out",
    "a/../../out",
    "./a",
    "link/../out",
];
const TARGETS: [&str; 10] = ["a", "..", "../out", "/out", "link", "other", "a/b", "link/..", "./a/../..", "../into/a"];

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let kinds = [
        tar::EntryType::Regular,
        tar::EntryType::Directory,
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Fifo,
    ];
    let one = (
        select(&NAMES[..]),
        select(kinds.to_vec()),
        select(&TARGETS[..]),
        select(&[0o644, 0o755, 0o4755, 0o000][..]),
        0..9_000_usize,
    );
    let one = one.prop_map(|(name, kind, target, mode, length)| {
        let target = if kind.is_symlink() || kind.is_hard_link() { target } else { "" };
        let content = if kind.is_file() { vec![b'x'; length] } else { Vec::new() };
        Entry { content, ..entry(name, kind, mode, target) }
    });
    proptest::collection::vec(one, 1..10)
}

/// What is in a folder, without following links: the bytes of files, how many entries there are, and the links.
fn measure(folder: &Path, links: &mut Vec<PathBuf>) -> (u64, u64) {
    let (mut bytes, mut count) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let metadata = entry.path().symlink_metadata().unwrap();
        count += 1;
        if metadata.is_dir() {
            let below = measure(&entry.path(), links);
            (bytes, count) = (bytes + below.0, count + below.1);
        } else if metadata.is_symlink() {
            links.push(entry.path());
        } else {
            assert!(metadata.is_file(), "{} is a special file", entry.path().display());
            assert_eq!(metadata.permissions().mode() & 0o7000, 0, "{} has a set-id bit", entry.path().display());
            bytes += metadata.len();
        }
    }
    (bytes, count)
}

/// Unpacks an archive beside a file that it must not change.
fn check(archive: &[u8]) {
    let stage = Stage::new();
    std::fs::write(stage.path("out"), "mine").unwrap();
    let outcome = stage.unpack(archive, LIMITS);
    assert_eq!(stage.outside(), ["out"]);
    assert_eq!(std::fs::read_to_string(stage.path("out")).unwrap(), "mine");
    let mut links = Vec::new();
    let into = stage.path("into").canonicalize().unwrap();
    let (bytes, count) = measure(&into, &mut links);
    assert!(bytes <= LIMITS.bytes && count <= LIMITS.entries, "{bytes} bytes in {count} entries");
    match outcome {
        Ok(()) => {
            for link in links {
                // One that leads to nothing leads nowhere else.
                let target = link.canonicalize().unwrap_or_else(|_| into.clone());
                assert!(target.starts_with(&into), "{} leads to {}", link.display(), target.display());
            }
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}

/// Sound archives of each kind.
fn archives() -> [Vec<u8>; 3] {
    let entries = [
        folder("web"),
        file("web/page", vec![b'p'; 3_000]),
        file("appspec.yml", "version: 0.0\n"),
        link("now", "web/page"),
    ];
    [tar_of(&entries), tgz_of(&entries), zip_of(&entries)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tar_entries_in_every_order_stay_within_the_revision(entries in entries(), is_compressed in any::<bool>()) {
        check(&if is_compressed { tgz_of(&entries) } else { tar_of(&entries) });
    }

    #[test]
    fn zip_entries_in_every_order_stay_within_the_revision(entries in entries()) {
        let mut known = std::collections::HashSet::new();
        // The writer of archives refuses what it cannot write: other types, and a name that it has written.
        let writable = entries.into_iter().filter(|entry| {
            !entry.kind.is_hard_link() && !entry.kind.is_fifo() && known.insert(entry.name.clone())
        });
        check(&zip_of(&writable.collect::<Vec<_>>()));
    }

    #[test]
    fn damaged_archives_stay_within_the_revision_and_the_limits(
        kind in 0..3_usize,
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut archive = archives()[kind].clone();
        for (at, byte) in changes {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        if let Some(cut) = cut {
            archive.truncate(cut.index(archive.len()));
        }
        check(&archive);
    }
}
