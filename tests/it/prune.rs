//! What `prune` may remove: old patches of the same minor, variant, flavours and source.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::shims::{project, run_in, with};
use std::path::{Path, PathBuf};

/// 3.14.5t to 3.14.7t of one source.
fn three_patches() -> Sandbox {
    with(&[("3.14.5", "t"), ("3.14.6", "t"), ("3.14.7", "t")])
}

/// An installation under another key, like another source's or another build.
fn copy_as(sandbox: &Sandbox, from: &str, to: &str) {
    let installs = sandbox.store.join("installs");
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(installs.join(from))
        .arg(installs.join(to))
        .status();
    assert!(copied.expect("cp").success());
}

fn key(patch: &str) -> String {
    format!("3.14.{patch}t-pbs-20260901")
}

fn is_installed(sandbox: &Sandbox, key: &str) -> bool {
    sandbox.installed().iter().any(|one| one == key)
}

/// A virtual environment known to ftpy, like one by `ftpy venv`.
fn venv(sandbox: &Sandbox, place: &Path, base: &str) {
    std::fs::create_dir_all(place).expect("mkdir");
    let home = sandbox.store.join("installs").join(base).join("bin");
    let config = format!("home = {}\n", home.display());
    std::fs::write(place.join("pyvenv.cfg"), config).expect("write");
    let active = sandbox
        .command(&["prune"])
        .env("VIRTUAL_ENV", place)
        .output();
    assert!(active.expect("prune").status.success());
}

#[test]
fn other_sources_flavours_variants_and_custom_builds_are_never_pruned() {
    let sandbox = with(&[("3.14.6", "t"), ("3.14.7", "t")]);
    let old = key("6");
    let others = [
        "3.14.6t-conda-2",
        "3.14.6t-source",
        "3.14.6t+tsan-source",
        "3.14.6t-source-0a1b2c3d",
        "3.14.6t-archive-0a1b2c3d",
        "3.14.6-pbs-20260901",
        "3.13.6t-pbs-20260901",
        "3.14.6t-pbs-20260901-linux-x86_64_v3-gnu",
    ];
    for other in others {
        copy_as(&sandbox, &old, other);
    }
    // Newer custom builds do not make an upstream build old.
    copy_as(&sandbox, &key("7"), "3.14.8t-source-0a1b2c3d");
    copy_as(&sandbox, &key("7"), "3.14.8t-archive-0a1b2c3d");
    let document = sandbox.ok(&["--json", "prune", "--yes"]).stdout;
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let removed = document["unused"].as_array().expect("a list");
    assert_eq!(removed.len(), 1, "{document}");
    assert_eq!(removed[0]["key"], old);
    for other in others {
        assert!(is_installed(&sandbox, other), "{other}");
    }
}

#[test]
fn the_last_whole_patch_is_not_pruned_for_a_newer_broken_one() {
    let sandbox = three_patches();
    let broken = sandbox.store.join("installs").join(key("7"));
    std::fs::remove_file(broken.join("bin/python3.14t")).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert!(is_installed(&sandbox, &key("6")));
    assert!(!is_installed(&sandbox, &key("5")));
}

#[test]
fn a_lock_without_a_version_file_protects_its_builds_from_anywhere() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    let place = sandbox.home().join("p");
    std::fs::create_dir(&place).expect("mkdir");
    run_in(&sandbox, &place, 0, &["lock", "--from", "pbs", "3.14t"]);
    run_in(&sandbox, &place, 0, &["install", "--locked"]);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["install", "3.14.7t"]);
    sandbox.ok(&["prune", "--yes"]);
    assert!(is_installed(&sandbox, &key("6")));
    // An unreadable lock counts with its recorded builds.
    let lock = place.join("ftpy.lock");
    std::fs::write(&lock, "<<<<<<< HEAD\n").expect("write");
    sandbox.ok(&["prune", "--yes"]);
    assert!(is_installed(&sandbox, &key("6")));
    std::fs::remove_file(&lock).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert!(!is_installed(&sandbox, &key("6")));
}

#[test]
fn nothing_is_pruned_while_a_file_that_nobody_could_read_may_name_anything() {
    let sandbox = three_patches();
    std::fs::write(sandbox.home().join("ftpy.lock"), "not a lock\n").expect("write");
    let said = sandbox.ok(&["prune", "--yes"]);
    assert!(said.stderr.contains("ftpy.lock cannot be used"), "{said:?}");
    assert_eq!(sandbox.installed().len(), 3);
    std::fs::remove_file(sandbox.home().join("ftpy.lock")).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(sandbox.installed(), [key("7")]);
}

/// A disk with a project and an environment that use old patches, which is then unmounted.
fn disk_away() -> (Sandbox, PathBuf) {
    let sandbox = three_patches();
    let disk = sandbox.home().join("disk");
    let place = project(&sandbox, "disk/p", "");
    run_in(&sandbox, &place, 0, &["pin", "3.14.5t"]);
    venv(&sandbox, &disk.join("v/.venv"), &key("6"));
    std::fs::rename(&disk, sandbox.home().join("away")).expect("rename");
    (sandbox, disk)
}

#[test]
fn what_a_disk_that_is_not_mounted_uses_stays() {
    let (sandbox, disk) = disk_away();
    for _ in 0..2 {
        let said = sandbox.ok(&["prune", "--yes"]);
        assert_eq!(sandbox.installed().len(), 3, "{said:?}");
        let note = format!("note: {} is missing", disk.join("v/.venv").display());
        assert!(said.stderr.contains(&note), "{said:?}");
        // Another write of the lists keeps the entries.
        project(&sandbox, "other", "");
        run_in(
            &sandbox,
            &sandbox.home().join("other"),
            0,
            &["pin", "3.14t"],
        );
    }
    std::fs::rename(sandbox.home().join("away"), &disk).expect("rename");
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(sandbox.installed().len(), 3);
}

#[test]
fn what_will_not_come_back_is_forgotten_when_a_person_says_so() {
    let (sandbox, disk) = disk_away();
    let said = sandbox.ok(&["prune", "--forget-missing", "--yes"]);
    let forgot = format!("forgot {}", disk.join("v/.venv").display());
    assert!(said.stderr.contains(&forgot), "{said:?}");
    assert_eq!(sandbox.installed(), [key("7")]);
}

#[test]
fn an_environment_that_was_deleted_protects_nothing() {
    let sandbox = three_patches();
    let place = sandbox.home().join("v/.venv");
    venv(&sandbox, &place, &key("5"));
    sandbox.ok(&["prune", "--yes"]);
    assert!(is_installed(&sandbox, &key("5")), "known from elsewhere");
    std::fs::remove_dir_all(&place).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(sandbox.installed(), [key("7")]);
}
