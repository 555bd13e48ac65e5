//! Hostile archives. Their digests are right, so only the unpacker can refuse them.

use crate::support::archives::{ArchiveBuilder, Entry, bomb_gz};
use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use std::path::Path;

/// Installs an archive of these bytes, which must be refused with `complaint` without leaving
/// anything installed, staged or outside.
fn refused(bytes: Vec<u8>, complaint: &str) {
    let mut sandbox = Sandbox::new();
    let outside = sandbox.home().join("outside");
    std::fs::create_dir(&outside).expect("mkdir");
    std::fs::write(outside.join("precious"), "precious").expect("write");
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes,
    });
    let finished = sandbox.fails(5, &["install", "pbs:3.14t"]);
    assert!(
        finished.stderr.contains(complaint),
        "expected {complaint}: {}",
        finished.stderr
    );
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    let mut seen: Vec<String> = files(sandbox.home());
    seen.retain(|path| !path.starts_with("store/"));
    assert_eq!(seen, ["outside/precious"], "{complaint}");
    let precious = std::fs::read_to_string(outside.join("precious")).expect("read");
    assert_eq!(precious, "precious");
}

fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(&directory).expect("read").flatten() {
            if entry.file_type().expect("type").is_dir() {
                todo.push(entry.path());
            } else {
                let path = entry.path();
                let path = path
                    .strip_prefix(root)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned();
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A valid interpreter, to which something is added.
fn sound() -> ArchiveBuilder {
    tree("3.14.7", "t", &probe_answer("3.14.7", "t", "t"))
}

#[test]
fn the_archive_that_the_others_are_made_of_is_accepted() {
    let mut sandbox = Sandbox::new();
    for bytes in [sound().tar_gz(), sound().tar_zst(), sound().tar_xz()] {
        sandbox = Sandbox::new();
        sandbox.offer(&Archive {
            name: archive_name("3.14.7", "t"),
            bytes,
        });
        sandbox.ok(&["install", "3.14t"]);
    }
    drop(sandbox);
}

#[test]
fn paths_that_lead_out_are_refused() {
    refused(
        sound().raw_name("python/../../outside/x", "x").tar_gz(),
        "contains `..`",
    );
    refused(
        sound().raw_name("../outside/x", "x").tar_gz(),
        "contains `..`",
    );
    refused(
        sound().raw_name("/tmp/ftpy-outside", "x").tar_gz(),
        "absolute path",
    );
    refused(
        sound()
            .pax(&[("path", "../outside/x")])
            .file("y", "x", 0o644)
            .tar_gz(),
        "contains `..`",
    );
    refused(
        sound()
            .gnu_long_name("/outside/x")
            .file("y", "x", 0o644)
            .tar_gz(),
        "absolute path",
    );
    refused(sound().raw_name(b"python/\xff", "x").tar_gz(), "not UTF-8");
    refused(
        sound().raw_name("python/a\nb", "x").tar_gz(),
        "control character",
    );
}

#[test]
fn links_that_lead_out_are_refused() {
    refused(
        sound().symlink("python/x", "/etc/passwd").tar_gz(),
        "absolute path",
    );
    refused(
        sound().symlink("python/x", "../../outside").tar_gz(),
        "outside the installation",
    );
    refused(
        sound().symlink("python/a/x", "../..").tar_gz(),
        "outside the installation",
    );
    refused(
        sound().hardlink("python/x", "../outside/precious").tar_gz(),
        "contains `..`",
    );
    refused(
        sound().hardlink("python/x", "/etc/passwd").tar_gz(),
        "absolute path",
    );
    refused(
        sound().hardlink("python/x", "python/nowhere").tar_gz(),
        "not a file of the archive",
    );
    refused(
        sound().hardlink("python/x", "python/bin/python3").tar_gz(),
        "not a file of the archive",
    );
    // Through an existing link: into its target, and upwards from there.
    let inner = sound()
        .symlink("python/d", "lib")
        .file("python/d/x", "x", 0o644);
    refused(inner.tar_gz(), "which is not a directory");
    let deeper = sound()
        .dir("python/s/t/")
        .symlink("python/s/t/e", "../../lib")
        .symlink("python/x", "s/t/e/../../../outside");
    refused(deeper.tar_gz(), "outside the installation");
    refused(
        sound()
            .pax(&[("linkpath", "/etc/passwd")])
            .symlink("python/x", "y")
            .tar_gz(),
        "absolute path",
    );
}

#[test]
fn entries_that_no_interpreter_needs_are_refused() {
    refused(sound().device("python/null").tar_gz(), "unsupported type");
    refused(sound().fifo("python/pipe").tar_gz(), "unsupported type");
    refused(sound().file("python/su", "x", 0o4755).tar_gz(), "set-uid");
    refused(sound().file("python/sg", "x", 0o2755).tar_gz(), "set-uid");
    refused(
        sound()
            .sparse("python/sparse", 1 << 30, &[(0, b"x")])
            .tar_gz(),
        "sparse",
    );
    // Also outside of the part that is unpacked.
    refused(sound().file("other/su", "x", 0o4755).tar_gz(), "set-uid");
    refused(
        sound().raw_name("other/../../x", "x").tar_gz(),
        "contains `..`",
    );
}

/// macOS asks the person before it starts what is in quarantine. What ftpy installs was verified, and
/// gets no such mark, nor any other attribute that an archive carries.
#[cfg(unix)]
#[test]
fn extended_attributes_of_an_archive_are_not_applied() {
    let mut sandbox = Sandbox::new();
    let mark = |name: &str| format!("SCHILY.xattr.{name}");
    let quarantine = mark("com.apple.quarantine");
    let (user, library) = (mark("user.mark"), "python/lib/marked");
    let records = [
        (quarantine.as_str(), "0081;00000000;Safari;"),
        (user.as_str(), "1"),
        ("LIBARCHIVE.xattr.user.other", "MQ"),
    ];
    let marked = sound().pax(&records).file(library, "x", 0o644);
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: marked.tar_gz(),
    });
    sandbox.ok(&["install", "pbs:3.14t"]);
    let installed = sandbox.installed();
    let file = sandbox.store.join("installs").join(&installed[0]);
    let mut names = [0; 4096];
    match rustix::fs::listxattr(file.join("lib/marked"), &mut names[..]) {
        Err(rustix::io::Errno::OPNOTSUPP) => crate::support::live::say("no attributes here"),
        listed => {
            let names = String::from_utf8_lossy(&names[..listed.expect("a list")]).into_owned();
            assert!(
                !names.contains("user.") && !names.contains("apple"),
                "{names}"
            );
        }
    }
}

#[test]
fn a_path_that_stands_in_it_twice_is_refused() {
    refused(
        sound().file("python/bin/python3.14t", "x", 0o755).tar_gz(),
        "appears more than once",
    );
    refused(
        sound().symlink("python/bin/python3.14t", "x").tar_gz(),
        "appears more than once",
    );
    refused(
        sound().file("python/bin/python3", "x", 0o755).tar_gz(),
        "appears more than once",
    );
    refused(
        sound().file("python/bin", "x", 0o755).tar_gz(),
        "appears more than once",
    );
    refused(
        sound()
            .file("python/./bin//python3.14t", "x", 0o755)
            .tar_gz(),
        "appears more than once",
    );
}

#[test]
fn two_sizes_for_one_entry_are_refused() {
    let entry = Entry {
        data: vec![b'x'; 600],
        size: Some(600),
        ..Entry::new(b'0', "python/x")
    };
    refused(
        sound().pax(&[("size", "10")]).entry(entry).tar_gz(),
        "two sizes",
    );
}

#[test]
fn bombs_and_damaged_archives_are_refused() {
    refused(bomb_gz(2 << 30), "decompression bomb");
    refused(
        sound().truncated("python/x", 5000, "nine bytes").tar_gz(),
        "of 5000 bytes",
    );
    let whole = sound().tar_gz();
    refused(whole[..whole.len() / 2].to_vec(), "cannot unpack");
    refused(
        b"not an archive at all".to_vec(),
        "not a gzip, zstd or xz file",
    );
    refused(Vec::new(), "not a gzip, zstd or xz file");
    let empty = ArchiveBuilder::new()
        .file("elsewhere/x", "x", 0o644)
        .tar_gz();
    refused(empty, "has no directory `python`");
    refused(
        ArchiveBuilder::new().file("python", "x", 0o755).tar_gz(),
        "is in the place of the installation",
    );
}

/// Returns the peak memory of an install in kilobytes. The kernel's figure must be read before the
/// process ends.
#[cfg(target_os = "linux")]
fn peak_kilobytes(sandbox: &Sandbox) -> u64 {
    let mut child = sandbox.start(&["install", "pbs:3.14t"]);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("wait").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = now.unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    peak
}

/// Installs an archive that is never completely in memory.
#[cfg(target_os = "linux")]
fn is_never_in_memory(bytes: Vec<u8>) {
    let mut sandbox = Sandbox::new();
    let name = archive_name("3.14.7", "t");
    sandbox.offer(&Archive { name, bytes });
    sandbox.ok(&["index", "update"]);
    let peak = peak_kilobytes(&sandbox);
    assert!((5_000..60_000).contains(&peak), "{peak} kB");
}

#[test]
fn names_and_records_of_absurd_length_are_refused_before_they_are_in_memory() {
    let long = vec![b'x'; 256 << 20];
    let text = "y".repeat(64 << 20);
    for archive in [
        sound().gnu_long_name(&long),
        sound().gnu_long_link(&long),
        sound().pax(&[("comment", &text)]),
        sound().pax_global(&[("comment", &text)]),
    ] {
        let bytes = archive.file("python/z", "x", 0o644).tar_gz();
        refused(bytes.clone(), "too long");
        #[cfg(target_os = "linux")]
        is_never_in_memory(bytes);
    }
}
