//! How large the functions are as they are uploaded: deflated at level 6, as SAM does it. The encoder here is not SAM's
//! zlib, and packs about 3 % less tightly.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::functions::{BARE, binaries};
use crate::{Effort, Row};

const MOST_BYTES: usize = 3_000_000;
const LEVEL: i64 = 6;

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let row = |(name, binary): (&String, &PathBuf)| {
        let bytes = pack(binary);
        Row {
            what: format!("zip: {name}"),
            measured: format!("{:.2} MB", bytes as f64 / 1e6),
            bar: format!("≤ {} MB", MOST_BYTES / 1_000_000),
            holds: bytes <= MOST_BYTES,
        }
    };
    binaries(effort).iter().filter(|(name, _)| name.as_str() != BARE).map(row).collect()
}

/// The size of a binary's zip.
fn pack(binary: &Path) -> usize {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", options.compression_level(Some(LEVEL)).unix_permissions(0o755)).unwrap();
    zip.write_all(&std::fs::read(binary).unwrap()).unwrap();
    zip.finish().unwrap().into_inner().len()
}
