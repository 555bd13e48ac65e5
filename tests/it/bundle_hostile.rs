//! Invalid bundles are refused, and nothing from them is used.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::sandbox::{Archive, Sandbox, interpreter};
use serde_json::{Value, json};

/// The parts of a bundle, for assembling invalid ones.
struct Parts {
    archive: Archive,
    lock: String,
}

impl Parts {
    fn new() -> Self {
        let archive = interpreter("3.14.7", "t");
        let here = ftpy::host::target::detect();
        let lock = format!(
            "version = 1\nplatforms = [\"{here}\"]\nrequests = [\"3.14t\"]\n\n[[build]]\nrequest = \"3.14t\"\nplatform = \"{here}\"\nversion = \"3.14.7\"\nprovider = \"pbs\"\nbuild = \"20260901\"\nfile = \"{}\"\nsha256 = \"{}\"\nurls = [\"https://example.org/x\"]\n",
            archive.name,
            sha256_hex(&archive.bytes)
        );
        Self { archive, lock }
    }

    fn name(&self) -> String {
        format!("artifacts/{}", sha256_hex(&self.archive.bytes))
    }

    fn manifest(&self) -> Value {
        let sha256 = sha256_hex(&self.archive.bytes);
        json!({ "format": 1, "ftpy": "0.1.0", "members": [
            { "name": "ftpy.lock", "sha256": sha256_hex(self.lock.as_bytes()), "size": self.lock.len() },
            { "name": self.name(), "sha256": sha256, "size": self.archive.bytes.len() },
        ]})
    }

    fn head(&self, manifest: &Value) -> ArchiveBuilder {
        ArchiveBuilder::new()
            .file("manifest.json", manifest.to_string(), 0o644)
            .file("ftpy.lock", &self.lock, 0o644)
    }

    fn whole(&self) -> ArchiveBuilder {
        self.head(&self.manifest())
            .file(self.name(), &self.archive.bytes, 0o644)
    }
}

/// Checks that the store contains nothing from a bundle.
fn check(sandbox: &Sandbox, what: &str, bytes: &[u8], code: i32, complaint: &str) {
    let path = sandbox.home().join("bundle");
    std::fs::write(&path, bytes).expect("write");
    for command in ["verify", "install"] {
        let said = sandbox.fails(code, &["bundle", command, "bundle"]);
        assert!(said.stderr.contains(complaint), "{what}: {said:#?}");
        assert!(said.stderr.contains("hint:"), "{what}: {said:#?}");
        assert!(
            sandbox.installed().is_empty() && sandbox.stages().is_empty(),
            "{what}"
        );
        assert!(!sandbox.store.join("cache/sha256").exists(), "{what}");
    }
}

#[test]
fn entries_that_no_bundle_has_are_refused() {
    let sandbox = Sandbox::new();
    let parts = Parts::new();
    let whole = || parts.whole();
    let head = || parts.head(&parts.manifest());
    let name = parts.name();
    let plain = "is not a regular file";
    for (what, archive, complaint) in [
        (
            "traversal",
            whole().raw_name("../evil", "x"),
            "contains `..`",
        ),
        (
            "absolute",
            whole().raw_name("/etc/evil", "x"),
            "absolute path",
        ),
        ("symlink", head().symlink(&name, "/etc/passwd"), plain),
        ("hard link", head().hardlink(&name, "ftpy.lock"), plain),
        ("device", head().device(&name), plain),
        ("directory", head().dir("artifacts/"), plain),
    ] {
        check(&sandbox, what, &archive.tar_zst(), 5, complaint);
    }
    // The same parts make a valid bundle.
    let good = whole().tar_zst();
    std::fs::write(sandbox.home().join("bundle"), &good).expect("write");
    sandbox.ok(&["bundle", "install", "bundle"]);
    assert_eq!(sandbox.installed().len(), 1);
}

#[test]
fn entries_that_the_manifest_does_not_have_are_refused() {
    let sandbox = Sandbox::new();
    let parts = Parts::new();
    let whole = || parts.whole();
    let head = || parts.head(&parts.manifest());
    let (name, bytes) = (parts.name(), &parts.archive.bytes);
    let zeros = vec![0; bytes.len()];
    let first = ArchiveBuilder::new().file("x", "x", 0o644);
    for (what, archive, complaint) in [
        ("twice", whole().file(&name, bytes, 0o644), "more than once"),
        (
            "more",
            whole().file("more", "x", 0o644),
            "match the manifest",
        ),
        ("missing", head(), "is missing"),
        ("set-uid", head().file(&name, bytes, 0o4755), "set-uid"),
        (
            "short",
            head().file(&name, &bytes[1..], 0o644),
            "bytes, not",
        ),
        ("wrong", head().file(&name, zeros, 0o644), "digest mismatch"),
        ("first", first, "the first file is not manifest.json"),
        (
            "nothing",
            ArchiveBuilder::new(),
            "manifest.json or ftpy.lock is missing",
        ),
    ] {
        check(&sandbox, what, &archive.tar_zst(), 5, complaint);
    }
}

/// A bundle with one field of its manifest replaced.
fn edited(parts: &Parts, place: &str, value: Value) -> Vec<u8> {
    let mut manifest = parts.manifest();
    *manifest.pointer_mut(place).expect("a place") = value;
    let head = parts.head(&manifest);
    let whole = head.file(parts.name(), &parts.archive.bytes, 0o644);
    whole.tar_zst()
}

#[test]
fn manifests_and_locks_that_lie_are_refused() {
    let sandbox = Sandbox::new();
    let parts = Parts::new();
    let zeros = json!("0".repeat(64));
    let members = parts.manifest()["members"].as_array().expect("two").clone();
    let turned: Value = members.iter().rev().cloned().collect();
    let (lock, artifact) = ("/members/0", "/members/1");
    for (what, place, value, complaint) in [
        (
            "no format",
            "/format".into(),
            json!("x"),
            "invalid manifest",
        ),
        ("size", format!("{artifact}/size"), json!(1), "bytes, not 1"),
        (
            "absurd",
            format!("{artifact}/size"),
            json!(1_u64 << 40),
            "too large",
        ),
        (
            "digest",
            format!("{lock}/sha256"),
            zeros.clone(),
            "digest mismatch for `ftpy.lock`",
        ),
        (
            "name",
            format!("{artifact}/sha256"),
            zeros,
            "unexpected file",
        ),
        (
            "other",
            format!("{artifact}/name"),
            json!("../x"),
            "unexpected file",
        ),
        ("order", "/members".into(), turned, "out of order"),
        ("empty", "/members".into(), json!([]), "it has no ftpy.lock"),
        (
            "unnamed",
            "/members".into(),
            json!([members[0]]),
            "which is missing",
        ),
    ] {
        check(&sandbox, what, &edited(&parts, &place, value), 5, complaint);
    }
}

#[test]
fn newer_manifests_and_damaged_locks_are_refused() {
    let sandbox = Sandbox::new();
    let newer = edited(&Parts::new(), "/format", json!(2));
    check(
        &sandbox,
        "newer",
        &newer,
        7,
        "newer than this ftpy supports",
    );
    let mut bad = Parts::new();
    bad.lock = bad.lock.replace("provider", "provder");
    check(
        &sandbox,
        "lock",
        &bad.whole().tar_zst(),
        5,
        "unknown field `provder`",
    );
}

#[test]
fn a_bundle_that_is_cut_off_or_damaged_anywhere_is_refused() {
    let sandbox = Sandbox::new();
    let good = Parts::new().whole().tar_zst();
    for length in [0, 1, 3, good.len() / 3, good.len() / 2, good.len() - 1] {
        check(&sandbox, "cut", &good[..length], 5, "cannot use the bundle");
    }
    let mut other = good.clone();
    let middle = other.len() / 2;
    other[middle] ^= 0x55;
    check(&sandbox, "flipped", &other, 5, "cannot use the bundle");
    check(
        &sandbox,
        "text",
        b"not an archive",
        5,
        "not a gzip, zstd or xz file",
    );
}

#[test]
fn nothing_follows_the_end_of_a_bundle() {
    let sandbox = Sandbox::new();
    let good = Parts::new().whole().tar_zst();
    let packed = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("zstd");
    let plain = zstd::decode_all(good.as_slice()).expect("a tar archive");
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, b'x'];
    let follows = "unexpected data after the end";
    for (what, bytes, complaint) in [
        ("twice", [good.clone(), good.clone()].concat(), follows),
        (
            "a frame",
            [good.clone(), packed(&[0; 512])].concat(),
            follows,
        ),
        ("no frame", [good.clone(), b"x".to_vec()].concat(), follows),
        ("skipped", [good.as_slice(), &skippable].concat(), follows),
        (
            "inside",
            packed(&[plain.as_slice(), b"x"].concat()),
            "unexpected data after the end of the archive",
        ),
    ] {
        check(&sandbox, what, &bytes, 5, complaint);
    }
    // tar itself writes this padding.
    let padded = packed(&[plain.as_slice(), &[0; 4096]].concat());
    std::fs::write(sandbox.home().join("bundle"), padded).expect("write");
    sandbox.ok(&["bundle", "verify", "bundle"]);
}

#[test]
fn a_bundle_that_would_fill_the_disk_is_refused_before_it_does() {
    let sandbox = Sandbox::new();
    let mut parts = Parts::new();
    // 300 MiB of zeros after a manifest that announces them.
    let zeros = vec![0; 300 << 20];
    parts.archive.bytes = zeros;
    let sha256 = sha256_hex(&parts.archive.bytes);
    let old = parts.lock.clone();
    let at = old.find("sha256 = \"").expect("a digest") + 10;
    parts.lock.replace_range(at..at + 64, &sha256);
    check(
        &sandbox,
        "bomb",
        &parts.whole().tar_zst(),
        5,
        "decompression bomb",
    );
}

#[test]
fn no_flipped_byte_gets_through_and_none_is_a_crash() {
    let good = Parts::new().whole().tar_zst();
    let home = tempfile::tempdir().expect("a directory");
    let mut refused = 0;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        let read = ftpy::bundle::read(std::io::Cursor::new(bytes), home.path(), |_| {
            Ok(std::collections::BTreeSet::new())
        });
        // A change that is accepted leaves all digests right: zstd has unused bits.
        refused += usize::from(read.is_err());
    }
    assert!(
        refused * 100 > good.len() * 95,
        "{refused} of {}",
        good.len()
    );
}
