//! The download cache: trusted only by digest.

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
    sandbox.mark();
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
    // A complete one that was only not renamed.
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

/// Waits up to ten seconds for `is_so`.
fn wait_until(is_so: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !is_so() {
        assert!(started.elapsed().as_secs() < 10, "it never happened");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Starts a slow download, and runs two `cache clean` at the same time. All succeed, and the
/// cleaning waits if it says so.
fn cleaned_during(sandbox: &Sandbox, archive: &str, arguments: &[&str], waits: bool) {
    let path = format!("/{archive}");
    let slow = crate::support::server::Fault::Slow {
        bytes_per_second: 1500,
    };
    sandbox.server.script(&path, vec![slow]);
    let hits = sandbox.server.hits(&path);
    let mut working = sandbox.start(arguments);
    wait_until(|| sandbox.server.hits(&path) > hits);
    wait_until(|| !waits || sandbox.store.join("cache/partial").exists());
    let cleaning = [
        sandbox.start(&["cache", "clean"]),
        sandbox.start(&["cache", "clean"]),
    ];
    for child in cleaning {
        let said = crate::support::sandbox::finished(child.wait_with_output().expect("output"));
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        if waits {
            let waited = "waiting for another ftpy process that uses the cache";
            assert!(said.stderr.contains(waited), "{arguments:?}: {said:?}");
            let ended = working.try_wait().expect("wait");
            assert!(ended.is_some(), "{arguments:?}");
        }
    }
    let said = crate::support::sandbox::finished(working.wait_with_output().expect("output"));
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    assert_eq!(sandbox.ok(&["cache", "size"]).stdout, "0 B in 0 files\n");
}

#[test]
fn emptying_the_cache_waits_for_whatever_uses_it() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["index", "update"]);
    for (arguments, waits) in [
        (&["install", "3.14t"][..], true),
        (&["install", "--reinstall", "3.14t"], true),
        (&["bundle", "create", "3.14t", "--output", "b"], true),
        // There is no cache to empty.
        (&["mirror", "tree", "3.14t", "--from", "pbs"], false),
    ] {
        cleaned_during(&sandbox, &archive.name, arguments, waits);
    }
    sandbox.ok(&["verify"]);
}

#[test]
fn a_command_that_needs_the_cache_waits_until_it_is_empty() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let lock = std::fs::File::create(sandbox.store.join("locks/cache")).expect("create");
    lock.lock().expect("lock");
    let child = sandbox.start(&["install", "--reinstall", "3.14t"]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    drop(lock);
    let said = crate::support::sandbox::finished(child.wait_with_output().expect("output"));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.stderr
            .contains("Waiting for another ftpy that empties"),
        "{said:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_cache_that_is_a_link_stays_one_and_other_files_in_it_stay() {
    let mut sandbox = Sandbox::new();
    let elsewhere = sandbox.home().join("disk");
    std::fs::create_dir_all(&elsewhere).expect("mkdir");
    sandbox.ok(&["default", "3.14t"]);
    std::os::unix::fs::symlink(&elsewhere, sandbox.store.join("cache")).expect("link");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    std::fs::write(elsewhere.join("mine.txt"), "mine").expect("write");
    sandbox.ok(&["cache", "clean"]);
    assert!(sandbox.store.join("cache").is_symlink());
    assert!(!elsewhere.join("sha256").exists() && elsewhere.join("mine.txt").exists());
    assert!(sandbox.stages().is_empty());
}
