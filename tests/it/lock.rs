//! `ftpy lock` and `ftpy install --locked`: what is written and installed.

use crate::support::sandbox::{Archive, Sandbox, interpreter};
use crate::support::shims::{project, run_in};
use std::path::{Path, PathBuf};

/// This machine's platform, in a lock's syntax.
fn here() -> String {
    ftpy::host::target::detect().to_string()
}

/// A project with this version file, and a server with these builds.
fn locked(pin: &str, builds: &[(&str, &str)]) -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    for (version, flags) in builds {
        sandbox.offer(&interpreter(version, flags));
    }
    let place = project(&sandbox, "p", pin);
    run_in(&sandbox, &place, 0, &["lock", "--platform", &here()]);
    (sandbox, place)
}

fn text(place: &Path) -> String {
    std::fs::read_to_string(place.join("ftpy.lock")).expect("a lock")
}

#[test]
fn a_lock_holds_what_was_the_newest_until_it_is_upgraded() {
    let (mut sandbox, place) = locked("3.14t\n3.14\n", &[("3.14.6", "t"), ("3.14.6", "")]);
    let first = text(&place);
    assert!(first.contains("request = \"3.14t\""), "{first}");
    assert!(first.contains("sha256 = \""), "{first}");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    sandbox.ok(&["index", "update"]);
    let said = run_in(&sandbox, &place, 0, &["lock"]);
    assert!(
        said.stderr.contains("Unchanged 2 requests for 1 platform"),
        "{said:?}"
    );
    assert_eq!(text(&place), first);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    assert_eq!(
        sandbox.installed(),
        ["3.14.6-pbs-20260901", "3.14.6t-pbs-20260901"]
    );

    let said = run_in(
        &sandbox,
        &place,
        0,
        &["lock", "--upgrade", "3.14t", "--dry-run"],
    );
    assert!(
        said.stdout.contains("3.14.7t, pbs 20260901  was 3.14.6t"),
        "{said:?}"
    );
    assert_eq!(text(&place), first);
    run_in(&sandbox, &place, 0, &["lock", "--upgrade", "3.14t"]);
    run_in(&sandbox, &place, 0, &["install", "--locked", "3.14t"]);
    assert_eq!(
        sandbox.installed(),
        [
            "3.14.6-pbs-20260901",
            "3.14.6t-pbs-20260901",
            "3.14.7t-pbs-20260901"
        ]
    );
    run_in(&sandbox, &place, 2, &["lock", "--upgrade", "3.13t"]);
    run_in(&sandbox, &place, 0, &["lock", "--upgrade"]);
    assert!(!text(&place).contains("3.14.6"), "{}", text(&place));
}

#[test]
fn a_locked_install_works_offline_from_the_cache_and_says_what_is_there() {
    let (sandbox, place) = locked("3.14t\n", &[("3.14.7", "t")]);
    run_in(&sandbox, &place, 4, &["install", "--locked", "--offline"]);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    let requests = sandbox.server.requests().len();
    let said = run_in(&sandbox, &place, 0, &["install", "--locked", "--offline"]);
    assert!(
        said.stderr.contains("3.14.7t (pbs) is already installed"),
        "{said:?}"
    );
    sandbox.ok(&["uninstall", "3.14t"]);
    run_in(&sandbox, &place, 0, &["install", "--locked", "--offline"]);
    assert_eq!(sandbox.server.requests().len(), requests);
}

#[test]
fn check_fails_where_lock_and_version_file_differ_and_asks_nobody() {
    let (sandbox, place) = locked("3.14t\n", &[("3.14.7", "t"), ("3.14.7", "")]);
    let requests = sandbox.server.requests().len();
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
    // From a subdirectory, too; the lock belongs to the project.
    let below = place.join("a/b");
    std::fs::create_dir_all(&below).expect("mkdir");
    run_in(&sandbox, &below, 0, &["lock", "--check"]);
    for (pin, complaint) in [
        (
            "3.14t\n3.14\n",
            "3.14 is pinned by the version file but not locked",
        ),
        ("3.14\n", "3.14t is locked but no longer requested"),
    ] {
        std::fs::write(place.join(".python-version"), pin).expect("write");
        let said = run_in(&sandbox, &place, 1, &["lock", "--check"]);
        assert!(said.stderr.contains(complaint), "{said:?}");
        let said = run_in(&sandbox, &place, 2, &["install", "--locked"]);
        assert!(said.stderr.contains(complaint), "{said:?}");
    }
    assert_eq!(sandbox.server.requests().len(), requests);
    run_in(&sandbox, &place, 0, &["lock"]);
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
    assert!(!text(&place).contains("3.14t"), "{}", text(&place));
    std::fs::remove_file(place.join("ftpy.lock")).expect("remove");
    run_in(&sandbox, &place, 3, &["lock", "--check"]);
    run_in(&sandbox, &place, 3, &["install", "--locked"]);
    assert!(sandbox.installed().is_empty());
}

#[test]
fn requests_that_are_named_stay_named() {
    let (sandbox, place) = locked("3.14t\n", &[("3.14.7", "t"), ("3.14.7", "")]);
    run_in(&sandbox, &place, 0, &["lock", "3.14t", "3.14"]);
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
    run_in(&sandbox, &place, 0, &["lock", "--upgrade"]);
    assert!(
        text(&place).contains("requests = [\n  \"3.14t\",\n  \"3.14\",\n]"),
        "{}",
        text(&place)
    );
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    assert_eq!(sandbox.installed().len(), 2);
    // The version file's requests are in it, too.
    std::fs::write(place.join(".python-version"), "3.14.7t\n").expect("write");
    run_in(&sandbox, &place, 1, &["lock", "--check"]);
    run_in(&sandbox, &place, 0, &["lock"]);
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
    let requests = text(&place).matches("\n[[build]]\n").count();
    assert_eq!(requests, 3, "{}", text(&place));
    run_in(&sandbox, &place, 0, &["lock", "3.14"]);
    assert!(!text(&place).contains("\"3.14t\""), "{}", text(&place));
    std::fs::write(place.join(".python-version"), "3.14\n").expect("write");
    run_in(&sandbox, &place, 0, &["lock"]);
    // A lock without a version file is also a project.
    std::fs::remove_file(place.join(".python-version")).expect("remove");
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
}

#[test]
fn a_platform_that_is_missing_is_an_error_if_it_was_named_and_data_if_it_came_by_itself() {
    let (sandbox, place) = locked("3.14t\n", &[("3.14.7", "t")]);
    let other = "macos-aarch64-none";
    let both = format!("{},{other}", here());
    let before = text(&place);
    let line = ["lock", "--from", "pbs", "--platform", &both];
    let said = run_in(&sandbox, &place, 3, &line);
    assert!(
        said.stderr
            .contains("macos-aarch64-none: pbs: no build of 3.14"),
        "{said:?}"
    );
    assert_eq!(text(&place), before);
    run_in(
        &sandbox,
        &place,
        2,
        &["lock", "--platform", "beos-x86-none"],
    );
    std::fs::remove_file(place.join("ftpy.lock")).expect("remove");
    run_in(&sandbox, &place, 0, &["lock", "--from", "pbs"]);
    assert!(
        text(&place).contains("unavailable = \"pbs: no build"),
        "{}",
        text(&place)
    );
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    // For a platform that is not in the lock, the hint is the command.
    let only = text(&place).replace(&here(), "linux-riscv64-gnu");
    std::fs::write(
        place.join("ftpy.lock"),
        only.replace("x86_64-unknown", "riscv64-unknown"),
    )
    .expect("write");
    let said = run_in(&sandbox, &place, 3, &["install", "--locked", "--reinstall"]);
    assert!(
        said.stderr.contains(&format!("not locked for {}", here())),
        "{said:?}"
    );
    assert!(said.stderr.contains("ftpy lock --platform"), "{said:?}");
}

#[test]
fn wrong_bytes_are_refused_wherever_they_are() {
    let (mut sandbox, place) = locked("3.14t\n", &[("3.14.7", "t")]);
    let archive = interpreter("3.14.7", "t");
    let mut bytes = archive.bytes.clone();
    bytes.extend(b"x");
    sandbox
        .server
        .file(&format!("/{}", archive.name), bytes.clone());
    let said = run_in(&sandbox, &place, 5, &["install", "--locked"]);
    assert!(said.stderr.contains("digest mismatch"), "{said:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    // Different bytes under the same key are not what the lock contains.
    let other = crate::support::sandbox::tree(
        "3.14.7",
        "t",
        &crate::support::sandbox::probe_answer("3.14.7", "t", "t"),
    )
    .file("python/other", "x", 0o644);
    let mut second = Sandbox::new();
    second.offer(&Archive {
        name: archive.name.clone(),
        bytes: other.tar_gz(),
    });
    std::mem::swap(&mut sandbox.store, &mut second.store);
    second.store.clone_from(&sandbox.store);
    second.ok(&["install", "3.14t"]);
    sandbox
        .server
        .file(&format!("/{}", archive.name), archive.bytes);
    let said = run_in(&sandbox, &place, 5, &["install", "--locked"]);
    assert!(
        said.stderr
            .contains("other bytes than the lock file specifies"),
        "{said:?}"
    );
    run_in(&sandbox, &place, 0, &["install", "--locked", "--reinstall"]);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
}

#[test]
fn a_mirror_of_this_machine_is_asked_and_never_written_down() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.list(
        &archive,
        Some(&crate::support::archives::sha256_hex(&archive.bytes)),
    );
    let mirror = sandbox.home().join("mirror/20260901");
    std::fs::create_dir_all(&mirror).expect("mkdir");
    std::fs::write(mirror.join(&archive.name), &archive.bytes).expect("write");
    let place = sandbox.home().join("mirror").display().to_string();
    sandbox.set("FTPY_PBS_MIRROR", &place);
    let place = project(&sandbox, "p", "3.14t\n");
    run_in(&sandbox, &place, 0, &["lock", "--platform", &here()]);
    assert!(!text(&place).contains("mirror"), "{}", text(&place));
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    // A source is locked with python.org's URL alone, for any platform.
    let line = [
        "lock",
        "--from",
        "source",
        "--platform",
        "macos-aarch64",
        "source:3.14.7t",
    ];
    run_in(&sandbox, &place, 2, &["lock", "distro:3.14t"]);
    run_in(&sandbox, &place, 0, &line);
    let text = text(&place);
    assert!(
        text.contains(
            "urls = [\n  \"https://www.python.org/ftp/python/3.14.7/Python-3.14.7.tar.xz\",\n]"
        ),
        "{text}"
    );
    assert!(text.contains("  \"--disable-gil\",\n"), "{text}");
}

#[test]
fn json_says_what_is_locked() {
    let (sandbox, place) = locked("3.14t\n", &[("3.14.7", "t")]);
    let said = run_in(&sandbox, &place, 0, &["lock", "--json", "--check"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let build = &document["builds"][0];
    assert_eq!(build["request"], "3.14t");
    assert_eq!(build["build"], "3.14.7t");
    assert_eq!(build["platform"], here());
    assert_eq!(build["sha256"].as_str().map(str::len), Some(64));
    let said = run_in(
        &sandbox,
        &place,
        0,
        &["install", "--locked", "--dry-run", "--json"],
    );
    let plans: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(plans[0]["attempts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_a_lock_names_is_not_pruned() {
    let (mut sandbox, place) = locked("3.14t\n", &[("3.14.6", "t")]);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["install", "3.14.7t"]);
    // From another directory: the project is found by its version file.
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(sandbox.installed().len(), 2);
    std::fs::remove_file(place.join("ftpy.lock")).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}
