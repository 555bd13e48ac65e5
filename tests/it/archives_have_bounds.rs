//! Small archives that would become large: many bytes, many or deep paths, much memory. One budget
//! covers a whole archive, in every format.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use std::time::{Duration, Instant};

/// The memory limit of every refusal.
const PATIENCE: Duration = Duration::from_secs(20);

fn sound() -> ArchiveBuilder {
    tree("3.14.7", "t", &probe_answer("3.14.7", "t", "t"))
}

/// Installs these bytes as an archive of the index, and by name. Both must be refused with
/// `complaint`, quickly, and leave nothing behind.
fn refused(bytes: &[u8], complaint: &str) {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: bytes.to_vec(),
    });
    let file = sandbox.home().join("x.tar.zst");
    std::fs::write(&file, bytes).expect("write");
    let by_name = format!("./x.tar.zst#sha256={}", sha256_hex(bytes));
    for request in ["pbs:3.14t", &by_name] {
        let started = Instant::now();
        let finished = sandbox.fails(5, &["install", request]);
        assert!(
            finished.stderr.contains(complaint),
            "{complaint}: {finished:?}"
        );
        assert!(
            finished.stderr.len() < 2000,
            "{} bytes",
            finished.stderr.len()
        );
        assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn a_path_of_many_directories_is_refused_before_any_is_kept() {
    let deep = "a/".repeat(32_600) + "f";
    for archive in [
        sound().pax(&[("path", &deep)]).file("y", "x", 0o644),
        sound().gnu_long_name(&deep).file("y", "x", 0o644),
    ] {
        for bytes in [archive.tar_gz(), archive.tar_zst(), archive.tar_xz()] {
            assert!(bytes.len() < 4000, "{} bytes", bytes.len());
            refused(&bytes, "too long");
        }
    }
    let deep = format!("python/{}f", "a/".repeat(100));
    refused(&sound().file(&deep, "x", 0o644).tar_zst(), "too deep");
    let outside = format!("elsewhere/{}f", "a/".repeat(100));
    refused(&sound().file(outside, "x", 0o644).tar_zst(), "too deep");
    let name = format!("python/{}", "n".repeat(300));
    refused(&sound().file(name, "x", 0o644).tar_zst(), "too long");
}

#[test]
fn the_target_of_a_link_is_neither_long_nor_deep() {
    let deep = "a/".repeat(100) + "f";
    let long = "n".repeat(2000);
    for target in [deep, long] {
        refused(&sound().symlink("python/x", &target).tar_zst(), "too ");
        refused(&sound().hardlink("python/x", &target).tar_zst(), "too ");
        let pax = sound().pax(&[("linkpath", &target)]);
        refused(&pax.symlink("python/x", "y").tar_zst(), "too ");
    }
}

#[test]
fn many_directories_out_of_few_bytes_are_a_bomb() {
    let mut archive = sound();
    for number in 0..1000 {
        let deep = "d/".repeat(50);
        archive = archive.file(format!("python/{number}/{deep}f"), "", 0o644);
    }
    let bytes = archive.tar_zst();
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    refused(&bytes, "decompression bomb");
}

#[test]
fn zeros_are_a_bomb_in_every_format() {
    let zeros = vec![0; 80 << 20];
    let archive = sound().file("python/zeros", &zeros, 0o644);
    for bytes in [archive.tar_gz(), archive.tar_zst(), archive.tar_xz()] {
        refused(&bytes, "decompression bomb");
    }
    // Outside of the installation, and after the end of the archive.
    let skipped = sound().file("elsewhere/zeros", &zeros, 0o644);
    refused(&skipped.tar_zst(), "decompression bomb");
    let behind = [sound().tar(), zeros].concat();
    let bytes = zstd::encode_all(behind.as_slice(), 1).expect("memory takes all");
    refused(&bytes, "decompression bomb");
}

#[test]
fn members_and_frames_one_after_the_other_share_one_budget() {
    let half = vec![0; 40 << 20];
    let first = sound().file("python/a", &half, 0o644).tar();
    let frames = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("memory takes all");
    // The archive in one frame, and padding in the next one.
    let bytes = [frames(&first), frames(&half)].concat();
    refused(&bytes, "decompression bomb");
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    };
    refused(&[gzip(&first), gzip(&half)].concat(), "decompression bomb");
}

#[test]
fn an_xz_archive_that_asks_for_gigabytes_of_memory_is_refused() {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    // A stream header, and a block header with LZMA2 and a dictionary of 4 GiB.
    let flags = [0, 4];
    let block = [2, 0, 0x21, 1, 40, 0, 0, 0];
    let bytes = [
        &b"\xfd7zXZ\0"[..],
        &flags,
        &crc(&flags),
        &block,
        &crc(&block),
        &[1, 0, 0, b'x', 0, 0, 0, 0],
    ]
    .concat();
    refused(&bytes, "memory");
}

#[test]
fn hard_linked_scripts_are_installed_and_sound() {
    let mut sandbox = Sandbox::new();
    let archive = sound()
        .hardlink("python/bin/pip3", "python/bin/pip3.14")
        .hardlink("python/bin/pip", "python/bin/pip3.14")
        .hardlink("python/bin/a-first", "python/bin/pip3.14");
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: archive.tar_gz(),
    });
    sandbox.ok(&["install", "3.14t"]);
    assert_eq!(sandbox.ok(&["verify"]).stdout.lines().count(), 1);
    let bin = sandbox.store.join("installs/3.14.7t-pbs-20260901/bin");
    for name in ["a-first", "pip", "pip3", "pip3.14"] {
        let text = std::fs::read_to_string(bin.join(name)).expect(name);
        assert!(text.contains("store/installs"), "{name}: {text}");
    }
}
