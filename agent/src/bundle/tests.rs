//! Bundles of every kind, sound and hostile. A hostile one is refused with its words, and nothing is written outside.

mod hostile;

use std::io::{Cursor, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use cap_std::ambient_authority;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::*;

/// An entry: its name, its type, mode, link target or content.
#[derive(Debug, Clone)]
struct Entry {
    name: Vec<u8>,
    kind: tar::EntryType,
    mode: u32,
    target: Vec<u8>,
    content: Vec<u8>,
}

fn entry(name: impl AsRef<[u8]>, kind: tar::EntryType, mode: u32, target: impl AsRef<[u8]>) -> Entry {
    Entry { name: name.as_ref().to_vec(), kind, mode, target: target.as_ref().to_vec(), content: Vec::new() }
}

fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    Entry { content: content.as_ref().to_vec(), ..entry(name, tar::EntryType::Regular, 0o644, "") }
}

fn folder(name: &str) -> Entry {
    entry(name, tar::EntryType::Directory, 0o700, "")
}

fn link(name: &str, target: &str) -> Entry {
    entry(name, tar::EntryType::Symlink, 0o777, target)
}

/// A tar archive with names and targets as they are, which a well-behaved writer would refuse.
fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..entry.name.len()].copy_from_slice(&entry.name);
        header.as_old_mut().linkname[..entry.target.len()].copy_from_slice(&entry.target);
        header.set_entry_type(entry.kind);
        header.set_mode(entry.mode);
        header.set_size(entry.content.len() as u64);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        archive.append(&header, &entry.content[..]).unwrap();
    }
    archive.into_inner().unwrap()
}

fn tgz_of(entries: &[Entry]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar_of(entries)).unwrap();
    gzip.finish().unwrap()
}

fn zip_of(entries: &[Entry]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let name = String::from_utf8(entry.name.clone()).unwrap();
        let options = SimpleFileOptions::default().unix_permissions(entry.mode);
        if entry.kind.is_dir() {
            archive.add_directory(name, options).unwrap();
        } else if entry.kind.is_symlink() {
            archive.add_symlink(name, String::from_utf8(entry.target.clone()).unwrap(), options).unwrap();
        } else {
            archive.start_file(name, options).unwrap();
            archive.write_all(&entry.content).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

/// A folder with a bundle, an empty folder for the revision, and nothing else.
struct Stage {
    home: TempDir,
    into: Dir,
}

impl Stage {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("into")).unwrap();
        let into = Dir::open_ambient_dir(home.path().join("into"), ambient_authority()).unwrap();
        Self { home, into }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn unpack(&self, bundle: &[u8], limits: Limits) -> Result<(), Refused> {
        let path = self.path("bundle");
        std::fs::write(&path, bundle).unwrap();
        unpack(&path, detect(&path)?, &self.into, limits)
    }

    /// What lies beside the bundle and the revision's folder.
    fn outside(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.home.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "bundle" && name != "into").collect()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path("into").join(name)).unwrap()
    }

    fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path("into").join(name)).unwrap().permissions().mode() & 0o7777
    }
}

fn sound() -> Vec<Entry> {
    vec![
        folder("./"),
        file("appspec.yml", "version: 0.0\n"),
        folder("bin/"),
        Entry { mode: 0o755, ..file("bin/run", "#!/bin/sh\n") },
        file("deep/er/ø.txt", vec![b'x'; 300_000]),
        link("current", "deep/er"),
        link("gone", "not/there"),
    ]
}

#[test]
fn sound_bundles_of_all_kinds_are_unpacked_alike() {
    for bundle in [tar_of(&sound()), tgz_of(&sound()), zip_of(&sound()[1..])] {
        let stage = Stage::new();
        stage.unpack(&bundle, Limits::default()).unwrap();
        assert_eq!(stage.read("appspec.yml"), "version: 0.0\n");
        assert_eq!(stage.read("current/ø.txt").len(), 300_000);
        assert_eq!((stage.mode("bin/run"), stage.mode("appspec.yml")), (0o755, 0o644));
        assert_eq!(std::fs::read_link(stage.path("into/gone")).unwrap(), PathBuf::from("not/there"));
    }
}

#[test]
fn a_folder_is_copied_as_a_bundle_is_unpacked() {
    let (from, stage) = (Stage::new(), Stage::new());
    from.unpack(&tar_of(&sound()), Limits::default()).unwrap();
    unpack(&from.path("into"), Kind::Directory, &stage.into, Limits::default()).unwrap();
    assert_eq!(stage.read("current/ø.txt").len(), 300_000);
    assert_eq!((stage.mode("bin/run"), stage.mode("appspec.yml")), (0o755, 0o644));
}

#[test]
fn modes_and_times_of_files_are_kept_and_those_of_folders_are_not() {
    let stage = Stage::new();
    stage.unpack(&tar_of(&sound()), Limits::default()).unwrap();
    let modified = std::fs::metadata(stage.path("into/bin/run")).unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 1_700_000_000);
    assert_eq!(stage.mode("bin"), 0o755);
    assert_eq!(stage.mode("."), 0o755);
}

#[test]
fn a_hard_link_and_a_second_entry_of_one_name_are_unpacked_as_by_tar() {
    let stage = Stage::new();
    let entries =
        [file("a", "first"), entry("b", tar::EntryType::Link, 0o644, "./a"), file("a", "second"), link("c", "a")];
    stage.unpack(&tar_of(&entries), Limits::default()).unwrap();
    assert_eq!((stage.read("a"), stage.read("b"), stage.read("c")), ("second".into(), "first".into(), "second".into()));
}

#[test]
fn hostile_tar_archives_are_refused_and_write_nothing_outside() {
    use tar::EntryType as Kind;
    let cases: Vec<(&str, Vec<Entry>)> = vec![
        (
            r#"the bundle's entry "../evil" is refused: its name has .. and leads out of the revision"#,
            vec![file("../evil", "x")],
        ),
        (
            r#"the bundle's entry "a/../../evil" is refused: its name has .. and leads out of the revision"#,
            vec![file("a/../../evil", "x")],
        ),
        (
            r#"the bundle's entry "/tmp/evil" is refused: its name is an absolute path; pack it with relative names"#,
            vec![file("/tmp/evil", "x")],
        ),
        (
            "the bundle's entry \"caf\u{fffd}\" is refused: its name is not UTF-8; rename it, or pack it with UTF-8 names",
            vec![file(b"caf\xe9", "x")],
        ),
        (r#"the bundle's entry "a\nb" is refused: its name has a control character"#, vec![file("a\nb", "x")]),
        (
            r#"the bundle's entry "out" is refused: it links to "/etc", which is outside of the revision"#,
            vec![link("out", "/etc"), file("out/evil", "x")],
        ),
        (
            r#"the bundle's entry "a/out" is refused: it links to "../../..", which is outside of the revision"#,
            vec![link("a/out", "../../..")],
        ),
        // Each link stays inside by its text; together they lead out.
        (
            r#"the bundle's entry "x/y" is refused: it links to "z/../..", which is outside of the revision"#,
            vec![link("x/z", ".."), link("x/y", "z/../..")],
        ),
        (
            r#"the bundle's entry "out/evil" cannot be written: File exists (os error 17); the bundle has a file or a link where it needs a folder"#,
            vec![link("out", ".."), file("out/evil", "x")],
        ),
        (
            r#"the bundle's entry "loop" is refused: it links to "loop", which is outside of the revision"#,
            vec![link("loop", "loop")],
        ),
        (
            r#"the bundle's entry "h" is refused: it links to "../bundle", which is outside of the revision"#,
            vec![entry("h", Kind::Link, 0o644, "../bundle")],
        ),
        (
            r#"the bundle's entry "h" is refused: it links to "/etc/passwd", which is outside of the revision"#,
            vec![entry("h", Kind::Link, 0o644, "/etc/passwd")],
        ),
        (
            r#"the bundle's entry "h" is refused: it links to "s", which is outside of the revision"#,
            vec![link("s", "gone"), entry("h", Kind::Link, 0o644, "s")],
        ),
        (
            r#"the bundle's entry "null" is refused: it is a device; a revision has files, folders and links"#,
            vec![entry("null", Kind::Char, 0o666, "")],
        ),
        (
            r#"the bundle's entry "sda" is refused: it is a device; a revision has files, folders and links"#,
            vec![entry("sda", Kind::Block, 0o666, "")],
        ),
        (
            r#"the bundle's entry "pipe" is refused: it is a named pipe; a revision has files, folders and links"#,
            vec![entry("pipe", Kind::Fifo, 0o666, "")],
        ),
        (
            r#"the bundle's entry "odd" is refused: it is of an unknown type; a revision has files, folders and links"#,
            vec![entry("odd", Kind::new(b'Z'), 0o666, "")],
        ),
        (
            r#"the bundle's entry "su" is refused: its mode 4755 has a set-uid or set-gid bit; set it by permissions in the AppSpec if it is meant"#,
            vec![Entry { mode: 0o4755, ..file("su", "x") }],
        ),
        (
            r#"the bundle's entry "sg" is refused: its mode 2755 has a set-uid or set-gid bit; set it by permissions in the AppSpec if it is meant"#,
            vec![Entry { mode: 0o2755, ..file("sg", "x") }],
        ),
        (
            r#"the bundle's entry "a" cannot be written: Is a directory (os error 21); the bundle has a file and a folder of one name"#,
            vec![folder("a"), file("a", "x")],
        ),
        (
            r#"the bundle's entry "a/b" cannot be written: File exists (os error 17); the bundle has a file or a link where it needs a folder"#,
            vec![file("a", "x"), file("a/b", "x")],
        ),
        ("the bundle is empty", vec![folder("./")]),
    ];
    for (expected, entries) in cases {
        for bundle in [tar_of(&entries), tgz_of(&entries)] {
            let stage = Stage::new();
            let refused = stage.unpack(&bundle, Limits::default()).expect_err(expected);
            assert_eq!(refused.to_string(), expected);
            assert_eq!(stage.outside(), [""; 0], "{expected}");
        }
    }
}

#[test]
fn hostile_zip_archives_are_refused_and_write_nothing_outside() {
    let cases: Vec<(&str, Vec<Entry>)> = vec![
        (
            r#"the bundle's entry "../evil" is refused: its name has .. and leads out of the revision"#,
            vec![file("../evil", "x")],
        ),
        (
            r#"the bundle's entry "/tmp/evil" is refused: its name is an absolute path; pack it with relative names"#,
            vec![file("/tmp/evil", "x")],
        ),
        (
            r#"the bundle's entry "a\\b" is refused: its name has backslashes; pack it with a program that writes / between folders"#,
            vec![file("a\\b", "x")],
        ),
        (
            r#"the bundle's entry "out" is refused: it links to "/etc", which is outside of the revision"#,
            vec![link("out", "/etc")],
        ),
        (
            r#"the bundle's entry "out" is refused: it links to "..", which is outside of the revision"#,
            vec![link("out", "..")],
        ),
        ("the bundle is empty", vec![]),
    ];
    for (expected, entries) in cases {
        let stage = Stage::new();
        let refused = stage.unpack(&zip_of(&entries), Limits::default()).expect_err(expected);
        assert_eq!(refused.to_string(), expected);
        assert_eq!(stage.outside(), [""; 0], "{expected}");
    }
}

/// The reader of zip archives drops these bits, so that there is nothing to refuse.
#[test]
fn a_set_uid_bit_of_a_zip_archive_is_not_written() {
    let mut bundle = zip_of(&[file("su", "x")]);
    let at = bundle.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bundle[at + 38..at + 42].copy_from_slice(&(0o104_755_u32 << 16).to_le_bytes());
    let stage = Stage::new();
    stage.unpack(&bundle, Limits::default()).unwrap();
    assert_eq!(stage.mode("su"), 0o755);
}

#[test]
fn bombs_are_refused_by_what_is_written_and_not_by_what_their_headers_say() {
    let zeros = [file("zeros", vec![0; 5_000_000])];
    let many: Vec<Entry> = (0..300).map(|n| file(format!("{n}"), "")).collect();
    let deep = [file(format!("{}x", "d/".repeat(40)), "")];
    let limits = Limits { bytes: 1_000_000, entries: 30 };
    for pack in [tar_of, tgz_of, zip_of] {
        let stage = Stage::new();
        let refused = stage.unpack(&pack(&zeros), limits).unwrap_err();
        assert_eq!(refused.to_string(), "the bundle is refused: unpacked, it has more than 1000000 bytes");
        assert!(std::fs::metadata(stage.path("into/zeros")).unwrap().len() <= 1_000_000);
        for entries in [&many[..], &deep[..]] {
            let refused = Stage::new().unpack(&pack(entries), limits).unwrap_err();
            assert_eq!(refused.to_string(), "the bundle is refused: it has more than 30 files, folders and links");
        }
    }
    // A size of 1 in the header of a file of 5 MB.
    let mut lying = zip_of(&zeros);
    let at = lying.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    lying[at + 24..at + 28].copy_from_slice(&1_u32.to_le_bytes());
    let refused = Stage::new().unpack(&lying, limits).unwrap_err().to_string();
    assert!(refused.contains("more than 1000000 bytes") || refused.contains("damaged"), "{refused}");
}

#[test]
fn what_is_cut_off_or_damaged_is_refused() {
    let entries = [file("a", (0..100_000_u64).map(|n| (n * n % 2_039) as u8).collect::<Vec<u8>>()), file("b", "x")];
    let (tar, tgz, zip) = (tar_of(&entries), tgz_of(&entries), zip_of(&entries));
    let refused = Stage::new().unpack(&tar[..50_000], Limits::default()).unwrap_err().to_string();
    assert_eq!(refused, "the tar bundle is damaged: it ends in the middle of a; pack and upload it again");
    let mut wrong_sum = tgz.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    for bundle in [&tgz[..tgz.len() - 20], &wrong_sum] {
        let refused = Stage::new().unpack(bundle, Limits::default()).unwrap_err().to_string();
        assert!(refused.starts_with("the tgz bundle is damaged: "), "{refused}");
    }
    let mut wrong_content = zip.clone();
    wrong_content[1_000] ^= 1;
    for bundle in [&zip[..zip.len() - 30], &wrong_content] {
        let refused = Stage::new().unpack(bundle, Limits::default()).unwrap_err().to_string();
        assert!(refused.starts_with("the zip bundle is damaged: "), "{refused}");
    }
    let unknown = Stage::new().unpack(b"hello", Limits::default()).unwrap_err().to_string();
    assert!(unknown.ends_with("is neither a tar, a tgz, nor a zip archive; pack it as one of them"), "{unknown}");
    assert_eq!(Stage::new().unpack(b"", Limits::default()).unwrap_err().to_string(), "the bundle is empty");
}

#[test]
fn a_folder_with_links_that_lead_out_or_devices_is_refused() {
    type Make = fn(&Path);
    let cases: [(&str, Make); 3] = [
        ("links to \"/etc\"", |home| symlink("/etc", home.join("out")).unwrap()),
        ("links to \"..\"", |home| symlink("..", home.join("out")).unwrap()),
        ("it is a device, a named pipe or a socket", |home| {
            nix::unistd::mkfifo(&home.join("pipe"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        }),
    ];
    for (expected, make) in cases {
        let (home, stage) = (tempfile::tempdir().unwrap(), Stage::new());
        make(home.path());
        let refused = unpack(home.path(), Kind::Directory, &stage.into, Limits::default()).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
