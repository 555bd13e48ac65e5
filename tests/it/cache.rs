//! The download cache: trusted only as far as its digests go.

use crate::support::sandbox::{Sandbox, interpreter};
use std::path::PathBuf;

fn cached(sandbox: &Sandbox) -> PathBuf {
    let mut entries = std::fs::read_dir(sandbox.store.join("cache/sha256")).expect("cache");
    entries.next().expect("a file").expect("entry").path()
}

#[test]
fn a_damaged_cached_file_is_noticed_and_fetched_again() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["install", "3.14t"]);
    let path = cached(&sandbox);
    let whole = std::fs::read(&path).expect("read");
    assert_eq!(whole, archive.bytes);
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [
        whole[..whole.len() / 2].to_vec(),
        flipped,
        Vec::new(),
        b"rubbish".to_vec(),
    ] {
        std::fs::write(&path, damaged).expect("write");
        let finished = sandbox.ok(&["install", "--reinstall", "3.14t"]);
        assert!(finished.stderr.contains("damaged"), "{finished:?}");
        assert_eq!(std::fs::read(&path).expect("read"), whole);
    }
    assert_eq!(sandbox.server.hits(&format!("/{}", archive.name)), 5);
}

#[test]
fn a_damaged_partial_file_is_noticed_and_fetched_again() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let partial = sandbox.store.join("cache/partial");
    std::fs::create_dir_all(&partial).expect("mkdir");
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    for rubbish in [
        vec![0; 100],
        vec![0; archive.bytes.len()],
        vec![0; archive.bytes.len() + 7],
    ] {
        std::fs::write(partial.join(&digest), rubbish).expect("write");
        sandbox.ok(&["install", "--reinstall", "3.14t"]);
        sandbox.ok(&["cache", "clean"]);
        std::fs::create_dir_all(&partial).expect("mkdir");
    }
    // A whole one, which only was not renamed any more.
    std::fs::write(partial.join(&digest), &archive.bytes).expect("write");
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
}

#[test]
fn the_cache_says_where_and_how_large_it_is_and_can_be_emptied() {
    let mut sandbox = Sandbox::new();
    assert_eq!(sandbox.ok(&["cache", "size"]).stdout, "0 B in 0 files\n");
    sandbox.ok(&["cache", "clean"]);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let directory = sandbox.ok(&["cache", "dir"]).stdout;
    assert_eq!(
        directory.trim_end(),
        sandbox.store.join("cache").to_str().expect("UTF-8")
    );
    assert!(
        sandbox
            .ok(&["cache", "size"])
            .stdout
            .contains("in 1 file\n")
    );
    let json = sandbox.ok(&["--json", "cache", "size"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["files"], 1);
    sandbox.ok(&["cache", "clean"]);
    assert_eq!(sandbox.ok(&["cache", "size"]).stdout, "0 B in 0 files\n");
    sandbox.ok(&["which", "3.14t"]);
}
