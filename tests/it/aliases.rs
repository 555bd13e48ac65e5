//! Aliases always lead to an installation.

use crate::support::sandbox::Sandbox;
use crate::support::shims::with;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

fn alias(sandbox: &Sandbox) -> PathBuf {
    sandbox.store.join("aliases/3.14t")
}

/// Checks the alias continuously during `work`, and returns the number of checks.
fn watched(sandbox: &Sandbox, work: impl FnOnce()) -> usize {
    let alias = alias(sandbox);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut looks = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert!(alias.join("bin/python3.14t").exists(), "it led to nothing");
                looks += 1;
            }
            looks
        });
        work();
        is_over.store(true, Ordering::Relaxed);
        watcher.join().expect("the alias always led to something")
    })
}

#[test]
fn an_alias_never_leads_to_nothing_while_another_patch_is_there() {
    let sandbox = with(&[("3.14.5", "t"), ("3.14.6", "t"), ("3.14.7", "t")]);
    let looks = watched(&sandbox, || {
        sandbox.ok(&["uninstall", "3.14.7t"]);
        sandbox.ok(&["install", "3.14.7t"]);
        sandbox.ok(&["install", "--reinstall", "3.14.7t"]);
        sandbox.ok(&["uninstall", "3.14.7t", "3.14.5t"]);
    });
    assert!(looks > 100, "{looks}");
    let target = std::fs::read_link(alias(&sandbox)).expect("a link");
    assert!(target.ends_with("3.14.6t-pbs-20260901"), "{target:?}");
    sandbox.ok(&["uninstall", "3.14.6t"]);
    assert!(!alias(&sandbox).is_symlink());
}

#[test]
fn a_directory_in_the_place_of_an_alias_stays() {
    let sandbox = with(&[("3.14.6", "t"), ("3.14.7", "t")]);
    std::fs::remove_file(alias(&sandbox)).expect("remove");
    // Neither a link nor ftpy's.
    std::fs::create_dir_all(alias(&sandbox).join("mine")).expect("mkdir");
    sandbox.ok(&["uninstall", "3.14.7t"]);
    sandbox.ok(&["install", "3.14.7t"]);
    assert!(alias(&sandbox).join("mine").is_dir());
    assert_eq!(sandbox.installed().len(), 2);
}

#[test]
fn what_a_kill_left_of_links_is_mended_by_every_command_that_looks_at_them() {
    let sandbox = with(&[("3.14.6", "t"), ("3.13.5", "t")]);
    let left = sandbox
        .store
        .join("shims/.python3.14.ftpy-0123456789abcdef");
    let lone = sandbox.store.join("aliases/3.12");
    for arguments in [
        &["list"][..],
        &["default", "3.14t"],
        &["default"],
        &["pin", "3.14t"],
        &["pin"],
        &["install", "3.14t"],
        &["upgrade", "3.14t"],
        &["prune"],
        &["setup", "--shell", "bash", "--yes"],
    ] {
        std::fs::remove_file(alias(&sandbox)).expect("remove");
        for link in [&alias(&sandbox), &lone] {
            std::os::unix::fs::symlink("../installs/3.14.1t-source", link).expect("link");
        }
        std::fs::write(&left, "half").expect("write");
        sandbox.ok(arguments);
        assert!(alias(&sandbox).join("bin").exists(), "{arguments:?}");
        assert!(!lone.is_symlink() && !left.exists(), "{arguments:?}");
    }
}
