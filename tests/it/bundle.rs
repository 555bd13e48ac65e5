//! `ftpy bundle`: the same bytes from the same lock, and an install without any source.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::shims::{project, run_in};
use std::path::{Path, PathBuf};

/// A project with a lock of both variants.
fn locked() -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    let place = project(&sandbox, "p", "3.14t\n3.14\n");
    let here = ftpy::host::target::detect().to_string();
    run_in(&sandbox, &place, 0, &["lock", "--platform", &here]);
    (sandbox, place)
}

/// The contents of a bundle, as listed by `tar`.
fn names(bundle: &Path) -> Vec<String> {
    let file = std::fs::File::open(bundle).expect("open");
    let plain = zstd::stream::read::Decoder::new(file).expect("zstd");
    let mut archive = tar::Archive::new(plain);
    let entries = archive.entries().expect("entries").map(|entry| {
        let entry = entry.expect("an entry");
        assert_eq!(entry.header().mtime().expect("a time"), 0);
        entry.path().expect("a path").display().to_string()
    });
    entries.collect()
}

#[test]
fn a_bundle_installs_where_there_is_nothing_and_asks_nobody() {
    let (sandbox, place) = locked();
    let said = run_in(
        &sandbox,
        &place,
        0,
        &["bundle", "create", "-o", "b.tar.zst"],
    );
    assert!(said.stderr.contains("bundled 2 artifacts"), "{said:?}");
    let bundle = place.join("b.tar.zst");
    let inside = names(&bundle);
    assert_eq!(&inside[..3], ["manifest.json", "ftpy.lock", "index.ndjson"]);
    assert!(inside[3] < inside[4] && inside[4].starts_with("artifacts/"));

    // Another machine: no index, no cache, no project.
    let mut other = Sandbox::new();
    let nowhere = crate::support::server::free_port_refusing();
    other.set("FTPY_INDEX_URL", &nowhere);
    let bundle = bundle.display().to_string();
    let said = other.ok(&["bundle", "verify", &bundle]);
    assert!(said.stdout.contains("3.14.7t"), "{said:?}");
    assert!(
        !other.store.join("cache").exists(),
        "verifying keeps nothing"
    );
    other.ok(&["bundle", "install", &bundle, "3.14t"]);
    assert_eq!(other.installed(), ["3.14.7t-pbs-20260901"]);
    other.ok(&["bundle", "install", &bundle]);
    assert_eq!(other.installed().len(), 2);
    let said = other.ok(&["bundle", "install", &bundle]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
    assert!(other.server.requests().is_empty() && other.stages().is_empty());
    let said = other.fails(3, &["bundle", "install", &bundle, "3.13t"]);
    assert!(said.stderr.contains("3.13t is not in the lock"), "{said:?}");
}

#[test]
fn the_same_lock_makes_the_same_bytes_in_another_home() {
    let (sandbox, place) = locked();
    run_in(&sandbox, &place, 0, &["bundle", "create", "-o", "a"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    std::fs::remove_dir_all(&sandbox.store).expect("remove the store");
    run_in(&sandbox, &place, 0, &["bundle", "create", "-o", "deep/b"]);
    let read = |name: &str| std::fs::read(place.join(name)).expect("a bundle");
    assert!(read("a") == read("deep/b"));
    run_in(
        &sandbox,
        &place,
        0,
        &["bundle", "create", "-o", "c", "3.14t"],
    );
    assert!(read("a") != read("c"));
}

#[test]
fn a_bundle_carries_ftpy_itself_on_demand() {
    let (sandbox, place) = locked();
    run_in(
        &sandbox,
        &place,
        0,
        &["bundle", "create", "-o", "b", "--with-ftpy"],
    );
    assert_eq!(names(&place.join("b"))[3], "ftpy");
    let said = run_in(&sandbox, &place, 0, &["bundle", "verify", "b", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let program = &document["manifest"]["members"][2];
    assert_eq!(program["name"], "ftpy");
    assert_eq!(program["is"], ftpy::host::target::detect().to_string());
    let own = std::fs::read(crate::support::program()).expect("read");
    assert_eq!(
        program["sha256"],
        crate::support::archives::sha256_hex(&own)
    );
}

#[test]
fn nothing_is_written_where_an_artifact_cannot_be_had() {
    let (sandbox, place) = locked();
    let archive = interpreter("3.14.7", "t");
    sandbox
        .server
        .file(&format!("/{}", archive.name), b"wrong".to_vec());
    let said = run_in(&sandbox, &place, 5, &["bundle", "create", "-o", "b"]);
    assert!(said.stderr.contains("mismatch"), "{said:?}");
    run_in(
        &sandbox,
        &place,
        4,
        &["bundle", "create", "-o", "b", "--offline"],
    );
    run_in(
        &sandbox,
        &place,
        3,
        &["bundle", "create", "-o", "b", "--platform", "macos-aarch64"],
    );
    run_in(
        &sandbox,
        &place,
        2,
        &["bundle", "create", "-o", ".", "3.14"],
    );
    run_in(&sandbox, &place, 3, &["bundle", "install", "nowhere"]);
    let mut left: Vec<String> = std::fs::read_dir(&place)
        .expect("read")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, [".python-version", "ftpy.lock"]);
    // Without a lock, requests are resolved immediately.
    let empty = project(&sandbox, "empty", "");
    run_in(
        &sandbox,
        &empty,
        0,
        &["bundle", "create", "-o", "b", "3.14"],
    );
    run_in(&sandbox, &empty, 3, &["bundle", "create", "-o", "b2"]);
}

/// Starts a command that stalls in the middle of a download, and stops it with a signal.
#[cfg(unix)]
fn stopped(sandbox: &Sandbox, place: &Path, line: &[&str], signal: rustix::process::Signal) {
    let path = format!("/{}", interpreter("3.14.7", "t").name);
    let stall = std::time::Duration::from_secs(60);
    let fault = crate::support::server::Fault::Stall(stall, 200);
    sandbox.server.script(&path, vec![fault]);
    let hits = sandbox.server.hits(&path);
    let mut command = sandbox.command(line);
    let mut child = command.current_dir(place).spawn().expect("ftpy starts");
    while sandbox.server.hits(&path) == hits {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    let id = i32::try_from(child.id()).expect("small");
    let id = rustix::process::Pid::from_raw(id).expect("a process");
    rustix::process::kill_process(id, signal).expect("kill");
    child.wait().expect("wait");
}

#[test]
#[cfg(unix)]
fn what_is_stopped_leaves_no_half_file_and_goes_through_the_next_time() {
    use rustix::process::Signal;
    let (sandbox, place) = locked();
    for signal in [Signal::INT, Signal::KILL] {
        for line in [&["bundle", "create", "-o", "b"][..], &["mirror", "m"]] {
            let _ = std::fs::remove_dir_all(sandbox.store.join("cache"));
            stopped(&sandbox, &place, line, signal);
            assert!(!place.join("b").exists() && !place.join("m/index.ndjson").exists());
            let made = std::fs::read_dir(place.join("m/20260901"))
                .into_iter()
                .flatten();
            let visible = |name: &str| !name.starts_with('.') && name.contains("freethreaded");
            let names = made.flatten().map(|entry| entry.file_name());
            let visible = names
                .filter(|name| visible(&name.to_string_lossy()))
                .count();
            assert_eq!(visible, 0, "{line:?}");
            run_in(&sandbox, &place, 0, line);
            run_in(&sandbox, &place, 0, &["bundle", "create", "-o", "again"]);
            run_in(&sandbox, &place, 0, &["bundle", "verify", "again"]);
            let _ = std::fs::remove_file(place.join("b"));
            let _ = std::fs::remove_dir_all(place.join("m"));
        }
    }
}
