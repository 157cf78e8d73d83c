//! The targets of `cargo fuzz`, with inputs that each run makes anew: any bytes, and what is in the corpus with damage.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for")]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 4] = [
    ("appspec", targets::appspec),
    ("archive", targets::archive),
    ("configuration", targets::configuration),
    ("protocol", targets::protocol),
];
/// A corpus is read by people as well.
const MOST_CORPUS_BYTES: usize = 64 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The inputs of a target that are kept.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = root().join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Changed bytes, a part that comes again elsewhere, and a cut.
fn damaged(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6);
    let repeated = proptest::option::of((any::<Index>(), any::<Index>(), any::<Index>()));
    (select(corpus(target)), changes, repeated, proptest::option::weighted(0.3, any::<Index>())).prop_map(
        |(mut input, changes, repeated, cut)| {
            for (at, byte) in changes {
                let at = at.index(input.len());
                input[at] = byte;
            }
            if let Some((one, other, to)) = repeated {
                let (one, other) = (one.index(input.len()), other.index(input.len()));
                let part = input[one.min(other)..one.max(other)].to_vec();
                let to = to.index(input.len());
                input.splice(to..to, part);
            }
            if let Some(cut) = cut {
                input.truncate(cut.index(input.len()));
            }
            input
        },
    )
}

/// Any bytes, and damaged ones of the corpus. A property that fails shows its input, which then goes into the corpus.
fn try_hard(target: &'static str, cases: u32) {
    let run = TARGETS.iter().find(|(name, _)| *name == target).unwrap().1;
    corpus(target).iter().for_each(|input| run(input));
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let inputs = prop_oneof![1 => proptest::collection::vec(any::<u8>(), 0..600), 4 => damaged(target)];
    proptest!(config, |(input in inputs)| run(&input));
}

#[test]
fn hostile_appspecs_break_no_rule() {
    try_hard("appspec", 512);
}

#[test]
fn hostile_archives_break_no_rule() {
    try_hard("archive", 128);
}

#[test]
fn hostile_configurations_break_no_rule() {
    try_hard("configuration", 512);
}

#[test]
fn hostile_messages_break_no_rule() {
    try_hard("protocol", 512);
}

/// One that is not run every night finds nothing.
#[test]
fn every_target_of_cargo_fuzz_is_a_program_has_a_small_corpus_and_runs_every_night() {
    let (manifest, nightly) = (root().join("fuzz/Cargo.toml"), root().join(".github/workflows/nightly.yml"));
    let (manifest, nightly) = (fs::read_to_string(manifest).unwrap(), fs::read_to_string(nightly).unwrap());
    let programs = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
    let programs: Vec<&str> = programs.filter_map(|name| name.strip_suffix(".rs\"")).collect();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
    for name in programs {
        let program = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("spillway_fuzz::{name}(input)")), "{name} runs another target");
        let bytes: usize = corpus(name).iter().map(Vec::len).sum();
        assert!((1..=MOST_CORPUS_BYTES).contains(&bytes), "the corpus of {name} has {bytes} bytes");
    }
    let matrix = format!("target: [{}]", TARGETS.map(|(name, _)| name).join(", "));
    assert!(nightly.contains(&matrix) && nightly.contains("cargo fuzz run"), "nightly.yml has no {matrix}");
}
