//! Bundles whose files compress about as well as programs and pages do.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// What a bundle has in it.
pub(crate) struct Content(Vec<(String, Vec<u8>)>);

impl Content {
    /// So many files of a size, a hundred in each folder below `web`.
    pub(crate) fn new(files: usize, bytes: usize) -> Self {
        let mut chance = fastrand::Rng::with_seed(16);
        let words: Vec<String> = (0..8_192).map(|_| word(&mut chance)).collect();
        let file = |n| {
            let mut content = Vec::with_capacity(bytes + 16);
            while content.len() < bytes {
                // The lower of two numbers: some words are more frequent than others, as in a language.
                let word = chance.usize(..words.len()).min(chance.usize(..words.len()));
                content.extend_from_slice(words[word].as_bytes());
            }
            content.truncate(bytes);
            (format!("web/{:02}/{n:04}.txt", n / 100), content)
        };
        Self((0..files).map(file).collect())
    }

    /// Adds a file.
    pub(crate) fn with(mut self, name: &str, content: &str) -> Self {
        self.0.push((name.to_owned(), content.as_bytes().to_vec()));
        self
    }

    /// How many files it has.
    pub(crate) fn files(&self) -> usize {
        self.0.len()
    }

    /// How many bytes its files have.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|(_, content)| content.len()).sum()
    }

    /// Packs a zip archive at level 6, the level of `zip`.
    pub(crate) fn zip(&self, path: &Path) {
        let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
        let options = SimpleFileOptions::default().compression_level(Some(6)).unix_permissions(0o644);
        for (name, content) in &self.0 {
            archive.start_file(name, options).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap();
    }

    /// Packs a tgz archive at level 6, the level of `gzip`.
    pub(crate) fn tgz(&self) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::new(6)));
        for (name, content) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(1_700_000_000);
            archive.append_data(&mut header, name, &content[..]).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }
}

fn word(chance: &mut fastrand::Rng) -> String {
    let length = chance.usize(2..10);
    (0..length).map(|_| chance.lowercase()).chain([' ']).collect()
}
